"""A class in an exchange, and its people at their browsers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.courses.models import Membership
from tests.factories.courses import SignedIn, sign_in
from tests.factories.exchange import Class, make_class

HTMX = {"HX-Request": "true"}


@dataclass
class Visitor:
    """Somebody at a browser, signed in by a launch of their own."""

    client: FlaskClient
    signed_in: SignedIn

    def get(self, path: str, *, htmx: bool = False) -> TestResponse:
        """Look at *path* of their session."""
        return self.client.get(self.signed_in.path(path), headers=HTMX if htmx else {})

    def post(self, path: str, *, htmx: bool = False, **fields: Any) -> TestResponse:
        """Send a form to *path*, with their token. A field may be a list; files need ``multipart``."""
        data = fields.pop("data", fields)
        data = {"csrf_token": self.token(), **data}
        return self.client.post(self.signed_in.path(path), data=data, headers=HTMX if htmx else {})

    def token(self) -> str:
        """What every page of the session carries."""
        found = re.search(r"X-CSRFToken&#34;: &#34;([^&]+)&#34;|X-CSRFToken\": \"([^\"]+)\"", self.get("/").text)
        assert found
        return found[1] or found[2]


class People:
    """Opens browsers for members of a course."""

    def __init__(self, client: FlaskClient, session: Session) -> None:
        self.client = client
        self.session = session

    def __call__(self, membership: Membership, **values: Any) -> Visitor:
        return Visitor(self.client, sign_in(self.session, membership, **values))


@pytest.fixture
def visit(client: FlaskClient, session: Session) -> People:
    """``visit(membership)``: that person at a browser."""
    return People(client, session)


@pytest.fixture
def an_hour_ago() -> datetime:
    """Pages ask the real clock, so what happened before happened before it."""
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Four learners, two reviews each, ten points, classmates' names hidden."""
    found = make_class(session, now=an_hour_ago)
    session.commit()
    return found
