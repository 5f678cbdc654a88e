"""
The roster (NRPS 2.0): who the LMS says is in the course, compared with who we know.

No platform sends differences, so the whole roster is fetched and compared here. Pages are
written to a spool as they come, so neither memory nor a transaction waits for the platform;
then one transaction compares inside the database and writes only what changed.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import CursorResult, TextClause, select, text, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.courses.models import Course, Deployment, Platform
from lti_tool.lms import for_family
from lti_tool.lms.port import Member
from lti_tool.lti.errors import ServiceError
from lti_tool.lti.services import open_client

log = logging.getLogger(__name__)

SPOOL_IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024
IDLE_AFTER = timedelta(days=60)
"""A course that nobody opened for so long is not asked about by itself."""


class EmptyRoster(ServiceError):
    """A complete roster with nobody in it. A course without students has a teacher: no reason to let all leave."""

    code = "roster_empty"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a course's roster comes from."""

    course_id: int
    platform_id: int
    family: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Spool:
    """A complete roster, on disk in COPY's text format where it does not fit into a little memory."""

    lines: IO[bytes] = field(repr=False)
    members: int
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a sync found; the number of rows written, all zero when nothing changed."""

    people: int = 0
    names: int = 0
    joined: int = 0
    changed: int = 0
    left: int = 0

    def __bool__(self) -> bool:
        return any((self.people, self.names, self.joined, self.changed, self.left))


def source_of(session: Session, course_id: int) -> Source | None:
    """Where the roster of a course comes from; None where its platform gives none, or is switched off."""
    row = session.execute(
        select(Platform.id, Platform.family, Course.roster_url)
        .select_from(Course)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Course.id == course_id, Course.roster_url.is_not(None), Platform.state != "disabled")
    ).one_or_none()
    return (
        None if row is None else Source(course_id=course_id, platform_id=row.id, family=row.family, url=row.roster_url)
    )


@contextmanager
def fetched(source: Source, *, now: datetime) -> Iterator[Spool]:
    """
    The complete roster of *source*. Raises :class:`ServiceError` unless every page came.
    """
    lms = for_family(source.family)
    with db.transaction() as session:
        client = open_client(session, source.platform_id)
    members = 0
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY, prefix="hearth-roster-") as spool:
        for page in client.roster_pages(lms.roster_page_url(source.url)):
            members += len(page)
            spool.write("".join([_line(lms.read_member(each)) for each in page]).encode(errors="replace"))
        if members == 0:
            raise EmptyRoster
        spool.seek(0)
        yield Spool(lines=spool, members=members, started_at=now)


def merge(session: Session, course_id: int, spool: Spool, *, now: datetime) -> Changes:
    """
    Let our course follow a complete roster.

    Who is missing or inactive there has left; who is back has not. Known names never become
    blank. A role is taken only for people who never came in person: staff rights come from
    launches, because rosters call teaching assistants learners.
    """
    # Taking the course's row first makes syncs of one course queue up.
    tenant = session.execute(MARK_SYNCED, {"course": course_id, "started": spool.started_at}).scalar_one_or_none()
    if tenant is None:
        return Changes()
    values = {"course": course_id, "tenant": tenant, "now": now, "started": spool.started_at}
    _load(session, spool)
    counts = {"people": _rows(session, NEW_PEOPLE, values)}
    _know(session, values)
    counts |= {name: _rows(session, statement, values) for name, statement in STEPS.items()}
    changes = Changes(**counts)
    if changes:
        log.info("roster of course %s: %s", course_id, changes)
    return changes


def note_problem(session: Session, course_id: int, problem: str) -> None:
    """Write down why the roster could not be read. The people stay as they were."""
    session.execute(
        update(Course)
        .where(Course.id == course_id, Course.roster_problem.is_distinct_from(problem))
        .values(roster_problem=problem)
    )
    log.warning("roster of course %s: %s", course_id, problem)


def due(session: Session, *, older_than: timedelta, now: datetime, limit: int) -> list[int]:
    """Courses whose roster is older than it should be, the oldest first."""
    rows = session.execute(DUE, {"before": now - older_than, "active_since": now - IDLE_AFTER, "limit": limit})
    return list(rows.scalars())


MARK_SYNCED = text(
    """
    update course set roster_synced_at = :started, roster_problem = null
     where id = :course and (roster_synced_at is null or roster_synced_at < :started)
    returning deployment_id
    """
)

DUE = text(
    """
    select c.id
      from course c
      join deployment d on d.id = c.deployment_id
      join platform p on p.id = d.platform_id
     where c.roster_url is not null and c.over_at is null and p.state <> 'disabled'
       and (c.roster_synced_at is null or c.roster_synced_at < :before)
       and exists (select from membership m where m.course_id = c.id and m.launched_at > :active_since)
     order by c.roster_synced_at nulls first
     limit :limit
    """
)

# Each step looks before it writes: an upsert that changes nothing would still lock its row and
# use up a number of the sequence, ten thousand times every few hours. And each joins one large
# table to the roster, whose statistics are fresh: two that have just grown, PostgreSQL would take
# for small and compare row by row.
NEW_PEOPLE = text(
    """
    insert into person (deployment_id, sub, name)
    select :tenant, r.sub, r.name
      from coming r
     where r.is_active and not exists (select from person p where p.deployment_id = :tenant and p.sub = r.sub)
    on conflict (deployment_id, sub) do nothing
    """
)

KNOWN = text(
    """
    create temp table roster on commit drop as
    select p.id as person_id, r.name, r.role, r.is_active
      from coming r
      join person p on p.deployment_id = :tenant and p.sub = r.sub
    """
)

STEPS = {
    "names": text(
        """
        update person p set name = r.name, told_at = :started
          from roster r
         where p.id = r.person_id and r.is_active and r.name <> '' and p.name <> r.name
           and (p.told_at is null or p.told_at < :started)
        """
    ),
    "joined": text(
        """
        insert into membership (course_id, person_id, role, in_roster, joined_at)
        select :course, r.person_id, r.role, true, :now
          from roster r
         where r.is_active
           and not exists (select from membership m where m.course_id = :course and m.person_id = r.person_id)
        on conflict (course_id, person_id) do nothing
        """
    ),
    "changed": text(
        """
        update membership m
           set in_roster = true, left_at = null, role = case when m.launched_at is null then r.role else m.role end
          from roster r
         where m.course_id = :course and m.person_id = r.person_id and r.is_active
           and (not m.in_roster or m.left_at is not null or (m.launched_at is null and m.role <> r.role))
        """
    ),
    # Who came in person while the roster was being read is not missing, only new. The LMS's
    # own test person is in no roster.
    "left": text(
        """
        update membership m set in_roster = false, left_at = coalesce(m.left_at, :now)
         where m.course_id = :course and not m.is_test_user
           and (m.in_roster or m.left_at is null)
           and coalesce(m.launched_at, m.joined_at) < :started
           and not exists (select from roster r where r.person_id = m.person_id and r.is_active)
        """
    ),
}


def _rows(session: Session, statement: TextClause, values: Mapping[str, object]) -> int:
    """How many rows *statement* has written."""
    result = session.execute(statement, values)
    assert isinstance(result, CursorResult)  # noqa: S101 - what an UPDATE or INSERT gives
    return result.rowcount


def _load(session: Session, spool: Spool) -> None:
    connection = db.driver_connection(session)
    connection.execute("drop table if exists pg_temp.line, pg_temp.coming, pg_temp.roster")
    connection.execute("create temp table line (sub text, name text, role text, is_active boolean) on commit drop")
    with connection.cursor().copy("copy line from stdin") as copy:
        while chunk := spool.lines.read(CHUNK):
            copy.write(chunk)
    # A roster that shifts between its pages shows somebody twice; staff comes first, active before inactive.
    connection.execute(
        """
        create temp table coming on commit drop as
        select distinct on (sub) sub, name, role, is_active
          from line
         order by sub, is_active desc,
                  array_position(array['teacher', 'assistant', 'learner', 'observer'], role), name desc
        """
    )
    connection.execute("analyze coming")


def _know(session: Session, values: Mapping[str, object]) -> None:
    """Who of the roster is whom with us. Inactive people whom we never met are nobody."""
    session.execute(KNOWN, values)
    connection = db.driver_connection(session)
    connection.execute("create unique index on roster (person_id)")
    connection.execute("analyze roster")


def _line(member: Member) -> str:
    return f"{_escaped(member.subject)}\t{_escaped(member.name)}\t{member.role}\t{'t' if member.is_active else 'f'}\n"


def _escaped(value: str) -> str:
    # Most names hold nothing of the kind, and asking is cheaper than translating.
    return value if value.isalnum() else value.translate(COPY_ESCAPES)


COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})
