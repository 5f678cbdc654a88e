"""
What an author does: write, attach files, hand in.
"""

import logging
import uuid
from datetime import datetime

from sqlalchemy import any_, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from lti_tool import files
from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    Offer,
    Submission,
    SubmissionFile,
    Team,
    TeamMember,
    Withdrawal,
    WorkVersion,
    has_reader,
)
from lti_tool.exchange.operations import acts, drafts, handing_in, pairing
from lti_tool.exchange.operations.drafts import Saved

log = logging.getLogger(__name__)


def save_draft(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    body: str,
    base_revision: int,
    now: datetime,
    beside: rules.Beside | None = None,
) -> Saved:
    """
    Keep what the author is writing, before the opening and after closing too: only handing in has its time.

    Without *beside* what stands beside the words stays as it is.
    """
    body = _readable(body)
    if not exchange.is_published:
        raise errors.NotOpen("unpublished")
    work = own_work(session, exchange, author=author)
    said_beside = beside.as_dict() if beside is not None else None
    return drafts.write_work(session, work, body, base_revision=base_revision, now=now, beside=said_beside)


def submit_work(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    body: str,
    base_revision: int | None,
    now: datetime,
    note: str = "",
) -> Submission:
    """
    Hand in the work with *body*. The same work twice is handed in once.

    Until somebody has it for review it may be replaced; what it replaces is kept as a copy. Where the
    exchange has rounds, whoever has received feedback may hand in a revised version, with a *note* on
    what changed. Each time is kept as a version.
    """
    body = _readable(body)
    windows = queries.windows_of(session, exchange, author)
    acts.require_taken(windows, now)
    # Nobody is offered the work while it is replaced. Before any row, as everybody who takes both.
    pairing.hold(session, exchange)
    work = own_work(session, exchange, author=author)
    latest = _latest_version(session, work)
    is_in = work.submitted_at is not None
    if is_in and latest is not None and latest.body == body and _has_same_around(latest, work):
        drafts.write_work(session, work, body, base_revision=base_revision, now=now)
        return work
    _require_parts(exchange, work, body)
    is_revision = require_replaceable(session, exchange, work, windows=windows, now=now)
    note = acts.clean(note).strip()[: rules.LONGEST_COMMENT]
    if is_revision and not note:
        raise errors.NoteMissing
    drafts.write_work(session, work, body, base_revision=base_revision, now=now)
    if work.body.strip() and work.body != body:
        drafts.keep_copy(session, {"body": work.body}, submission_id=work.id, now=now)
    work.body, work.version = body, work.version + 1
    # Handed in when it first came; a revised version neither makes it late nor puts it at the end of the queue.
    work.submitted_at = work.submitted_at if is_revision else now
    session.add(
        WorkVersion(
            submission_id=work.id,
            number=work.version,
            body=body,
            beside=work.beside,
            note=note,
            file_ids=[file.id for file in work.files],
            handed_in_at=now,
        )
    )
    if not is_revision:
        # Nobody reads it, so whoever had an older version and began nothing finds the new one.
        session.execute(
            update(Offer)
            .where(Offer.submission_id == work.id, Offer.state == rules.OfferState.OFFERED)
            .values(version=work.version)
        )
    is_back = _end_withdrawal(session, work)
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
        is_late=windows.is_late(work.submitted_at or now),
        is_back=is_back,
    )
    if not is_revision:
        handing_in.tell_handed_in(session, exchange, work, now=now)
    log.info("work %s handed in for exchange %s, version %s", work.id, exchange.id, work.version)
    return work


def attach_file(  # noqa: PLR0913 - a file, and what of it is taken
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    data: bytes,
    now: datetime,
    storage: files.Storage,
    max_bytes: int,
    name: str = "",
    max_recording_bytes: int = 0,
) -> SubmissionFile:
    """
    Put a file beside the work, cleaned of what tells who made it. The same file twice is there once.

    Audio and video are taken where the teacher asks for them.
    """
    windows = queries.windows_of(session, exchange, author)
    acts.require_taken(windows, now)
    # Cleaning takes its time, so it comes before the row is locked.
    if not exchange.option(rules.WorkOptions).recordings:
        max_recording_bytes = 0
    cleaned = files.accept(data, max_bytes=max_bytes, name=name, max_recording_bytes=max_recording_bytes)
    work = own_work(session, exchange, author=author)
    twin = next((each for each in work.files if each.sha256 == cleaned.sha256), None)
    if twin is not None:
        return twin
    if exchange.option(rules.WorkOptions).files == rules.UNWANTED:
        raise errors.PartUnwanted("files")
    is_revision = require_replaceable(session, exchange, work, windows=windows, now=now)
    if len(work.files) >= rules.MOST_FILES:
        raise errors.TooManyFiles(rules.MOST_FILES)
    numbers = select(SubmissionFile.number).where(SubmissionFile.submission_id == work.id)
    number = max(session.scalars(numbers), default=0) + 1
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
    if not is_revision:
        _keep_files_of_latest(session, work)
    acts.record(session, exchange, "work.file_added", by=author, now=now, submission_id=work.id, file_id=attached.id)
    return attached


