"""
What students propose for the class's own rules of feedback.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange.models.dialogue import one_of
from lti_tool.exchange.rules import ANSWERS


class Proposal(Base):
    """A rule that somebody would like to have. Classmates never learn whose it is."""

    __tablename__ = "exchange_charter_proposal"
    __table_args__ = (
        CheckConstraint(one_of("answer", ANSWERS), name="answer"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        Index("ix_exchange_charter_proposal_exchange_id", "exchange_id"),
        Index("ix_exchange_charter_proposal_by_id", "by_id"),
        Index("ix_exchange_charter_proposal_answered_by_id", "answered_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    rule: Mapped[str]
    at: Mapped[datetime]
    answer: Mapped[str | None]
    """``adopted`` or ``declined``; None while it waits for staff."""
    words: Mapped[str] = mapped_column(default="")
    """What staff say to it, for everybody to read."""
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]
    """By whom proposed it, after somebody had told staff about it: kept for staff alone."""

    by: Mapped[Person | None] = relationship(foreign_keys=by_id)


class ProposalSupport(Base):
    """Somebody would like to have the rule too. Nobody else learns who."""

    __tablename__ = "exchange_charter_support"
    __table_args__ = (Index("ix_exchange_charter_support_person_id", "person_id"),)

    proposal_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_charter_proposal.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
