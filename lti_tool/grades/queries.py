"""
Reads about grades on their way, for the pages of the rooms.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.grades.locks import ORDER
from lti_tool.grades.models import Passback, State

IS_GRADE = ~Passback.is_work_only
"""Pages show grades; that work was handed in they know by themselves."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many grades of an activity are where."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0


def passbacks_of_person(session: Session, activity_id: int, person_id: int) -> Sequence[Passback]:
    """The grades of one person in one activity, in every column, in the order in which everybody locks them."""
    rows = select(Passback).where(Passback.activity_id == activity_id, Passback.person_id == person_id, IS_GRADE)
    return session.scalars(rows.order_by(*ORDER)).all()


def passbacks_of(
    session: Session, activity_id: int, *, persons: Collection[int] | None = None, column: str = ""
) -> Mapping[int, Passback]:
    """The grades of an activity by person: one query, whatever the size of the class."""
    rows = select(Passback).where(Passback.activity_id == activity_id, Passback.column == column, IS_GRADE)
    if persons is not None:
        rows = rows.where(Passback.person_id.in_(persons))
    return {row.person_id: row for row in session.scalars(rows.order_by(Passback.changed_at, Passback.id))}


def tallies(session: Session, activity_ids: Collection[int]) -> Mapping[int, Tally]:
    """How far the grades of each activity have come. Activities without grades are left out."""
    rows = session.execute(
        select(Passback.activity_id, Passback.state, func.count())
        .where(Passback.activity_id.in_(activity_ids), IS_GRADE)
        .group_by(Passback.activity_id, Passback.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for activity_id, state, count in rows:
        counts.setdefault(activity_id, {})[State(state).value] = count
    return {activity_id: Tally(**each) for activity_id, each in counts.items()}
