"""
What people asked staff to look at, and what came of it.
"""

from dataclasses import dataclass

from sqlalchemy import Exists, SQLColumnExpression, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    FeedbackFile,
    FeedbackRevision,
    Flag,
    FlagAct,
    Hiding,
    Message,
    Offer,
    Proposal,
    SideBySide,
    Submission,
    authored_by,
)
from lti_tool.exchange.queries.teams import names_of_authors


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """A flag with the thing it is about, for staff."""

    flag: Flag
    feedback: Feedback | None
    """The feedback itself, or the one that the message is about."""
    message: Message | None
    pair: SideBySide | None
    """The comparison in which the words to the author of the work were written."""
    proposal: Proposal | None
    submission: Submission | None
    """The work that it is about, or that the feedback is; None for a proposed rule."""
    writer: Person | None
    """Who wrote the thing that was flagged; of a work the one by whose name it goes."""
    is_by_reviewer: bool
    """Whether somebody wrote it who is seen as reviewers are: who proposes a rule speaks as one."""
    side: str | None
    """
    On which side of the work whoever flagged it is: ``author``, alone or with their group, ``reviewer``, or ``staff``
    who decided at once; None where nothing says it any more, and for a proposed rule, which is about no work.
    """
    hiding: Hiding | None
    before: rules.Words | None
    """What the feedback said when it was flagged, where its reviewer has changed it since."""
    left: tuple[FeedbackFile, ...]
    """Files that left it while a flag waited."""

    @property
    def is_from_reviewer(self) -> bool:
        return self.side == rules.REVIEWER

    @property
    def is_hidden(self) -> bool:
        return self.hiding is not None or (self.pair is not None and self.pair.hidden_at is not None)

    @property
    def counts(self) -> bool:
        """Whether it counts for the grade although it is hidden."""
        return self.hiding is not None and self.hiding.counts

    @property
    def kind(self) -> str:
        return self.flag.kind


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A flag in the list of all, with whose work it is about; nobody's where it is about a proposed rule."""

    flag: Flag
    author_id: int | None
    author_name: str
    """Or that of their group. For staff alone."""


def open_flags(session: Session, exchange: Exchange) -> int:
    """How many flags nobody has decided about."""
    return (
        session.scalar(select(func.count()).select_from(Flag).where(Flag.exchange_id == exchange.id, ~_decided())) or 0
    )


def latest_flag(
    session: Session, exchange: Exchange, *, feedback_id: int | None = None, message_id: int | None = None
) -> Flag | None:
    """The newest flag about a feedback or a message, decided or not."""
    is_about = Flag.message_id == message_id if message_id is not None else Flag.feedback_id == feedback_id
    rows = select(Flag).where(Flag.exchange_id == exchange.id, is_about).order_by(Flag.id.desc()).limit(1)
    return session.scalars(rows.options(selectinload(Flag.acts))).first()


def waits_for_staff(feedback_id: SQLColumnExpression[int | None]) -> Exists:
    """Whether somebody flagged a feedback and nobody has decided yet."""
    return exists().where(Flag.feedback_id == feedback_id, ~_decided())


def is_about(session: Session, message_id: int, *, feedback_id: int) -> bool:
    """Whether a message belongs to the thread of a feedback."""
    return bool(session.scalar(select(exists().where(Message.id == message_id, Message.feedback_id == feedback_id))))


def flags(session: Session, exchange: Exchange) -> tuple[Listed, ...]:
    """All flags of an exchange, open ones first, oldest first."""
    rows = session.execute(
        select(Flag, Submission)
        .outerjoin(Message, Message.id == Flag.message_id)
        .outerjoin(Feedback, Feedback.id == func.coalesce(Flag.feedback_id, Message.feedback_id))
        .outerjoin(Offer, Offer.id == Feedback.offer_id)
        .outerjoin(Submission, Submission.id == func.coalesce(Flag.submission_id, Offer.submission_id))
        .where(Flag.exchange_id == exchange.id)
        .options(selectinload(Flag.acts), joinedload(Submission.team if exchange.has_teams else Submission.author))
        .order_by(_decided(), Flag.id)
    )
    found: list[tuple[Flag, Submission | None]] = [(flag, work) for flag, work in rows]
    return tuple(
        Listed(
            flag=flag,
            author_id=work.author_id if work is not None else None,
            author_name=names_of_authors(exchange, work) if work is not None else "",
        )
        for flag, work in found
    )


