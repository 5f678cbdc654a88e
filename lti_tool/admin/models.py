"""
What the admin room keeps itself: requests about a person.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base

Kind = Literal["export", "erasure"]


class Request(Base):
    """
    Somebody is to get what Hearth knows of them (GDPR articles 15 and 20), or to be forgotten (17).
    """

    __tablename__ = "admin_request"
    __table_args__ = (
        CheckConstraint("kind in ('export', 'erasure')", name="kind"),
        CheckConstraint("state in ('waiting', 'done', 'failed', 'stopped')", name="state"),
        Index("ix_admin_request_deployment_id", "deployment_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None once they were forgotten."""
    kind: Mapped[str]
    reason: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it is carried out; only where no admin asked, but the LMS has deleted the person. None: at once."""
    state: Mapped[str] = mapped_column(default="waiting", server_default=text("'waiting'"))
    done_at: Mapped[datetime | None]
    """When it was done, failed, or was stopped: the person is kept."""
    result: Mapped[bytes | None] = deferred(mapped_column())
    """The export, as gzipped JSON; taken away when it expires, or when the person is forgotten."""
    expires_at: Mapped[datetime | None]

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])

    def can_be_fetched(self, now: datetime) -> bool:
        """Whether there is an export to download."""
        return self.kind == "export" and self.state == "done" and self.expires_at is not None and self.expires_at > now
