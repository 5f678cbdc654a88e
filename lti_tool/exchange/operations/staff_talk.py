"""
What passes between an author and the staff who reviewed their work: answers, what will be used, thanks.

Nobody is hidden here from the other: staff give their feedback with their names, and know whose work it is.
"""

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Mark, Message, StaffReview, Submission, authored_by
from lti_tool.exchange.operations import acts, talking
from lti_tool.exchange.operations.talking import MarkedPart
from lti_tool.exchange.queries import StaffPart


def say_about_staff_review(
    session: Session,
    exchange: Exchange,
    *,
    writer: int,
    staff_review_id: int,
    body: str,
    now: datetime,
    is_staff: bool = False,
) -> Message:
    """
    Write to the staff who gave a feedback, or as staff to its author. The same words twice in a row are one message.
    """
    body = talking.readable(body)
    part = _part(session, exchange, writer, staff_review_id, is_staff=is_staff)
    message, is_new = talking.add_message(session, part, writer=writer, body=body, now=now)
    if is_new:
        _note_heard(part, by=writer, now=now)
        session.flush()
        said = {"staff_review_id": staff_review_id, "said_id": message.id, "side": part.side}
        acts.record(session, exchange, "staff_review.replied", by=writer, now=now, **said)
    return message


def edit_message_about_staff_review(
    session: Session,
    exchange: Exchange,
    *,
    writer: int,
    staff_review_id: int,
    message_id: int,
    body: str,
    now: datetime,
    is_staff: bool = False,
) -> Message:
    """Change one's own message, within some minutes."""
    body = talking.readable(body)
    part = _part(session, exchange, writer, staff_review_id, is_staff=is_staff)
    message, is_changed = talking.change_message(
        session, part, writer=writer, message_id=message_id, body=body, now=now
    )
    if is_changed:
        facts = {"staff_review_id": staff_review_id, "said_id": message.id}
        acts.record(session, exchange, "staff_review.reply_edited", by=writer, now=now, **facts)
    return message


def mark_staff_comment(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    staff_review_id: int,
    part: MarkedPart,
    mark: str,
    now: datetime,
    reason: str = "",
) -> Mark:
    """Decide what becomes of one comment of staff: use it, later, or disagree because. It counts for no grade."""
    found = _as_author(session, exchange, author, staff_review_id)
    # Staff write no notes.
    if isinstance(part, rules.NotePart) or not found.review.said.comment_on(part).strip():
        raise errors.NoSuchMark
    row, is_news = talking.set_mark(session, found, comment=part, mark=mark, reason=reason, now=now)
    if is_news:
        session.flush()
        acts.record(
            session, exchange, "staff_review.marked", by=author, now=now, staff_review_id=staff_review_id, mark=mark
        )
    return row


def tick_off_staff_comment(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    staff_review_id: int,
    part: MarkedPart,
    is_done: bool,
    now: datetime,
) -> Mark:
    """Say that a suggestion of staff is taken up in the next version, or take that back."""
    found = _as_author(session, exchange, author, staff_review_id)
    row, is_news = talking.set_done(session, found, comment=part, is_done=is_done, now=now)
    if is_news and is_done:
        facts = {"staff_review_id": staff_review_id, "version": row.done_version}
        acts.record(session, exchange, "staff_review.used", by=author, now=now, **facts)
    return row


def thank_staff(
    session: Session, exchange: Exchange, *, author: int, staff_review_id: int, now: datetime, rule: str = ""
) -> None:
    """Thank staff for a feedback, naming a rule of the charter that it served or none. Once; again changes the rule."""
    found = _as_author(session, exchange, author, staff_review_id)
    if rule and rule not in exchange.option(rules.CharterOptions).rules:
        raise errors.UnknownRule
    is_first = found.review.thanked_at is None
    found.review.thanked_at, found.review.thanked_rule = found.review.thanked_at or now, rule
    session.flush()
    if is_first:
        acts.record(session, exchange, "staff_review.thanked", by=author, now=now, staff_review_id=staff_review_id)


def take_thanks_back_from_staff(session: Session, exchange: Exchange, *, author: int, staff_review_id: int) -> None:
    """A slip of the finger."""
    found = _as_author(session, exchange, author, staff_review_id)
    found.review.thanked_at, found.review.thanked_rule = None, ""
    session.flush()


def note_staff_heard(session: Session, exchange: Exchange, *, staff: int, staff_review_id: int, now: datetime) -> None:
    """Note that whoever gave the feedback has read what its author says. Of other staff nothing is noted."""
    part = _part(session, exchange, staff, staff_review_id, is_staff=True)
    if part.side == rules.STAFF:
        _note_heard(part, by=staff, now=now)
        session.flush()


def note_author_heard(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """Note that somebody has read what staff say in all threads about their feedback on this person's work."""
    if queries.staff_waits(session, exchange, person):
        return
    mine = select(Submission.id).where(Submission.exchange_id == exchange.id, authored_by(exchange, person))
    unheard = exists().where(
        Message.staff_review_id == StaffReview.id,
        Message.sent_at > func.coalesce(StaffReview.author_heard_at, StaffReview.given_at),
    )
    session.execute(
        update(StaffReview)
        .where(StaffReview.submission_id.in_(mine), unheard)
        .values(author_heard_at=now)
        .execution_options(synchronize_session=False)
    )


def _part(
    session: Session, exchange: Exchange, person: int, staff_review_id: int, *, is_staff: bool = False
) -> StaffPart:
    """The review, locked, so that what is done to it is done one after the other."""
    part = queries.staff_part_in(session, exchange, person, staff_review_id, is_staff=is_staff, lock=True)
    if part is None:
        raise errors.NoSuchFeedback
    return part


def _as_author(session: Session, exchange: Exchange, author: int, staff_review_id: int) -> StaffPart:
    part = _part(session, exchange, author, staff_review_id)
    if part.side != rules.AUTHOR:
        raise errors.NoSuchFeedback
    return part


def _note_heard(part: StaffPart, *, by: int, now: datetime) -> None:
    if part.side == rules.AUTHOR:
        part.review.author_heard_at = now
    elif part.review.by_id in (by, None):
        part.review.staff_heard_at = now
