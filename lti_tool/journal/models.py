"""
The journal: append-only, who did what to what. Feeds news, health figures and outgoing webhooks.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
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


class Audit(Base):
    """
    One act in the admin room, or of the operator on behalf of an institution.

    Apart from the journal: it belongs to an institution and to no course, and stays longer.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("by in ('admin', 'operator', 'hearth')", name="by"),
        Index("ix_audit_entry_deployment_id_at", "deployment_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """The admin who acted; None for the operator, for Hearth itself, and for who was forgotten since."""
    by: Mapped[str]
    """``admin``, ``operator`` or ``hearth``."""
    act: Mapped[str]
    """Noun and past participle, as in the journal: ``source.made``."""
    particulars: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
