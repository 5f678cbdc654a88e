"""
What the course home shows, in a number of queries that grows with neither people nor activities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course, Membership, ResourceLink, Role
from lti_tool.courses.queries import activities_of
from lti_tool.grades.queries import tallies
from lti_tool.web.rooms import Card, Room, rooms
from lti_tool.web.viewer import Viewer

NO_DATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One activity of the list."""

    activity: Activity
    room: Room
    card: Card
    failed_grades: int = 0
    is_first: bool = False
    is_last: bool = False


@dataclass(frozen=True, kw_only=True)
class People:
    """Who is in the course, as far as Hearth knows, for its staff."""

    learners: int
    staff: int
    has_roster: bool
    """The LMS lets Hearth read its list of people."""
    synced_at: datetime | None
    problem: str | None
    over_at: datetime | None
    """Since when the LMS calls the course over."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """The page of one viewer."""

    entries: Sequence[Entry]
    people: People | None
    """Staff only."""
    link_opens_home: bool
    """A teacher came by a link of the LMS that leads to no activity."""

    @property
    def waiting(self) -> list[Entry]:
        """What waits for the viewer, what is due first in front."""
        return sorted((entry for entry in self.entries if entry.card.todo), key=lambda entry: entry.card.due or NO_DATE)

    @property
    def resting(self) -> list[Entry]:
        """Everything else, as the teacher arranged it."""
        return [entry for entry in self.entries if not entry.card.todo]


def home_of(session: Session, viewer: Viewer, *, now: datetime) -> Home:
    """The course home as *viewer* may see it."""
    return Home(
        entries=entries_of(session, viewer, now=now),
        people=_people(session, viewer.course_id) if viewer.is_staff else None,
        link_opens_home=viewer.is_teacher and _opens_home(session, viewer.resource_link_id),
    )


def entries_of(session: Session, viewer: Viewer, *, now: datetime) -> list[Entry]:
    """The activities of the course. A room leaves out the cards of those the viewer may not see."""
    activities = activities_of(session, viewer.course_id)
    failed = tallies(session, [activity.id for activity in activities]) if viewer.is_staff else {}
    cards: dict[int, Card] = {}
    for kind, room in rooms().items():
        mine = [activity for activity in activities if activity.kind == kind]
        if mine:
            cards.update(room.cards(session, viewer, mine, now=now))
    shown = [activity for activity in activities if activity.id in cards]
    return [
        Entry(
            activity=activity,
            room=rooms()[activity.kind],
            card=cards[activity.id],
            failed_grades=failed[activity.id].failed if activity.id in failed else 0,
            is_first=activity is shown[0],
            is_last=activity is shown[-1],
        )
        for activity in shown
    ]


def _people(session: Session, course_id: int) -> People:
    course = session.get_one(Course, course_id)
    rows = session.execute(
        select(Membership.role, func.count().label("people"))
        .where(Membership.course_id == course_id, Membership.left_at.is_(None), Membership.is_test_user.is_(False))
        .group_by(Membership.role)
    )
    counts = {row.role: row.people for row in rows}
    return People(
        learners=counts.get(Role.LEARNER, 0),
        staff=sum(counts.get(role, 0) for role in Role if role.is_staff),
        has_roster=course.roster_url is not None,
        synced_at=course.roster_synced_at,
        problem=course.roster_problem,
        over_at=course.over_at,
    )


def _opens_home(session: Session, link_id: int | None) -> bool:
    if link_id is None:
        return False
    return bool(session.scalar(select(ResourceLink.activity_id.is_(None)).where(ResourceLink.id == link_id)))
