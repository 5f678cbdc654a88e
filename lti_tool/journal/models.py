"""
The journal: append-only, who did what to what. Feeds news, health figures and outgoing webhooks.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Entry(Base):
    """
    One act. No names, no words that somebody wrote: ids and plain facts only.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_course_id_at", "course_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """Who acted; None for the system, and wherever the author must stay unknown."""
    act: Mapped[str]
    """Noun and past participle: ``exchange.created``, ``feedback.given``."""
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"), index=True)
    particulars: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
