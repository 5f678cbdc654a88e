"""
One person's words in exchanges: handed out to them, and forgotten.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload

from lti_tool import files
from lti_tool.exchange.models import (
    DraftCopy,
    Feedback,
    FeedbackDraft,
    GradeOverride,
    Offer,
    Release,
    Reply,
    Submission,
    Takeaway,
)
from lti_tool.exchange.rules import OPEN_STATES, OfferState


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """Everything a person wrote in exchanges, and the feedback and grades they got, as plain facts."""
    return {
        "work": [_work(each) for each in _works(session, person_id)],
        "feedback_given": [_feedback(each) for each in _given(session, person_id)],
        "feedback_received": [_feedback(each) for each in _received(session, person_id)],
        "taken_from_reviews": [
            {"body": each.body, "at": each.noted_at.isoformat()}
            for each in session.scalars(
                select(Takeaway).join(Offer, Offer.id == Takeaway.offer_id).where(Offer.reviewer_id == person_id)
            )
        ],
        "grades": [
            {"exchange": each.exchange_id, "score": each.score, "maximum": each.maximum, "at": each.at.isoformat()}
            for each in session.scalars(select(Release).where(Release.person_id == person_id))
        ],
    }


def forget_person(session: Session, person_id: int, *, now: datetime, storage: files.Storage) -> None:
    """
    Erase a person's work, files, drafts and replies, and their grades here.

    Feedback they gave stays with those who got it, for their learning and grades rest on it,
    but nothing says any more whose it was.
    """
    for work in _works(session, person_id):
        for file in list(work.files):
            storage.remove(session, file.key)
            work.files.remove(file)
        work.draft = work.body = ""
        work.author_id = None
        session.execute(delete(DraftCopy).where(DraftCopy.submission_id == work.id))
        received = select(Feedback.id).join(Offer).where(Offer.submission_id == work.id)
        session.execute(delete(Reply).where(Reply.feedback_id.in_(received)))
    offers = select(Offer.id).where(Offer.reviewer_id == person_id)
    session.execute(delete(DraftCopy).where(DraftCopy.offer_id.in_(offers)))
    session.execute(delete(FeedbackDraft).where(FeedbackDraft.offer_id.in_(offers)))
    session.execute(delete(Takeaway).where(Takeaway.offer_id.in_(offers)))
    session.execute(
        update(Offer)
        .where(Offer.reviewer_id == person_id, Offer.state.in_(OPEN_STATES))
        .values(state=OfferState.EXPIRED, ended_at=now)
    )
    session.execute(update(Offer).where(Offer.reviewer_id == person_id).values(reviewer_id=None, note=""))
    session.execute(delete(GradeOverride).where(GradeOverride.person_id == person_id))
    session.execute(delete(Release).where(Release.person_id == person_id))
    session.flush()


def _works(session: Session, person_id: int) -> list[Submission]:
    rows = select(Submission).where(Submission.author_id == person_id).options(selectinload(Submission.files))
    return list(session.scalars(rows.order_by(Submission.id)))


def _given(session: Session, person_id: int) -> list[Feedback]:
    rows = select(Feedback).join(Offer).where(Offer.reviewer_id == person_id).order_by(Feedback.id)
    return list(session.scalars(rows.options(selectinload(Feedback.answers), selectinload(Feedback.reply))))


def _received(session: Session, person_id: int) -> list[Feedback]:
    rows = select(Feedback).join(Offer).join(Submission).where(Submission.author_id == person_id).order_by(Feedback.id)
    return list(session.scalars(rows.options(selectinload(Feedback.answers), selectinload(Feedback.reply))))


def _work(work: Submission) -> dict[str, Any]:
    return {
        "exchange": work.exchange_id,
        "draft": work.draft,
        "body": work.body,
        "version": work.version,
        "submitted_at": work.submitted_at.isoformat() if work.submitted_at else None,
        "files": [{"name": file.name, "media_type": file.media_type, "size": file.size} for file in work.files],
    }


def _feedback(feedback: Feedback) -> dict[str, Any]:
    """Without the other side's name: who that is, is theirs to tell."""
    return {
        "given_at": feedback.given_at.isoformat(),
        "reply": feedback.reply.body if feedback.reply else None,
        **feedback.words.as_dict(),
    }
