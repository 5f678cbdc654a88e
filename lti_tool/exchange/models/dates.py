"""
Time that is one person's own: later dates, work and reviews opened once more.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base


class Extension(Base):
    """Later dates that staff gave to one person or to several at once. Never changed: the newest count."""

    __tablename__ = "exchange_extension"
    __table_args__ = (Index("ix_exchange_extension_exchange_id", "exchange_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    submit_by: Mapped[datetime | None]
    """None: the date for the work is not touched."""
    review_by: Mapped[datetime | None]
    """None: the date for reviews moves along with that for the work."""
    reason: Mapped[str]
    """For staff; an extension may have reasons that are nobody else's."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship()
    people: Mapped[list["Extended"]] = relationship(
        back_populates="extension", cascade="all, delete-orphan", passive_deletes=True
    )


class Extended(Base):
    """One person who has an extension, or had it until it was taken back."""

    __tablename__ = "exchange_extended"

    extension_id: Mapped[int] = mapped_column(ForeignKey("exchange_extension.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    leases: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """By id of an offer that it moved: until when the work was kept before, in ISO 8601."""
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    extension: Mapped[Extension] = relationship(back_populates="people")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class Reopening(Base):
    """
    One work, or one given review, that its author may change once more until a date, even after the end.
    """

    __tablename__ = "exchange_reopening"
    __table_args__ = (
        Index("ix_exchange_reopening_exchange_id", "exchange_id", "person_id"),
        Index("ix_exchange_reopening_person_id", "person_id"),
        Index("ix_exchange_reopening_feedback_id", "feedback_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Who may change it."""
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    """None: their work."""
    until: Mapped[datetime]
    reason: Mapped[str]
    """Whom it concerns reads it."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When staff took it back."""
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])

    def is_open_at(self, now: datetime) -> bool:
        return self.ended_at is None and now <= self.until


class FeedbackRelease(Base):
    """Feedback is shown to its authors because somebody on the staff said so: to all of them, or to one."""

    __tablename__ = "exchange_feedback_release"
    __table_args__ = (UniqueConstraint("exchange_id", "person_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """None: everybody, who comes later too."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
