"""
The gradebook outbox: one row for each (line item, person), the latest grade wins.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class State(StrEnum):
    """How far a grade has come on its way to the gradebook."""

    WAITING = "waiting"
    """To be sent, or to be tried again."""
    SENT = "sent"
    FAILED = "failed"
    """The LMS refuses it for good; ``problem`` says why, a person must act."""
    NOTED = "noted"
    """No grade yet. That work was handed in has been told, or need not be told any more."""


class Passback(Base):
    """
    The grade of one person in one column of the LMS's gradebook (AGS 2.0 score).
    """

    __tablename__ = "grade_passback"
    __table_args__ = (
        UniqueConstraint("resource_link_id", "column", "person_id"),
        CheckConstraint("state in ('waiting', 'sent', 'failed', 'noted')", name="state"),
        Index("ix_grade_passback_waiting", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_grade_passback_activity_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    resource_link_id: Mapped[int] = mapped_column(ForeignKey("resource_link.id", ondelete="CASCADE"))
    column: Mapped[str] = mapped_column(server_default=text("''"))
    """Which line item of the link: empty for its own, else the tag of one we made."""
    label: Mapped[str] = mapped_column(server_default=text("''"))
    """What a column of our own is called in the gradebook."""
    line_item_url: Mapped[str | None]
    """The address of a column we made ourselves. The link's own is kept with the link."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    score_given: Mapped[float | None]
    """None clears the grade where the LMS can."""
    score_maximum: Mapped[float]
    comment: Mapped[str] = mapped_column(server_default=text("''"))
    submitted_at: Mapped[datetime | None]
    """When the work was handed in: what a late policy should look at."""
    is_work_only: Mapped[bool] = mapped_column(server_default=text("false"))
    """There was no grade yet: what is told is that work was handed in, where the LMS can hear of it."""
    told_submitted_at: Mapped[datetime | None]
    """Of which work the gradebook has heard; with another date it is a new attempt there."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Grows with every change; a job that finishes an older version leaves the row waiting."""
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When to send; while a job is at it, when to believe that the job has died."""
    last_timestamp: Mapped[datetime | None]
    """The ``timestamp`` of the latest score sent; the next one must be later (AGS 2.0 section 3.4.7)."""
    sent_at: Mapped[datetime | None]
    sent_shares: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    """
    The latest grades that the gradebook took, as shares of the maximum, oldest first: by them a grade that was lost
    there is told from one that somebody gave by hand.
    """
    problem: Mapped[str | None]
    """A short code of the reason, put into words by the pages."""
    detail: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    def is_being_sent(self, now: datetime) -> bool:
        """Whether a job has taken it and is believed to be alive."""
        return self.state == State.WAITING and self.attempts > 0 and self.problem is None and self.next_attempt_at > now
