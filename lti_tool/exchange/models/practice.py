"""
Works to practise with, made by staff, and what people say about them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base
from lti_tool.exchange import rules


class Example(Base):
    """A work to practise with, and what staff see in it."""

    __tablename__ = "exchange_example"
    __table_args__ = (Index("ix_exchange_example_exchange_id", "exchange_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    title: Mapped[str]
    """For staff: who practises sees a number."""
    body: Mapped[str] = mapped_column(default="")
    """Markdown."""
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """Its links, :meth:`rules.Beside.as_dict`."""
    words: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """What staff see in it and why, :meth:`rules.Words.as_dict`; :attr:`said` reads it."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]

    file: Mapped["ExampleFile | None"] = relationship(cascade="all, delete-orphan", passive_deletes=True, lazy="joined")

    @property
    def said(self) -> rules.Words:
        return rules.Words.from_dict(self.words)

    @property
    def said_beside(self) -> rules.Beside:
        return rules.Beside.from_dict(self.beside)

    @property
    def has_content(self) -> bool:
        return bool(self.body.strip()) or bool(self.said_beside.links) or self.file is not None


class ExampleFile(Base):
    """The file of an example. Copies of the example in other courses share the bytes under ``key``."""

    __tablename__ = "exchange_example_file"
    __table_args__ = (Index("ix_exchange_example_file_key", "key"),)

    example_id: Mapped[int] = mapped_column(ForeignKey("exchange_example.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


class Trial(Base):
    """What somebody said about an example, to practise. Nobody else reads it."""

    __tablename__ = "exchange_trial"
    __table_args__ = (
        UniqueConstraint("example_id", "person_id", "number"),
        CheckConstraint(f"number between 1 and {rules.MOST_TRIES}", name="number"),
        Index("ix_exchange_trial_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    example_id: Mapped[int] = mapped_column(ForeignKey("exchange_example.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    number: Mapped[int]
    """The first try or the second."""
    words: Mapped[dict[str, Any]]
    """:meth:`rules.Words.as_dict`; :attr:`said` reads it."""
    given_at: Mapped[datetime]

    @property
    def said(self) -> rules.Words:
        return rules.Words.from_dict(self.words)