def remove_file(
    session: Session, exchange: Exchange, *, author: int, file_id: int, now: datetime, storage: files.Storage
) -> None:
    """Take a file away again, unless somebody already has the work for review."""
    windows = queries.windows_of(session, exchange, author)
    acts.require_taken(windows, now)
    work = own_work(session, exchange, author=author)
    found = next((each for each in work.files if each.id == file_id), None)
    if found is None:
        raise errors.NoSuchFile
    is_revision = require_replaceable(session, exchange, work, windows=windows, now=now)
    if work.submitted_at is not None and len(work.files) == 1 and not work.body.strip():
        raise errors.EmptyWork
    if not is_revision:
        _keep_files_of_latest(session, work, without=file_id)
    is_of_version = exists().where(WorkVersion.submission_id == work.id, literal(file_id) == any_(WorkVersion.file_ids))
    if session.scalar(select(is_of_version)):
        found.removed_at = now
        session.flush()
        session.expire(work, ["files"])
    else:
        work.files.remove(found)
        storage.remove(session, found.key)
        session.flush()
    acts.record(session, exchange, "work.file_removed", by=author, now=now, submission_id=work.id, file_id=file_id)


def own_work(session: Session, exchange: Exchange, *, author: int) -> Submission:
    """
    The author's work, or that of their group, made where there is none, and locked: whatever they do in two tabs
    happens in turn.
    """
    team = _team_of(session, exchange, author) if exchange.has_teams else None
    if team is None or team.submission_id is None:
        session.execute(
            insert(Submission)
            .values(exchange_id=exchange.id, author_id=author, draft="", revision=0, body="", version=0)
            .on_conflict_do_nothing()
        )
    is_ours = Submission.author_id == author
    if team is not None and team.submission_id is not None:
        is_ours = Submission.id == team.submission_id
    work = session.scalars(
        select(Submission)
        .where(Submission.exchange_id == exchange.id, is_ours)
        .options(selectinload(Submission.files))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if team is not None and team.submission_id is None:
        team.submission_id = work.id
        session.flush()
    return work


def _team_of(session: Session, exchange: Exchange, person: int) -> Team:
    """The group of a person, locked: two members who begin at once begin one work."""
    team = session.scalars(
        select(Team)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.exchange_id == exchange.id, TeamMember.person_id == person)
        .with_for_update(of=Team)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if team is None:
        raise errors.NoTeam
    return team


def require_replaceable(
    session: Session, exchange: Exchange, work: Submission, *, windows: rules.Windows, now: datetime
) -> bool:
    """
    Refuse when a reviewer has the work, unless a revised version is due or staff let it be changed once more;
    answers whether this is one.

    An offer that lapsed before anything was written holds nobody up.
    """
    if work.submitted_at is None:
        return False
    has_feedback = exists().where(Feedback.offer_id == Offer.id, Offer.submission_id == work.id)
    is_read, is_answered = session.execute(select(exists().where(has_reader(work.id, now)), has_feedback)).one()
    options = exchange.option(rules.WorkOptions)
    if is_answered and work.author_id is not None:
        is_answered = queries.is_let_out(session, exchange, work.id, now=now) and not queries.is_covered(
            session, exchange, work.author_id
        )
    if not windows.is_reopened_at(now) and not rules.may_hand_in_again(
        options, is_read=is_read, has_feedback=is_answered
    ):
        raise errors.WorkIsBeingReviewed
    return bool(is_read)


def _readable(body: str) -> str:
    body = acts.clean(body)
    if len(body) > rules.LONGEST_BODY:
        raise errors.TooLong(rules.LONGEST_BODY)
    return body


def _require_parts(exchange: Exchange, work: Submission, body: str) -> None:
    links = rules.Beside.from_dict(work.beside).links
    options = exchange.option(rules.WorkOptions)
    lacking = rules.missing_parts(options, body=body, files=len(work.files), links=len(links))
    if lacking == ("any",):
        raise errors.EmptyWork
    if lacking:
        raise errors.PartsMissing(lacking)
    silent = tuple(file.name for file in work.files if file.is_recording and file.words is None)
    if options.transcripts and silent:
        raise errors.WordsMissing(silent)


def _end_withdrawal(session: Session, work: Submission) -> bool:
    """Whether the work had been taken back; it is so no longer."""
    gone = session.execute(delete(Withdrawal).where(Withdrawal.submission_id == work.id).returning(Withdrawal))
    return gone.first() is not None


def _latest_version(session: Session, work: Submission) -> WorkVersion | None:
    return session.scalars(
        select(WorkVersion)
        .where(WorkVersion.submission_id == work.id, WorkVersion.number == work.version)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _has_same_around(version: WorkVersion, work: Submission) -> bool:
    return version.beside == work.beside and version.file_ids == [file.id for file in work.files]


def _keep_files_of_latest(session: Session, work: Submission, *, without: int | None = None) -> None:
    """While nobody reads a work, a file added or taken away is so in what was handed in, too."""
    latest = _latest_version(session, work) if work.submitted_at is not None else None
    if latest is not None:
        latest.file_ids = [file.id for file in work.files if file.id != without]
        session.flush()
