"""
What is shown live: for those who watch it, those who show it, and staff.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Offer,
    PlannedPair,
    Presentation,
    Submission,
    Team,
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Something that somebody shows."""

    submission_id: int
    person_id: int | None
    name: str
    about: str
    held_at: datetime | None
    place: str

    def is_held_at(self, now: datetime) -> bool:
        """Whether it can be reviewed."""
        return self.held_at is None or self.held_at <= now


def schedule(session: Session, exchange: Exchange) -> Sequence[Shown]:
    """Everything that is shown, in the order of time; what has no time yet comes last."""
    return _shown(session, exchange, None)


def to_watch(session: Session, exchange: Exchange, person_id: int) -> Sequence[Shown]:
    """What the plan holds for somebody to review, and they have not begun; empty where something is handed in."""
    return _shown(session, exchange, person_id) if exchange.is_live else ()


def to_review_by_now(session: Session, exchange: Exchange, *, now: datetime) -> dict[int, int]:
    """By person: how much of what is theirs to review, begun or not, was shown by now."""
    planned = select(PlannedPair.reviewer_id, PlannedPair.submission_id).where(
        PlannedPair.exchange_id == exchange.id, PlannedPair.begun_at.is_(None)
    )
    begun = select(Offer.reviewer_id, Offer.submission_id).where(
        Offer.exchange_id == exchange.id, Offer.state.in_(rules.OPEN_STATES)
    )
    theirs = union(planned, begun).subquery()
    rows = session.execute(
        select(theirs.c.reviewer_id, func.count())
        .join(Submission, Submission.id == theirs.c.submission_id)
        .outerjoin(Presentation, Presentation.submission_id == Submission.id)
        .where(
            Submission.submitted_at.is_not(None),
            or_(Presentation.held_at.is_(None), Presentation.held_at <= now),
        )
        .group_by(theirs.c.reviewer_id)
    )
    return {person: count for person, count in rows}  # noqa: C416 - a dict of rows would not be typed


def slot_of(session: Session, submission_id: int) -> Presentation | None:
    """When and where a work is shown, once somebody has said."""
    return session.scalars(
        select(Presentation)
        .where(Presentation.submission_id == submission_id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _shown(session: Session, exchange: Exchange, reviewer: int | None) -> list[Shown]:
    name = func.coalesce(Team.name, Person.name)
    rows = (
        select(Submission.id, Person.id, name, Submission.body, Presentation.held_at, Presentation.place)
        .join(Person, Person.id == Submission.author_id)
        .outerjoin(Team, Team.submission_id == Submission.id)
        .outerjoin(Presentation, Presentation.submission_id == Submission.id)
        .where(Submission.exchange_id == exchange.id, Submission.submitted_at.is_not(None))
        .order_by(Presentation.held_at.nulls_last(), func.lower(name), Submission.id)
    )
    if reviewer is not None:
        rows = rows.join(PlannedPair, PlannedPair.submission_id == Submission.id).where(
            PlannedPair.reviewer_id == reviewer, PlannedPair.begun_at.is_(None)
        )
    return [
        Shown(submission_id=id, person_id=person, name=name, about=about, held_at=held_at, place=place or "")
        for id, person, name, about, held_at, place in session.execute(rows)
    ]
