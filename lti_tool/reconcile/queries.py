"""
What is to be compared, and what earlier comparisons found.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Platform
from lti_tool.grades.models import Passback, State
from lti_tool.reconcile.models import Finding, Kind, Outcome, Run

PAGE = 50
IDLE_AFTER = timedelta(days=60)
"""A course that nobody opened for so long is compared only when somebody asks."""
DEAD_AFTER = timedelta(hours=1)
"""A run that did not end in this time has lost its worker."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A course, and the platform to ask about it."""

    course_id: int
    platform_id: int
    family: str
    line_items_url: str | None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the gradebook that we know of."""

    resource_link_id: int
    tag: str
    """"" for the link's own."""
    activity_id: int
    url: str
    has_grades: bool
    """Some of ours are in it."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A course, and how its last comparison ended."""

    id: int
    title: str
    began_at: datetime | None
    problem: str | None
    left: int
    mended: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """How comparing goes in one institution: numbers of courses."""

    broken: int
    late: int
    """In use, and not compared for long."""
    waiting: int
    """Something waits for their teacher."""
    last_at: datetime | None


def place_of(session: Session, course_id: int) -> Place | None:
    """Where to ask about a course; None where there is none, or its platform is switched off."""
    row = session.execute(
        select(Platform.id, Platform.family, Course.line_items_url)
        .select_from(Course)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Course.id == course_id, Platform.state == "active")
    ).one_or_none()
    if row is None:
        return None
    return Place(course_id=course_id, platform_id=row.id, family=row.family, line_items_url=row.line_items_url)


def due(
    session: Session, *, older_than: timedelta, now: datetime, limit: int, platform_id: int | None = None
) -> list[int]:
    """Courses that were last compared longer ago than that, are in use and not over; the longest ago first."""
    values = {
        "before": now - older_than,
        "active_since": now - IDLE_AFTER,
        "limit": limit,
        "platform": platform_id,
    }
    return list(session.scalars(DUE, values))


def where_to_go_on(session: Session, run: Run) -> int:
    """The link behind which the last run of the course stopped; 0 to begin with the first."""
    last = select(Run.next_link_id).where(Run.course_id == run.course_id, Run.id < run.id, Run.ended_at.is_not(None))
    return session.scalars(last.order_by(Run.id.desc()).limit(1)).one_or_none() or 0


def columns_of(session: Session, course_id: int, *, after: int, limit: int) -> list[Column]:
    """The columns of a course that links lead to or grades went to, by link."""
    rows = session.execute(COLUMNS, {"course": course_id, "after": after, "limit": limit})
    return [
        Column(
            resource_link_id=row.link_id,
            tag=row.tag,
            activity_id=row.activity_id,
            url=row.url,
            has_grades=row.has_grades,
        )
        for row in rows
    ]


def sent_grades(session: Session, column: Column, *, before: datetime) -> Sequence[tuple[int, str]]:
    """The grades that a column took before a moment, of who is still in the course: id, and ``sub`` of whose it is."""
    is_here = exists().where(
        Membership.course_id == Passback.course_id,
        Membership.person_id == Passback.person_id,
        Membership.left_at.is_(None),
    )
    rows = session.execute(
        select(Passback.id, Person.sub)
        .join(Person, Person.id == Passback.person_id)
        .where(
            Passback.resource_link_id == column.resource_link_id,
            Passback.column == column.tag,
            Passback.state == State.SENT,
            Passback.sent_at < before,
            is_here,
        )
        # As everybody locks them.
        .order_by(Passback.person_id)
    )
    return [(id, sub) for id, sub in rows]


