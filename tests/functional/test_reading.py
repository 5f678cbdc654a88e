"""How a request ends its transaction: a page that only read must not make the connection forget."""

from collections.abc import Iterator
from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from tests.factories.courses import make_course, make_member, sign_in


@pytest.fixture
def endings(engine: Engine) -> Iterator[list[str]]:
    """COMMIT and ROLLBACK, as they happen."""
    seen: list[str] = []
    listeners = {name: partial(_note, seen, name) for name in ("commit", "rollback")}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield seen
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def _note(seen: list[str], name: str, _connection: Connection) -> None:
    seen.append(name)


def test_a_page_that_only_reads_ends_with_commit(client: FlaskClient, session: Session, endings: list[str]) -> None:
    visit = sign_in(session, make_member(session, make_course(session), Role.TEACHER))
    endings.clear()

    answer = client.get(visit.path("/"))

    assert (answer.status_code, endings) == (200, ["commit"])


def test_a_refused_form_is_rolled_back(client: FlaskClient, session: Session, endings: list[str]) -> None:
    visit = sign_in(session, make_member(session, make_course(session), Role.TEACHER))
    endings.clear()

    answer = client.post(visit.path("/"), data={"csrf_token": "of another session"})

    assert answer.status_code >= 400
    assert "commit" not in endings
