"""
Words about something other than a classmate's work, while they are being written.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class WordsDraft(Base):
    """What somebody is writing about their own work, an example, two works side by side, or as staff about a work."""

    __tablename__ = "exchange_words_draft"
    __table_args__ = (Index("ix_exchange_words_draft_person_id", "person_id"),)

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    """What it is about: ``self-assessment``, or the thing and its id: ``staff-review-12``."""
    words: Mapped[dict[str, Any]]
    """:meth:`rules.Words.as_dict`."""
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """What else the form says: of a review by staff ``rescue``, whether it takes the place of a reader."""
    others: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """
    What saves replaced that their tabs had not seen, kept to be taken back, newest first:
    ``{"revision": 3, "words": …, "saved_at": …}``.
    """
    revision: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime]
