"""Where a launch leads, and what its session remembers."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import ResourceLink
from lti_tool.journal.models import Entry
from lti_tool.lti import vocabulary as lti
from lti_tool.web.models import WebSession
from tests.factories.courses import make_activity, make_course
from tests.factories.lti import INSTRUCTOR, LEARNER, PretendPlatform, deep_linking, launch, make_pretend_platform


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


def test_launch_without_activity_opens_the_course_home(client: FlaskClient, platform: PretendPlatform) -> None:
    answer = launch(client, platform)

    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).status_code == 200


def test_each_launch_is_a_session_of_its_own(client: FlaskClient, platform: PretendPlatform) -> None:
    """Two tabs never share a handle, so neither acts as the other."""
    teacher = launch(client, platform, {lti.ROLES: [INSTRUCTOR]}).headers["Location"]
    student = launch(client, platform, {"sub": "person-2"}).headers["Location"]

    assert teacher != student
    assert "Teacher" in client.get(teacher).text
    assert "Student" in client.get(student).text


def test_a_handle_opens_nothing_in_another_browser(app: Flask, client: FlaskClient, platform: PretendPlatform) -> None:
    address = launch(client, platform).headers["Location"]
    other = app.test_client()
    other.environ_base = client.environ_base

    assert other.get(address).status_code == 401


def test_the_page_may_be_framed_by_the_host_that_launched_it(client: FlaskClient, platform: PretendPlatform) -> None:
    """Hosted platforms share one issuer among many hosts; the return address tells which one is around us."""
    presentation = {"return_url": "https://school.lms.example/courses/7?sesskey=secret", "document_target": "iframe"}
    address = launch(client, platform, {lti.LAUNCH_PRESENTATION: presentation}).headers["Location"]

    policy = client.get(address).headers["Content-Security-Policy"]

    assert "https://school.lms.example" in policy
    assert "sesskey" not in policy


def test_only_the_origin_of_the_return_address_is_kept(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    launch(client, platform, {lti.LAUNCH_PRESENTATION: {"return_url": "https://school.lms.example/x?sesskey=secret"}})

    assert session.scalars(select(WebSession)).one().frame_origin == "https://school.lms.example"


def test_choosing_content_opens_the_picker(client: FlaskClient, platform: PretendPlatform) -> None:
    answer = launch(client, platform, deep_linking() | {lti.ROLES: [INSTRUCTOR]})

    page = client.get(answer.headers["Location"])

    assert answer.headers["Location"].endswith("/picker")
    assert "Add to your course" in page.text


def test_a_learner_has_no_picker(client: FlaskClient, platform: PretendPlatform) -> None:
    answer = launch(client, platform, deep_linking() | {lti.ROLES: [LEARNER]})

    assert client.get(answer.headers["Location"]).status_code == 403


def test_a_launch_is_written_into_the_journal_without_names(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    launch(client, platform)

    entry = session.scalars(select(Entry)).one()
    assert (entry.act, entry.particulars) == ("course.opened", {})


def test_teacher_lets_a_link_that_opened_the_home_open_an_activity(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Somebody saved the LMS's form without choosing content: the first teacher who opens it decides."""
    course = make_course(session, platform.deployment, context_id="course-1")
    activity = make_activity(session, course)
    session.commit()
    home = launch(client, platform, {lti.ROLES: [INSTRUCTOR]}).headers["Location"]
    page = client.get(f"{home}link")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]

    answer = client.post(f"{home}link", data={"csrf_token": token, "activity": activity.id})

    assert answer.status_code == 303
    assert session.scalars(select(ResourceLink)).one().activity_id == activity.id


def test_an_activity_of_another_course_cannot_be_bound(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    make_activity(session, make_course(session, platform.deployment, context_id="course-1"))
    elsewhere = make_activity(session, make_course(session, platform.deployment))
    session.commit()
    home = launch(client, platform, {lti.ROLES: [INSTRUCTOR]}).headers["Location"]
    token = client.get(f"{home}link").text.split('name="csrf_token" value="')[1].split('"')[0]

    answer = client.post(f"{home}link", data={"csrf_token": token, "activity": elsewhere.id})

    assert answer.status_code == 422
