"""The pretend LMS's own little store: one SQLite file, one connection per request."""

import fcntl
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g

SCHEMA = """
CREATE TABLE IF NOT EXISTS site (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signing_key (
    kid TEXT PRIMARY KEY, pem TEXT NOT NULL, made_at TEXT NOT NULL, number INTEGER NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS person (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
    given_name TEXT NOT NULL, family_name TEXT NOT NULL, email TEXT NOT NULL, username TEXT NOT NULL,
    about TEXT NOT NULL DEFAULT '', locale TEXT NOT NULL DEFAULT 'en');
CREATE TABLE IF NOT EXISTS course (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, label TEXT NOT NULL, title TEXT NOT NULL,
    history TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS section (
    id TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE,
    kind TEXT NOT NULL, name TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS section_course ON section (course_id);
CREATE TABLE IF NOT EXISTS enrolment (
    course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    number INTEGER NOT NULL, role TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'Active',
    section_id TEXT, group_id TEXT, PRIMARY KEY (course_id, person_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS enrolment_person ON enrolment (person_id);
CREATE INDEX IF NOT EXISTS enrolment_number ON enrolment (course_id, number);
CREATE TABLE IF NOT EXISTS module (
    id TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE,
    title TEXT NOT NULL, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS tool (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, client_id TEXT NOT NULL UNIQUE,
    deployment_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL, login_url TEXT NOT NULL, target_link_uri TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, jwks_url TEXT NOT NULL, scopes TEXT NOT NULL, claims TEXT NOT NULL,
    custom TEXT NOT NULL, messages TEXT NOT NULL, registration TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS activity (
    id TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE,
    module_id TEXT REFERENCES module ON DELETE CASCADE, tool_id TEXT REFERENCES tool ON DELETE CASCADE,
    kind TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL DEFAULT '', url TEXT NOT NULL,
    custom TEXT NOT NULL DEFAULT '{}', target TEXT NOT NULL DEFAULT 'iframe',
    available TEXT NOT NULL DEFAULT '{}', submission TEXT NOT NULL DEFAULT '{}',
    item TEXT NOT NULL DEFAULT '{}', history TEXT NOT NULL DEFAULT '[]', position INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS activity_course ON activity (course_id);
CREATE TABLE IF NOT EXISTS line_item (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE,
    tool_id TEXT NOT NULL REFERENCES tool ON DELETE CASCADE,
    activity_id TEXT REFERENCES activity ON DELETE CASCADE, label TEXT NOT NULL,
    score_maximum REAL NOT NULL, resource_id TEXT, tag TEXT, body TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS line_item_course ON line_item (course_id);
CREATE TABLE IF NOT EXISTS score (
    id INTEGER PRIMARY KEY, line_item_id TEXT NOT NULL REFERENCES line_item ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person ON DELETE CASCADE, received_at TEXT NOT NULL,
    effect TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS score_person ON score (line_item_id, person_id);
CREATE TABLE IF NOT EXISTS grade (
    line_item_id TEXT NOT NULL REFERENCES line_item ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    points REAL, comment TEXT NOT NULL DEFAULT '', override REAL,
    timestamp TEXT NOT NULL DEFAULT '', activity_progress TEXT NOT NULL DEFAULT '',
    grading_progress TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
    submitted_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (line_item_id, person_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS launch (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, tool_id TEXT NOT NULL,
    course_id TEXT NOT NULL, message TEXT NOT NULL, url TEXT NOT NULL, details TEXT NOT NULL,
    expires_at REAL NOT NULL, spent INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS ticket (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, details TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS ticket_expiry ON ticket (expires_at);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, direction TEXT NOT NULL,
    method TEXT NOT NULL, url TEXT NOT NULL, status INTEGER, details TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, style TEXT NOT NULL, message_id TEXT NOT NULL,
    body TEXT NOT NULL, status INTEGER, answer TEXT NOT NULL, took_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS told_act (
    key TEXT PRIMARY KEY, course_id TEXT NOT NULL, activity_id TEXT NOT NULL, kind TEXT NOT NULL,
    person_id TEXT NOT NULL, at TEXT NOT NULL, heard_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS completion (
    activity_id TEXT NOT NULL REFERENCES activity ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
    state TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (activity_id, person_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told_date (
    ref TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course ON DELETE CASCADE, person_id TEXT NOT NULL,
    name TEXT NOT NULL, starts_at TEXT NOT NULL, at TEXT NOT NULL);
"""

TABLES = (
    *("told_act", "completion", "told_date"),
    *("event", "message", "ticket", "launch", "grade", "score", "line_item", "activity", "module"),
    *("enrolment", "section", "course", "person", "tool"),
)


def open_store(app: Flask, folder: Path) -> None:
    """
    Make the file and its tables, and close each request's connection at its end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    app.config["STORE"] = folder / "sandbox.sqlite3"
    with setting_up(folder):
        connection = connect(app.config["STORE"])
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
        connection.close()

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        if "store" in g:
            g.pop("store").close()


@contextmanager
def setting_up(folder: Path) -> Iterator[None]:
    """
    Hold the folder's lock: several worker processes start at the same moment.
    """
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def db() -> sqlite3.Connection:
    """
    This request's connection; a statement outside `writing()` commits by itself.
    """
    if "store" not in g:
        g.store = connect(current_app.config["STORE"])
    connection: sqlite3.Connection = g.store
    return connection


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """
    One transaction that holds the write lock from its first line, so that read-then-write is safe.
    """
    connection = db()
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def insert(table: str, **values: Any) -> None:
    """
    Insert one row; lists and dicts are kept as JSON.
    """
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    db().execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", _plain(values))


def update(table: str, row_id: str, **values: Any) -> None:
    """
    Change one row by its id.
    """
    changes = ", ".join(f"{name} = ?" for name in values)
    db().execute(f"UPDATE {table} SET {changes} WHERE id = ?", (*_plain(values), row_id))


def next_number(table: str, column: str = "number") -> int:
    number: int = db().execute(f"SELECT coalesce(max({column}), 0) + 1 FROM {table}").fetchone()[0]
    return number


def get_setting(name: str, default: Any = None) -> Any:
    row = db().execute("SELECT value FROM site WHERE name = ?", (name,)).fetchone()
    return default if row is None else json.loads(row["value"])


def put_setting(name: str, value: Any) -> None:
    db().execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (name, json.dumps(value)))


def new_id() -> str:
    return secrets.token_hex(10)


def new_number() -> str:
    """
    An id of digits: so Moodle calls people and courses, and its events do.
    """
    return str(10**14 + secrets.randbelow(9 * 10**14))


def utc_now() -> datetime:
    return datetime.now(UTC)


def _plain(values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(json.dumps(value) if isinstance(value, list | dict | tuple) else value for value in values.values())
