"""
Endpoints of institutions, what is on its way to them, and how each attempt ended.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Platform
from lti_tool.db import Base


class State(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    """To be sent, or to be tried again."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; a person can have it sent again."""
    SKIPPED = "skipped"
    """Nothing that may be told: of a test user, or of a kind that no room declares any more."""


class Endpoint(Base):
    """
    An address of an institution that is told what happens in the courses of its platform.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("format in ('standard', 'caliper')", name="format"),
        CheckConstraint("state in ('active', 'paused', 'disabled')", name="state"),
        CheckConstraint("why in ('', 'gone', 'failing', 'unreadable')", name="why"),
        Index("ix_webhook_endpoint_platform_id", "platform_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    """Whose courses it hears of; never of others."""
    deployment_id: Mapped[int | None] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    """Of this one only. None: of every deployment of the registration, which only an operator can say."""
    name: Mapped[str] = mapped_column(default="")
    url: Mapped[str]
    format: Mapped[str]
    """``standard``: body of Standard Webhooks; ``caliper``: envelope of Caliper 1.2. Both are signed alike."""
    kinds: Mapped[list[str]]
    """Acts of the journal, each named: what is new some day is sent to nobody who did not ask for it."""
    secret: Mapped[str]
    """Encrypted, see :mod:`lti_tool.vault`."""
    old_secret: Mapped[str | None]
    """Signed with too until the receiver has the new one."""
    old_secret_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="active", server_default=text("'active'"))
    """
    ``paused`` by a person, or because we cannot sign: what happens is kept for it. ``disabled`` by us: nothing is
    kept from then on.
    """
    why: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """
    Why we disabled it: it said 410 (``gone``), or nothing reached it for days (``failing``). Why we paused it: its
    secret cannot be read (``unreadable``).
    """
    changed_at: Mapped[datetime]
    """When its state changed."""
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """In a row. From :data:`webhooks.outbox.rules.BREAKS_AFTER` on it rests, and is then asked with one delivery."""
    failing_since: Mapped[datetime | None]
    """Since when nobody answers there, or only with trouble of their own. A refusal is an answer."""
    rests_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    platform: Mapped[Platform] = relationship()


class Delivery(Base):
    """
    One act on its way to one endpoint. Written by the database itself with the act: see decision 13.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        # One act goes to one endpoint once. In this order the index also serves the foreign key.
        UniqueConstraint("entry_id", "endpoint_id"),
        UniqueConstraint("message_id"),
        CheckConstraint("state in ('waiting', 'delivered', 'dead', 'skipped')", name="state"),
        Index(
            "ix_webhook_delivery_due",
            "endpoint_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_delivery_endpoint_id", "endpoint_id", "id"),
        Index("ix_webhook_delivery_person_id", "person_id"),
        Index("ix_webhook_delivery_occurred_at", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    """None for a test. What the journal forgets, this forgets too."""
    message_id: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    """``webhook-id``, the same in every attempt: by it a receiver knows what it has already."""
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    body: Mapped[str | None]
    """
    As sent, the same in every attempt as long as whom it names may be named. None before the first, once it was
    scrubbed, and where it named somebody who may be named no more: such a one is written anew when it is sent again.
    """
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """Whom the body names, if anybody."""
    state: Mapped[str] = mapped_column(default="waiting", server_default=text("'waiting'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    """When to send; while somebody is at it, when to believe that they have died."""
    delivered_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """A short code of why the last attempt failed; see :class:`webhooks.outbox.rules.Problem`."""

    endpoint: Mapped[Endpoint] = relationship()
    tries: Mapped[list["Try"]] = relationship(order_by="Try.id")


class Try(Base):
    """
    One attempt and what came of it. What the receiver answered is not kept.
    """

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_delivery_id", "delivery_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_delivery.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """HTTP; None where there was no answer."""
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
