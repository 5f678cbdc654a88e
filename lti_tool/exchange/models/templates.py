"""
What somebody keeps to begin further exchanges with.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Template(Base):
    """Settings and criteria under a name: one's own, wherever one teaches, or of all teachers of a course."""

    __tablename__ = "exchange_template"
    __table_args__ = (
        CheckConstraint("num_nonnulls(owner_id, course_id) = 1", name="whose"),
        Index("ix_exchange_template_owner_id", "owner_id"),
        Index("ix_exchange_template_course_id", "course_id"),
        Index("ix_exchange_template_by_id", "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    name: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    """:meth:`rules.Recipe.as_dict`."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
