"""Alembic migrations, numbered and reviewed by hand. ``hearth db upgrade`` runs them."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).parent


def config() -> Config:
    """The Alembic configuration; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to *revision*, one process at a time."""
    _run(engine, lambda made: command.upgrade(made, revision))


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to *revision* (``base`` for empty)."""
    _run(engine, lambda made: command.downgrade(made, revision))


def head() -> str:
    """The newest revision this code knows."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None  # noqa: S101 - there is always a first migration
    return found


def current(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _run(engine: Engine, what: Callable[[Config], None]) -> None:
    with engine.connect() as connection:
        # Several hosts may start at once: the second waits and finds nothing left to do.
        connection.exec_driver_sql("select pg_advisory_lock(7254001)")
        try:
            made = config()
            made.attributes["connection"] = connection
            what(made)
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("select pg_advisory_unlock(7254001)")
            connection.commit()
