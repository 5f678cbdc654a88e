"""
The courses of one institution: their lists of people, and grades that did not arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course
from lti_tool.courses.operations import OUTSIDE
from lti_tool.grades.models import Passback, State
from lti_tool.web.institution import Tenant

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A course and how following its list of people went."""

    id: int
    title: str
    label: str
    has_roster: bool
    synced_at: datetime | None
    problem: str | None


@dataclass(frozen=True, kw_only=True)
class NotArrived:
    """Grades of one activity that the LMS refused for the same reason."""

    course_id: int
    course: str
    activity_id: int
    activity: str
    problem: str
    count: int
    since: datetime


def followed(session: Session, tenant: Tenant, *, page: int = 1) -> tuple[Sequence[Followed], bool]:
    """A page of courses, those in trouble first; and whether more follow."""
    rows = (
        select(Course)
        .where(Course.deployment_id == tenant.deployment_id, *(~Course.context_id.startswith(each) for each in OUTSIDE))
        .order_by(Course.roster_problem.is_(None), Course.title, Course.id)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    found = session.scalars(rows).all()
    return [
        Followed(
            id=each.id,
            title=each.title or each.label,
            label=each.label,
            has_roster=each.roster_url is not None,
            synced_at=each.roster_synced_at,
            problem=each.roster_problem,
        )
        for each in found[:PAGE]
    ], len(found) > PAGE


def course_of(session: Session, tenant: Tenant, course_id: int) -> Course | None:
    """A course, if it is of this institution."""
    return session.scalars(
        select(Course).where(Course.id == course_id, Course.deployment_id == tenant.deployment_id)
    ).one_or_none()


def not_arrived(session: Session, tenant: Tenant, *, limit: int = 200) -> Sequence[NotArrived]:
    """Failed grades by activity and reason, the latest first. Nobody's name, nobody's grade."""
    rows = (
        select(
            Passback.course_id,
            Course.title.label("course"),
            Passback.activity_id,
            Activity.title.label("activity"),
            Passback.problem,
            func.count().label("count"),
            func.min(Passback.changed_at).label("since"),
        )
        .join(Course, Course.id == Passback.course_id)
        .join(Activity, Activity.id == Passback.activity_id)
        .where(Course.deployment_id == tenant.deployment_id, Passback.state == State.FAILED)
        .group_by(Passback.course_id, Course.title, Passback.activity_id, Activity.title, Passback.problem)
        .order_by(func.max(Passback.changed_at).desc(), Passback.activity_id)
        .limit(limit)
    )
    return [NotArrived(**{**row._mapping, "problem": row.problem or ""}) for row in session.execute(rows)]


def failed_of(session: Session, tenant: Tenant, activity_id: int) -> Sequence[Passback]:
    """The grades of an activity that did not arrive, if it is of this institution."""
    rows = (
        select(Passback)
        .join(Course, Course.id == Passback.course_id)
        .where(
            Course.deployment_id == tenant.deployment_id,
            Passback.activity_id == activity_id,
            Passback.state == State.FAILED,
        )
        # As everybody locks them.
        .order_by(Passback.resource_link_id, Passback.column, Passback.person_id)
    )
    return session.scalars(rows).all()
