"""
Groups that make one work together, and what follows for whose a work is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange.models.settings import Exchange
from lti_tool.exchange.models.work import Submission


class Team(Base):
    """
    A group of one exchange, and its one work. The work goes by the name of one member; whose that is means nothing.
    """

    __tablename__ = "exchange_team"
    __table_args__ = (
        UniqueConstraint("exchange_id", "name"),
        UniqueConstraint("submission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    name: Mapped[str]
    lms_group: Mapped[str | None]
    """The group of the LMS that it follows; None for one that was made here."""
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_submission.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]

    members: Mapped[list["TeamMember"]] = relationship(
        back_populates="team", order_by="TeamMember.person_id", cascade="all, delete-orphan", passive_deletes=True
    )


class TeamMember(Base):
    """Somebody in a group: in one of each exchange."""

    __tablename__ = "exchange_team_member"
    __table_args__ = (
        Index("ix_exchange_team_member_team_id", "team_id"),
        Index("ix_exchange_team_member_person_id", "person_id"),
    )

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("exchange_team.id", ondelete="CASCADE"))
    joined_at: Mapped[datetime]

    team: Mapped[Team] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


def authored_by(exchange: Exchange, person: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that *person* made a work of *exchange*, alone or with their group."""
    if not exchange.has_teams:
        return Submission.author_id == person
    mine = (
        select(TeamMember.person_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(
            TeamMember.exchange_id == exchange.id,
            TeamMember.person_id == person,
            Team.submission_id == Submission.id,
        )
        .correlate_except(TeamMember, Team)
    )
    return mine.exists()


def with_authors(rows: Select[Any], exchange: Exchange) -> Select[Any]:
    """*rows* that begin with works, with a row for each author; :func:`author_of` is the column of who that is."""
    if not exchange.has_teams:
        return rows
    return rows.join(Team, Team.submission_id == Submission.id).join(TeamMember, TeamMember.team_id == Team.id)


def author_of(exchange: Exchange) -> InstrumentedAttribute[Any]:
    """The column of the authors of works, see :func:`with_authors`."""
    return TeamMember.person_id if exchange.has_teams else Submission.author_id
