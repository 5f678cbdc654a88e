"""
What browsers and platforms do at the doors that no specification says: frames, cookies, second windows, Moodle.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Membership, Person, ResourceLink
from lti_tool.lti import vocabulary as lti
from lti_tool.web.guards import BROWSER_COOKIE
from tests.factories.courses import make_activity
from tests.factories.lti import INSTRUCTOR, LEARNER, PretendPlatform, launch, log_in, make_pretend_platform

LINE_ITEM = "https://lms.example/mod/lti/services.php/2/lineitems/9/lineitem?type_id=1"


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


def test_the_cookie_of_a_login_survives_in_a_frame(client: FlaskClient, platform: PretendPlatform) -> None:
    """Only a partitioned one comes back where third-party cookies are blocked."""
    answer = client.post("/lti/login", data=platform.login_parameters())

    (cookie,) = answer.headers.getlist("Set-Cookie")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(f"{BROWSER_COOKIE}=")
    assert flags >= {"secure", "httponly", "samesite=none", "partitioned", "path=/"}
    assert not any(flag.startswith("domain") for flag in flags)


def test_a_second_login_of_a_browser_keeps_its_secret(client: FlaskClient, platform: PretendPlatform) -> None:
    """Two tabs at once are one browser; neither may shut the other out."""
    first, second = log_in(client, platform), log_in(client, platform)

    with platform.key_set():
        for asked in (first, second):
            token = platform.sign(platform.claims(asked["nonce"]))
            answer = client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})
            assert answer.status_code == 303


def test_a_new_window_begins_the_same_login_again(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)

    answer = client.post("/lti/again", data={"state": asked["state"]})

    again = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert answer.headers["Location"].startswith(platform.platform.auth_url)
    assert (again["login_hint"], again["lti_message_hint"]) == (asked["login_hint"], asked["lti_message_hint"])
    assert again["state"] != asked["state"]
    assert again["nonce"] != asked["nonce"]


def test_where_hints_are_good_for_one_launch_the_new_window_goes_through_the_lms(
    client: FlaskClient, session: Session
) -> None:
    moodle = make_pretend_platform(session, issuer="https://moodle.example", family="moodle")
    asked = log_in(client, moodle, lti_message_hint='{"cmid":12,"launchid":"x"}')

    answer = client.post("/lti/again", data={"state": asked["state"]})

    assert answer.headers["Location"] == "https://moodle.example/mod/lti/launch.php?id=12"


@pytest.mark.parametrize("state", ["", "unknown", "A" * 32, "\x00" * 32])
def test_a_window_cannot_be_opened_for_a_login_that_never_was(client: FlaskClient, state: str) -> None:
    assert client.post("/lti/again", data={"state": state}).status_code == 401


def test_a_login_that_was_answered_is_not_begun_again(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    with platform.key_set():
        token = platform.sign(platform.claims(asked["nonce"]))
        client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})

    assert client.post("/lti/again", data={"state": asked["state"]}).status_code == 401


def test_a_cartridge_probe_gets_a_quick_no(client: FlaskClient) -> None:
    """Moodle's server GETs the launch address when an activity with an address of its own is saved."""
    answer = client.get("/lti/launch")

    assert answer.status_code == 405
    assert "xml" not in answer.content_type


def test_a_line_item_that_was_deleted_is_forgotten(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """A launch without any says nothing, one with an empty address says that it is gone."""
    addresses: list[str | None] = []
    for said in ({"lineitem": LINE_ITEM}, {}, {"lineitem": ""}):
        endpoint: dict[str, Any] = {"scope": [lti.SCOPE_SCORE], "lineitems": "https://lms.example/items", **said}
        assert launch(client, platform, {lti.AGS_ENDPOINT: endpoint}).status_code == 303
        session.expire_all()
        addresses.append(session.scalars(select(ResourceLink.line_item_url)).one())

    assert addresses == [LINE_ITEM, LINE_ITEM, None]


def test_the_roster_is_noted_when_it_is_first_offered(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Moodle leaves it out of the very first launch of a course."""
    launch(client, platform)
    launch(client, platform, {lti.NRPS: {"context_memberships_url": "https://lms.example/members"}})

    assert session.scalars(select(Course.roster_url)).all() == ["https://lms.example/members"]


def test_a_teacher_who_looks_as_a_student_stays_one_person(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Switching roles in Moodle launches as Learner with the teacher's own sub: the rights of before are known."""
    launch(client, platform, {lti.ROLES: [INSTRUCTOR]})
    launch(client, platform, {lti.ROLES: [LEARNER]})

    (membership,) = session.scalars(select(Membership)).all()
    assert membership.role == "learner"
    assert membership.staff_since is not None


@pytest.mark.parametrize("role, sees_the_other", [(LEARNER, False), (INSTRUCTOR, True)])
def test_who_a_review_is_about_gives_no_right_to_see_it(
    client: FlaskClient, platform: PretendPlatform, session: Session, role: str, sees_the_other: bool
) -> None:
    """A platform lets a student ask for anybody's; the roles of the launch decide."""
    launch(client, platform, {"sub": "person-2"})
    other = session.scalars(select(Person.id)).one()
    link = session.scalars(select(ResourceLink)).one()
    activity = make_activity(session, session.get_one(Course, link.course_id))
    link.activity_id = activity.id
    session.commit()
    review = {lti.MESSAGE_TYPE: "LtiSubmissionReviewRequest", lti.FOR_USER: {"user_id": "person-2"}}

    answer = launch(client, platform, {**review, lti.ROLES: [role]})

    place = urlsplit(answer.headers["Location"]).path.split("/", 3)[3]
    assert place == (f"exchanges/{activity.id}/people/{other}" if sees_the_other else f"exchanges/{activity.id}")


@pytest.mark.parametrize("whom", [None, {}, {"user_id": ""}, {"user_id": 5}, "person-2"])
def test_a_review_of_nobody_is_refused(client: FlaskClient, platform: PretendPlatform, whom: Any) -> None:
    answer = launch(client, platform, {lti.MESSAGE_TYPE: "LtiSubmissionReviewRequest", lti.FOR_USER: whom})

    assert answer.status_code == 400
