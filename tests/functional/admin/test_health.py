"""What the first page says before anything has happened, and when launches are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from lti_tool import housekeeping
from lti_tool.courses.models import Deployment
from lti_tool.grades.models import Passback, State
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.models import LaunchRefusal
from tests.factories.admin import Admin
from tests.factories.courses import make_course, make_deployment
from tests.factories.grades import refused_grade
from tests.factories.lti import PretendPlatform, launch
from tests.pages import mistakes_in, words

UNKNOWN: dict[str, Any] = {lti.DEPLOYMENT_ID: "another"}


@pytest.fixture(autouse=True)
def _worker(session: Session) -> None:
    session.execute(text("insert into procrastinate_workers (last_heartbeat) values (now())"))
    session.commit()


def refuse(client: FlaskClient, platform: PretendPlatform, times: int = 1, **changes: Any) -> None:
    for _ in range(times):
        assert launch(client, platform, changes or UNKNOWN).status_code in (400, 401, 403)


def begin(client: FlaskClient, platform: PretendPlatform, **changes: str) -> int:
    """The status of the answer to a login."""
    return client.post("/lti/login", data=platform.login_parameters(**changes)).status_code


# Before anything has happened.


def test_nothing_is_called_as_it_should_be_before_a_launch_a_list_and_a_grade(admin: Admin, session: Session) -> None:
    fresh = words(admin.get().text)
    course = make_course(session, admin.platform.deployment, title="Biology", roster_url="https://x")
    session.commit()
    used = words(admin.get().text)
    course.roster_synced_at = datetime.now(UTC)
    session.commit()
    listed = words(admin.get().text)
    grade = refused_grade(session, course)
    session.execute(
        update(Passback)
        .where(Passback.id == grade.id)
        .values(state=State.SENT, sent_at=datetime.now(UTC), problem=None)
    )
    session.commit()
    whole = admin.get()

    assert "Nothing is wrong so far, but 3 things have not been tried yet." in fresh
    assert "Nobody has opened Hearth from a course yet. Add an activity to a course" in fresh
    assert "None was read yet. It happens by itself" in fresh
    assert "No grade was sent yet. The first goes out when somebody is graded" in fresh
    assert "2 things have not been tried yet." in used
    assert "but one thing has not been tried yet." in listed
    assert "Everything is as it should be." in words(whole.text)
    assert "not tried yet" not in whole.text
    assert mistakes_in({"whole": whole.text}) == []


def test_what_nobody_has_tried_stands_between_what_is_wrong_and_what_works(admin: Admin, session: Session) -> None:
    make_course(session, admin.platform.deployment, roster_url="https://x", roster_problem="not_granted")
    session.commit()

    said = words(admin.get().text)

    assert (
        said.index("Lists of people (needs somebody)") < said.index("Grades (not tried yet)") < said.index("Launches")
    )


# Launches that were refused.


def test_refused_launches_are_counted_by_day_and_reason_and_told_with_what_to_do(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    refuse(client, admin.platform, times=12)
    refuse(client, admin.platform, times=2, iss="https://elsewhere.example")

    first, page = admin.get(), admin.get("launches")

    told = words(first.text)
    assert "12 launches were refused in the last seven days: the deployment is not known here." in told
    assert "Give whoever runs Hearth the deployment id" in told
    rows = words(page.text)
    assert "12 times : the deployment is not known here" in rows
    assert "2 times : they came from another LMS than they asked for" in rows
    assert mistakes_in({"first": first.text, "page": page.text}) == []
    counted = session.execute(select(LaunchRefusal.reason, LaunchRefusal.count).order_by(LaunchRefusal.reason)).all()
    assert [tuple(each) for each in counted] == [("deployment_unknown", 12), ("issuer_wrong", 2)]


def test_one_refusal_before_somebody_came_in_is_on_the_page_and_needs_nobody(admin: Admin, client: FlaskClient) -> None:
    refuse(client, admin.platform, nonce="another")
    refuse(client, admin.platform)
    launch(client, admin.platform)

    assert "refused in the last seven days" not in admin.get().text
    assert "the deployment is not known here" in admin.get("launches").text


def test_a_login_for_an_address_that_is_not_ours_is_counted_where_it_is_known_whose_it_is(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    log_in_elsewhere = {"target_link_uri": "https://elsewhere.example/"}
    for _ in range(3):
        assert begin(client, admin.platform, **log_in_elsewhere) == 400
    assert begin(client, admin.platform, iss="https://nobody.example", **log_in_elsewhere) == 400

    assert "3 launches were refused in the last seven days: they were meant for an address" in words(admin.get().text)
    assert session.scalars(select(LaunchRefusal.count)).all() == [3]


def test_a_page_that_was_reloaded_is_no_refusal_of_a_launch(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    client.post("/lti/launch", data={"state": "x" * 32, "id_token": "x"})
    client.post("/lti/launch", data={"id_token": "x"})

    assert session.scalars(select(LaunchRefusal)).all() == []


def test_refusals_are_nobodys_business_where_several_share_a_registration(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    refuse(client, admin.platform, times=5)
    make_deployment(session, admin.platform.platform, deployment_id="deployment-2")
    session.commit()

    assert "refused in the last seven days" not in admin.get().text
    assert admin.get("launches").status_code == 404


def test_refusals_of_another_institution_are_told_to_it_alone(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    others = session.scalars(select(Deployment).where(Deployment.platform_id != admin.platform.platform.id)).all()
    stranger = make_deployment(session)
    session.add(
        LaunchRefusal(
            platform_id=stranger.platform_id, day=datetime.now(UTC).date(), reason="key_weak", count=99,
            last_at=datetime.now(UTC),
        )
    )  # fmt: skip
    session.commit()

    assert others == []
    assert "too short" not in admin.get("launches").text
    assert "refused in the last seven days" not in admin.get().text


def test_what_was_refused_a_week_ago_is_no_finding_and_after_60_days_it_is_forgotten(
    admin: Admin, client: FlaskClient, session: Session
) -> None:
    refuse(client, admin.platform, times=5)
    now = datetime.now(UTC)
    session.execute(update(LaunchRefusal).values(day=(now - timedelta(days=8)).date()))
    session.commit()
    assert "refused in the last seven days" not in admin.get().text
    assert "the deployment is not known here" in admin.get("launches").text
    session.execute(update(LaunchRefusal).values(day=(now - timedelta(days=61)).date()))

    housekeeping.delete_expired(session, now=now)

    assert session.scalars(select(LaunchRefusal)).all() == []
