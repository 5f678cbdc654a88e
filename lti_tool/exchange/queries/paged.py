"""
A file of a work page by page, with what was noted on it, as its author, its reviewers and staff may see it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Submission, SubmissionFile, authored_by
from lti_tool.web.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Paged:
    """A file, and on which side of it somebody is."""

    file: SubmissionFile
    work: Submission
    side: str
    """``author``, ``reviewer`` or ``staff``."""
    offer_id: int | None
    """Of a reviewer."""


def paged(session: Session, viewer: Viewer, exchange: Exchange, file: SubmissionFile) -> Paged | None:
    """*file*, which the viewer was found to be allowed to read, with the side on which they read it."""
    work = session.get_one(Submission, file.submission_id)
    side, offer_id = rules.STAFF, None
    is_author = select(Submission.id).where(Submission.id == work.id, authored_by(exchange, viewer.person_id))
    if session.scalar(is_author) is not None:
        side = rules.AUTHOR
    elif not viewer.is_staff:
        offer_id = session.scalar(
            select(Offer.id)
            .where(
                Offer.submission_id == work.id,
                Offer.exchange_id == exchange.id,
                Offer.reviewer_id == viewer.person_id,
                Offer.state.not_in((rules.OfferState.DECLINED, rules.OfferState.EXPIRED)),
            )
            .limit(1)
        )
        if offer_id is None:
            return None
        side = rules.REVIEWER
    return Paged(file=file, work=work, side=side, offer_id=offer_id)


def feedback_about(session: Session, work: Submission) -> tuple[Feedback, ...]:
    """All feedback on *work*, with its reviewers; for staff."""
    return tuple(
        session.scalars(
            select(Feedback)
            .join(Feedback.offer)
            .where(Offer.submission_id == work.id)
            .options(joinedload(Feedback.offer).joinedload(Offer.reviewer))
            .order_by(Feedback.given_at, Feedback.id)
        )
    )


def on_file(notes: Iterable[rules.Note], file: SubmissionFile) -> tuple[rules.Note, ...]:
    """Those of *notes* that are about pages of *file*."""
    return tuple(note for note in notes if isinstance(note.anchor, rules.Spot) and note.anchor.file_id == file.id)
