"""
Files in feedback: beside what is being written, and with what was given.
"""

from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, MappedSQLExpression, column_property, mapped_column

from lti_tool.db import Base
from lti_tool.exchange.models.files import FileFacts


class FeedbackFile(FileFacts, Base):
    """
    A file of a review. While it is being written it belongs to the offer, or to staff and the work they look at;
    then to what was given, and is its author's to read.
    """

    __tablename__ = "exchange_feedback_file"
    __table_args__ = (
        CheckConstraint("num_nonnulls(offer_id, feedback_id, submission_id, staff_review_id) = 1", name="one_owner"),
        CheckConstraint("(by_id is null) = (submission_id is null)", name="staff"),
        Index("ix_exchange_feedback_file_offer_id", "offer_id"),
        Index("ix_exchange_feedback_file_feedback_id", "feedback_id"),
        Index("ix_exchange_feedback_file_submission_id", "submission_id"),
        Index("ix_exchange_feedback_file_staff_review_id", "staff_review_id"),
        Index("ix_exchange_feedback_file_by_id", "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, server_default=text("exchange_feedback_file_new_id()"))
    """Drawn, as that of feedback is: authors see it in addresses."""
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"))
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    """With ``by_id``: what a teacher or assistant is writing about it."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    staff_review_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_staff_review.id", ondelete="CASCADE"))
    is_leaving: Mapped[bool] = mapped_column(server_default=text("false"))
    """Taken away while given feedback is being changed: its author has it until the change is given."""
    is_for_staff: Mapped[bool] = mapped_column(server_default=text("false"))
    """It left with a change while staff were asked to look and had not decided: nobody else sees it any more."""

    @property
    def is_given(self) -> bool:
        return self.feedback_id is not None or self.staff_review_id is not None


def files_where(of: ColumnElement[bool]) -> MappedSQLExpression[list[Any] | None]:
    """The files *of* something given, as plain facts, so that a page has them without asking again; None: no files."""
    facts: list[Any] = [
        *("id", FeedbackFile.id, "name", FeedbackFile.name),
        *("media_type", FeedbackFile.media_type, "size", FeedbackFile.size),
    ]
    return column_property(
        select(func.json_agg(aggregate_order_by(func.json_build_object(*facts), FeedbackFile.number)))
        .where(of)
        .correlate_except(FeedbackFile)
        .scalar_subquery(),
        deferred=True,
    )
