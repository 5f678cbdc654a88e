"""
What people asked staff to look at, and what came of it.
"""

from dataclasses import dataclass

from sqlalchemy import Exists, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    Flag,
    FlagAct,
    Hiding,
    Message,
    Offer,
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
    submission: Submission
    author_name: str
    """Or that of their group. For staff alone."""
    reviewer: Person | None
    writer: Person | None
    """Who wrote the thing that was flagged."""
    is_by_reviewer: bool
    """Whether a reviewer wrote it; ``is_from_reviewer``: whether one flagged it."""
    is_from_reviewer: bool
    hiding: Hiding | None

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
    """A flag in the list of all, with whose work it is about."""

    flag: Flag
    author_id: int | None
    author_name: str
    """Or that of their group. For staff alone."""


def open_flags(session: Session, exchange: Exchange) -> int:
    """How many flags nobody has decided about."""
    return (
        session.scalar(select(func.count()).select_from(Flag).where(Flag.exchange_id == exchange.id, ~_decided())) or 0
    )


def flags(session: Session, exchange: Exchange) -> tuple[Listed, ...]:
    """All flags of an exchange, open ones first, oldest first."""
    rows = session.execute(
        select(Flag, Submission)
        .outerjoin(Message, Message.id == Flag.message_id)
        .outerjoin(Feedback, Feedback.id == func.coalesce(Flag.feedback_id, Message.feedback_id))
        .outerjoin(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == func.coalesce(Flag.submission_id, Offer.submission_id))
        .where(Flag.exchange_id == exchange.id)
        .options(selectinload(Flag.acts), joinedload(Submission.team if exchange.has_teams else Submission.author))
        .order_by(_decided(), Flag.id)
    )
    return tuple(
        Listed(flag=flag, author_id=work.author_id, author_name=names_of_authors(exchange, work)) for flag, work in rows
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
    feedback_id = message.feedback_id if message is not None else flag.feedback_id
    feedback, offer = None, None
    if feedback_id is not None:
        feedback = session.scalars(
            select(Feedback)
            .where(Feedback.id == feedback_id)
            .options(
                selectinload(Feedback.answers),
                joinedload(Feedback.offer).options(
                    joinedload(Offer.reviewer), joinedload(Offer.submission).joinedload(Submission.author)
                ),
            )
        ).one()
        offer = feedback.offer
    submission = (
        offer.submission
        if offer is not None
        else session.get_one(Submission, flag.submission_id, options=[joinedload(Submission.author)])
    )
    pair = session.get(SideBySide, flag.side_by_side_id) if flag.side_by_side_id is not None else None
    reviewer = offer.reviewer if offer is not None else pair.reviewer if pair is not None else None
    writer = submission.author if flag.kind == "work" else reviewer
    if message is not None:
        writer = session.get(Person, message.writer_id) if message.writer_id is not None else None
    hidden = select(Hiding).where(
        Hiding.message_id == message.id if message is not None else Hiding.feedback_id == (feedback_id or 0)
    )
    return Flagged(
        flag=flag,
        feedback=feedback,
        message=message,
        pair=pair,
        submission=submission,
        author_name=names_of_authors(exchange, submission),
        reviewer=reviewer,
        writer=writer,
        is_by_reviewer=flag.kind != "work" and (message is None or message.side == rules.REVIEWER),
        is_from_reviewer=pair is None and flag.by_id != submission.author_id,
        hiding=session.scalars(hidden.execution_options(populate_existing=True)).one_or_none(),
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
