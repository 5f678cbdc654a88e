"""
What somebody was told, and whether they want it by e-mail.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Activity, Membership
from lti_tool.db import Base
from lti_tool.notices.rules import Rhythm


class Notice(Base):
    """One thing that one person was told."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "activity_id", "kind", "key", name="uq_notice_told_once"),
        Index("ix_notice_activity_id", "activity_id"),
        Index("ix_notice_person_id_course_id", "person_id", "course_id", "created_at"),
        # What the bell counts on every page.
        Index("ix_notice_unread", "person_id", "course_id", postgresql_where=text("read_at is null")),
        Index("ix_notice_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    kind: Mapped[str]
    """What happened, in the words of the room: ``feedback_received``."""
    key: Mapped[str] = mapped_column(server_default=text("''"))
    """What makes it a different one of its kind: the id of the feedback, the date that nears."""
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Ids and plain facts; never names or anybody's words."""
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()


class Delivery(Base):
    """Whether and how often one member of a course wants their notices by e-mail. No row: never."""

    __tablename__ = "notice_delivery"
    __table_args__ = (CheckConstraint(f"rhythm in ({', '.join(repr(str(each)) for each in Rhythm)})", name="rhythm"),)

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id", ondelete="CASCADE"), primary_key=True)
    rhythm: Mapped[str]
    mailed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """How often in a row the mail server refused or did not answer."""
    retry_at: Mapped[datetime | None]

    membership: Mapped[Membership] = relationship()
