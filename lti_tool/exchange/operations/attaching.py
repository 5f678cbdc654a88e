"""
Files in feedback: beside what is being written, and its author's once it is given.

The rows of feedback that is being changed stay as they were until the change is given: what comes waits beside the
draft, what goes only leaves.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import files
from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, FeedbackFile, Offer, Submission
from lti_tool.exchange.operations import reviewing, second_look
from lti_tool.exchange.queries import Desk


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way in, and what of it is taken."""

    data: bytes
    name: str
    max_bytes: int
    max_recording_bytes: int

    def cleaned(self, exchange: Exchange) -> files.CleanFile:
        """It as it is kept; raises :class:`errors.FilesUnwanted` or a :class:`files.FileRefused`."""
        options = exchange.option(rules.AttachingOptions)
        if not options.is_on:
            raise errors.FilesUnwanted
        return files.accept(
            self.data,
            max_bytes=self.max_bytes,
            name=self.name,
            max_recording_bytes=self.max_recording_bytes if options.recordings else 0,
        )


def attach_to_review(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    offer_id: int,
    upload: Upload,
    now: datetime,
    storage: files.Storage,
) -> FeedbackFile:
    """
    Put a file beside what a reviewer writes, cleaned of what tells who made it. The same file twice is there once.
    """
    # Cleaning takes its time, so it comes before the row is locked.
    cleaned = upload.cleaned(exchange)
    offer = _writable(session, exchange, reviewer, offer_id, now=now)
    return _put(session, exchange, _of_offer(offer), cleaned, storage=storage)


def detach_from_review(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    offer_id: int,
    file_id: int,
    now: datetime,
    storage: files.Storage,
) -> None:
    """Take a file away again; from feedback that was given, once the change is given."""
    offer = _writable(session, exchange, reviewer, offer_id, now=now)
    _take(session, _of_offer(offer), file_id, storage=storage)


def attach_to_staff_review(
    session: Session, exchange: Exchange, *, author: int, by: int, upload: Upload, storage: files.Storage
) -> FeedbackFile:
    """Put a file beside what a teacher or assistant writes about the work of *author*."""
    cleaned = upload.cleaned(exchange)
    return _put(session, exchange, _of_staff(session, exchange, author, by), cleaned, storage=storage)


def detach_from_staff_review(
    session: Session, exchange: Exchange, *, author: int, by: int, file_id: int, storage: files.Storage
) -> None:
    """Take a file away again, as :func:`detach_from_review` does."""
    _take(session, _of_staff(session, exchange, author, by), file_id, storage=storage)


def _writable(session: Session, exchange: Exchange, reviewer: int, offer_id: int, *, now: datetime) -> Offer:
    """A work that *reviewer* writes about, or may write about anew, locked; while they do it stays theirs."""
    offer = session.scalars(
        select(Offer).where(Offer.id == offer_id, Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer)
    ).one_or_none()
    if offer is None or offer.feedback is None:
        offer = reviewing.writable_offer(session, exchange, reviewer, offer_id)
        reviewing.keep(exchange, offer, now=now)
        return offer
    # Locked before it is asked whether it may be changed: what comes after the change would be on nobody's feedback.
    feedback = second_look.given(session, exchange, reviewer, offer_id)
    if not second_look.may_revise(session, exchange, feedback, reviewer=reviewer, now=now):
        raise errors.NotAsked
    return offer


def _of_offer(offer: Offer) -> Desk:
    return Desk.of_offer(offer.id, offer.feedback.id if offer.feedback is not None else None)


def _of_staff(session: Session, exchange: Exchange, author: int, by: int) -> Desk:
    work = queries.handed_in_by(session, exchange, author)
    if work is None:
        raise errors.NoSuchPerson
    session.get_one(Submission, work.id, with_for_update=True, populate_existing=True)
    review = queries.staff_review_by(session, exchange, author, by)
    return Desk.of_staff(work.id, by, review.id if review is not None else None)


def _put(
    session: Session, exchange: Exchange, desk: Desk, cleaned: files.CleanFile, *, storage: files.Storage
) -> FeedbackFile:
    there = queries.on_desk(session, desk, leaving=True)
    twin = next((each for each in there if each.sha256 == cleaned.sha256), None)
    staying = [each for each in there if not each.is_leaving]
    most = exchange.option(rules.AttachingOptions).most
    if (twin is None or twin.is_leaving) and len(staying) >= most:
        raise errors.TooManyFiles(most)
    if twin is not None:
        twin.is_leaving = False
        session.flush()
        return twin
    number = max((each.number for each in there), default=0) + 1
    attached = FeedbackFile(
        **desk.draft,
        number=number,
        name=f"feedback-{number}.{cleaned.extension}",
        media_type=cleaned.media_type,
        size=len(cleaned.data),
        sha256=cleaned.sha256,
        key=f"exchange/{uuid.uuid4().hex}",
    )
    session.add(attached)
    storage.keep(session, attached.key, cleaned.data)
    session.flush()
    return attached


def _take(session: Session, desk: Desk, file_id: int, *, storage: files.Storage) -> None:
    found = next((each for each in queries.on_desk(session, desk) if each.id == file_id), None)
    if found is None:
        raise errors.NoSuchFile
    if found.is_given:
        found.is_leaving = True
    else:
        session.delete(found)
        storage.remove(session, found.key)
    session.flush()
