"""The letterbox before anybody has a source there: alive, ready, and clear about knowing nobody."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from lti_tool import db
from lti_tool.config import Settings
from webhooks.app import LARGEST_EVENT, create_app


@pytest.fixture
def letterbox(settings: Settings, engine: Engine) -> Iterator[FlaskClient]:
    """The letterbox's own application, on the database of these tests."""
    yield create_app(settings).test_client()
    db.close()
    db.bind(engine)


def test_it_is_alive_and_ready(letterbox: FlaskClient) -> None:
    assert letterbox.get("/healthz").get_json() == {"status": "ok"}
    assert letterbox.get("/readyz").get_json() == {"status": "ok", "database": "ok"}


def test_without_a_database_it_is_alive_and_not_ready(settings: Settings, engine: Engine) -> None:
    client = create_app(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none")).test_client()

    alive, ready = client.get("/healthz"), client.get("/readyz")

    db.close()
    db.bind(engine)
    assert (alive.status_code, ready.status_code) == (200, 503)


@pytest.mark.parametrize("path", ["/webhooks/unknown", "/", "/webhooks/%00", "/webhooks/" + "x" * 3000])
def test_an_unknown_source_is_told_so_in_problem_json(letterbox: FlaskClient, path: str) -> None:
    answer = letterbox.post(path, data=b'{"type": "x"}', content_type="application/json")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == 404


def test_a_flood_of_bytes_is_not_read(letterbox: FlaskClient) -> None:
    answer = letterbox.post("/webhooks/unknown", data=b"x" * (LARGEST_EVENT + 1))

    assert answer.status_code in (404, 413)
