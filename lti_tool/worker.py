"""
Front door of the worker: ``python -m lti_tool.worker``. Runs jobs until it is asked to stop.
"""

import asyncio
import importlib
import logging
import pkgutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from flask import Flask
from procrastinate import JobContext
from procrastinate.worker import Worker

import lti_tool
from lti_tool import db, jobs, logs
from lti_tool.app import create_app
from lti_tool.config import Settings, SettingsError

log = logging.getLogger(__name__)

GRACE = 25.0
"""Seconds a running job gets to finish after SIGTERM; most hosts kill after 30."""
HEARTBEAT = 10.0
APART: Mapping[str, int] = {"grades": 8, "outbox": 1}
"""Queues whose jobs wait for anybody's servers: so many run at once, in no place that others could need."""
STRANGERS = frozenset({"sandbox"})
"""Folders that are not of the house."""


def main() -> int:
    """Run until SIGTERM or SIGINT, then let running jobs finish."""
    try:
        settings = Settings.from_environment()
    except SettingsError as err:
        print(err, file=sys.stderr)
        return 1
    app = create_app(settings)
    import_tasks()
    try:
        asyncio.run(run(app, settings))
    finally:
        db.close()
    return 0


def import_tasks() -> None:
    """Make every task of the house known: a worker must not meet a job it cannot name."""
    importlib.import_module("lti_tool.housekeeping")
    names = [each.name for each in pkgutil.iter_modules(lti_tool.__path__) if each.ispkg and each.name not in STRANGERS]
    for package in ["webhooks", "webhooks.companions", "webhooks.outbox", *(f"lti_tool.{name}" for name in names)]:
        if find_spec(f"{package}.jobs") is not None:
            importlib.import_module(f"{package}.jobs")
    log.debug("%s tasks known", len(jobs.queue.tasks))


async def run(app: Flask, settings: Settings, *, wait: bool = True, stop_on_signals: bool = True) -> None:
    """Run jobs of all queues; with *wait* false, only those that are there."""
    async with jobs.opened(db.database_url(settings)) as queue:
        # Python's own measure is the number of processors; a job that waits for a server needs a thread, and no more.
        # Some are for asyncio, which resolves names in them.
        places = settings.worker_concurrency + sum(APART.values()) + 4
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(places, thread_name_prefix="jobs"))

        def working(queues: Collection[str], at_once: int) -> asyncio.Task[None]:
            return asyncio.create_task(
                queue.run_worker_async(
                    queues=sorted(queues),
                    concurrency=at_once,
                    wait=wait,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE,
                    update_heartbeat_interval=HEARTBEAT,
                    task_middleware=[_in(app)],
                )
            )

        others = {each.queue for each in queue.tasks.values()} - set(APART)
        parts = {working(others, settings.worker_concurrency), *(working({name}, n) for name, n in APART.items())}
        log.info("worker started, %s jobs at once", settings.worker_concurrency)
        with _stopping(parts, on_signals=stop_on_signals):
            # A part that ends although nobody asked it to takes the other one along, and whoever runs us starts anew.
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED if wait else asyncio.ALL_COMPLETED)
            _stop(parts)
            ended = await asyncio.gather(*parts, return_exceptions=True)
        jobs.stopping.clear()
        for each in ended:
            if isinstance(each, Exception):
                raise each
        log.info("worker stopped")


@contextmanager
def _stopping(parts: set[asyncio.Task[None]], *, on_signals: bool) -> Iterator[None]:
    """Within, the first SIGTERM or SIGINT stops taking jobs; the second ends us at once."""
    loop = asyncio.get_running_loop()
    asked = (signal.SIGTERM, signal.SIGINT) if on_signals else ()

    def stop() -> None:
        for each in asked:
            loop.remove_signal_handler(each)
        _stop(parts)

    for each in asked:
        loop.add_signal_handler(each, stop)
    try:
        yield
    finally:
        for each in asked:
            loop.remove_signal_handler(each)


def _stop(parts: set[asyncio.Task[None]]) -> None:
    if not jobs.stopping.is_set():
        jobs.stopping.set()
        for each in parts:
            # Once, that says to Procrastinate: take no more, and let those that run come to their end.
            each.cancel()


def _in(app: Flask) -> Callable[[Callable[[], Any], JobContext, Worker], Any]:
    """Each job runs in the application's context, with its own lines in the log."""

    def around(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
        course = context.job.task_kwargs.get("course_id")
        facts = {"course": course} if isinstance(course, int) else {}
        with logs.job(context.job.task_name, context.job.id, **facts), app.app_context():
            try:
                return call_next()
            finally:
                db.session.remove()

    return around


if __name__ == "__main__":
    sys.exit(main())
