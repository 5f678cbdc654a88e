"""What the logs say, and what they never say."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.config import Settings
from lti_tool.courses.models import Role
from lti_tool.lti import vocabulary as lti
from tests.factories.courses import make_course, make_member, sign_in
from tests.factories.lti import launch, make_pretend_platform

log = logging.getLogger("tests.logs")


@pytest.fixture(autouse=True)
def everything(settings: Settings) -> Iterator[None]:
    """Log from debug upwards, as JSON, and quietly again afterwards."""
    root = logging.getLogger()
    logs.configure(settings)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(before)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def the_request(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return [line for line in lines(capsys) if line["event"] == "request"][-1]


def test_each_request_is_one_line(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/nothing/here?name=Mai")

    line = the_request(capsys)

    assert (line["method"], line["route"], line["status"], line["level"]) == ("GET", "-", 404, "info")
    assert line["ms"] >= 0


def test_a_line_says_tenant_and_course_but_not_whose_session(
    client: FlaskClient, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    course = make_course(session)
    visit = sign_in(session, make_member(session, course, Role.TEACHER, name="Vera Nowak"))

    client.get(visit.path("/?q=Vera"))
    written = capsys.readouterr().err

    line = json.loads([each for each in written.splitlines() if '"request"' in each][-1])
    assert (line["tenant"], line["course"]) == (course.deployment_id, course.id)
    assert line["route"].startswith("/s/<handle>/")
    assert visit.handle not in written
    assert "Vera" not in written


@pytest.mark.parametrize(
    "given, is_taken",
    [("0f8b2c9d4e6a1357", True), ("short", False), ("x" * 65, False), ('forged", "level": "error', False)],
)
def test_a_sane_request_id_is_taken_over(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], given: str, is_taken: bool
) -> None:
    answer = client.get("/nothing", headers={"X-Request-Id": given})

    line = the_request(capsys)
    assert answer.headers["X-Request-Id"] == line["request_id"]
    assert (line["request_id"] == given) is is_taken


def test_the_next_request_starts_afresh(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/nothing")
    client.get("/nothing")

    ids = [line["request_id"] for line in lines(capsys) if line["event"] == "request"]
    assert len(set(ids)) == 2


def test_being_asked_for_health_is_no_news(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/healthz")

    assert the_request(capsys)["level"] == "debug"


def test_a_whole_launch_leaves_no_name_mail_token_or_handle(
    client: FlaskClient, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = make_pretend_platform(session)

    answer = launch(client, platform, {"name": "Mai Tran", lti.ROLES: []})
    client.get(answer.headers["Location"])
    written = capsys.readouterr().err

    handle = re.findall(r"/s/([^/]+)/", answer.headers["Location"])[0]
    assert '"route": "/lti/launch"' in written
    for secret in ("Mai", "mai@school.example", "eyJ", handle, "person-1", "nonce"):
        assert secret not in written, secret


@pytest.mark.parametrize(
    "said",
    [
        "went to /s/h4ndle-of-s0mebody/exchanges/7",
        "opened https://hearth.example/lti/register/1nvitation-c0de",
        "asked https://lms.example/members?token=s3cret&user=mai",
        "sent Authorization: Bearer t0ken.of.ours",
        "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYWkifQ.c2lnbmF0dXJl",
        "mailed mai.tran+hearth@school.example",
    ],
)
def test_keys_and_addresses_are_blanked_wherever_they_come_from(capsys: pytest.CaptureFixture[str], said: str) -> None:
    log.warning("%s", said)

    event = lines(capsys)[-1]["event"]
    assert "…" in event
    for secret in ("h4ndle", "1nvitation", "s3cret", "t0ken", "eyJ", "mai"):
        assert secret not in event.replace("mailed", "")


def test_an_ordinary_sentence_is_left_alone() -> None:
    said = "grade 7 of exchange 12 waits: unavailable (status 503), in 90 s; /exchanges/7 is fine"

    assert logs.scrub(said) == said


def test_a_database_error_does_not_repeat_what_was_typed(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    make_member(session, make_course(session), name="Known")
    statement = text("insert into person (deployment_id, sub, name) select deployment_id, sub, :name from person")
    typed = {"name": " ".join(["Words", "of", "a", "learner"])}  # A traceback repeats the source line.
    try:
        session.execute(statement, typed)
    except SQLAlchemyError:
        log.exception("something went wrong")
    session.rollback()

    line = lines(capsys)[-1]
    assert "UniqueViolation" in line["exception"]
    assert "Words of a learner" not in json.dumps(line)
    assert "sub-" not in line["exception"].replace("sub-second", "")


def test_a_job_has_its_own_lines(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    with logs.job("grades.send", 7, course=3):
        log.info("grade 5 sent")
    log.info("something else")

    inside, done, outside = lines(capsys)
    assert (inside["task"], inside["job"], inside["course"]) == ("grades.send", 7, 3)
    assert done["event"] == "job done"
    assert "job" not in outside


def test_a_failed_job_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), logs.job("house.clear_away", None):
        _ = 1 // 0

    line = lines(capsys)[-1]
    assert (line["event"], line["level"]) == ("job failed", "error")
    assert "ZeroDivisionError" in line["exception"]


def test_libraries_keep_their_addresses_to_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("urllib3.connectionpool").debug("GET /s/handle")
    logging.getLogger("procrastinate.worker").info("Starting job")

    assert lines(capsys) == []


def test_lines_for_people_are_plain(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(secret_key=settings.secret_key, public_url=settings.public_url, log_format="console"))

    log.info("a sentence")

    assert "a sentence" in capsys.readouterr().err
