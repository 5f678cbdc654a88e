"""
Jobs of the exchange: plans that are looked after, grades when the time for reviews is over, files nobody refers to.
"""

import logging
from datetime import timedelta

from sqlalchemy import select

from lti_tool import db, files, jobs
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.exchange import operations, queries, reminding
from lti_tool.exchange.models import ExampleFile, Exchange, FeedbackFile, SubmissionFile

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)
"""A file this young may belong to a request that has not ended."""


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="exchange.release_due_grades", queue="grades", queueing_lock="exchange.release_due_grades")
def release_due_grades(timestamp: int) -> None:
    """Let the grades of exchanges go out whose time for reviews is over."""
    with db.transaction() as session:
        due = queries.due_exchanges(session, now=now())
    for id in due:
        with db.transaction() as session:
            operations.release_if_ready(session, session.get_one(Exchange, id), now=now())


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="exchange.tend_plans", queue="grades", queueing_lock="exchange.tend_plans")
def tend_plans(timestamp: int) -> None:
    """Look after every exchange that is open: who left, who does not come, who waits for a reviewer."""
    with db.transaction() as session:
        open_ones = queries.exchanges_to_tend(session, now=now())
    for id in open_ones:
        with db.transaction() as session:
            operations.tend(session, session.get_one(Exchange, id), now=now())


@jobs.task(name="exchange.follow_groups", queue="grades")
def follow_groups(course_id: int, people: list[int]) -> None:
    """Move *people* into the groups they have in the LMS by now, in every exchange that follows it."""
    with db.transaction() as session:
        following = [each.id for each in queries.following_lms(session, course_id)]
    for id in following:
        with db.transaction() as session:
            exchange = session.get(Exchange, id)
            if exchange is not None:
                operations.follow_lms(session, exchange, by=None, now=now(), people=people)


@jobs.periodic(cron="25 * * * *")
@jobs.task(name="exchange.seal", queue="grades", queueing_lock="exchange.seal")
def seal(timestamp: int) -> None:
    """Seal exchanges that are over, and close those that nobody closes."""
    with db.transaction() as session:
        waiting = [each.id for each in queries.exchanges_to_seal(session)]
    for id in waiting:
        with db.transaction() as session:
            operations.tend_seal(session, session.get_one(Exchange, id), now=now())


@jobs.periodic(cron="40 3 * * *")
@jobs.task(name="exchange.sweep_files", queue="files", queueing_lock="exchange.sweep_files")
def sweep_files(timestamp: int) -> None:
    """Remove files that nothing refers to: their request failed, they were taken away, or their course was deleted."""
    storage = files.storage(Settings.from_environment())
    with db.transaction() as session:
        known = {
            key for table in (SubmissionFile, FeedbackFile, ExampleFile) for key in session.scalars(select(table.key))
        }
        stray = [key for key in storage.keys(session, "exchange", before=now() - GRACE) if key not in known]
        for key in stray:
            storage.remove(session, key)
    if stray:
        log.info("%s stray files removed", len(stray))


@jobs.periodic(cron="3,18,33,48 * * * *")
@jobs.task(name="exchange.tell_of_dates", queue="notices", queueing_lock="exchange.tell_of_dates")
def tell_of_dates(timestamp: int) -> None:
    """Tell people of dates that near and of what went wrong."""
    with db.transaction() as session:
        running = [each.id for each in queries.running_exchanges(session, now=now())]
    for id in running:
        with db.transaction() as session:
            exchange = session.get(Exchange, id)
            if exchange is not None:
                reminding.tell_of_exchange(session, exchange, now=now())
    with db.transaction() as session:
        reminding.tell_of_shown_feedback(session, now=now())
    with db.transaction() as session:
        reminding.tell_of_failed_grades(session, now=now())
