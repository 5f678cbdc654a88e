"""
The admin room: pages for who looks after Hearth at an institution.
"""

import re
from functools import cache

from playwright.sync_api import expect

from lti_tool.sandbox.robot import Robot
from tests.browser.house import ADMIN, LOCKING, NOTICING, PASSING, House, until
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import WORDS, WORK, World, scene


@cache
def address(house: House) -> str:
    """The admin has made an address for events, and somebody without its secret has sent something there."""
    with house.in_admin_room() as (robot, page):
        made = robot.submit(robot.get(f"{page.url}sources/new").form("/sources"), name="Main")
        house.send_event(made.text, "x")
        return made.forms[0].action.removesuffix("/tests")


@cache
def refused(house: House) -> None:
    """The gradebook of one course takes nothing."""
    place = house.exchange(house.new_course("Drawing what you hear"), "A sound on paper")
    house.let_go_wrong(score="422")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(place, name, WORDS)
    house.close(place)


@scene(ADMIN)
def grades_that_were_refused(ruth: Someone, world: World) -> Hearth:
    refused(world.house)
    hearth = _section(ruth, "Grades", "Grades that did not arrive")
    for _ in range(60):
        if hearth.root.get_by_role("button", name="Send again").count():
            break
        ruth.page.wait_for_timeout(500)
        ruth.page.reload()
    expect(hearth.root.get_by_role("button", name="Send again").first).to_be_visible()
    world.house.let_go_wrong(score=None)
    return hearth


@scene(ADMIN)
def admin_room(ruth: Someone, world: World) -> Hearth:
    return ruth.admin_window()


def _section(ruth: Someone, name: str, heading: str | re.Pattern[str]) -> Hearth:
    hearth = ruth.admin_window()
    hearth.root.get_by_role("navigation", name="Admin room").get_by_role("link", name=name).click()
    return hearth.shows(heading)


