"""
Jobs of the gradebook outbox, in a queue with places of its own: a gradebook that takes its time holds up no other job.

What is due to one platform is sent by one job at a time; those of several platforms run side by side.
"""

import time
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from contextvars import copy_context
from typing import TypeAlias

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import db, jobs
from lti_tool.clock import now
from lti_tool.courses.models import Course, Deployment
from lti_tool.grades import columns, sending
from lti_tool.lti.services import open_client

QUEUE = "grades"
SIDE_BY_SIDE = 4
"""Scores that are on the wire to one platform together: it is the platform that takes its time."""
IN_HAND = 4 * SIDE_BY_SIDE
"""Grades taken and not yet settled: enough that a score never waits for the database."""
LOOK_AGAIN = 0.5
"""Seconds until somebody looks whether more is due, while all wait for the platform."""
LONGEST_STAY = 60.0
"""Seconds after which a job makes room for other platforms."""

Delivery: TypeAlias = "Future[sending.Outcome | None]"


def hint(session: Session, course_id: int) -> None:
    """Let a job look at what is due to the platform of this course."""
    platform = select(Deployment.platform_id).join(Course).where(Course.id == course_id)
    _ring(session, session.scalars(platform).one())


@jobs.task(name="grades.send", queue=QUEUE)
def send(platform_id: int) -> None:
    """Send the grades that are due to one platform, some side by side, without a job for each."""
    with db.transaction() as session:
        visit = sending.Visit(open_client(session, platform_id))
    until = time.monotonic() + LONGEST_STAY
    is_over = False
    underway: dict[Delivery, sending.Turn] = {}
    ended: Collection[Delivery] = ()
    threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="grades")
    try:
        while True:
            with db.transaction() as session:
                done = [(underway.pop(each), each.result()) for each in ended]
                sending.settle(session, visit, done, now=now())
                may_take = 0 if is_over or visit.trouble else IN_HAND - len(underway)
                taken = _take(session, platform_id, limit=may_take)
            for turn in taken.turns:
                # Each with the words in the log that this job has.
                underway[threads.submit(copy_context().run, sending.deliver, turn, visit)] = turn
            if not underway and not taken.columns:
                break
            ended = _ended(underway)
            is_over = jobs.stopping.is_set() or time.monotonic() > until
    finally:
        # Where the database has gone, nothing more is sent that could not be settled.
        threads.shutdown(cancel_futures=True)
    if is_over:
        with db.transaction() as session:
            _ring(session, platform_id)


@jobs.task(name="grades.find_column", queue=QUEUE)
def find_column(resource_link_id: int, column: str) -> None:
    """Find or make the column that grades wait for, then have them sent."""
    with db.transaction() as session:
        wanted = columns.look_up(session, resource_link_id, column)
    if wanted is None:
        return
    found = columns.find_or_make(wanted)
    with db.transaction() as session:
        columns.settle(session, wanted, found, now=now())
        if found.url is not None:
            _ring(session, wanted.platform_id)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="grades.sweep", queue=QUEUE, queueing_lock="grades.sweep")
def sweep(timestamp: int) -> None:
    """Have sent what is due and nobody rang for: its wait is over, or its job died."""
    with db.transaction() as session:
        for platform_id in session.scalars(DUE, {"now": now()}).all():
            _ring(session, platform_id)


def _take(session: Session, platform_id: int, *, limit: int) -> sending.Taken:
    if limit <= 0:
        return sending.Taken()
    session.execute(HUSH, {"name": _name(platform_id)})
    taken = sending.take(session, platform_id, limit=limit, now=now())
    for each in taken.columns:
        name = f"column:{each.resource_link_id}:{each.column}"
        jobs.defer(session, find_column, once_as=name, in_turn=name, **vars(each))
    return taken


def _ended(underway: Collection[Delivery]) -> Collection[Delivery]:
    """Wait for one to come to its end; where more are in hand than on the wire, for so many that taking is worth it."""
    ended: set[Delivery] = set()
    with suppress(TimeoutError):
        for each in as_completed(underway, LOOK_AGAIN):
            ended.add(each)
            if len(underway) - len(ended) <= SIDE_BY_SIDE:
                break
    return ended


def _ring(session: Session, platform_id: int) -> None:
    # In turn, and not once: a bell of somebody who has committed already says nothing of what is written here.
    jobs.defer(session, send, in_turn=_name(platform_id), platform_id=platform_id)


def _name(platform_id: int) -> str:
    return f"grades:{platform_id}"


# They ring for what is committed, and the next statement looks at all that is.
HUSH = text(
    """
    delete from procrastinate_jobs
     where id in (select id from procrastinate_jobs
                   where lock = :name and task_name = 'grades.send' and status = 'todo'
                     for update skip locked)
    """
)
DUE = text(
    """
    select distinct d.platform_id
      from grade_passback p
      join course c on c.id = p.course_id
      join deployment d on d.id = c.deployment_id
     where p.state = 'waiting' and p.next_attempt_at <= :now
    """
)
