"""
What staff do so that nobody stays stuck: repairs that can be undone, people who owe less, reviews of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange import rules
from lti_tool.exchange.models.attaching import FeedbackFile, files_where
from lti_tool.exchange.models.dialogue import Mark, Message, thread_where
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


@dataclass(frozen=True, kw_only=True)
class ThanksToStaff:
    """A thank-you of the author for feedback by staff."""

    rule: str
    """The rule of the charter that it served, in its words; empty where none was named."""
    at: datetime


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
    author_heard_at: Mapped[datetime | None]
    """How far its author has read the messages about it."""
    staff_heard_at: Mapped[datetime | None]
    """How far whoever gave it has."""
    thanked_at: Mapped[datetime | None]
    thanked_rule: Mapped[str] = mapped_column(default="", server_default="")

    thread: Mapped[list[Any] | None] = thread_where(Message.staff_review_id == id, named=True)
    files: Mapped[list[Any] | None] = files_where(FeedbackFile.staff_review_id == id)

    submission: Mapped[Submission] = relationship()
    by: Mapped[Person | None] = relationship()
    marks: Mapped[list[Mark]] = relationship(passive_deletes="all", order_by=Mark.id)

    @property
    def said(self) -> Words:
        return Words.from_dict(self.words)

    @property
    def thanks(self) -> ThanksToStaff | None:
        return None if self.thanked_at is None else ThanksToStaff(rule=self.thanked_rule, at=self.thanked_at)

    def heard_at(self, side: str) -> datetime | None:
        """How far one of its two sides has read the messages about it."""
        return {rules.AUTHOR: self.author_heard_at, rules.STAFF: self.staff_heard_at}.get(side)
