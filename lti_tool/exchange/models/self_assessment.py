"""
What an author says about their own work, apart from what others say about it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base
from lti_tool.exchange import rules


class SelfAssessment(Base):
    """How an author sees their own work by the criteria, or that they wanted to read the feedback without that."""

    __tablename__ = "exchange_self_assessment"
    __table_args__ = (CheckConstraint("num_nonnulls(assessed_at, passed_over_at) > 0", name="one_act"),)

    submission_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_submission.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """:meth:`rules.Words.as_dict`; :attr:`said` reads it."""
    version: Mapped[int | None]
    """Of the work that it is about."""
    assessed_at: Mapped[datetime | None]
    passed_over_at: Mapped[datetime | None]
    """When the author asked to see the feedback first."""

    @property
    def said(self) -> rules.Words:
        return rules.Words.from_dict(self.words)
