"""Two tabs, two people: addresses, headers and news of one never reach the other."""

from datetime import UTC, datetime, timedelta

from flask import Flask, flash, g, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.web.guards import hash_secret
from tests.factories.courses import make_course, make_member, sign_in
from tests.pages import words


def test_links_stay_in_their_session(client: FlaskClient, session: Session) -> None:
    course = make_course(session)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    student = sign_in(session, make_member(session, course))

    for person, other in ((teacher, student), (student, teacher)):
        page = client.get(person.path()).get_data(as_text=True)
        assert other.handle not in page


def test_an_address_can_be_built_inside_a_session(app: Flask) -> None:
    with app.test_request_context("/s/abc/"):
        app.preprocess_request()

        assert g.handle == "abc"
        assert url_for("home.show") == "/s/abc/"
        assert url_for("home.show", handle="def") == "/s/def/"


def test_every_page_says_who_is_there(client: FlaskClient, session: Session) -> None:
    course = make_course(session)
    teacher = make_member(session, course, Role.TEACHER, name="Amara Okafor")
    as_teacher, as_student = sign_in(session, teacher), sign_in(session, teacher, role=Role.LEARNER)

    assert "Amara Okafor Teacher" in words(client.get(as_teacher.path()).get_data(as_text=True))
    assert "Amara Okafor Student view" in words(client.get(as_student.path()).get_data(as_text=True))


def test_a_session_that_is_over_is_over(client: FlaskClient, session: Session) -> None:
    member = make_member(session, make_course(session))
    over = sign_in(session, member, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert client.get(over.path()).status_code == 401


def test_a_session_of_another_browser_is_no_session(app: Flask, session: Session) -> None:
    browser = app.test_client(use_cookies=False)
    member = make_member(session, make_course(session))
    bound = sign_in(session, member, browser_hash=hash_secret("of-the-launch"))

    cookies = [{}, {"Cookie": "__Host-hearth=another"}, {"Cookie": "__Host-hearth=of-the-launch"}]
    statuses = [browser.get(bound.path(), headers=cookie).status_code for cookie in cookies]

    assert statuses == [401, 401, 200]


def test_signed_in_pages_are_kept_by_nobody(client: FlaskClient, session: Session) -> None:
    student = sign_in(session, make_member(session, make_course(session)))

    answer = client.get(student.path())

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_what_is_said_in_one_tab_is_heard_there_only(app: Flask) -> None:
    with app.test_request_context("/s/abc/", base_url="https://hearth.example"):
        app.preprocess_request()
        flash("Saved.", "good")
        cookie = app.process_response(app.make_response("")).headers["Set-Cookie"]

    assert "Path=/s/abc/" in cookie
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned"))


def test_nothing_is_said_outside_of_a_tab(app: Flask) -> None:
    with app.test_request_context("/", base_url="https://hearth.example"):
        app.preprocess_request()
        flash("Saved.")
        answer = app.process_response(app.make_response(""))

    assert "Set-Cookie" not in answer.headers


def test_the_words_of_one_person_are_kept_under_one_name_through_launches(
    client: FlaskClient, session: Session
) -> None:
    course = make_course(session)
    ada, grace = make_member(session, course), make_member(session, course)
    first, again, other = sign_in(session, ada), sign_in(session, ada), sign_in(session, grace)

    owners = [owner_of(client.get(each.path()).get_data(as_text=True)) for each in (first, again, other)]

    assert owners[0] == owners[1] != owners[2]


def owner_of(page: str) -> str:
    return page.split('data-stash-keeper-owner-value="')[1].partition('"')[0]
