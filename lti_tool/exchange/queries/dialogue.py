"""
What became of feedback: its thread, the author's marks and plan, thanks, and the rules of the class.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Appraisal,
    CharterConsent,
    Exchange,
    Feedback,
    Hiding,
    Mark,
    Message,
    Offer,
    RewriteRequest,
    SecondLook,
    Submission,
    Thanks,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A feedback, and which side of it somebody is on."""

    feedback: Feedback
    side: str
    """``author``, ``reviewer`` or ``staff``."""
    author_id: int | None
    reviewer_id: int | None
    offer_id: int
    version: int
    """Of the work, as handed in now."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message as one side reads it."""

    message: Message
    is_own: bool
    may_edit: bool
    is_new: bool
    is_read: bool
    """One's own, and the other side has seen it."""
    note: str | None
    """What stands in its place where staff hide it."""


def part_in(
    session: Session,
    exchange: Exchange,
    person_id: int,
    feedback_id: int,
    *,
    is_staff: bool = False,
    lock: bool = False,
) -> Part | None:
    """
    The feedback for its author, its reviewer or staff; None for anybody else, and for an author from whom it is hidden.
    """
    row = select(Feedback, Submission.author_id, Offer.reviewer_id, Offer.id, Submission.version, Hiding.id).join(
        Offer, Offer.id == Feedback.offer_id
    )
    row = row.join(Submission, Submission.id == Offer.submission_id).outerjoin(
        Hiding, Hiding.feedback_id == Feedback.id
    )
    row = row.where(Feedback.id == feedback_id, Submission.exchange_id == exchange.id)
    if lock:
        row = row.with_for_update(of=Feedback)
    found = session.execute(row.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        return None
    feedback, author_id, reviewer_id, offer_id, version, hiding_id = found
    if person_id == author_id:
        side = rules.AUTHOR
    elif person_id == reviewer_id:
        side = rules.REVIEWER
    elif is_staff:
        side = rules.STAFF
    else:
        return None
    if side == rules.AUTHOR and hiding_id is not None:
        return None
    return Part(
        feedback=feedback,
        side=side,
        author_id=author_id,
        reviewer_id=reviewer_id,
        offer_id=offer_id,
        version=version,
    )


def fill_dialogue(session: Session, feedback: Collection[Feedback]) -> None:
    """All that became of *feedback*, in two queries."""
    if not feedback:
        return
    by_id = {each.id: each for each in feedback}
    messages: dict[int, list[Message]] = {id: [] for id in by_id}
    marks: dict[int, list[Mark]] = {id: [] for id in by_id}
    said = (
        select(Message, Hiding)
        .outerjoin(Hiding, Hiding.message_id == Message.id)
        .where(Message.feedback_id.in_(by_id))
        .order_by(Message.id)
        .execution_options(populate_existing=True)
    )
    for message, hiding in session.execute(said):
        set_committed_value(message, "hiding", hiding)
        messages[message.feedback_id].append(message)
    single = (Thanks, Appraisal, SecondLook, RewriteRequest)
    rows = select(Feedback.id, Mark, Hiding, *single).outerjoin(Mark, Mark.feedback_id == Feedback.id)
    rows = rows.outerjoin(Hiding, Hiding.feedback_id == Feedback.id)
    for table in single:
        rows = rows.outerjoin(table, and_(table.feedback_id == Feedback.id))
    for id, mark, hiding, thanks, appraisal, second_look, request in session.execute(
        rows.where(Feedback.id.in_(by_id)).order_by(Mark.id).execution_options(populate_existing=True)
    ):
        if mark is not None:
            marks[id].append(mark)
        for name, value in (
            ("hiding", hiding),
            ("thanks", thanks),
            ("appraisal", appraisal),
            ("second_look", second_look),
            ("rewrite_request", request),
        ):
            set_committed_value(by_id[id], name, value)
    for id, each in by_id.items():
        set_committed_value(each, "messages", messages[id])
        set_committed_value(each, "marks", marks[id])


def lines_of(feedback: Feedback, side: str, person_id: int, *, now: datetime) -> tuple[Line, ...]:
    """The thread of *feedback* as *side* reads it. Needs :func:`fill_dialogue`."""
    heard_at = {rules.AUTHOR: feedback.author_heard_at, rules.REVIEWER: feedback.reviewer_heard_at}.get(side)
    lines = []
    for message in feedback.messages:
        is_own = message.writer_id == person_id and message.side == side
        is_hidden = message.hiding is not None and side != rules.STAFF and not is_own
        lines.append(
            Line(
                message=message,
                is_own=is_own,
                may_edit=is_own and message.hiding is None and rules.may_edit(message.sent_at, now),
                is_new=side != rules.STAFF and not is_own and (heard_at is None or message.sent_at > heard_at),
                is_read=is_own and _is_heard(feedback, message),
                note=message.hiding.note if is_hidden and message.hiding is not None else None,
            )
        )
    return tuple(lines)


def has_news(feedback: Feedback, side: str, person_id: int) -> bool:
    """Whether the other sides wrote something that *side* has not read yet."""
    heard_at = feedback.author_heard_at if side == rules.AUTHOR else feedback.reviewer_heard_at
    return any(
        message.writer_id != person_id and (heard_at is None or message.sent_at > heard_at)
        for message in feedback.messages
    )


def appraisals_shown(session: Session, exchange: Exchange, reviewer_id: int, *, now: datetime) -> bool:
    """Whether *reviewer_id* sees what authors said of their feedback."""
    options = exchange.option(rules.CharterOptions)
    if options.shown == rules.AT_ONCE:
        return True
    rows = session.scalars(
        select(Appraisal.feedback_id.is_not(None))
        .select_from(Feedback)
        .join(Offer)
        .outerjoin(Appraisal, Appraisal.feedback_id == Feedback.id)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer_id)
    ).all()
    return rules.may_see_appraisals(options, appraised=rows, is_settled=exchange.windows.is_settled_at(now))


def consent_of(session: Session, exchange: Exchange, person_id: int) -> CharterConsent | None:
    """What somebody agreed to, if it is what the charter says now."""
    consent = session.get(CharterConsent, (exchange.id, person_id), populate_existing=True)
    current = list(exchange.option(rules.CharterOptions).rules)
    return consent if consent is not None and consent.rules == current else None


def consents(session: Session, exchange: Exchange) -> int:
    """How many agreed to the charter."""
    counted = select(func.count()).select_from(CharterConsent).where(CharterConsent.exchange_id == exchange.id)
    return session.scalar(counted) or 0


def plan_items(feedback: Sequence[Feedback]) -> tuple[tuple[Feedback, Mark], ...]:
    """What an author will use, then what is for later, in the order it came."""
    kept = [(each, mark) for each in feedback for mark in each.marks if mark.mark != rules.DISAGREE]
    return tuple(sorted(kept, key=lambda pair: (rules.MARKS.index(pair[1].mark), pair[0].id, pair[1].id)))


def _is_heard(feedback: Feedback, message: Message) -> bool:
    heard_at = feedback.reviewer_heard_at if message.side == rules.AUTHOR else feedback.author_heard_at
    return message.side != rules.STAFF and heard_at is not None and heard_at >= message.sent_at
