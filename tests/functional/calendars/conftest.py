"""A course whose Canvas has a calendar, and an exchange with two dates in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from lti_tool.calendars import connecting
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from tests.factories.canvas import CANVAS, PretendCanvas
from tests.factories.courses import make_course, make_deployment, make_platform
from tests.factories.exchange import Class, make_class
from tests.factories.jobs import run_jobs

TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
IN_A_WEEK = TOMORROW + timedelta(days=7)


@pytest.fixture
def canvas() -> Iterator[PretendCanvas]:
    """A school's Canvas, and no other network."""
    made = PretendCanvas()
    with made.answering():
        yield made


@pytest.fixture
def platform(session: Session) -> Platform:
    made = make_platform(session, family="canvas")
    session.commit()
    return made


@pytest.fixture
def made(session: Session, platform: Platform) -> Class:
    """An exchange with two dates."""
    course = make_course(session, make_deployment(session, platform), lms_id="10000000000042")
    return make_class(
        session, course=course, now=datetime.now(UTC), title="First drafts", submit_by=TOMORROW, review_by=IN_A_WEEK
    )


def state_of(url: str) -> str:
    """What a consent brings back."""
    return url.partition("state=")[2].partition("&")[0]


@pytest.fixture
def ask(session: Session, platform: Platform, settings: Settings) -> Callable[[], str]:
    """An admin begins to connect the calendar; the address where they consent."""

    def begin() -> str:
        asked = connecting.connect(
            session,
            platform,
            address=f"{CANVAS}/",
            client_id="170000000000042",
            client_secret="the key's secret",
            settings=settings,
            now=datetime.now(UTC),
        )
        session.commit()
        return asked.url

    return begin


@pytest.fixture
def connected(
    app: Flask, client: FlaskClient, session: Session, ask: Callable[[], str], canvas: PretendCanvas
) -> PretendCanvas:
    """The calendar, connected and without anything in it."""
    answer = client.get("/lti/consent", query_string={"state": state_of(ask()), "code": "a-code"})
    assert answer.status_code == 200
    run_jobs(session, app, "calendars")
    canvas.calls.clear()
    return canvas
