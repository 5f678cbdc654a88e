"""
With whose consent Hearth writes into the calendar of an LMS, and which dates it has written there.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class AccountState(StrEnum):
    """How far a connection has come."""

    ASKED = "asked"
    """Somebody of the LMS has yet to consent."""
    CONNECTED = "connected"
    BROKEN = "broken"
    """The LMS takes our tokens no more, or we cannot read them: somebody has to consent again."""


UNREADABLE = "unreadable"
"""Why an account is broken: its key was encrypted with another ``SECRET_KEY``."""


class State(StrEnum):
    """How far one date has come."""

    WAITING = "waiting"
    SENDING = "sending"
    """A worker has it. Where that worker ended, nobody knows whether the LMS has it too."""
    WRITTEN = "written"
    FAILED = "failed"
    """The LMS will not have it; ``problem`` says why."""


class CalendarAccount(Base):
    """
    The connection to the calendar of one platform.
    """

    __tablename__ = "calendar_account"
    __table_args__ = (CheckConstraint("state in ('asked', 'connected', 'broken')", name="state"),)

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str]
    client_id: Mapped[str]
    client_secret: Mapped[str]
    """Encrypted, see :mod:`lti_tool.vault`; so are both tokens."""
    state: Mapped[str]
    asked_hash: Mapped[str | None]
    """SHA-256 of the ``state`` that the consent must bring back, once."""
    asked_until: Mapped[datetime | None]
    asked_key: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    """Address, client id and secret that the consent is for; they take the place of those above once it is given."""
    access_token: Mapped[str | None]
    refresh_token: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    """The LMS asked to be left alone until then."""
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """``refused``, ``no_consent`` or :data:`UNREADABLE`."""
    created_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]


class CalendarEntry(Base):
    """
    One date of one activity, as it shall stand in the calendar. It outlives its activity until it is gone there too.
    """

    __tablename__ = "calendar_entry"
    __table_args__ = (
        UniqueConstraint("activity_id", "ref"),
        CheckConstraint("state in ('waiting', 'sending', 'written', 'failed')", name="state"),
        Index(
            "ix_calendar_entry_due",
            "platform_id",
            "next_attempt_at",
            postgresql_where=text("state in ('waiting', 'sending')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    activity_id: Mapped[int]
    ref: Mapped[str]
    """Which of its dates; the same when it moves."""
    course: Mapped[str]
    """By which the LMS calls the course."""
    title: Mapped[str]
    at: Mapped[datetime]
    is_wanted: Mapped[bool] = mapped_column(server_default=text("true"))
    """False: to be taken away there, and here after that."""
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    """Grows with every change: what was sent meanwhile is not mistaken for it."""
    state: Mapped[str]
    remote_id: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """By which the LMS calls it; "" until it is there."""
    is_uncertain: Mapped[bool] = mapped_column(server_default=text("false"))
    """An answer was lost: it may stand there already, under an id we do not know."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
