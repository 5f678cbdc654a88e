"""
Grades set by staff, and grades that are out.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class GradeOverride(Base):
    """
    A grade set by staff, with the reason. Never changed: the newest counts, and one without a score lifts those before.
    """

    __tablename__ = "exchange_grade_override"
    __table_args__ = (Index("ix_exchange_grade_override_exchange_id", "exchange_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    score: Mapped[float | None]
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
