"""
Jobs of the gradebook outbox.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import db, jobs
from lti_tool.clock import now
from lti_tool.grades import columns, sending
from lti_tool.grades.models import Passback, State

MOST_AT_ONCE = 500
"""Grades that one sweep sends on their way; the next comes in a minute."""
FEW_AT_ONCE = 50


def hint(session: Session, passback_id: int) -> None:
    """Let a job look at this grade; one that waits already will do."""
    jobs.defer(session, send_grade, once_as=f"grade:{passback_id}", passback_id=passback_id)


def hint_all(session: Session, activity_id: int) -> None:
    """Let one job look at all grades of an activity: for a whole class, what is due is found by the worker."""
    jobs.defer(session, send_grades, once_as=f"grades:{activity_id}", activity_id=activity_id)


@jobs.task(name="grades.send_grades", queue="grades")
def send_grades(activity_id: int) -> None:
    """Give each grade of an activity that is due a job of its own."""
    due = select(Passback.id).where(
        Passback.activity_id == activity_id, Passback.state == State.WAITING, Passback.next_attempt_at <= now()
    )
    with db.transaction() as session:
        waiting = session.scalars(due.order_by(Passback.id)).all()
    # A few at a time: each job is a savepoint, and of many in one transaction PostgreSQL loses count.
    for first in range(0, len(waiting), FEW_AT_ONCE):
        with db.transaction() as session:
            for passback_id in waiting[first : first + FEW_AT_ONCE]:
                hint(session, passback_id)


@jobs.task(name="grades.send_grade", queue="grades")
def send_grade(passback_id: int) -> None:
    """Send a grade to its column, if it is due."""
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
