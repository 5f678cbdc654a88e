"""
What a Moodle hears of what people do: its admin pairs Hearth's plugin there, and looks after it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from playwright.sync_api import expect

from lti_tool.sandbox.robot import Page, Robot
from tests.browser.house import ADMIN, TEACHER, House, Place, until
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import WORDS, WORK, World, scene

HEARS = "What Moodle hears"


@contextmanager
def like_moodle(house: House) -> Iterator[Place]:
    """For a while the pretend LMS is a Moodle and has Hearth a second time, of which other scenes know nothing."""
    house.api("PATCH", "settings", brand="moodle")
    place = place_in_moodle(house)
    tool = _tool_of(house, place)
    house.api("PATCH", f"tools/{tool}", state="active")
    try:
        yield place
    finally:
        house.api("PATCH", f"tools/{tool}", state="off")
        house.api("PATCH", "settings", brand="standard")


@cache
def place_in_moodle(house: House) -> Place:
    """Hearth, installed once more by a Moodle, and an exchange there."""
    tool = house.api("POST", "tools", url=house.invitation())
    course = house.new_course("Drawing from life")
    state = next(each for each in house.api("GET", "state")["courses"] if each["id"] == course)
    with Robot(house.lms, TEACHER) as robot:
        page = robot.launch(module=state["modules"][0]["id"], tool=tool["id"])
        form = robot.get(page.link("New")).form("/exchanges")
        robot.submit(
            form, title="Five quick hands", instructions="Five minutes each.", reviews="1", submit_by="2098-05-03T12:00"
        )
    made = next(each for each in house.activities(course) if each["title"] == "Five quick hands")
    house.api("POST", "companion", tool=tool["id"])
    return Place(course=course, activity=made["id"], title=made["title"])


def _hears(robot: Robot, place: Place) -> Page:
    """The page, for an admin who came by an activity: Moodle has no other place for a tool."""
    home = robot.get(robot.launch(activity=place.activity).link("Drawing from life"))
    return robot.get(robot.get(home.link("How Hearth is doing")).link("What the LMS hears"))


def pair(house: House, place: Place) -> None:
    """Let the admin pair the plugin, and Moodle hear dates too."""
    token = house.api("POST", "companion", tool=_tool_of(house, place))["token"]
    with Robot(house.lms, ADMIN) as robot:
        page = robot.submit(_hears(robot, place).form("/companion"), token=token)
        robot.submit(page.form("/companion/wishes"), dates="1")


def unpair(house: House, place: Place) -> None:
    """Let the admin end the pairing, if there is one."""
    with Robot(house.lms, ADMIN) as robot:
        page = _hears(robot, place)
        if any(form.action.endswith("/companion/undo") for form in page.forms):
            robot.submit(page.form("/companion/undo"))


@cache
def told(house: House) -> None:
    """Somebody has handed in, and somebody has read it."""
    place = place_in_moodle(house)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(place, name, WORDS)
    # Else an exchange that hides names tells of completion in company only, at the full hour.
    house.close(place)
    until(lambda: len(house.api("GET", "companion")["completions"]) == 2)


def _tool_of(house: House, place: Place) -> Any:
    return next(each["tool_id"] for each in house.activities(place.course) if each["id"] == place.activity)


def _open(ruth: Someone, place: Place) -> Hearth:
    hearth = ruth.open_window(place)
    hearth.follow("Drawing from life")
    hearth.follow("How Hearth is doing at your institution")
    hearth.shows("Hearth at your institution")
    hearth.root.get_by_role("navigation", name="Admin room").get_by_role("link", name="What the LMS hears").click()
    return hearth.shows(HEARS)


@scene(ADMIN)
def before_the_plugin_is_paired(ruth: Someone, world: World) -> Hearth:
    with like_moodle(world.house) as place:
        unpair(world.house, place)
        hearth = _open(ruth, place)
        expect(hearth.root.get_by_role("heading", name="Set it up in Moodle")).to_be_visible()
        return hearth


@scene(ADMIN)
def a_token_that_the_lms_does_not_take(ruth: Someone, world: World) -> Hearth:
    with like_moodle(world.house) as place:
        unpair(world.house, place)
        hearth = _open(ruth, place)
        hearth.fill("Token", "mistyped")
        hearth.press("Pair")
        expect(hearth.root.locator(".field__error")).to_be_visible()
        return hearth


@scene(ADMIN)
def pairing_the_plugin(ruth: Someone, world: World) -> Hearth:
    """As an admin does it: a token made there, pasted here."""
    with like_moodle(world.house) as place:
        unpair(world.house, place)
        ruth.page.goto(f"{world.house.lms}/admin/companion")
        ruth.page.get_by_label("It listens to").select_option(_tool_of(world.house, place))
        ruth.page.locator("#choose-tool").click()
        ruth.page.locator("#make-token").click()
        token = ruth.page.locator("#companion-token").inner_text()
        hearth = _open(ruth, place)
        hearth.fill("Token", token)
        hearth.press("Pair")
        expect(hearth.said).to_have_text("Paired. From now on your LMS hears what people do in Hearth.")
        return hearth


@scene(ADMIN)
def what_the_lms_hears(ruth: Someone, world: World) -> Hearth:
    with like_moodle(world.house) as place:
        pair(world.house, place)
        told(world.house)
        return _open(ruth, place)


@scene(ADMIN)
def a_lms_that_does_not_answer(ruth: Someone, world: World) -> Hearth:
    with like_moodle(world.house) as place:
        pair(world.house, place)
        hearth = _open(ruth, place)
        world.house.let_go_wrong(companion="html")
        try:
            hearth.press("Ask it now")
            expect(hearth.said).to_contain_text("The LMS does not answer.")
            expect(hearth.root.get_by_text("Trouble")).to_be_visible()
        finally:
            world.house.let_go_wrong(companion=None)
        return hearth


@scene(ADMIN)
def the_plugin_in_the_lms(ruth: Someone, world: World) -> Hearth:
    """The pretend LMS's own page, with what it was told."""
    with like_moodle(world.house) as place:
        pair(world.house, place)
        told(world.house)
        until(lambda: bool(world.house.api("GET", "companion")["calendar"]))
        ruth.page.goto(f"{world.house.lms}/admin/companion")
        expect(ruth.page.locator("#completions li")).to_have_count(2)
        return Hearth(ruth.page)
