"""
Jobs about courses: following the LMS's roster.
"""

import logging
from datetime import timedelta

from sqlalchemy.orm import Session

from lti_tool import config, db, jobs
from lti_tool.clock import now
from lti_tool.courses import groups, roster
from lti_tool.lti.errors import ServiceError, Throttled

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Courses that one look at the clock begins to sync; the next comes in five minutes."""
SOON = timedelta(minutes=10)
LATER = timedelta(hours=6)


def ask_for_roster(session: Session, course_id: int) -> None:
    """Have the roster read soon, also where a failed attempt would wait longer."""
    jobs.defer(session, sync_roster, once_as=f"roster asked for:{course_id}", course_id=course_id)


def ask_for_groups(session: Session, course_id: int) -> None:
    """Have sections and groups read soon."""
    jobs.defer(session, sync_groups, once_as=f"groups:{course_id}", course_id=course_id)


@jobs.task(name="courses.sync_roster", queue="rosters")
def sync_roster(course_id: int) -> None:
    """
    Let a course follow the LMS's roster.

    After a failure the same job waits its turn again, under the name that keeps others from
    being deferred meanwhile: so a platform in trouble is left alone for a while.
    """
    with db.transaction() as session:
        source = roster.source_of(session, course_id)
    if source is None:
        return
    try:
        with roster.fetched(source, now=now()) as spool, db.transaction() as session:
            roster.merge(session, course_id, spool, now=now())
    except ServiceError as err:
        with db.transaction() as session:
            roster.note_problem(session, course_id, err.code)
            jobs.defer(session, sync_roster, at=now() + _wait(err), once_as=f"roster:{course_id}", course_id=course_id)


@jobs.task(name="courses.sync_groups", queue="rosters")
def sync_groups(course_id: int) -> None:
    """Let a course follow the LMS's sections and groups. A failure is mended when next the whole course is compared."""
    started = now()
    with db.transaction() as session:
        source = groups.source_of(session, course_id)
    if source is None:
        return
    try:
        members = source.fetch()
    except ServiceError as err:
        log.warning("groups of course %s: %s", course_id, err.code)
        return
    with db.transaction() as session:
        groups.merge(session, course_id, members, started=started, now=now())


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="courses.sync_due_rosters", queue="rosters", queueing_lock="courses.sync_due_rosters")
def sync_due_rosters(timestamp: int) -> None:
    """Begin a sync for each course whose roster has become too old."""
    older_than = timedelta(hours=config.running().roster_sync_hours)
    with db.transaction() as session:
        for course_id in roster.due(session, older_than=older_than, now=now(), limit=MOST_AT_ONCE):
            jobs.defer(session, sync_roster, once_as=f"roster:{course_id}", course_id=course_id)


def _wait(err: ServiceError) -> timedelta:
    if isinstance(err, Throttled) and err.retry_after is not None:
        return max(SOON, min(timedelta(seconds=err.retry_after), LATER))
    return SOON if err.retryable else LATER
