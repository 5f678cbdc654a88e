"""
Each comparison of a course with the LMS, and every difference that it found.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Activity, Person
from lti_tool.db import Base


class Kind(StrEnum):
    """A difference. ``words.py`` says it to people."""

    PEOPLE = "people"
    """People came, left, or are called otherwise: ``joined``, ``left``, ``changed``, ``names``."""
    GROUPS = "groups"
    """So many people (``count``) are in other sections or groups."""
    UNREADABLE = "unreadable"
    """A list that the LMS did not give: ``what`` (people, columns, grades) and ``problem``, a code."""
    COLUMN_MADE = "column_made"
    """A column with grades was gone; it is made again."""
    COLUMN_GONE = "column_gone"
    """A column that was made again is gone again, so somebody there does not want it."""
    COLUMN_UNUSED = "column_unused"
    """A column without grades is gone. The first grade makes another."""
    GRADE_SENT = "grade_sent"
    """The gradebook had no grade, or an older one of ours: ``sent`` and ``found``, in points of ``maximum``."""
    GRADE_THEIRS = "grade_theirs"
    """The gradebook shows what we never sent: somebody there graded by hand."""
    GRADE_REFUSED = "grade_refused"
    """Sent again before, and not there again."""
    COPIED = "copied"
    """An activity came along with the content of another course; its settings were copied."""
    MORE = "more"
    """So many differences (``count``) more of this run were mended or left, and are not told one by one."""


class Outcome(StrEnum):
    """What became of a difference."""

    MENDED = "mended"
    LEFT = "left"


class Run(Base):
    """
    One comparison of one course.
    """

    __tablename__ = "reconcile_run"
    __table_args__ = (Index("ix_reconcile_run_course_id", "course_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None: the clock, or the operator."""
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """None: at it, or its worker died."""
    problem: Mapped[str | None]
    """Why it broke off, as a code; what it found until then holds."""
    columns: Mapped[int] = mapped_column(server_default=text("0"))
    grades: Mapped[int] = mapped_column(server_default=text("0"))
    """How many were compared."""
    next_link_id: Mapped[int | None]
    """Where the next run goes on, in a course with more columns than one run compares."""

    findings: Mapped[list["Finding"]] = relationship(
        back_populates="run", order_by="Finding.id", cascade="all, delete-orphan", passive_deletes=True
    )


class Finding(Base):
    """
    One difference.
    """

    __tablename__ = "reconcile_finding"
    __table_args__ = (
        CheckConstraint("outcome in ('mended', 'left')", name="outcome"),
        Index("ix_reconcile_finding_run_id", "run_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("reconcile_run.id", ondelete="CASCADE"))
    kind: Mapped[str]
    """See :class:`Kind`."""
    outcome: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """Whose grade it is."""
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    run: Mapped[Run] = relationship(back_populates="findings")
    person: Mapped[Person | None] = relationship()
    activity: Mapped[Activity | None] = relationship()
