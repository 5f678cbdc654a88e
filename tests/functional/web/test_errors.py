"""Every error has its page, and no typed word is lost by it."""

import json
from datetime import datetime

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from marshmallow import ValidationError
from psycopg.errors import AdminShutdown, DeadlockDetected
from sqlalchemy import exc
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import TooManyRequests

from lti_tool.courses.models import Role
from lti_tool.lti.errors import AttemptSpent, PlatformDisabled
from lti_tool.web import errors
from tests.factories.courses import make_course, make_member, sign_in
from tests.pages import mistakes_in, words

HOSTILE_HANDLES = ["gone", "%00", "%F0%9F%94%A5", "a" * 3000, "%ff", "..%2f..", "'; drop table person; --"]


@pytest.mark.parametrize("handle", HOSTILE_HANDLES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_of_no_session_explains_itself(client: FlaskClient, handle: str, method: str) -> None:
    answer = client.open(f"/s/{handle}/", method=method)

    assert answer.status_code in (400, 401, 404, 405)
    assert answer.mimetype == "text/html"


def test_a_stale_tab_keeps_what_was_typed(client: FlaskClient) -> None:
    typed = {
        "csrf_token": "secret-token",
        "body": "Dear peer,\nwell <done> & said.",
        "level": "3",
        "due": "2026-05-03T12:00",
    }

    answer = client.post("/s/gone/roster/sync", data=typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "Dear peer,\nwell &lt;done&gt; &amp; said.</textarea>" in page
    assert "open the activity again" in words(page)
    assert "secret-token" not in page
    assert page.count("<textarea") == 1


def test_several_words_under_one_name_are_all_kept(client: FlaskClient) -> None:
    answer = client.post("/s/gone/roster/sync", data={"comment": ["The first one.", "The second one."]})

    assert "The first one.\n\nThe second one." in answer.get_data(as_text=True)


def test_words_sent_to_no_session_at_all_are_not_repeated(client: FlaskClient) -> None:
    answer = client.post("/nowhere", data={"id_token": "Some very long words that an LMS sent."})

    assert answer.status_code == 404
    assert "an LMS sent" not in answer.get_data(as_text=True)


def test_a_form_of_another_visit_changes_nothing_and_keeps_words(client: FlaskClient, session: Session) -> None:
    teacher = sign_in(session, make_member(session, make_course(session), Role.TEACHER))

    answer = client.post(teacher.path("/roster/sync"), data={"csrf_token": "old", "body": "A long remark."})

    assert answer.status_code == 403
    assert "A long remark." in answer.get_data(as_text=True)


def test_a_learner_who_left_the_course_reads_nothing_more_and_keeps_their_words(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    member = make_member(session, make_course(session))
    student = sign_in(session, member)
    assert client.get(student.path("/")).status_code == 200

    member.left_at = now
    session.commit()
    read = client.get(student.path("/"))
    wrote = client.post(student.path("/notices/readings"), data={"csrf_token": "x", "body": "A long remark."})
    member.left_at = None
    session.commit()

    assert read.status_code == wrote.status_code == 401
    assert "from your course" in words(read.get_data(as_text=True))
    assert "A long remark." in wrote.get_data(as_text=True)
    assert client.get(student.path("/")).status_code == 200


def test_staff_may_be_in_no_list_of_people(client: FlaskClient, session: Session, now: datetime) -> None:
    member = make_member(session, make_course(session), Role.TEACHER)
    member.left_at = now

    assert client.get(sign_in(session, member).path("/")).status_code == 200


def test_who_may_not_is_told_so(client: FlaskClient, session: Session) -> None:
    student = sign_in(session, make_member(session, make_course(session)))

    answer = client.get(student.path("/picker"))

    assert answer.status_code == 403
    assert "somebody else" in words(answer.get_data(as_text=True))


def test_htmx_gets_a_notice_above_the_page_that_stays(client: FlaskClient) -> None:
    answer = client.post("/s/gone/roster/sync", data={"body": "Words"}, headers={"HX-Request": "true"})

    fragment = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#page-notices"
    assert "<html" not in fragment
    assert "still below" in words(fragment)


def test_a_program_gets_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})

    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data)["status"] == 404


def test_a_browser_gets_a_page_though_it_takes_anything(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers={"Accept": "*/*"}).mimetype == "text/html"


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/s/gone/")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_too_much_at_once_is_refused_kindly(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)

    answer = client.post("/s/gone/roster/sync", data={"body": "x" * 2000})

    assert answer.status_code in (401, 413)


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"a=%00%ff&b=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_broken_body_is_no_reason_to_break(client: FlaskClient, session: Session, body: bytes, kind: str) -> None:
    teacher = sign_in(session, make_member(session, make_course(session), Role.TEACHER))

    answer = client.post(teacher.path("/roster/sync"), data=body, content_type=kind)

    assert 400 <= answer.status_code < 500


def test_our_own_mistake_has_a_number_that_the_log_knows(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    course = make_course(session)
    student = sign_in(session, make_member(session, course))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.extensions, "hearth.rooms", None)

    answer = client.get(student.path())

    number = answer.get_data(as_text=True).split("<code>")[1].split("</code>")[0]
    assert answer.status_code == 500
    assert number in caplog.text
    assert "NoneType" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "error, status, saying",
    [
        (errors.Refused("The window closed at noon."), 409, "The window closed at noon."),
        (AttemptSpent(), 401, "cannot be reloaded"),
        (PlatformDisabled(), 403, "switched off"),
        (ValidationError({"title": ["x"]}), 400, "incomplete"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), 400, "no text"),
        (IntegrityError("insert", {}, Exception("a key")), 409, "in the same moment"),
        (StaleDataError("no row matched"), 409, "in the same moment"),
        (OperationalError("select", {}, AdminShutdown("by the operator")), 503, "taking a break"),
        (exc.TimeoutError("no connection"), 503, "taking a break"),
        (TooManyRequests(retry_after=30), 429, "slower"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_kind_of_error_has_words(app: Flask, error: Exception, status: int, saying: str) -> None:
    with app.test_request_context():
        answer = errors.answer(error)

    assert answer.status_code == status
    assert saying in words(answer.get_data(as_text=True))


def test_words_that_ran_into_those_of_others_are_kept(app: Flask) -> None:
    with app.test_request_context("/s/some/work", method="POST", data={"body": "A long remark."}):
        g.handle = "some"
        answer = errors.answer(OperationalError("update", {}, DeadlockDetected("a row")))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "in the same moment" in words(page)
    assert "A long remark." in page


def test_waiting_times_reach_whoever_has_to_wait(app: Flask) -> None:
    with app.test_request_context():
        answer = errors.answer(TooManyRequests(retry_after=30))

    assert answer.headers["Retry-After"] == "30"


def test_pages_of_errors_are_valid(app: Flask, client: FlaskClient) -> None:
    pages = {
        "missing": client.get("/nowhere").get_data(as_text=True),
        "stale": client.post("/s/gone/roster/sync", data={"body": "Some words", "title": "More words"}).get_data(
            as_text=True
        ),
    }

    assert mistakes_in(pages) == []
