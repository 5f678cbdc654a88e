"""
Jobs: work that happens after the answer, by Procrastinate on the same PostgreSQL.

A job is deferred on the connection of the transaction it belongs to: it commits or rolls
back with the work. Rooms declare their tasks with ``@jobs.task`` in their ``jobs.py``.
"""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task
from sqlalchemy.orm import Session

from lti_tool import db

queue = procrastinate.App(connector=procrastinate.PsycopgConnector())
"""Every task is registered here; only the worker opens its connector."""

stopping = threading.Event()
"""Set once the worker is asked to stop: a job that goes on as long as there is work ends soon."""

task = queue.task
periodic = queue.periodic


def defer(
    session: Session,
    what: Task[..., Any, Any],
    *,
    at: datetime | None = None,
    once_as: str | None = None,
    in_turn: str | None = None,
    **arguments: Any,
) -> None:
    """
    Defer *what* inside the transaction of *session*, to run at once or *at* a moment.

    With *once_as*, a job already waiting under that name makes this call do nothing.
    Jobs *in_turn* under one name run one after the other.
    """
    options: dict[str, Any] = {}
    if at is not None:
        options["schedule_at"] = at
    if in_turn is not None:
        options["lock"] = in_turn
    if once_as is None:
        what.configure(connection=db.driver_connection(session), **options).defer(**arguments)
        return
    try:
        with session.begin_nested():
            # Asking for the connection here is what sets the savepoint: SQLAlchemy does so no sooner than it must.
            connection = db.driver_connection(session)
            what.configure(queueing_lock=once_as, connection=connection, **options).defer(**arguments)
    except AlreadyEnqueued:
        pass


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[procrastinate.App]:
    """The queue with connections of its own to *url*: for a worker, which takes jobs out."""
    with queue.replace_connector(_WorkersConnector(url)):
        async with queue.open_async():
            yield queue


class _WorkersConnector(procrastinate.PsycopgConnector):
    """
    Lets a job defer others inside its transaction. Procrastinate's own connector, once open,
    takes asynchronous connections only, and the transactions of our jobs are none.
    """

    def __init__(self, url: str) -> None:
        super().__init__(conninfo=url, min_size=1, max_size=4, kwargs={"application_name": "hearth-worker"})
        self._for_given_connections = procrastinate.SyncPsycopgConnector()

    def get_sync_connector(self) -> BaseConnector:
        return self._for_given_connections