@scene(ADMIN)
def courses_of_the_institution(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Courses", "Courses")


@scene(ADMIN)
def grades_that_did_not_arrive(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Grades", "Grades that did not arrive")


@scene(ADMIN)
def addresses_for_events(ruth: Someone, world: World) -> Hearth:
    address(world.house)
    return _section(ruth, "Events", "Events of the LMS")


@scene(ADMIN)
def a_new_address(ruth: Someone, world: World) -> Hearth:
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("New address")
    return hearth.shows("A new address for events")


@scene(ADMIN)
def an_address_just_made(ruth: Someone, world: World) -> Hearth:
    hearth = a_new_address(ruth, world)
    hearth.press("Make the address")
    expect(hearth.root.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    return hearth


@scene(ADMIN)
def trying_an_address(ruth: Someone, world: World) -> Hearth:
    there = address(world.house)
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("Main")
    hearth.press("Start a test")
    world.house.send_event(hearth.root.get_by_label("Address").input_value(), "x")
    expect(hearth.text("Something came and was refused").first).to_be_visible()
    assert there
    return hearth


@scene(ADMIN)
def what_was_given_up(ruth: Someone, world: World) -> Hearth:
    address(world.house)
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("Main")
    hearth.follow("What came")
    return hearth.shows("What came: Main")


def _events(ruth: Someone) -> Hearth:
    """What came to all addresses, among it what the pretend LMS tells of by itself."""
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("What came")
    return hearth.shows("What came")


@scene(ADMIN)
def events_that_came(ruth: Someone, world: World) -> Hearth:
    gone(world.house)
    return _events(ruth)


@scene(ADMIN)
def looking_for_an_event(ruth: Someone, world: World) -> Hearth:
    hearth = _events(ruth)
    hearth.root.get_by_role("textbox", name="Event").fill("deleted")
    hearth.root.get_by_role("textbox", name="About").fill("nobody")
    hearth.press("Search")
    expect(hearth.text("No event is like that.")).to_be_visible()
    return hearth


@scene(ADMIN)
def one_event(ruth: Someone, world: World) -> Hearth:
    gone(world.house)
    hearth = _events(ruth)
    hearth.follow("person.deleted")
    hearth.shows("person.deleted")
    expect(hearth.text("Somebody was deleted in the LMS.")).to_be_visible()
    return hearth


@scene(ADMIN)
def before_an_address_is_removed(ruth: Someone, world: World) -> Hearth:
    address(world.house)
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("Main")
    hearth.follow("Remove…")
    return hearth.shows("Remove Main?")


@scene(ADMIN)
def an_address_that_was_removed_and_is_still_sent_to(ruth: Someone, world: World) -> Hearth:
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("New address")
    hearth.fill("Name", "Old server")
    hearth.press("Make the address")
    there = hearth.root.get_by_label("Address", exact=True).input_value()
    hearth.follow("Remove…")
    hearth.press("Remove it")
    expect(hearth.said).to_contain_text("It is removed.")
    # Each process knows an address for some seconds.
    until(lambda: world.house.send_event(there, "x") == 410)
    ruth.page.reload()
    expect(hearth.text("Removed, and still sent to")).to_be_visible()
    return hearth


@scene(ADMIN)
def launches_that_were_refused(ruth: Someone, world: World) -> Hearth:
    world.house.let_go_wrong(launch="bad_signature")
    with Robot(world.house.lms, "Mai Tran") as robot:
        for _ in range(3):
            robot.launch(activity=world.full.activity)
    world.house.let_go_wrong(launch=None)
    hearth = ruth.admin_window()
    expect(hearth.text(re.compile("launches were refused in the last seven days"))).to_be_visible()
    hearth.follow(re.compile("Look closer.*Launches"))
    return hearth.shows("Launches that were refused")


@cache
def gone(house: House) -> None:
    """Of two students whom the LMS has deleted, one a week ago: no list tells Hearth whether she is really gone."""
    course = house.new_course("Looking at clouds")
    place = house.exchange(course, "One cloud")
    for name in ("Ilse Brandt", "Owen Pryce"):
        house.api("POST", "events", act="enrol", course=course, name=name)
        house.hand_in(place, name, WORK)
    house.api("POST", "events", act="delete_person", course=course, person="Ilse Brandt")
    with house.in_admin_room() as (robot, page):
        until(lambda: "Ilse Brandt" in robot.get(f"{page.url}requests").text)
    house.run(PASSING, "Ilse Brandt")
    house.api("POST", "events", act="delete_person", course=course, person="Owen Pryce")
    with house.in_admin_room() as (robot, page):
        until(lambda: "Owen Pryce" in robot.get(f"{page.url}requests").text)


@scene(ADMIN)
def people_whom_the_lms_has_deleted(ruth: Someone, world: World) -> Hearth:
    gone(world.house)
    hearth = _section(ruth, "People", "People and their data")
    expect(hearth.text("For you to decide").first).to_be_visible()
    return hearth


@scene(ADMIN)
def notices_that_come(ruth: Someone, world: World) -> Hearth:
    world.house.run(NOTICING, "listening")
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("Notices of the LMS")
    return hearth.shows("Notices of the LMS")


@scene(ADMIN)
def notices_that_the_lms_refused(ruth: Someone, world: World) -> Hearth:
    world.house.run(NOTICING, "refused")
    hearth = _section(ruth, "Events", "Events of the LMS")
    hearth.follow("Notices of the LMS")
    expect(hearth.text("The LMS does not allow it.")).to_be_visible()
    return hearth


@scene(ADMIN)
def looking_for_a_person(ruth: Someone, world: World) -> Hearth:
    hearth = _section(ruth, "People", "People and their data")
    hearth.fill("Who is it?", "Goldberg")
    hearth.press("Find")
    expect(hearth.root.get_by_role("heading", name="Found")).to_be_visible()
    return hearth


@scene(ADMIN)
def asking_about_a_person(ruth: Someone, world: World) -> Hearth:
    hearth = looking_for_a_person(ruth, world)
    hearth.follow(re.compile("Hand out or forget"))
    hearth.root.get_by_role("radio", name="Forget them").check()
    hearth.press("Write it down and do it")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(ADMIN)
def what_was_asked_about_people(ruth: Someone, world: World) -> Hearth:
    with world.house.in_admin_room() as (robot, page):
        found = robot.get(f"{page.url}requests?q=Goldberg")
        form = robot.get(found.link("Hand out or forget")).form("/requests")
        robot.submit(form, reason="They asked by letter on 3 May.")
    hearth = _section(ruth, "People", "People and their data")
    for _ in range(60):
        if hearth.root.get_by_role("button", name="Download").count():
            break
        ruth.page.wait_for_timeout(500)
        ruth.page.reload()
    expect(hearth.root.get_by_role("button", name="Download").first).to_be_visible()
    return hearth


@scene(ADMIN)
def keys_of_the_house(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Keys", "Keys")


@scene(ADMIN)
def courses_compared_with_the_lms(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Comparisons", "Comparisons")


@scene(ADMIN)
def dates_in_the_calendar(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Calendar", "Calendar")


@scene(ADMIN)
def what_is_kept(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "What is kept", "What is kept, and for how long")


@scene(ADMIN)
def audit_log(ruth: Someone, world: World) -> Hearth:
    address(world.house)
    return _section(ruth, "Audit log", "Audit log")


def _system(ruth: Someone) -> Hearth:
    """The page of another system, which the admin has just let be told."""
    hearth = _section(ruth, "Telling others", "Telling other systems")
    hearth.follow("Tell another system")
    hearth.shows("Tell another system")
    hearth.fill("Address", "https://warehouse.northfield.example/hearth")
    hearth.fill("Name", "Data warehouse")
    hearth.press("Go on")
    expect(hearth.root.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    return hearth


@scene(ADMIN)
def no_or_some_other_systems(ruth: Someone, world: World) -> Hearth:
    return _section(ruth, "Telling others", "Telling other systems")


@scene(ADMIN)
def letting_another_system_be_told(ruth: Someone, world: World) -> Hearth:
    hearth = _section(ruth, "Telling others", "Telling other systems")
    hearth.follow("Tell another system")
    hearth.press("Go on")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(ADMIN)
def a_system_that_is_told(ruth: Someone, world: World) -> Hearth:
    return _system(ruth)


@scene(ADMIN)
def a_test_on_its_way(ruth: Someone, world: World) -> Hearth:
    hearth = _system(ruth)
    hearth.press("Send a test")
    return hearth.shows("A test")


@scene(ADMIN)
def messages_to_a_system(ruth: Someone, world: World) -> Hearth:
    hearth = a_test_on_its_way(ruth, world)
    hearth.follow("All messages")
    return hearth.shows("Messages to Data warehouse")


@scene(ADMIN)
def a_system_whose_secret_cannot_be_read(ruth: Someone, world: World) -> Hearth:
    hearth = _section(ruth, "Telling others", "Telling other systems")
    hearth.follow("Tell another system")
    hearth.fill("Address", "https://archive.northfield.example/hearth")
    hearth.fill("Name", "Archive")
    hearth.press("Go on")
    expect(hearth.root.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    world.house.run(LOCKING, "Archive")
    hearth.press("Send a test")
    hearth.shows("A test")
    for _ in range(60):
        hearth = _section(ruth, "Telling others", "Telling other systems")
        hearth.follow("Archive")
        if hearth.root.get_by_role("button", name="Send again").count():
            break
        ruth.page.wait_for_timeout(500)
    expect(hearth.root.get_by_role("button", name="Send again")).to_be_visible()
    return hearth
