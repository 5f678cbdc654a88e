"""
What an author makes: the draft, what was handed in, and its files.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange.models.files import FileFacts
from lti_tool.exchange.rules import Beside, captions

if TYPE_CHECKING:
    from lti_tool.exchange.models.teams import Team


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
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """What stands beside the draft, :meth:`rules.Beside.as_dict`; what was handed in is in its version."""
    body: Mapped[str] = mapped_column(default="")
    """What was handed in: the only text others ever see."""
    version: Mapped[int] = mapped_column(default=0)
    """How often it was handed in; 0 for a draft."""
    submitted_at: Mapped[datetime | None]

    author: Mapped[Person | None] = relationship()
    files: Mapped[list["SubmissionFile"]] = relationship(
        primaryjoin="(Submission.id == SubmissionFile.submission_id) & SubmissionFile.removed_at.is_(None)",
        order_by="SubmissionFile.number",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    """The files of the draft. Those that only an older version has are with the version."""
    withdrawal: Mapped["Withdrawal | None"] = relationship(viewonly=True)
    team: Mapped["Team | None"] = relationship(viewonly=True)

    @property
    def state(self) -> str:
        return "draft" if self.submitted_at is None else "submitted"

    @property
    def has_unsent_changes(self) -> bool:
        return self.submitted_at is not None and self.draft != self.body


class Withdrawal(Base):
    """An author took back what they had handed in. Handing in again removes the row; the journal remembers."""

    __tablename__ = "exchange_withdrawal"

    submission_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_submission.id", ondelete="CASCADE"), primary_key=True
    )
    withdrawn_at: Mapped[datetime]


class WorkVersion(Base):
    """
    A work as it was handed in once. Every one is kept, so that what feedback speaks of can be read beside it.
    """

    __tablename__ = "exchange_work_version"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str]
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    note: Mapped[str] = mapped_column(default="", server_default="")
    """What its author changed, and why."""
    file_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    handed_in_at: Mapped[datetime]

    @property
    def said_beside(self) -> Beside:
        return Beside.from_dict(self.beside)

    def files_among(self, known: Mapping[int, "SubmissionFile"]) -> tuple["SubmissionFile", ...]:
        """Its files, taken from all that the work ever had, by id."""
        return tuple(known[id] for id in self.file_ids if id in known)


class SubmissionFile(FileFacts, Base):
    """A file of a work."""

    __tablename__ = "exchange_submission_file"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """When it was taken from the draft, and an older version still has it."""

    words: Mapped["FileWords | None"] = relationship(lazy="joined", viewonly=True)


class FileWords(Base):
    """What is said in a recording, for who cannot hear it: as it runs along, or as one text."""

    __tablename__ = "exchange_file_words"
    __table_args__ = (CheckConstraint("kind in ('captions', 'transcript')", name="kind"),)

    file_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_submission_file.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str]
    body: Mapped[str]
    """WebVTT as :func:`rules.captions.written` writes it, or plain words."""
    saved_at: Mapped[datetime]

    @property
    def has_times(self) -> bool:
        return self.kind == captions.CAPTIONS

    @property
    def text(self) -> str:
        """The words alone."""
        return captions.as_text(captions.parsed(self.body)) if self.has_times else self.body
