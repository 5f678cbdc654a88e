"""
Companions, our plugins in LMSs, and what each is to be told.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.courses.models import Platform
from lti_tool.db import Base


class State(StrEnum):
    """How far something to tell has come."""

    NEW = "new"
    """Not yet looked at: whether it is to be told is decided by a job."""
    WAITING = "waiting"
    """To be told, or to be tried again."""
    TOLD = "told"
    REFUSED = "refused"
    """The LMS will not have it; ``problem`` says why."""
    DEAD = "dead"
    """Given up; a person can have it told again."""


class Pairing(Base):
    """
    The companion in the LMS of one platform: where it is, our key to it, and what it may hear.
    """

    __tablename__ = "companion"
    __table_args__ = (
        UniqueConstraint("platform_id"),
        CheckConstraint("state in ('active', 'paused')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    address: Mapped[str]
    """Of the LMS; its web services are below it."""
    token: Mapped[str]
    """Encrypted, see :mod:`lti_tool.vault`."""
    site_id: Mapped[str]
    """What the companion calls its LMS. Events that name another site are not believed."""
    release: Mapped[str] = mapped_column(default="", server_default=text("''"))
    tells_log: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    tells_completion: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    tells_dates: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[str] = mapped_column(default="active", server_default=text("'active'"))
    """``paused`` by a person: what happens is kept for it."""
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Calls in a row that came to nothing."""
    rests_until: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """A short code of why the last call came to nothing; "" where it did not."""
    detail: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """What the LMS said."""
    checked_at: Mapped[datetime | None]
    """When its companion last answered for itself."""
    receiver: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """How it got on with telling us events, when it last answered."""
    created_at: Mapped[datetime]

    platform: Mapped[Platform] = relationship()


class Telling(Base):
    """
    One thing to tell a companion. The database itself writes one with each act of the journal.

    A row with a *slot* is a state, such as "this person is complete": when it changes, the row does.
    """

    __tablename__ = "companion_telling"
    __table_args__ = (
        UniqueConstraint("pairing_id", "slot"),
        UniqueConstraint("key"),
        # In this order the index also serves the foreign key.
        UniqueConstraint("entry_id", "pairing_id"),
        CheckConstraint("state in ('new', 'waiting', 'told', 'refused', 'dead')", name="state"),
        CheckConstraint("completion in ('', 'complete', 'incomplete')", name="completion"),
        CheckConstraint("(entry_id is null) = (slot is not null)", name="slot"),
        Index("ix_companion_telling_new", "id", postgresql_where=text("state = 'new'")),
        Index(
            "ix_companion_telling_due",
            "pairing_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_companion_telling_problem", "problem", postgresql_where=text("problem <> ''")),
        Index("ix_companion_telling_activity_id", "activity_id"),
        Index("ix_companion_telling_link_id", "link_id"),
        Index("ix_companion_telling_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("companion.id", ondelete="CASCADE"))
    key: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    """By which the companion knows what it has heard already. A state that changes gets another."""
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id", ondelete="CASCADE"))
    """The act. What the journal forgets, this forgets too."""
    slot: Mapped[str | None]
    """
    Of a state: ``completion:<link>:<person>`` or ``date:<activity>:<ref>``. A ``ref`` names the place, the date, and
    whose it is.
    """
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("resource_link.id", ondelete="CASCADE"))
    """Which of the activity's places in the LMS; None: the latest that is there, or the course as a whole."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Whose completion or own date. Who did an act stands in the journal, and is told only where they may be named."""
    at: Mapped[datetime]
    completion: Mapped[str] = mapped_column(default="", server_default=text("''"))
    entry: Mapped[dict[str, Any] | None]
    """Of the calendar: ``ref``, ``title``, ``slot``, ``person`` (our id), ``starts_at`` (ISO; None takes it back)."""
    state: Mapped[str] = mapped_column(default="new", server_default=text("'new'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    """When to tell; while a job is at it, when to believe that the job has died."""
    told_at: Mapped[datetime | None]
    """When it was told last, and kept or refused."""
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Why it was not kept; of what was, ``off`` where the LMS keeps no completion there."""
