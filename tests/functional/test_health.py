"""Alive and ready: what a load balancer asks, answered to anybody and telling nobody anything."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import db, health


@contextmanager
def another_database(url: str) -> Iterator[None]:
    """The application bound to another database for a while."""
    present = db.engine()
    db.bind(db.make_engine(url, pool=1))
    try:
        yield
    finally:
        db.close()
        db.bind(present)


def beat(session: Session, seconds_ago: int) -> None:
    """A worker that gave its last sign of life so long ago."""
    session.execute(
        text("insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => :ago))"),
        {"ago": seconds_ago},
    )
    session.commit()


def test_a_process_that_answers_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_with_database_migrations_and_worker_all_is_ready(client: FlaskClient, session: Session) -> None:
    beat(session, 5)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "worker": "ok"}}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("seconds", [None, 90])
def test_without_a_living_worker_it_is_not_ready(client: FlaskClient, session: Session, seconds: int | None) -> None:
    if seconds is not None:
        beat(session, seconds)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["checks"]["worker"] == "no heartbeat"


def test_an_older_database_is_not_ready(client: FlaskClient, session: Session) -> None:
    revision = session.execute(text("select version_num from alembic_version")).scalar_one()
    session.execute(text("update alembic_version set version_num = '0001'"))
    session.commit()
    try:
        answer = client.get("/readyz")
    finally:
        session.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
        session.commit()

    assert answer.status_code == 503
    assert answer.json is not None
    assert "hearth db upgrade" in answer.json["checks"]["migrations"]


def test_without_a_database_it_is_alive_but_not_ready(client: FlaskClient) -> None:
    with another_database("postgresql://nobody:a-password@127.0.0.1:1/nothing"):
        alive, ready = client.get("/healthz"), client.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json is not None
    assert ready.json["checks"]["database"] == "no answer"
    assert "a-password" not in ready.text


def test_the_answers_of_doctor_and_page_agree(session: Session) -> None:
    beat(session, 5)

    assert health.worker_is_alive(session)
