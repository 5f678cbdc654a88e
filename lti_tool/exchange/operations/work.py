"""
What an author does: write, attach files, hand in.
"""

import logging
import uuid
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from lti_tool import files
from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange, Submission, SubmissionFile, has_reader
from lti_tool.exchange.operations import acts, drafts, pairing
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
    acts.require_open(exchange, now)
    # Nobody is offered the work while it is replaced. Before any row, as everybody who takes both.
    pairing.hold(session, exchange)
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
    pairing.take_seat(session, exchange, person=author, work=work.id, now=now)
    acts.record(
        session,
        exchange,
        "work.submitted",
        by=author,
        now=now,
        submission_id=work.id,
        version=work.version,
        is_late=exchange.windows.is_late(now),
    )
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
    acts.require_open(exchange, now)
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
    acts.record(session, exchange, "work.file_added", by=author, now=now, submission_id=work.id, file_id=attached.id)
    return attached


def remove_file(
    session: Session, exchange: Exchange, *, author: int, file_id: int, now: datetime, storage: files.Storage
) -> None:
    """Take a file away again, unless somebody already has the work for review."""
    acts.require_open(exchange, now)
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
    acts.record(session, exchange, "work.file_removed", by=author, now=now, submission_id=work.id, file_id=file_id)


def _readable(body: str) -> str:
    body = acts.clean(body)
    if len(body) > rules.LONGEST_BODY:
        raise errors.TooLong(rules.LONGEST_BODY)
    return body


def _require_unread(session: Session, work: Submission, now: datetime) -> None:
    """Refuse when a reviewer has the work. An offer that lapsed before anything was written holds nobody up."""
    if work.submitted_at is not None and session.scalar(select(exists().where(has_reader(work.id, now)))):
        raise errors.WorkIsBeingReviewed


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
