"""
Front door of the worker: ``python -m lti_tool.worker``. Runs jobs until it is asked to stop.
"""

import asyncio
import importlib
import logging
import pkgutil
import sys
from collections.abc import Callable
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
    for package in ["webhooks", *(f"lti_tool.{name}" for name in names)]:
        if find_spec(f"{package}.jobs") is not None:
            importlib.import_module(f"{package}.jobs")
    log.debug("%s tasks known", len(jobs.queue.tasks))


async def run(app: Flask, settings: Settings, *, wait: bool = True, stop_on_signals: bool = True) -> None:
    """Run jobs of all queues; with *wait* false, only those that are there."""
    async with jobs.opened(db.database_url(settings)) as queue:
        log.info("worker started, %s jobs at once", settings.worker_concurrency)
        await queue.run_worker_async(
            concurrency=settings.worker_concurrency,
            wait=wait,
            install_signal_handlers=stop_on_signals,
            shutdown_graceful_timeout=GRACE,
            update_heartbeat_interval=HEARTBEAT,
            task_middleware=[_in(app)],
        )
        log.info("worker stopped")


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