def was_mended(
    session: Session,
    course_id: int,
    kind: Kind,
    *,
    since: datetime,
    activity_id: int,
    person_id: int | None = None,
    **facts: Any,
) -> bool:
    """Whether the very same difference was mended since then."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Finding.run_id == Run.id,
                    Run.course_id == course_id,
                    Run.began_at > since,
                    Finding.kind == kind,
                    Finding.outcome == Outcome.MENDED,
                    Finding.activity_id == activity_id,
                    Finding.person_id.is_not_distinct_from(person_id),
                    Finding.facts.contains(facts),
                )
            )
        )
    )


def activities_elsewhere(session: Session, course_id: int, names: Collection[str]) -> list[Activity]:
    """Activities of other courses of the same tenant, by the public ids that columns of this course carry."""
    ids = [each for each in map(_uuid, names) if each is not None]
    if not ids:
        return []
    tenant = select(Course.deployment_id).where(Course.id == course_id).scalar_subquery()
    rows = (
        select(Activity)
        .join(Course, Course.id == Activity.course_id)
        .where(Course.deployment_id == tenant, Activity.course_id != course_id, Activity.public_id.in_(ids))
    )
    return list(session.scalars(rows.order_by(Activity.position, Activity.id)))


def was_copied(session: Session, course_id: int, root_id: int) -> bool:
    """Whether a course has its copy of an activity, or had one that somebody removed since."""
    here = exists().where(Activity.course_id == course_id, Activity.origin_id == root_id)
    before = exists().where(
        Finding.run_id == Run.id,
        Run.course_id == course_id,
        Finding.kind == Kind.COPIED,
        Finding.facts.contains({"origin": root_id}),
    )
    return bool(session.scalar(select(here | before)))


def runs_of(session: Session, course_id: int, *, limit: int) -> Sequence[Run]:
    """The latest comparisons of a course with what they found, the last one first."""
    rows = (
        select(Run)
        .where(Run.course_id == course_id)
        .options(
            selectinload(Run.findings).options(joinedload(Finding.person), joinedload(Finding.activity)),
        )
        .order_by(Run.id.desc())
        .limit(limit)
    )
    return session.scalars(rows).all()


def run_with(session: Session, run_id: int) -> Run:
    """One comparison with what it found."""
    return session.scalars(
        select(Run)
        .where(Run.id == run_id)
        .options(selectinload(Run.findings).options(joinedload(Finding.person), joinedload(Finding.activity)))
        .execution_options(populate_existing=True)
    ).one()


def compared(session: Session, deployment_id: int, *, page: int = 1) -> tuple[list[Compared], bool]:
    """A page of courses and how their last comparison ended, those in trouble first; and whether more follow."""
    values = {"deployment": deployment_id, "limit": PAGE + 1, "offset": (page - 1) * PAGE}
    found = [Compared(**row) for row in session.execute(LAST_RUNS, values).mappings()]
    return found[:PAGE], len(found) > PAGE


def health(session: Session, deployment_id: int, *, late_before: datetime) -> Health:
    """How comparing the courses of an institution goes."""
    values = {"deployment": deployment_id, "late_before": late_before, "active_since": late_before - IDLE_AFTER}
    return Health(**session.execute(HEALTH, values).mappings().one())


def course_in(session: Session, deployment_id: int, course_id: int) -> Course | None:
    """A course, if it is of this institution."""
    return session.scalars(
        select(Course).where(Course.id == course_id, Course.deployment_id == deployment_id)
    ).one_or_none()


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


DUE = text(
    """
    select c.id
      from course c
      join deployment d on d.id = c.deployment_id
      join platform p on p.id = d.platform_id
      left join lateral (select max(r.began_at) as at from reconcile_run r where r.course_id = c.id) last on true
     where p.state = 'active' and c.over_at is null and (c.roster_url is not null or c.line_items_url is not null)
       and (cast(:platform as integer) is null or p.id = :platform)
       and (last.at is null or last.at < :before)
       and exists (select from membership m where m.course_id = c.id and m.launched_at > :active_since)
     order by last.at nulls first, c.id
     limit :limit
    """
)
COLUMNS = text(
    """
    with known as (
        select l.id as link_id, '' as tag, l.activity_id, l.line_item_url as url
          from resource_link l
         where l.course_id = :course and l.line_item_url is not null and l.activity_id is not null
           and l.gone_at is null
        union
        select p.resource_link_id, p."column", p.activity_id, p.line_item_url
          from grade_passback p join resource_link l on l.id = p.resource_link_id
         where p.course_id = :course and p."column" <> '' and p.line_item_url is not null and l.gone_at is null
    )
    select k.*, exists (select from grade_passback p
                         where p.resource_link_id = k.link_id and p."column" = k.tag and p.state = 'sent') as has_grades
      from known k
     where k.link_id > :after
     order by k.link_id, k.tag
     limit :limit
    """
)
LAST_RUN = """
      left join lateral (select r.id, r.began_at, r.problem from reconcile_run r
                          where r.course_id = c.id and r.ended_at is not null order by r.id desc limit 1) r on true
      left join lateral (select count(*) filter (where f.outcome = 'left') as waiting,
                                count(*) filter (where f.outcome = 'mended') as mended
                           from reconcile_finding f where f.run_id = r.id) f on true
"""
OF_INSTITUTION = "c.deployment_id = :deployment and (c.roster_url is not null or c.line_items_url is not null)"
LAST_RUNS = text(
    f"""
    select c.id, coalesce(nullif(c.title, ''), c.label) as title, r.began_at, r.problem,
           f.waiting as "left", f.mended
      from course c {LAST_RUN}
     where {OF_INSTITUTION}
     order by r.problem is null, f.waiting desc, c.title, c.id
     limit :limit offset :offset
    """  # noqa: S608 - our own words
)
HEALTH = text(
    f"""
    select count(*) filter (where r.problem is not null) as broken,
           count(*) filter (where f.waiting > 0) as waiting,
           count(*) filter (where c.over_at is null and coalesce(r.began_at, c.created_at) < :late_before
               and exists (select from membership m
                            where m.course_id = c.id and m.launched_at > :active_since)) as late,
           max(r.began_at) as last_at
      from course c {LAST_RUN}
     where {OF_INSTITUTION}
    """  # noqa: S608 - our own words
)
