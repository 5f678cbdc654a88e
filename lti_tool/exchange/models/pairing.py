"""
The standing plan: who has a seat in it, who is to read whose work, and how it came about.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Seat(Base):
    """
    One person's place in the plan: they give a number of reviews, and bring as many to their work.
    """

    __tablename__ = "exchange_seat"
    __table_args__ = (
        # The works that most need a reader, whatever their number.
        Index("ix_exchange_seat_begun", "exchange_id", "begun", "joined_at", postgresql_where=text("left_at is null")),
        Index(
            "ix_exchange_seat_lacks",
            "exchange_id",
            text("lacks desc"),
            "joined_at",
            "person_id",
            postgresql_where=text("left_at is null"),
        ),
        Index(
            "ix_exchange_seat_idle",
            "exchange_id",
            "joined_at",
            "person_id",
            postgresql_where=text("idle > 0 and left_at is null and away_at is null"),
        ),
        Index("ix_exchange_seat_submission_id", "submission_id"),
        Index("ix_exchange_seat_person_id", "person_id"),
    )

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    joined_at: Mapped[datetime]
    begun: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Reviewers who have the work, or gave their feedback; not those whose lease lapsed with nothing written."""
    lacks: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Reviewers that the plan has not found yet; below 0: more than were promised."""
    idle: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Works that the plan has not found yet for this person to read; below 0: they help out."""
    away_at: Mapped[datetime | None]
    """Since when the plan finds them nothing to read, because they did not come; until they ask again."""
    left_at: Mapped[datetime | None]


class PlannedPair(Base):
    """Somebody is to read a work. It becomes an offer when the reviewer asks for the next one."""

    __tablename__ = "exchange_pair"
    __table_args__ = (
        CheckConstraint("reviewer_id <> author_id", name="others"),
        # Whether somebody reads somebody is told by the index alone.
        Index("ix_exchange_pair_reviewer_id", "reviewer_id", "exchange_id", "author_id"),
        # The urn from which newcomers draw the pairs they split.
        Index("ix_exchange_pair_waiting", "exchange_id", "draw", postgresql_where=text("begun_at is null")),
    )

    # A plan of 100,000 people is half a million rows, and each foreign key is looked up for each of them: that takes
    # longer than all the rest. Pairs go with their work all the same, by a trigger once a statement (migration
    # "pairs without foreign key"); people never go without the courses they were in.
    submission_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    exchange_id: Mapped[int]
    author_id: Mapped[int]
    """Whose seat it serves: of a group's work, one of its authors."""
    draw: Mapped[int]
    """:func:`rules.pairs.draw`."""
    begun_at: Mapped[datetime | None]


class PairingEvent(Base):
    """
    A step of the plan, in order: from these and the seed every pair can be derived again.
    """

    __tablename__ = "exchange_pairing_event"
    __table_args__ = (
        Index("ix_exchange_pairing_event_exchange_id", "exchange_id", "id"),
        # Whether anything is planned yet, without a look at 100,000 seats.
        Index("ix_exchange_pairing_event_begun", "exchange_id", postgresql_where=text("kind in ('planned', 'joined')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    """
    planned, joined, left, forgotten, begun, traded, rescued, given_back, came_back, released, ruled, mixed or mended;
    by staff: assigned, unassigned, freed, excused, put_back, stood_in, stepped_back.
    """
    facts: Mapped[dict[str, Any]]
    """Ids only: ``person``, and ``added``, ``removed`` and ``begun`` as lists of ``[reviewer, author]``."""


class PairRule(Base):
    """Two people whom the teacher wants together, or apart."""

    __tablename__ = "exchange_pair_rule"
    __table_args__ = (CheckConstraint("kind in ('must', 'never')", name="kind"),)

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
