"""
What Canvas and Hearth tell each other beside LTI, all of it over real HTTP: notices, and the calendar of a course.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lti_tool.sandbox.rest import KEY, KEY_ID
from lti_tool.sandbox.robot import Robot
from tests.browser.house import ADMIN, TEACHER, House, until

SOON = 150.0
"""Seconds: what is asked for each minute, on a busy machine."""


@dataclass(frozen=True)
class Installed:
    """Hearth in a Canvas of sorts."""

    house: House
    tool: str
    platform: int
    course: str
    url: str
    """Of an exchange there, as its teacher opened it."""


def hearth(house: House, *arguments: str, given: str = "") -> str:
    """The operator's command line."""
    done = subprocess.run(
        [Path(sys.executable).with_name("hearth"), *arguments],
        env=house.environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(house: House) -> Iterator[Installed]:
    house.api("PATCH", "settings", brand="canvas")
    tool = house.api("POST", "tools", url=house.invitation())
    platforms = json.loads(hearth(house, "platform", "list", "--json"))
    (platform,) = [each["id"] for each in platforms if each["family"] == "canvas"]
    course = house.new_course("Channels")
    state = next(each for each in house.api("GET", "state")["courses"] if each["id"] == course)
    with Robot(house.lms, TEACHER) as robot:
        page = robot.launch(module=state["modules"][0]["id"], tool=tool["id"])
        form = robot.get(page.link("New")).form("/exchanges")
        robot.submit(form, title="Two drafts", instructions="Say what you saw.", submit_by="2031-05-03T12:00Z")
        activity = next(each for each in house.activities(course) if each["title"] == "Two drafts")
        url = robot.launch(activity=activity["id"]).url
    yield Installed(house, tool["id"], platform, course, url)
    # The house is everybody's: where two tools are on, a teacher would have to choose.
    house.api("PATCH", f"tools/{tool['id']}", state="off")
    house.api("PATCH", "settings", brand="standard")


def last_notice(made: Installed) -> str | None:
    sources = json.loads(hearth(made.house, "webhooks", "list", "--json"))
    # Other scenes may have made places for notices of other platforms: of all of them the latest counts.
    return max((each["last_received_at"] or "" for each in sources if each["proof"] == "notice"), default="") or None


def test_hearth_asks_for_notices_after_the_first_launch_and_hears_of_a_copied_course(installed: Installed) -> None:
    house = installed.house
    until(lambda: "notice" in hearth(house, "webhooks", "list", "--json"), seconds=SOON)
    until(lambda: len(house.api("GET", "log?kind=notices&most=50")) >= 2, seconds=SOON)
    # Hearth may have heard of courses that other tests copied.
    before, known = last_notice(installed), len(house.api("GET", "log?kind=notice&most=50"))

    house.api("POST", f"courses/{installed.course}/copy", title="Channels again")

    assert last_notice(installed) != before
    sent = house.api("GET", "log?kind=notice&most=50")
    assert len(sent) == known + 1
    assert {each["status"] for each in sent} == {202}


def test_a_date_stands_in_the_calendar_and_moves_with_it(installed: Installed) -> None:
    house = installed.house
    options = ("--address", house.lms, "--client-id", KEY_ID)
    said = hearth(house, "calendar", "connect", str(installed.platform), *options, given=f"{KEY}\n")
    consent = said.split()[-1]

    with Robot(house.lms, ADMIN) as robot:
        # Signed in as by any launch.
        robot.launch(site=True)
        assert "The calendar is connected" in robot.get(consent).text

    (event,) = until(lambda: house.api("GET", "calendar"), seconds=SOON)
    assert (event["title"], event["start_at"]) == ("Hand in: Two drafts", "2031-05-03T12:00:00Z")

    with Robot(house.lms, TEACHER) as robot:
        activity = next(each for each in house.activities(installed.course) if each["title"] == "Two drafts")
        page = robot.get(f"{robot.launch(activity=activity['id']).url}/settings")
        robot.submit(page.form("/settings"), submit_by="2031-06-01T08:00Z")

    until(lambda: house.api("GET", "calendar")[0]["start_at"] == "2031-06-01T08:00:00Z", seconds=SOON)
    (moved,) = house.api("GET", "calendar")
    assert moved["id"] == event["id"]
