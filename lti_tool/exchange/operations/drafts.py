"""
Words being written: saved often, and never lost to another tab.

The newest save counts. Where it replaces words that its tab had not seen, those are kept as a
copy that their author can take back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import DraftCopy, Exchange, FeedbackDraft, Offer, Submission, authored_by

Row = TypeVar("Row", Submission, Offer)


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a save came to: the revision to save on top of next, and whether it replaced unseen words."""

    revision: int
    conflict: bool
    saved_at: datetime


def restore_copy(session: Session, exchange: Exchange, *, person: int, copy_id: int, now: datetime) -> Saved:
    """
    Take back a kept copy. The present words become a copy in its place.
    """
    copy = session.scalars(
        select(DraftCopy)
        .outerjoin(Submission, Submission.id == DraftCopy.submission_id)
        .outerjoin(Offer, Offer.id == DraftCopy.offer_id)
        .where(
            DraftCopy.id == copy_id,
            or_(
                (Submission.exchange_id == exchange.id) & authored_by(exchange, person),
                (Offer.exchange_id == exchange.id) & (Offer.reviewer_id == person) & Offer.state.in_(rules.OPEN_STATES),
            ),
        )
        .with_for_update(of=DraftCopy)
    ).one_or_none()
    if copy is None:
        raise errors.NoSuchCopy
    content = copy.content
    session.delete(copy)
    if copy.submission_id is not None:
        work = lock(session, Submission, copy.submission_id)
        return write_work(session, work, content["body"], base_revision=None, now=now, beside=content.get("beside"))
    assert copy.offer_id is not None  # noqa: S101 - the table has one owner for each copy
    offer = lock(session, Offer, copy.offer_id)
    return write_feedback(session, offer, content, base_revision=None, now=now)


def lock(session: Session, what: type[Row], id: int) -> Row:
    """The row as it is now, and nobody else's until the end of the transaction."""
    return session.get_one(what, id, with_for_update=True, populate_existing=True)


def write_work(
    session: Session,
    work: Submission,
    body: str,
    *,
    base_revision: int | None,
    now: datetime,
    beside: dict[str, Any] | None = None,
) -> Saved:
    """
    Make *body* the draft of a locked work, and *beside* what stands beside it.

    Without a *base_revision* whatever it replaces is kept; without *beside* that stays as it is.
    """
    beside = work.beside if beside is None else beside
    if (work.draft, work.beside) == (body, beside):
        return Saved(revision=work.revision, conflict=False, saved_at=work.saved_at or now)
    loses_words = work.draft != body and bool(work.draft.strip())
    loses_beside = work.beside != beside and any(work.beside.values())
    conflict = base_revision != work.revision and (loses_words or loses_beside)
    # The words that were handed in are in their version.
    if conflict and (loses_beside or work.draft != work.body):
        said_beside = {"beside": work.beside} if any(work.beside.values()) else {}
        keep_copy(session, {"body": work.draft, **said_beside}, submission_id=work.id, now=now)
    work.draft, work.beside = body, beside
    work.revision, work.saved_at = work.revision + 1, now
    session.flush()
    return Saved(revision=work.revision, conflict=conflict, saved_at=now)


def write_feedback(
    session: Session, offer: Offer, words: dict[str, Any], *, base_revision: int | None, now: datetime
) -> Saved:
    """Make *words* the draft of the feedback of a locked offer, as :func:`write_work` does."""
    draft = session.get(FeedbackDraft, offer.id, populate_existing=True)
    if draft is None:
        session.add(FeedbackDraft(offer_id=offer.id, words=words, revision=1, saved_at=now))
        session.flush()
        return Saved(revision=1, conflict=False, saved_at=now)
    if draft.words == words:
        return Saved(revision=draft.revision, conflict=False, saved_at=draft.saved_at)
    conflict = base_revision != draft.revision
    if conflict:
        keep_copy(session, draft.words, offer_id=offer.id, now=now)
    draft.words, draft.revision, draft.saved_at = words, draft.revision + 1, now
    session.flush()
    return Saved(revision=draft.revision, conflict=conflict, saved_at=now)


def put_notes(session: Session, offer: Offer, words: dict[str, Any], *, now: datetime) -> None:
    """
    Make *words*, which differ in their notes alone, the draft of the feedback of a locked offer.

    The revision stays: a form in another tab says nothing of notes that it does not know, so nothing is replaced.
    """
    draft = session.get(FeedbackDraft, offer.id, populate_existing=True)
    if draft is None:
        session.add(FeedbackDraft(offer_id=offer.id, words=words, revision=0, saved_at=now))
    else:
        draft.words, draft.saved_at = words, now
    session.flush()


def keep_copy(
    session: Session,
    content: dict[str, Any],
    *,
    now: datetime,
    submission_id: int | None = None,
    offer_id: int | None = None,
) -> None:
    """Keep words that something else replaces; the same words once."""
    owner = DraftCopy.submission_id == submission_id if submission_id is not None else DraftCopy.offer_id == offer_id
    known = session.scalars(select(DraftCopy.id).where(owner, DraftCopy.content == content)).first()
    if known is None:
        session.add(DraftCopy(submission_id=submission_id, offer_id=offer_id, content=content, saved_at=now))
