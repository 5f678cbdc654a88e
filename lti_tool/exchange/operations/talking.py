"""
What is said and decided about one feedback, whether a classmate or staff gave it: messages, and marks on comments.

Who may do it, what the journal says and what follows for grades is with the verbs that call these.
"""

from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Mark, Message, StaffReview
from lti_tool.exchange.operations import acts
from lti_tool.exchange.queries import Discussed, Part, StaffPart

AnyPart: TypeAlias = Part | StaffPart
MarkedPart: TypeAlias = int | rules.NotePart | None
"""A comment of a feedback: on a criterion, by its id; a note; None: on the whole."""


def readable(body: str) -> str:
    """A message as it is kept. Raises :class:`errors.EmptyMessage` and :class:`errors.TooLong`."""
    body = acts.clean(body).strip()
    if not body:
        raise errors.EmptyMessage
    if len(body) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    return body


def add_message(session: Session, part: AnyPart, *, writer: int, body: str, now: datetime) -> tuple[Message, bool]:
    """The message, and whether it is new: the same words twice in a row are one. Raises :class:`errors.ThreadFull`."""
    here = _is_about(Message, part.about)
    last = session.scalars(select(Message).where(here).order_by(Message.id.desc()).limit(1)).one_or_none()
    if last is not None and (last.writer_id, last.side, last.body) == (writer, part.side, body):
        return last, False
    count = session.scalar(select(func.count()).select_from(Message).where(here)) or 0
    if count >= rules.MOST_MESSAGES:
        raise errors.ThreadFull(rules.MOST_MESSAGES)
    message = Message(side=part.side, writer_id=writer, body=body, sent_at=now, **reference(part.about))
    session.add(message)
    return message, True


def change_message(
    session: Session, part: AnyPart, *, writer: int, message_id: int, body: str, now: datetime
) -> tuple[Message, bool]:
    """The message, and whether it says something else now. Raises :class:`errors.TooLateToEdit` after some minutes."""
    message = session.scalars(
        select(Message).where(
            Message.id == message_id,
            _is_about(Message, part.about),
            Message.writer_id == writer,
            Message.side == part.side,
        )
    ).one_or_none()
    if message is None:
        raise errors.NoSuchMessage
    if message.body == body:
        return message, False
    if not rules.may_edit(message.sent_at, now):
        raise errors.TooLateToEdit
    message.body, message.edited_at = body, now
    session.flush()
    return message, True


def set_mark(
    session: Session, part: AnyPart, *, comment: MarkedPart, mark: str, reason: str, now: datetime
) -> tuple[Mark, bool]:
    """
    What becomes of a *comment*, and whether that is news. Raises :class:`errors.WhyMissing` where who disagrees
    gives no reason.
    """
    reason = acts.clean(reason).strip() if mark == rules.DISAGREE else ""
    if mark == rules.DISAGREE and not reason:
        raise errors.WhyMissing
    if len(reason) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    row = _mark_on(session, part.about, comment)
    if row is not None and (row.mark, row.reason) == (mark, reason):
        return row, False
    if row is None:
        row = Mark(seen_version=part.version, **reference(part.about), **_columns(comment))
        session.add(row)
    row.mark, row.reason, row.at = mark, reason, now
    if mark == rules.DISAGREE:
        row.done_version, row.done_at = None, None
    return row, True


def set_done(
    session: Session, part: AnyPart, *, comment: MarkedPart, is_done: bool, now: datetime
) -> tuple[Mark, bool]:
    """Say that a suggestion is taken up in the next version, or not; and whether that is news."""
    row = _mark_on(session, part.about, comment)
    if row is None or row.mark == rules.DISAGREE:
        raise errors.NoSuchMark
    if is_done == (row.done_at is not None):
        return row, False
    if is_done:
        row.done_version = rules.done_in(marked=row.seen_version, current=part.version)
        row.done_at, row.mark = now, rules.USE
    else:
        row.done_version, row.done_at = None, None
    session.flush()
    return row, True


def reference(about: Discussed) -> dict[str, int]:
    """How messages and marks name what they are about."""
    return {"staff_review_id": about.id} if isinstance(about, StaffReview) else {"feedback_id": about.id}


def _is_about(table: type[Message] | type[Mark], about: Discussed) -> ColumnElement[bool]:
    if isinstance(about, StaffReview):
        return table.staff_review_id == about.id
    return table.feedback_id == about.id


def _columns(comment: MarkedPart) -> dict[str, int | None]:
    if isinstance(comment, rules.NotePart):
        return {"criterion_id": None, "note": comment.id}
    return {"criterion_id": comment, "note": None}


def _mark_on(session: Session, about: Discussed, comment: MarkedPart) -> Mark | None:
    columns = _columns(comment)
    return session.scalars(
        select(Mark)
        .where(
            _is_about(Mark, about),
            Mark.criterion_id.is_not_distinct_from(columns["criterion_id"]),
            Mark.note.is_not_distinct_from(columns["note"]),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
