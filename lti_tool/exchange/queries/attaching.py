"""
Files in feedback: what lies beside a draft, what was given, and who may open which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, FeedbackFile, Offer, Submission
from lti_tool.exchange.queries.dialogue import part_in
from lti_tool.exchange.queries.staff_reviews import staff_part_in
from lti_tool.web.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where the files of one review lie: while it is written, and once it is given. Columns and what they say."""

    draft: Mapping[str, int]
    given: Mapping[str, int] = field(default_factory=dict)
    """Empty while nothing is."""

    @classmethod
    def of_offer(cls, offer_id: int, feedback_id: int | None) -> Self:
        """That of a reviewer."""
        return cls(draft={"offer_id": offer_id}, given={"feedback_id": feedback_id} if feedback_id else {})

    @classmethod
    def of_staff(cls, submission_id: int, by: int, review_id: int | None) -> Self:
        """That of a teacher or assistant."""
        draft = {"submission_id": submission_id, "by_id": by}
        return cls(draft=draft, given={"staff_review_id": review_id} if review_id else {})

    @property
    def is_draft(self) -> ColumnElement[bool]:
        return and_(*(getattr(FeedbackFile, name) == id for name, id in self.draft.items()))

    @property
    def is_given(self) -> ColumnElement[bool]:
        """Without what is there for staff alone."""
        is_here = or_(False, *(getattr(FeedbackFile, name) == id for name, id in self.given.items()))
        return is_here & ~FeedbackFile.is_for_staff


def on_desk(session: Session, desk: Desk, *, leaving: bool = False) -> Sequence[FeedbackFile]:
    """The files of a review as its form shows them; also those that leave with the next change, where asked for."""
    rows = select(FeedbackFile).where(desk.is_draft | desk.is_given).order_by(FeedbackFile.number, FeedbackFile.id)
    if not leaving:
        rows = rows.where(~FeedbackFile.is_leaving)
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def desk_has_changes(session: Session, desk: Desk) -> bool:
    """Whether files come or go with the next change of feedback that was given."""
    return bool(session.scalar(select(exists().where(desk.is_draft | (desk.is_given & FeedbackFile.is_leaving)))))


def feedback_file_for(
    session: Session, viewer: Viewer, exchange: Exchange, file_id: int, *, now: datetime
) -> FeedbackFile | None:
    """
    A file of feedback: for whoever gave or is writing it, for its author once they see it, and for staff once it is
    given, also where it is there for them alone. *exchange* was loaded for the same viewer.
    """
    file = session.get(FeedbackFile, file_id, populate_existing=True)
    if file is None:
        return None
    me = viewer.person_id
    if file.feedback_id is not None:
        part = part_in(session, exchange, me, file.feedback_id, now=now, is_staff=viewer.is_staff)
        return file if part is not None and (part.side == rules.STAFF or not file.is_for_staff) else None
    if file.staff_review_id is not None:
        said = staff_part_in(session, exchange, me, file.staff_review_id, is_staff=viewer.is_staff)
        return file if said is not None else None
    is_here = exists().where(Offer.id == file.offer_id, Offer.reviewer_id == me, Offer.exchange_id == exchange.id)
    if file.by_id is not None:
        is_here = exists().where(Submission.id == file.submission_id, Submission.exchange_id == exchange.id)
        if file.by_id != me or not viewer.is_staff:
            return None
    return file if session.scalar(select(is_here)) else None
