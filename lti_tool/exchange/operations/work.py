"""
What an author does: write, attach files, hand in.
"""

import logging
import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from lti_tool import files, journal
from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange, Offer, Submission, SubmissionFile
from lti_tool.exchange.operations import drafts
from lti_tool.exchange.operations.drafts import Saved

log = logging.getLogger(__name__)


def save_draft(
    session: Session, exchange: Exchange, *, author: int, body: str, base_revision: int, now: datetime
) -> Saved:
    """
    Keep what the author is writing, before the opening and after closing too: only handing in has its time.
    """
    body = _readable(body)
    if not exchange.is_published:
        raise errors.NotOpen("unpublished")
    work = _own_work(session, exchange, author=author)
    return drafts.write_work(session, work, body, base_revision=base_revision, now=now)


def submit_work(
    session: Session, exchange: Exchange, *, author: int, body: str, base_revision: int | None, now: datetime
) -> Submission:
    """
    Hand in the work with *body*. The same work twice is handed in once.

    Until somebody has it for review it may be replaced; what it replaces is kept as a copy.
    """
    body = _readable(body)
    _require_open(exchange, now)
    work = _own_work(session, exchange, author=author)
    if work.submitted_at is not None and work.body == body:
        drafts.write_work(session, work, body, base_revision=base_revision, now=now)
        return work
    if not body.strip() and not work.files:
        raise errors.EmptyWork
    _require_unread(session, work, now)
    drafts.write_work(session, work, body, base_revision=base_revision, now=now)
    if work.body.strip():
        drafts.keep_copy(session, {"body": work.body}, submission_id=work.id, now=now)
    work.body, work.version, work.submitted_at = body, work.version + 1, now
    session.flush()
    is_late = exchange.windows.is_late(now)
    _record(session, exchange, "work.submitted", author, now, work=work, version=work.version, is_late=is_late)
    log.info("work %s handed in for exchange %s, version %s", work.id, exchange.id, work.version)
    return work


def attach_file(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    data: bytes,
    now: datetime,
    storage: files.Storage,
    max_bytes: int,
    name: str = "",
) -> SubmissionFile:
    """
    Put a file beside the work, cleaned of what tells who made it. The same file twice is there once.
    """
    _require_open(exchange, now)
    # Cleaning takes its time, so it comes before the row is locked.
    cleaned = files.accept(data, max_bytes=max_bytes, name=name)
    work = _own_work(session, exchange, author=author)
    twin = next((each for each in work.files if each.sha256 == cleaned.sha256), None)
    if twin is not None:
        return twin
    _require_unread(session, work, now)
    if len(work.files) >= rules.MOST_FILES:
        raise errors.TooManyFiles(rules.MOST_FILES)
    number = max((each.number for each in work.files), default=0) + 1
    attached = SubmissionFile(
        number=number,
        name=f"work-{number}.{cleaned.extension}",
        media_type=cleaned.media_type,
        size=len(cleaned.data),
        sha256=cleaned.sha256,
        key=f"exchange/{uuid.uuid4().hex}",
        added_at=now,
    )
    work.files.append(attached)
    storage.keep(session, attached.key, cleaned.data)
    session.flush()
    _record(session, exchange, "work.file_added", author, now, work=work, file_id=attached.id)
    return attached


def remove_file(
    session: Session, exchange: Exchange, *, author: int, file_id: int, now: datetime, storage: files.Storage
) -> None:
    """Take a file away again, unless somebody already has the work for review."""
    _require_open(exchange, now)
    work = _own_work(session, exchange, author=author)
    found = next((each for each in work.files if each.id == file_id), None)
    if found is None:
        raise errors.NoSuchFile
    _require_unread(session, work, now)
    if work.submitted_at is not None and len(work.files) == 1 and not work.body.strip():
        raise errors.EmptyWork
    work.files.remove(found)
    storage.remove(session, found.key)
    session.flush()
    _record(session, exchange, "work.file_removed", author, now, work=work, file_id=file_id)


def _readable(body: str) -> str:
    body = drafts.clean(body)
    if len(body) > rules.LONGEST_BODY:
        raise errors.TooLong(rules.LONGEST_BODY)
    return body


def _require_open(exchange: Exchange, now: datetime) -> None:
    because = exchange.windows.why_not_open(now)
    if because is not None:
        raise errors.NotOpen(because)


def _require_unread(session: Session, work: Submission, now: datetime) -> None:
    """Refuse when a reviewer has the work. An offer that lapsed before anything was written holds nobody up."""
    if work.submitted_at is not None and session.scalar(select(exists().where(has_reader(work.id, now)))):
        raise errors.WorkIsBeingReviewed


def has_reader(submission_id: int, now: datetime) -> ColumnElement[bool]:
    """The condition that an offer gives *submission_id* a reader."""
    is_held = (Offer.state == rules.OfferState.OFFERED) & (Offer.lease_until > now)
    return (Offer.submission_id == submission_id) & (
        Offer.state.in_((rules.OfferState.STARTED, rules.OfferState.SUBMITTED)) | is_held
    )


def _own_work(session: Session, exchange: Exchange, *, author: int) -> Submission:
    """The author's work, made where there is none, and locked: whatever they do in two tabs happens in turn."""
    session.execute(
        insert(Submission)
        .values(exchange_id=exchange.id, author_id=author, draft="", revision=0, body="", version=0)
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(Submission)
        .where(Submission.exchange_id == exchange.id, Submission.author_id == author)
        .options(selectinload(Submission.files))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _record(
    session: Session,
    exchange: Exchange,
    act: str,
    author: int,
    now: datetime,
    *,
    work: Submission,
    **particulars: object,
) -> None:
    journal.record(
        session,
        act,
        course_id=exchange.course_id,
        person_id=author,
        activity_id=exchange.id,
        now=now,
        submission_id=work.id,
        **particulars,
    )
