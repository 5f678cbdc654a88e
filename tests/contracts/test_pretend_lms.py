"""
The wire from end to end: our application and a pretend LMS, both on real ports, once as each brand.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import lms
from lti_tool.config import Settings
from lti_tool.courses.models import Course, Membership, Person, Platform, ResourceLink
from lti_tool.grades.operations import NewGrade, set_grades
from lti_tool.lms.port import Grade
from lti_tool.lti import registration
from lti_tool.lti.errors import Rejected
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.services import PlatformClient, open_client
from lti_tool.lti.tokens import tokens
from lti_tool.sandbox.app import create_app
from lti_tool.sandbox.config import SandboxConfig
from tests.factories.courses import make_activity
from tests.factories.jobs import run_jobs
from tests.functional.sandbox.conftest import Door, World
from tests.functional.sandbox.tiny_tool import Browser, TinyTool, serving

BRANDS = ["standard", "canvas", "moodle"]


class Neighbours:
    """The tool beside an LMS, and people between them."""

    def __init__(self, world: World, app: Flask, session: Session, settings: Settings) -> None:
        self.world, self.app, self.session, self.settings = world, app, session, settings

    def install(self) -> Platform:
        """Register as an admin does, by an invitation."""
        token = registration.create_invitation(self.session, note="", lifetime=timedelta(days=1), now=datetime.now(UTC))
        self.session.commit()
        self.world.api("POST", "/api/tools", url=f"{self.settings.public_url}/lti/register/{token}")
        return self.session.scalars(select(Platform)).one()

    def open(self, person: Any, activity: Any) -> requests.Response:
        """Click the activity as somebody; where no script runs, press what a script would."""
        browser = self.world.browser(person)
        page = browser.get(f"/courses/{self.world.course_of(activity)}/activities/{activity['id']}/launch")
        if 'data-storage="put_data"' in page.text:
            onward = re.search(r'data-next="([^"]*)"', page.text)
            assert onward is not None
            page = browser.get(unescape(onward[1]))
        return page

    def client(self) -> PlatformClient:
        return open_client(self.session, self.session.scalars(select(Platform.id)).one(), settings=self.settings)


@pytest.fixture
def neighbours(
    app: Flask, session: Session, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Neighbours]:
    key_sets.forget()
    tokens.forget()
    with ExitStack() as stack:
        door = Door()
        tool = TinyTool()
        tool.url = stack.enter_context(serving(app, "hearth.localhost"))
        url = stack.enter_context(serving(door, "lms.localhost"))
        door.app = create_app(SandboxConfig(data=tmp_path / "sandbox", url=url))
        here = replace(settings, public_url=tool.url, allow_loopback_platforms=True)
        monkeypatch.setitem(app.extensions, "hearth.settings", here)
        yield Neighbours(World(stack, url, door.app, tool), app, session, here)


@pytest.fixture(params=BRANDS)
def brand(request: pytest.FixtureRequest, neighbours: Neighbours) -> str:
    name: str = request.param
    neighbours.world.api("PATCH", "/api/settings", brand=name)
    return name


def test_registration_launch_roster_and_grades(neighbours: Neighbours, brand: str) -> None:
    world, session = neighbours.world, neighbours.session

    platform = neighbours.install()
    assert platform.family == {"standard": "pretend-lms"}.get(brand, brand)
    assert platform.state == "active"
    gate = lms.for_family(platform.family)

    activity = world.add_activity()
    teacher, student = world.person("teacher"), world.person("student")
    for person in (teacher, student):
        page = neighbours.open(person, activity)
        assert page.status_code == 200, page.text
        assert "/s/" in page.url, page.url
    roles = {row.role: row.sub for row in session.execute(select(Membership.role, Person.sub).join(Person))}
    assert set(roles) == {"teacher", "learner"}

    course = session.scalars(select(Course)).one()
    link = session.scalars(select(ResourceLink)).one()
    assert course.roster_url is not None
    assert course.line_items_url is not None
    assert link.line_item_url is not None

    client = neighbours.client()
    members = [
        gate.read_member(each) for page in client.roster_pages(gate.roster_page_url(course.roster_url)) for each in page
    ]
    assert {roles["teacher"], roles["learner"]} <= {member.subject for member in members}
    assert next(member for member in members if member.subject == roles["learner"]).role == "learner"
    assert all(member.name and "&amp;" not in member.name for member in members)

    grade = Grade(
        subject=roles["learner"],
        score_given=7.5,
        score_maximum=10,
        comment="Clear and kind.",
        timestamp=datetime.now(UTC) - timedelta(seconds=5),
        submitted_at=None,
        is_new_work=False,
    )
    payload = gate.score_payload(grade)
    assert payload is not None
    assert 200 <= client.post_score(link.line_item_url, payload) < 300
    seen = world.grade(activity, student)
    assert seen is not None

    again = gate.score_payload(replace(grade, score_given=9, timestamp=datetime.now(UTC)))
    assert again is not None
    client.post_score(link.line_item_url, again)
    results = [each for page in client.results(link.line_item_url, page_size=gate.results_page_size()) for each in page]
    assert [(each["userId"], each["resultScore"]) for each in results] == [(roles["learner"], 9)]

    if gate.hears_of_work():
        work = replace(
            grade, is_graded=False, is_new_work=True, submitted_at=datetime.now(UTC), timestamp=datetime.now(UTC)
        )
        told = gate.score_payload(work)
        assert told is not None
        client.post_score(link.line_item_url, told)
        kept = world.grade(activity, student)
        assert kept is not None
        assert (kept["points"], kept["attempts"] - seen["attempts"]) == (9, 1)

    with pytest.raises(Rejected) as stale:
        client.post_score(link.line_item_url, payload)
    assert gate.score_was_kept(stale.value.answered) is (brand == "moodle")


def test_columns_of_the_gradebook(neighbours: Neighbours, brand: str) -> None:
    neighbours.install()
    activity = neighbours.world.add_activity()
    neighbours.open(neighbours.world.person("teacher"), activity)
    course = neighbours.session.scalars(select(Course)).one()
    link = neighbours.session.scalars(select(ResourceLink)).one()
    assert course.line_items_url is not None
    client = neighbours.client()

    made = client.create_line_item(
        course.line_items_url,
        {"label": "Reviews", "scoreMaximum": 5, "resourceLinkId": link.lti_id, "resourceId": "r1", "tag": "reviews"},
    )
    renamed = client.update_line_item(made["id"], {"label": "Reviews given"})
    (found,) = client.find_line_items(course.line_items_url, resource_id="r1")

    assert renamed["label"] == found["label"] == "Reviews given"
    assert (found["resourceLinkId"], found["tag"], found["scoreMaximum"]) == (link.lti_id, "reviews", 5)
    if brand == "canvas":
        # There, the column of an assignment goes when the assignment goes.
        with pytest.raises(Rejected):
            client.delete_line_item(made["id"])
    else:
        client.delete_line_item(made["id"])
        assert client.find_line_items(course.line_items_url, resource_id="r1") == []


def test_each_part_of_a_grade_has_a_column_of_its_own(neighbours: Neighbours, brand: str) -> None:
    world, session = neighbours.world, neighbours.session
    neighbours.install()
    activity = world.add_activity()
    teacher, student = world.person("teacher"), world.person("student")
    for person in (teacher, student):
        neighbours.open(person, activity)
    course = session.scalars(select(Course)).one()
    link = session.scalars(select(ResourceLink)).one()
    own = make_activity(session, course, title="First drafts")
    learner = session.scalars(select(Membership).where(Membership.role == "learner")).one()
    place = {"course_id": course.id, "activity_id": own.id, "resource_link_id": link.id}
    parts = {"work": (3.6, 6.0), "giving": (4.0, 4.0)}
    set_grades(
        session,
        [
            NewGrade(
                person_id=learner.person_id,
                score_given=score,
                score_maximum=most,
                column=f"hearth:{own.public_id}:{name}",
                label=f"First drafts: {name}",
            )
            for name, (score, most) in parts.items()
        ],
        **place,
        now=datetime.now(UTC),
    )
    session.commit()

    run_jobs(session, neighbours.app)

    found = world.api("GET", f"/api/gradebook?course={world.course_of(activity)}")["line_items"]
    shown = {
        item["label"]: grade["shown"]
        for item in found
        for grade in item["grades"]
        if grade["person_id"] == student["id"]
    }
    assert shown == {"First drafts: work": 3.6, "First drafts: giving": 4.0}
    # The activity keeps its own column, so a launch still tells of it.
    neighbours.open(teacher, activity)
    session.expire_all()
    assert session.scalars(select(ResourceLink.line_item_url)).one() is not None


def test_a_rotated_key_of_the_lms_is_found(neighbours: Neighbours) -> None:
    neighbours.install()
    activity = neighbours.world.add_activity()
    teacher = neighbours.world.person("teacher")
    assert "/s/" in neighbours.open(teacher, activity).url

    neighbours.world.api("POST", "/api/keys")

    assert "/s/" in neighbours.open(teacher, activity).url


def test_a_second_invitation_updates_what_is_known(neighbours: Neighbours) -> None:
    """The LMS makes a new client of it, so it is a second platform of the same issuer; launches find theirs."""
    first = neighbours.install()
    token = registration.create_invitation(
        neighbours.session, note="", lifetime=timedelta(days=1), now=datetime.now(UTC)
    )
    neighbours.session.commit()

    neighbours.world.api("POST", "/api/tools", url=f"{neighbours.settings.public_url}/lti/register/{token}")

    platforms = neighbours.session.scalars(select(Platform).order_by(Platform.id)).all()
    assert [each.issuer for each in platforms] == [first.issuer, first.issuer]
    assert len({each.client_id for each in platforms}) == 2


def test_a_used_invitation_is_refused_on_a_page(neighbours: Neighbours) -> None:
    browser: Browser = neighbours.world.browser()

    page = browser.get(f"{neighbours.settings.public_url}/lti/register/unknown", openid_configuration="x")

    assert page.status_code == 403
    assert "Hearth" in page.text
