"""Running the jobs that wait, in the test's own thread and in their order."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import jobs

TAKE = text(
    """
    update procrastinate_jobs set status = 'doing'
     where id = (select id from procrastinate_jobs j
                  where status = 'todo' and queue_name = :queue and (scheduled_at is null or scheduled_at <= now())
                    and not exists (select from procrastinate_jobs o where o.lock = j.lock and o.status = 'doing')
                  order by id limit 1)
    returning id, task_name, args
    """
)
DONE = text("update procrastinate_jobs set status = 'succeeded' where id = :id")


def run_jobs(session: Session, app: Flask, queue: str = "grades") -> int:
    """Run the jobs of *queue* that are due, and those they leave. Returns how many ran."""
    session.commit()
    count = 0
    while (job := session.execute(TAKE, {"queue": queue}).one_or_none()) is not None:
        session.commit()
        with app.app_context():
            jobs.queue.tasks[job.task_name](**job.args)
        session.execute(DONE, {"id": job.id})
        session.commit()
        count += 1
    session.expire_all()
    return count


def waiting_jobs(session: Session, task: str) -> int:
    """How many jobs of *task* wait."""
    query = text("select count(*) from procrastinate_jobs where status = 'todo' and task_name = :task")
    count: int = session.execute(query, {"task": task}).scalar_one()
    return count


def run_apart(what: Coroutine[Any, Any, None]) -> None:
    """Run *what* to its end in a thread of its own: where browser tests ran before, this one has a loop already."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, what).result()