def flag_with(session: Session, exchange: Exchange, flag_id: int) -> Flagged | None:
    """One flag and the thing it is about."""
    flag = session.scalars(
        select(Flag)
        .where(Flag.id == flag_id, Flag.exchange_id == exchange.id)
        .options(joinedload(Flag.by), selectinload(Flag.acts).joinedload(FlagAct.by))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if flag is None:
        return None
    message = session.get(Message, flag.message_id) if flag.message_id is not None else None
    feedback = _feedback(session, message.feedback_id if message is not None else flag.feedback_id)
    pair = session.get(SideBySide, flag.side_by_side_id) if flag.side_by_side_id is not None else None
    proposal = session.get(Proposal, flag.proposal_id) if flag.proposal_id is not None else None
    submission = feedback.offer.submission if feedback is not None else _work(session, flag.submission_id)
    reviewer = feedback.offer.reviewer if feedback is not None else pair.reviewer if pair is not None else None
    return Flagged(
        flag=flag,
        feedback=feedback,
        message=message,
        pair=pair,
        proposal=proposal,
        submission=submission,
        writer=_writer(session, flag, message=message, proposal=proposal, submission=submission, reviewer=reviewer),
        is_by_reviewer=flag.kind != "work" and (message is None or message.side == rules.REVIEWER),
        side=_side(session, exchange, flag, feedback=feedback),
        hiding=_hiding(session, flag),
        before=_before(session, flag),
        left=_left(session, flag),
    )


def wrote_the_work(session: Session, exchange: Exchange, person_id: int, *, kind: str, message_id: int) -> bool:
    """Whether somebody who flags a message is the author of the work that it is about, and not a reviewer."""
    if kind != "message":
        return False
    is_theirs = exists().where(
        Message.id == message_id,
        Feedback.id == Message.feedback_id,
        Offer.id == Feedback.offer_id,
        Submission.id == Offer.submission_id,
        Submission.exchange_id == exchange.id,
        authored_by(exchange, person_id),
    )
    return bool(session.scalar(select(is_theirs)))


def _decided() -> Exists:
    return exists().where(FlagAct.flag_id == Flag.id, FlagAct.act.in_(rules.DECISIONS))


def _feedback(session: Session, feedback_id: int | None) -> Feedback | None:
    """With its answers, its reviewer and the work."""
    if feedback_id is None:
        return None
    return session.scalars(
        select(Feedback)
        .where(Feedback.id == feedback_id)
        .options(
            selectinload(Feedback.answers),
            joinedload(Feedback.offer).options(
                joinedload(Offer.reviewer), joinedload(Offer.submission).joinedload(Submission.author)
            ),
        )
    ).one()


def _work(session: Session, submission_id: int | None) -> Submission | None:
    if submission_id is None:
        return None
    return session.get_one(Submission, submission_id, options=[joinedload(Submission.author)])


def _writer(
    session: Session,
    flag: Flag,
    *,
    message: Message | None,
    proposal: Proposal | None,
    submission: Submission | None,
    reviewer: Person | None,
) -> Person | None:
    if message is not None:
        return session.get(Person, message.writer_id) if message.writer_id is not None else None
    if proposal is not None:
        return proposal.by
    return submission.author if flag.kind == "work" and submission is not None else reviewer


def _side(session: Session, exchange: Exchange, flag: Flag, *, feedback: Feedback | None) -> str | None:
    """
    Works are flagged by who reads or compares them, what is written about a work by its authors, and of a thread
    either side may flag what the other says.
    """
    if flag.is_by_staff:
        return rules.STAFF
    if flag.kind == "work":
        return rules.REVIEWER
    if flag.kind in ("feedback", "comparison"):
        return rules.AUTHOR
    if feedback is None or flag.by_id is None:
        return None
    if flag.by_id == feedback.offer.reviewer_id:
        return rules.REVIEWER
    is_theirs = select(Submission.id).where(
        Submission.id == feedback.offer.submission_id, authored_by(exchange, flag.by_id)
    )
    return rules.AUTHOR if session.scalar(is_theirs) is not None else None


def _hiding(session: Session, flag: Flag) -> Hiding | None:
    columns = {"message": Hiding.message_id, "feedback": Hiding.feedback_id, "rule": Hiding.proposal_id}
    if flag.kind not in columns:
        return None
    column = columns[flag.kind]
    rows = select(Hiding).where(column == getattr(flag, column.key))
    return session.scalars(rows.execution_options(populate_existing=True)).one_or_none()


def _before(session: Session, flag: Flag) -> rules.Words | None:
    changes = select(FeedbackRevision.words).where(
        FeedbackRevision.feedback_id == flag.feedback_id, FeedbackRevision.at >= flag.at
    )
    words = session.scalars(changes.order_by(FeedbackRevision.id).limit(1)).first()
    return rules.Words.from_dict(words) if words is not None else None


def _left(session: Session, flag: Flag) -> tuple[FeedbackFile, ...]:
    rows = select(FeedbackFile).where(FeedbackFile.feedback_id == flag.feedback_id, FeedbackFile.is_for_staff)
    return tuple(session.scalars(rows.order_by(FeedbackFile.number, FeedbackFile.id)))
