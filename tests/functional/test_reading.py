"""How a request meets the database: a page that only reads opens no transaction, a refused form leaves none."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from tests.factories.courses import make_course, make_member, sign_in


@pytest.fixture
def alone(engine: Engine) -> Iterator[list[bool]]:
    """For each statement, whether it stood for itself."""
    seen: list[bool] = []

    def note(connection: Connection, *_: Any) -> None:
        driver = connection.connection.driver_connection
        seen.append(bool(driver and driver.autocommit))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def commits(engine: Engine) -> Iterator[list[Connection]]:
    """Connections that committed."""
    seen: list[Connection] = []
    note = seen.append
    event.listen(engine, "commit", note)
    yield seen
    event.remove(engine, "commit", note)


def test_a_page_that_only_reads_opens_no_transaction(client: FlaskClient, session: Session, alone: list[bool]) -> None:
    """psycopg forgets its prepared statements at every ROLLBACK, and BEGIN and COMMIT are ways there and back."""
    visit = sign_in(session, make_member(session, make_course(session), Role.TEACHER))
    alone.clear()

    answer = client.get(visit.path("/"))

    assert answer.status_code == 200
    assert len(alone) > 1
    assert all(alone)


def test_a_form_is_taken_in_one_transaction(client: FlaskClient, session: Session, alone: list[bool]) -> None:
    visit = sign_in(session, make_member(session, make_course(session), Role.TEACHER))
    client.get(visit.path("/"))
    alone.clear()

    client.post(visit.path("/roster/sync"))

    assert alone
    assert not any(alone)


def test_a_refused_form_commits_nothing(client: FlaskClient, session: Session, commits: list[Connection]) -> None:
    visit = sign_in(session, make_member(session, make_course(session), Role.TEACHER))
    commits.clear()

    answer = client.post(visit.path("/"), data={"csrf_token": "of another session"})

    assert answer.status_code >= 400
    assert commits == []
