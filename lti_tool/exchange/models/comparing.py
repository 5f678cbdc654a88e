"""
Works compared two at a time: the rounds in which that happens, and what reviewers say.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange import rules
from lti_tool.exchange.models.work import Submission


class ComparingRound(Base):
    """Staff began a round: everybody who had handed in compares works of the others."""

    __tablename__ = "exchange_comparing_round"
    __table_args__ = (Index("ix_exchange_comparing_round_exchange_id", "exchange_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    seed: Mapped[int] = mapped_column(BigInteger)
    """From which its pairs can be made again."""
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    begun_at: Mapped[datetime]


class SideBySide(Base):
    """Two works for one reviewer, and what they say about them."""

    __tablename__ = "exchange_side_by_side"
    __table_args__ = (
        UniqueConstraint("round_id", "reviewer_id", "left_id", "right_id"),
        CheckConstraint("left_id <> right_id", name="two_works"),
        Index("ix_exchange_side_by_side_reviewer_id", "reviewer_id"),
        Index("ix_exchange_side_by_side_left_id", "left_id"),
        Index("ix_exchange_side_by_side_right_id", "right_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("exchange_comparing_round.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """None once the reviewer was forgotten."""
    left_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    right_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    left_version: Mapped[int] = mapped_column(Integer)
    right_version: Mapped[int] = mapped_column(Integer)
    picks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """By criterion id one of :data:`rules.PICKS`. No author learns them but as counts, where staff chose so."""
    left_words: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """To the author of the left work, :meth:`rules.Words.as_dict`."""
    right_words: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    given_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    """Since when staff keep it from the authors."""

    round: Mapped[ComparingRound] = relationship()
    left: Mapped[Submission] = relationship(foreign_keys=[left_id])
    right: Mapped[Submission] = relationship(foreign_keys=[right_id])
    reviewer: Mapped[Person | None] = relationship()

    def words_to(self, work_id: int) -> rules.Words:
        """What is written to the author of one of the two."""
        return rules.Words.from_dict(self.left_words if work_id == self.left_id else self.right_words)

    def pick_for(self, work_id: int, criterion_id: int) -> int | None:
        """1: it does the criterion better than the other; -1: less well; 0: alike; None where nothing was said."""
        pick = self.picks.get(str(criterion_id))
        if pick is None:
            return None
        return int(pick) if work_id == self.right_id else -int(pick)
