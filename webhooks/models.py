"""
Who may send us events, what came, and how often somebody was refused.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Platform
from lti_tool.db import Base


class Source(Base):
    """
    An address of ours that one platform sends its events to, and how it proves itself there.
    """

    __tablename__ = "webhook_source"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint("proof in ('standard', 'jwt', 'token', 'address', 'notice')", name="proof"),
        CheckConstraint("state in ('active', 'paused')", name="state"),
        CheckConstraint("(secret is not null) = (proof in ('standard', 'token'))", name="secret"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str]
    """The last part of its address: long and random, since for some sources it is all they prove themselves with."""
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    """What comes here can concern this platform's courses only, whatever it says."""
    name: Mapped[str] = mapped_column(default="")
    proof: Mapped[str]
    """See :data:`lti_tool.lms.events.Proof`."""
    secret: Mapped[str | None]
    """Encrypted, see :mod:`lti_tool.vault`."""
    old_secret: Mapped[str | None]
    """Still taken until the LMS has the new one."""
    old_secret_until: Mapped[datetime | None]
    site: Mapped[str | None]
    """
    Which site of a hosted LMS its first event named, where one key signs for all of them: no other is believed, until
    launches tell which sites are meant.
    """
    state: Mapped[str] = mapped_column(default="active", server_default=text("'active'"))
    created_at: Mapped[datetime]

    platform: Mapped[Platform] = relationship()

    def address(self, public_url: str) -> str:
        """Where its LMS sends events to."""
        return f"{public_url}/webhooks/{self.public_id}"


class Event(Base):
    """
    One event, kept once however often it comes.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        CheckConstraint("state in ('new', 'done', 'skipped', 'failed', 'dead')", name="state"),
        Index("ix_webhook_event_due", "id", postgresql_where=text("state in ('new', 'failed')")),
        Index("ix_webhook_event_received_at", "received_at"),
        Index("ix_webhook_event_trouble", "source_id", "id", postgresql_where=text("state in ('failed', 'dead')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # No foreign key: it would have every sender of a flood lock the same row. Nobody reads what has no source.
    source_id: Mapped[int]
    key: Mapped[str]
    name: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    payload: Mapped[dict[str, Any] | None]
    """None once it was scrubbed: the key stays longer, so that late repeats are still known."""
    state: Mapped[str] = mapped_column(server_default=text("'new'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """The kind of error, without words of the payload."""


class Refusal(Base):
    """
    How often a source was refused on one day, and why. What it sent is not kept.
    """

    __tablename__ = "webhook_refusal"

    source_id: Mapped[int] = mapped_column(ForeignKey("webhook_source.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime | None]
    """So that somebody who tries a new source sees what became of their try."""


class Speech(Base):
    """
    How many events came to a source on one day, counted in the night after: what its habit is.
    """

    __tablename__ = "webhook_speech"

    source_id: Mapped[int] = mapped_column(ForeignKey("webhook_source.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class RemovedSource(Base):
    """
    An address that was taken away, for as long as somebody may still send there.
    """

    __tablename__ = "webhook_removed_source"

    public_id: Mapped[str] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    removed_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often something came since. What it was is not looked at."""
    last_at: Mapped[datetime | None]
