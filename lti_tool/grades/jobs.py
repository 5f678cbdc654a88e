"""
Jobs of the gradebook outbox.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import db, jobs
from lti_tool.clock import now
from lti_tool.grades import columns, sending
from lti_tool.grades.models import Passback, State

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Grades that one sweep sends on their way; the next comes in a minute."""
SIDE_BY_SIDE = 4
"""Grades of one activity that are on the wire together: it is the platform that takes its time."""


def hint(session: Session, passback_id: int) -> None:
    """Let a job look at this grade; one that waits already will do."""
    jobs.defer(session, send_grade, once_as=f"grade:{passback_id}", passback_id=passback_id)


def hint_all(session: Session, activity_id: int) -> None:
    """Let one job look at all grades of an activity: for a whole class, what is due is found by the worker."""
    jobs.defer(session, send_grades, once_as=f"grades:{activity_id}", activity_id=activity_id)


@jobs.task(name="grades.send_grades", queue="grades")
def send_grades(activity_id: int) -> None:
    """Send the grades of an activity that are due, some side by side, without a job for each."""
    due = select(Passback.id).where(
        Passback.activity_id == activity_id, Passback.state == State.WAITING, Passback.next_attempt_at <= now()
    )
    with db.transaction() as session:
        waiting = session.scalars(due.order_by(Passback.id)).all()
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="grades") as threads:
        for passback_id in waiting:
            # Each within the application and with the words in the log that this job has.
            threads.submit(copy_context().run, _send_one_of_many, passback_id)


@jobs.task(name="grades.send_grade", queue="grades")
def send_grade(passback_id: int) -> None:
    """Send a grade to its column, if it is due."""
    _send(passback_id)


def _send_one_of_many(passback_id: int) -> None:
    if jobs.stopping.is_set():
        # What is left is due, and the sweep of the next worker finds it.
        return
    try:
        _send(passback_id)
    except Exception:
        # Its lease ends, and the sweep finds it too; the others are not held up.
        log.exception("grade %s could not be tried", passback_id)


def _send(passback_id: int) -> None:
    with db.transaction() as session:
        turn = sending.take(session, passback_id, now=now())
        if isinstance(turn, sending.ColumnWanted):
            _want_column(session, turn)
    if isinstance(turn, sending.Turn):
        outcome = sending.deliver(turn)
        with db.transaction() as session:
            if sending.settle(session, turn, outcome, now=now()):
                hint(session, passback_id)


@jobs.task(name="grades.find_column", queue="grades")
def find_column(resource_link_id: int, column: str) -> None:
    """Find or make the column that grades wait for, then send them."""
    with db.transaction() as session:
        wanted = columns.look_up(session, resource_link_id, column)
    if wanted is None:
        return
    found = columns.find_or_make(wanted)
    with db.transaction() as session:
        for passback_id in columns.settle(session, wanted, found, now=now()):
            hint(session, passback_id)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="grades.sweep", queue="grades", queueing_lock="grades.sweep")
def sweep(timestamp: int) -> None:
    """Send on their way the grades that are due: their wait is over, or their job died."""
    with db.transaction() as session:
        due = select(Passback.id).where(Passback.state == State.WAITING, Passback.next_attempt_at <= now())
        for passback_id in session.scalars(due.order_by(Passback.next_attempt_at).limit(MOST_AT_ONCE)).all():
            hint(session, passback_id)


def _want_column(session: Session, wanted: sending.ColumnWanted) -> None:
    name = f"column:{wanted.resource_link_id}:{wanted.column}"
    jobs.defer(
        session,
        find_column,
        once_as=name,
        in_turn=name,
        resource_link_id=wanted.resource_link_id,
        column=wanted.column,
    )
