"""An admin connects the calendar from the admin room; the operator from the command line."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.calendars.models import CalendarAccount, CalendarEntry
from lti_tool.cli import main
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.journal.models import Audit
from tests.conftest import SECRET
from tests.factories.admin import Admin, come
from tests.factories.canvas import CANVAS, PretendCanvas
from tests.factories.courses import make_course, make_deployment
from tests.factories.exchange import Class, make_class
from tests.factories.jobs import run_jobs
from tests.factories.lti import PretendPlatform, make_pretend_platform
from tests.functional.calendars.conftest import TOMORROW

KEY = {"address": CANVAS, "client_id": "170000000000042", "client_secret": "the key's secret"}


@pytest.fixture
def school(session: Session) -> PretendPlatform:
    return make_pretend_platform(session, family="canvas")


@pytest.fixture
def admin(client: FlaskClient, school: PretendPlatform) -> Admin:
    return come(client, school)


def acts(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Audit.act).order_by(Audit.id)))


def test_an_admin_connects_the_calendar_and_sees_what_stands_there(
    app: Flask, client: FlaskClient, session: Session, admin: Admin, school: PretendPlatform
) -> None:
    course = make_course(session, school.deployment, lms_id="10000000000042")
    make_class(session, course=course, submit_by=TOMORROW, review_by=None)
    session.commit()
    assert "https://hearth.example/lti/consent" in admin.get("calendar").text
    canvas = PretendCanvas()

    asked = admin.post("calendar", **KEY)
    consent = unescape(re.findall(rf'href="({re.escape(CANVAS)}/login[^"]+)"', asked.text)[0])
    with canvas.answering():
        state = consent.partition("state=")[2].partition("&")[0]
        assert client.get("/lti/consent", query_string={"state": state, "code": "a-code"}).status_code == 200
        run_jobs(session, app, "calendars")

    assert canvas.titles() == ["Hand in: First drafts"]
    page = admin.get("calendar").text
    assert "Connected" in page
    assert "the key" not in page.replace("the key's", "")
    assert "Dates appear in the calendars of courses." in admin.get().text
    assert acts(session) == ["calendar.asked"]


@pytest.mark.parametrize("wrong", [{"address": "http://school.example"}, {"address": ""}, {"client_secret": ""}])
def test_a_form_that_is_wrong_comes_back_with_what_was_typed(
    session: Session, admin: Admin, wrong: dict[str, str]
) -> None:
    answer = admin.post("calendar", **{**KEY, **wrong})

    assert answer.status_code == 422
    assert "170000000000042" in answer.text
    assert "the key&#39;s secret" not in answer.text
    assert session.scalars(select(CalendarAccount)).all() == []


def test_refused_dates_are_shown_and_tried_again(
    app: Flask, session: Session, client: FlaskClient, admin: Admin, school: PretendPlatform
) -> None:
    admin.post("calendar", **KEY)
    row = {"activity_id": 1, "ref": "submit", "course": "42", "title": "Hand in: Essays", "at": TOMORROW}
    session.add(
        CalendarEntry(platform_id=school.platform.id, state="failed", problem="403 no", next_attempt_at=TOMORROW, **row)
    )
    session.execute(update(CalendarAccount).values(state="connected"))
    session.commit()
    page = admin.get("calendar").text
    assert "Hand in: Essays" in page
    assert "403 no" in page
    assert "One date was refused." in admin.get().text

    assert admin.post("calendar/again").status_code == 303

    session.rollback()
    assert session.scalars(select(CalendarEntry.state)).all() == ["waiting"]


def test_an_admin_ends_it(session: Session, admin: Admin) -> None:
    admin.post("calendar", **KEY)

    assert admin.post("calendar/end").status_code == 303

    assert session.scalars(select(CalendarAccount)).all() == []
    assert acts(session) == ["calendar.asked", "calendar.ended"]
    assert admin.post("calendar/end").status_code == 404


def test_where_several_institutions_share_a_registration_none_connects_for_all(
    session: Session, admin: Admin, school: PretendPlatform
) -> None:
    make_deployment(session, school.platform, deployment_id="another")
    session.commit()

    assert "only whoever runs Hearth" in admin.get("calendar").text
    assert admin.post("calendar", **KEY).status_code == 404
    assert session.scalars(select(CalendarAccount)).all() == []


def test_an_lms_whose_calendar_hearth_does_not_know_is_told_so(client: FlaskClient, session: Session) -> None:
    elsewhere = come(client, make_pretend_platform(session))

    assert "knows no such way" in elsewhere.get("calendar").text
    assert elsewhere.post("calendar", **KEY).status_code == 404


def test_a_key_that_cannot_be_read_any_more_is_said_with_what_to_do(
    session: Session, admin: Admin, hearth: Callable[..., str]
) -> None:
    admin.post("calendar", **KEY)
    session.execute(update(CalendarAccount).values(state="broken", problem="unreadable"))
    session.commit()

    page = admin.get("calendar").text
    assert "Connect the calendar again" in page
    assert "Go on to consent" in page
    assert "read the key to your LMS" in admin.get().text
    assert "connect it again" in hearth("list")


# By the operator


@pytest.fixture
def hearth(settings: Settings, engine: Engine) -> Iterator[Callable[..., str]]:
    """The command line; what it printed."""
    environment = {
        "SECRET_KEY": SECRET,
        "PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database_url or "",
    }

    def run(*arguments: str, given: str = "", code: int = 0) -> str:
        done = CliRunner().invoke(main, ["calendar", *arguments], input=given, env=environment)
        db.close()
        assert done.exit_code == code, done.output
        return done.output

    yield run
    db.bind(engine)


def test_the_operator_connects_lists_and_ends(
    session: Session, made: Class, platform: Platform, hearth: Callable[..., str]
) -> None:
    session.commit()
    id, options = str(platform.id), ("--address", CANVAS, "--client-id", "1")
    assert "No calendar yet" in hearth("list")

    said = hearth("connect", id, *options, given="the key's secret\n")

    assert f"{CANVAS}/login/oauth2/auth?client_id=1" in said
    assert "https://hearth.example/lti/consent" in said
    assert "secret" not in said
    (listed,) = json.loads(hearth("list", "--json"))
    assert (listed["platform_id"], listed["state"], listed["written"]) == (platform.id, "asked", 0)
    assert "no more" in hearth("end", id)
    assert "No calendar yet" in hearth("list")
    assert "no calendar" in hearth("end", id, code=1)
    assert "standard input" in hearth("connect", id, *options, code=1)
    assert "does not call" in hearth("connect", id, "--address", "http://x", "--client-id", "1", given="s", code=1)
    assert "no platform" in hearth("connect", "999", *options, given="s", code=1)
