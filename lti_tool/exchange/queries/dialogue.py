"""
What became of feedback: its thread, the author's marks and plan, thanks, and the rules of the class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Appraisal,
    CharterConsent,
    Exchange,
    Feedback,
    Hiding,
    Mark,
    Offer,
    StaffReview,
    Submission,
    Team,
    authored_by,
)
from lti_tool.exchange.queries.release import is_held_back

WITH_DIALOGUE = (
    undefer(Feedback.thread),
    undefer(Feedback.files),
    joinedload(Feedback.thanks),
    joinedload(Feedback.appraisal),
    joinedload(Feedback.second_look),
    joinedload(Feedback.rewrite_request),
    joinedload(Feedback.hiding),
    joinedload(Feedback.introduction),
)
"""What a query for feedback loads along, but for the marks, which come with the answers."""

Discussed: TypeAlias = Feedback | StaffReview
"""What is talked about: feedback by a classmate, or by staff."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A feedback, and which side of it somebody is on."""

    feedback: Feedback
    side: str
    """``author``, ``reviewer`` or ``staff``."""
    submission_id: int
    author_id: int | None
    """Of a group's work, by whom it goes."""
    reviewer_id: int | None
    offer_id: int
    version: int
    """Of the work, as handed in now."""

    @property
    def about(self) -> Discussed:
        return self.feedback


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A message as it stands."""

    id: int
    side: str
    writer_id: int | None
    body: str
    sent_at: datetime
    edited_at: datetime | None
    hidden: str | None
    """Why staff hide it; None where they do not."""
    name: str | None = None
    """Of its writer, where nobody is hidden from the other: in what is said about feedback by staff."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message as one side reads it."""

    message: Spoken
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
    now: datetime,
    is_staff: bool = False,
    lock: bool = False,
) -> Part | None:
    """
    The feedback for its author, its reviewer or staff; None for anybody else, and for an author from whom
    it is hidden or held back.
    """
    row = select(
        Feedback,
        Submission.id,
        Submission.author_id,
        Offer.reviewer_id,
        Offer.id,
        Submission.version,
        Hiding.id,
        authored_by(exchange, person_id),
    ).join(Offer, Offer.id == Feedback.offer_id)
    row = row.join(Submission, Submission.id == Offer.submission_id).outerjoin(
        Hiding, Hiding.feedback_id == Feedback.id
    )
    row = row.where(Feedback.id == feedback_id, Submission.exchange_id == exchange.id)
    if lock:
        row = row.with_for_update(of=Feedback)
    found = session.execute(row.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        return None
    feedback, submission_id, author_id, reviewer_id, offer_id, version, hiding_id, is_author = found
    if is_author:
        side = rules.AUTHOR
    elif person_id == reviewer_id:
        side = rules.REVIEWER
    elif is_staff:
        side = rules.STAFF
    else:
        return None
    if side == rules.AUTHOR and hiding_id is not None:
        return None
    if side == rules.AUTHOR and is_held_back(session, exchange, person_id, now=now):
        return None
    return Part(
        feedback=feedback,
        side=side,
        submission_id=submission_id,
        author_id=author_id,
        reviewer_id=reviewer_id,
        offer_id=offer_id,
        version=version,
    )


def with_dialogue(session: Session, feedback_id: int) -> Feedback:
    """One feedback as it stands, with what it says and all that became of it."""
    return session.scalars(
        select(Feedback)
        .where(Feedback.id == feedback_id)
        .options(*WITH_DIALOGUE, selectinload(Feedback.answers), selectinload(Feedback.marks))
        .execution_options(populate_existing=True)
    ).one()


def author_name(session: Session, exchange: Exchange, part: Part) -> str | None:
    """Whose work it is, for its reviewer; None where they must not know."""
    if not exchange.may_see(rules.REVIEWER, rules.AUTHOR, agreed=part.feedback.is_agreed) or part.author_id is None:
        return None
    if exchange.has_teams:
        named = select(Team.name).join(Offer, Offer.submission_id == Team.submission_id)
        return session.scalar(named.where(Offer.id == part.offer_id))
    return session.scalar(select(Person.name).where(Person.id == part.author_id))


def said_about(feedback: Discussed) -> tuple[Spoken, ...]:
    """The messages about a feedback, oldest first."""
    return tuple(
        Spoken(
            id=each["id"],
            side=each["side"],
            writer_id=each["writer_id"],
            body=each["body"],
            sent_at=datetime.fromisoformat(each["sent_at"]),
            edited_at=datetime.fromisoformat(each["edited_at"]) if each["edited_at"] else None,
            hidden=each["hidden"],
            name=each.get("name"),
        )
        for each in feedback.thread or ()
    )


def lines_of(
    feedback: Discussed, side: str, person_id: int, *, now: datetime, is_masked: bool = False
) -> tuple[Line, ...]:
    """
    The thread of *feedback* as *side* reads it.

    Where names are hidden, that the other side has read something is told the day after: who sits beside
    somebody sees when they open a page.
    """
    heard_at = feedback.heard_at(side)
    listens = is_listening(feedback, side, person_id)
    lines = []
    for message in said_about(feedback):
        is_own = message.writer_id == person_id and message.side == side
        is_hidden = message.hidden is not None and side != rules.STAFF and not is_own
        lines.append(
            Line(
                message=message,
                is_own=is_own,
                may_edit=is_own and message.hidden is None and rules.may_edit(message.sent_at, now),
                is_new=listens and not is_own and (heard_at is None or message.sent_at > heard_at),
                is_read=is_own and _is_heard(feedback, message, before=now.date() if is_masked else None),
                note=message.hidden if is_hidden else None,
            )
        )
    return tuple(lines)


def is_listening(feedback: Discussed, side: str, person_id: int) -> bool:
    """
    Whether somebody is one of the two who talk, so that what they have not read is new to them.

    Staff look in on what classmates say; of feedback by staff whoever gave it is meant, or all once they are forgotten.
    """
    if side != rules.STAFF:
        return True
    return isinstance(feedback, StaffReview) and feedback.by_id in (person_id, None)


def has_news(feedback: Discussed, side: str, person_id: int) -> bool:
    """Whether the other sides wrote something that *side* has not read yet."""
    heard_at = feedback.heard_at(side)
    return is_listening(feedback, side, person_id) and any(
        message.writer_id != person_id and (heard_at is None or message.sent_at > heard_at)
        for message in said_about(feedback)
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


def plan_items(feedback: Sequence[Discussed]) -> tuple[tuple[Discussed, Mark], ...]:
    """What an author will use, then what is for later, in the order in which it is read."""
    # Sorting leaves in order what weighs the same.
    kept = [(each, mark) for each in feedback for mark in each.marks if mark.mark != rules.DISAGREE]
    return tuple(sorted(kept, key=lambda pair: rules.MARKS.index(pair[1].mark)))


def _is_heard(feedback: Discussed, message: Spoken, *, before: date | None) -> bool:
    giver = rules.STAFF if isinstance(feedback, StaffReview) else rules.REVIEWER
    other = {rules.AUTHOR: giver, giver: rules.AUTHOR}.get(message.side)
    heard_at = feedback.heard_at(other) if other is not None else None
    if heard_at is None or heard_at < message.sent_at:
        return False
    return before is None or heard_at.date() < before
