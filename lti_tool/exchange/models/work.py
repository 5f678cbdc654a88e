"""
What an author makes: the draft, what was handed in, and its files.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base


class Submission(Base):
    """
    The work of one author: the draft they are writing, and beside it what they handed in.
    """

    __tablename__ = "exchange_submission"
    __table_args__ = (
        UniqueConstraint("exchange_id", "author_id"),
        Index("ix_exchange_submission_author_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """None once the author was forgotten."""
    draft: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=0)
    """Grows with every save; a tab that saves on top of an older one is told so."""
    saved_at: Mapped[datetime | None]
    body: Mapped[str] = mapped_column(default="")
    """What was handed in: the only text others ever see."""
    version: Mapped[int] = mapped_column(default=0)
    """How often it was handed in; 0 for a draft."""
    submitted_at: Mapped[datetime | None]

    author: Mapped[Person | None] = relationship()
    files: Mapped[list["SubmissionFile"]] = relationship(
        order_by="SubmissionFile.number", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def state(self) -> str:
        return "draft" if self.submitted_at is None else "submitted"

    @property
    def has_unsent_changes(self) -> bool:
        return self.submitted_at is not None and self.draft != self.body


class SubmissionFile(Base):
    """
    A file of a work, cleaned of names and hidden data; its bytes are in the file storage under ``key``.
    """

    __tablename__ = "exchange_submission_file"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
    """Ours: ``work-1.pdf``. The author's own file name may say who they are and is not kept."""
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]
    added_at: Mapped[datetime]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")
