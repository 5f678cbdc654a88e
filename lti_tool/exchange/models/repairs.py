"""
What staff do so that nobody stays stuck: repairs that can be undone, people who owe less, reviews of their own.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange.models.work import Submission
from lti_tool.exchange.rules.words import Words


class Repair(Base):
    """One repair. Undoing it adds who and when, so the list tells everything that was done."""

    __tablename__ = "exchange_repair"
    __table_args__ = (
        CheckConstraint("kind in ('assigned', 'freed', 'excused')", name="kind"),
        Index("ix_exchange_repair_exchange_id", "exchange_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    kind: Mapped[str]
    """assigned: a reader was found for a work; freed: a reader's works go to others; excused: somebody owes less."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """The reader."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """Whose work was assigned."""
    facts: Mapped[dict[str, Any]]
    """What it takes to undo it: ``removed`` as a list of ``[reviewer, author]``, and what they owed ``before``."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    author: Mapped[Person | None] = relationship(foreign_keys=[author_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class Excusal(Base):
    """Somebody owes fewer reviews than everybody else. Taking the row away ends it; the journal remembers."""

    __tablename__ = "exchange_excusal"
    __table_args__ = (CheckConstraint("owes >= 0", name="owes"),)

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    owes: Mapped[int] = mapped_column(SmallInteger)
    """How many reviews in all, those already given too."""
    why: Mapped[str]
    """Staff read it, and the person in their export."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class StaffReview(Base):
    """
    A teacher's or assistant's own review of a work, with their name. Nobody owed it, and it takes nobody's place.
    """

    __tablename__ = "exchange_staff_review"
    __table_args__ = (
        UniqueConstraint("submission_id", "by_id"),
        Index("ix_exchange_staff_review_exchange_id", "exchange_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    words: Mapped[dict[str, Any]]
    """:meth:`rules.Words.as_dict`."""
    version: Mapped[int]
    """Of the work."""
    given_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    is_rescue: Mapped[bool]
    """It is in place of a reader whom nobody found: the work lacks one less."""

    submission: Mapped[Submission] = relationship()
    by: Mapped[Person | None] = relationship()

    @property
    def said(self) -> Words:
        return Words.from_dict(self.words)
