"""
Comparing by the clock, and when somebody asks.
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lti_tool import config, db, jobs
from lti_tool.clock import now
from lti_tool.reconcile import comparing, queries
from lti_tool.reconcile.models import Run

MOST_AT_ONCE = 50
"""Courses that one look at the clock begins to compare; the next comes in ten minutes."""
KEEP = timedelta(days=90)


def ask(session: Session, course_id: int, *, by: int | None) -> None:
    """Have a course compared soon; where that waits already, once is enough."""
    jobs.defer(session, compare_course, once_as=f"reconcile:{course_id}", course_id=course_id, asked_by=by)


@jobs.task(name="reconcile.compare", queue="rosters")
def compare_course(course_id: int, asked_by: int | None = None) -> None:
    """Compare a course with its LMS."""
    comparing.compare(course_id, asked_by=asked_by)


@jobs.periodic(cron="4,14,24,34,44,54 * * * *")
@jobs.task(name="reconcile.compare_due", queue="rosters", queueing_lock="reconcile.compare_due")
def compare_due(timestamp: int) -> None:
    """Begin with the courses that were last compared too long ago."""
    hours = config.running().reconcile_hours
    if not hours:
        return
    with db.transaction() as session:
        for course_id in queries.due(session, older_than=timedelta(hours=hours), now=now(), limit=MOST_AT_ONCE):
            ask(session, course_id, by=None)


@jobs.periodic(cron="50 3 * * *")
@jobs.task(name="reconcile.clear_old", queue="house", queueing_lock="reconcile.clear_old")
def clear_old(timestamp: int) -> None:
    """Throw away what was found long ago."""
    with db.transaction() as session:
        session.execute(delete(Run).where(Run.began_at < now() - KEEP))
