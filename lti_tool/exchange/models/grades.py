"""
Grades set by staff, and grades that are out.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class GradeOverride(Base):
    """
    A grade set by staff, with the reason. Never changed: the newest counts, and one without a score lifts those before.
    """

    __tablename__ = "exchange_grade_override"
    __table_args__ = (
        Index("ix_exchange_grade_override_exchange_id", "exchange_id", "person_id"),
        CheckConstraint("part = '' or score between 0 and 1", name="part_score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    part: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Empty for the whole grade, else the part of it that is set."""
    score: Mapped[float | None]
    """In points; of a part, its share from 0 to 1."""
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Release(Base):
    """
    The grade that a learner sees and that went to the gradebook.
    """

    __tablename__ = "exchange_release"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[float]
    maximum: Mapped[float]
    cause: Mapped[str]
    """Why it went out: enough feedback, closed, due, override, or sent by hand."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Exclusion(Base):
    """
    A review that does not count for the grade. Its author keeps it to read; taking the row away counts it again.
    """

    __tablename__ = "exchange_exclusion"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Regrade(Base):
    """
    A change of what grades are made of, after its effect was shown.
    """

    __tablename__ = "exchange_regrade"
    __table_args__ = (Index("ix_exchange_regrade_exchange_id", "exchange_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    reason: Mapped[str]
    what: Mapped[dict[str, Any]]
    """What was changed: the settings of before and after, or the id of a review that counts no more or again."""
    up: Mapped[int]
    down: Mapped[int]
    unchanged: Mapped[int]
    """How many grades that were out rose, fell and stayed."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
