"""
Jobs of calendars: write what waits, begin with what there is, look whether anything was left lying.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import config, db, jobs
from lti_tool.calendars import connecting, operations
from lti_tool.calendars.operations import Date
from lti_tool.calendars.writing import due, write_all
from lti_tool.clock import now as present
from lti_tool.courses.models import Activity, Course, Deployment

MOST_AT_ONCE = 100


def follow(session: Session, activity_id: int, dates: Sequence[Date], *, now: datetime) -> None:
    """
    Let the calendar of the LMS show just these *dates* of an activity, where its admin wants that.

    The job that writes them belongs to the transaction of the change.
    """
    platform_id = operations.follow(session, activity_id, dates, now=now)
    if platform_id is not None:
        ask(session, platform_id)


def ask(session: Session, platform_id: int) -> None:
    """Have what waits written. Not once under a name: a job that is ending would not see what we commit."""
    jobs.defer(session, write, in_turn=f"calendar:{platform_id}", platform_id=platform_id)


@jobs.task(name="calendars.write", queue="calendars")
def write(platform_id: int) -> None:
    """Write what waits for the calendar of one platform; its calls come one after the other."""
    if write_all(platform_id, settings=config.running()):
        with db.transaction() as session:
            ask(session, platform_id)


@jobs.task(name="calendars.begin", queue="calendars")
def begin(platform_id: int) -> None:
    """Follow every activity of a platform whose calendar was just connected."""
    with db.transaction() as session:
        activities = session.scalars(
            select(Activity)
            .join(Course, Course.id == Activity.course_id)
            .join(Deployment, Deployment.id == Course.deployment_id)
            .where(Deployment.platform_id == platform_id)
            .order_by(Activity.id)
        ).all()
        for each in activities:
            operations.follow(session, each.id, operations.rooms.dates_of(session, each), now=present())
        operations.retry(session, platform_id, now=present())
        ask(session, platform_id)


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="calendars.sweep", queue="calendars", queueing_lock="calendars.sweep")
def sweep(timestamp: int) -> None:
    """Have written what waits to be tried again, and what a worker left behind."""
    with db.transaction() as session:
        connecting.wake(session, settings=config.running())
    platforms = due(present(), limit=MOST_AT_ONCE)
    with db.transaction() as session:
        for platform_id in platforms:
            ask(session, platform_id)
