"""
Every page of the product in every state that people meet, and the way there. Tests look at them all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from playwright.sync_api import Route, expect

from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone

WORK = """\
## The bus stop without a roof

My grandmother takes the 14 to the market. She cannot stand for long, and the bench is always wet.

**She tries** to sit down with two bags. **In the way:** the seat tilts back, so the water stays.

> A seat that [tips forward](https://example.org) by itself when nobody sits on it.

1. cheap
2. no motor, `no power`
"""
WORDS = "I could see her at once, and *the moment* you chose makes it clear. What would she call the problem?"
INSTRUCTIONS = (
    "Sketch one everyday thing that annoys somebody, and say **for whom** you would change it.\n\n- who\n- where"
)


@dataclass(frozen=True, kw_only=True)
class World:
    """Courses where somebody is at every step."""

    house: House
    full: Place
    """An exchange under way."""
    later: Place
    """One that opens in years."""
    closed: Place
    """One that was closed."""
    empty: str
    """A course where nothing is."""


def settle(house: House) -> World:
    """Let people come as far as the scenes below need them."""
    full = house.exchange(
        house.new_course("Designing for People"), "A first sketch: who is it for?", instructions=INSTRUCTIONS
    )
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(full, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(full, name, WORDS)
    for name in ("Tomasz Wójcik", "Aisha Rahman"):
        house.hand_in(full, name, WORK)
    house.give_feedback(full, "Tomasz Wójcik", WORDS)
    house.take_work(full, "Aisha Rahman")
    for name in ("Leilani Kealoha", "Priya Nair"):
        house.hand_in(full, name, WORK)
    later = house.exchange(full.course, "A second sketch", opens_at="2099-05-03T12:00", instructions=INSTRUCTIONS)
    closed = house.exchange(full.course, "Warming up")
    house.hand_in(closed, "Mai Tran", WORK)
    house.close(closed)
    return World(house=house, full=full, later=later, closed=closed, empty=house.new_course("Nothing yet"))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One page: who sees it, and how they come there."""

    name: str
    person: str
    go: Callable[[Someone, World], Hearth]


SCENES: list[Scene] = []


Way: TypeAlias = Callable[[Someone, World], Hearth]


def scene(person: str) -> Callable[[Way], Way]:
    """Add a page to the list; its name is that of the function."""

    def add(go: Way) -> Way:
        SCENES.append(Scene(name=go.__name__.replace("_", "-"), person=person, go=go))
        return go

    return add


# Students ------------------------------------------------------------------------------------------------------------


@scene("Noah Becker")
def home_of_a_student(noah: Someone, world: World) -> Hearth:
    return noah.home_window(world.full.course)


@scene("Noah Becker")
def home_with_nothing(noah: Someone, world: World) -> Hearth:
    return noah.home_window(world.empty)


@scene("Noah Becker")
def to_hand_in(noah: Someone, world: World) -> Hearth:
    return noah.open_window(world.full)


@scene("Noah Becker")
def writing(noah: Someone, world: World) -> Hearth:
    hearth = noah.open_window(world.full)
    hearth.start_writing()
    hearth.writing.fill(WORK)
    expect(hearth.root.locator(".writer__preview blockquote")).to_be_visible()
    hearth.is_saved()
    return hearth


@scene("Noah Becker")
def looking_before_handing_in(noah: Someone, world: World) -> Hearth:
    hearth = writing(noah, world)
    hearth.press(re.compile("Look at it and hand in"))
    return hearth.shows("Ready to hand in?")


@scene("Kwame Mensah")
def nothing_to_hand_in(kwame: Someone, world: World) -> Hearth:
    hearth = kwame.open_window(world.full)
    hearth.start_writing()
    hearth.press(re.compile("Look at it and hand in"))
    expect(hearth.text(re.compile("nothing to hand in|write something or add a file")).first).to_be_visible()
    return hearth


@scene("Leilani Kealoha")
def to_review(leilani: Someone, world: World) -> Hearth:
    return leilani.open_window(world.full)


@scene("Aisha Rahman")
def reviewing(aisha: Someone, world: World) -> Hearth:
    hearth = aisha.open_window(world.full)
    hearth.follow("Go on reviewing")
    return hearth.shows(re.compile("^Feedback on"))


@scene("Aisha Rahman")
def reviewing_with_gaps(aisha: Someone, world: World) -> Hearth:
    hearth = aisha.open_window(world.full)
    hearth.follow("Go on reviewing")
    hearth.press("Give the feedback")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene("Aisha Rahman")
def handing_a_work_back(aisha: Someone, world: World) -> Hearth:
    hearth = aisha.open_window(world.full)
    hearth.follow("Go on reviewing")
    hearth.root.get_by_text("I cannot review this …").click()
    expect(hearth.root.get_by_role("button", name="Give me another work")).to_be_visible()
    return hearth


@scene("Tomasz Wójcik")
def waiting(tomasz: Someone, world: World) -> Hearth:
    return tomasz.open_window(world.full)


@scene("Mai Tran")
def reading_feedback(mai: Someone, world: World) -> Hearth:
    return mai.open_window(world.full)


@scene("Diego Fuentes")
def feedback_given(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(world.full)
    hearth.root.locator("section", has=hearth.root.locator("#given")).get_by_role("link").first.click()
    return hearth.shows(re.compile("^Feedback on"))


@scene("Diego Fuentes")
def all_done(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(world.full)
    if hearth.root.get_by_role("textbox", name="Your reply").count():
        hearth.reply("I will ask her. Thank you!")
    diego.page.reload()
    expect(hearth.received.locator(".reply").first).to_be_attached()
    return hearth


@scene("Noah Becker")
def not_open_yet(noah: Someone, world: World) -> Hearth:
    hearth = noah.home_window(world.later.course)
    hearth.follow(world.later.title)
    return hearth.shows(world.later.title)


@scene("Mai Tran")
def over(mai: Someone, world: World) -> Hearth:
    return mai.open_window(world.closed)


# Teachers ------------------------------------------------------------------------------------------------------------


@scene(TEACHER)
def home_of_a_teacher(teacher: Someone, world: World) -> Hearth:
    return teacher.home_window(world.full.course)


@scene(TEACHER)
def home_of_a_new_course(teacher: Someone, world: World) -> Hearth:
    return teacher.home_window(world.empty)


@scene(TEACHER)
def choosing(teacher: Someone, world: World) -> Hearth:
    return teacher.picker_window(world.full.course)


@scene(TEACHER)
def choosing_first(teacher: Someone, world: World) -> Hearth:
    return teacher.picker_window(world.empty)


@scene(TEACHER)
def choosing_for_a_link(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.home_window(world.full.course)
    hearth.follow("Let it open an activity instead")
    return hearth.shows("What should this link open?")


@scene(TEACHER)
def new_exchange(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.picker_window(world.empty)
    hearth.follow(re.compile("^New"))
    return hearth.shows("New exchange")


@scene(TEACHER)
def new_exchange_with_gaps(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.picker_window(world.empty)
    hearth.follow(re.compile("^New"))
    hearth.fill("Instructions", INSTRUCTIONS)
    hearth.root.locator("summary", has_text="Main idea").click()
    hearth.root.get_by_label("Criterion").first.fill("")
    hearth.press("Add to the course")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(TEACHER)
def settings(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Settings")
    return hearth.shows("Settings")


@scene(TEACHER)
def who_is_where(teacher: Someone, world: World) -> Hearth:
    return teacher.open_window(world.full)


@scene(TEACHER)
def one_person(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Diego Fuentes")
    return hearth.shows("Diego Fuentes")


@scene(TEACHER)
def a_grade_refused(teacher: Someone, world: World) -> Hearth:
    hearth = one_person(teacher, world)
    hearth.root.get_by_text("Set the grade by hand").click()
    hearth.fill("Points", "1000")
    hearth.press("Set the grade")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(TEACHER)
def taking_it_elsewhere(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Take it with you")
    return hearth.shows("Take it with you")


@scene(TEACHER)
def student_view(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Student view")
    expect(hearth.text("This is what a student sees")).to_be_visible()
    return hearth


# What goes wrong -----------------------------------------------------------------------------------------------------


@scene("Noah Becker")
def missing(noah: Someone, world: World) -> Hearth:
    hearth = noah.home_window(world.empty)
    noah.page.goto(f"{noah.page.url.rstrip('/')}/exchanges/999999")
    return hearth.shows("There is nothing here")


@scene("Noah Becker")
def for_somebody_else(noah: Someone, world: World) -> Hearth:
    hearth = noah.home_window(world.empty)
    noah.page.goto(f"{noah.page.url.rstrip('/')}/exchanges/new")
    return hearth.shows("This is for somebody else")


@scene("Noah Becker")
def forgotten(noah: Someone, world: World) -> Hearth:
    noah.page.goto(f"{world.house.tool}/s/nobody/")
    return Hearth(noah.page).shows("Please open this again from your course")


@scene("Noah Becker")
def in_a_window_of_its_own(noah: Someone, world: World) -> Hearth:
    def forget(route: Route) -> None:
        noah.context.clear_cookies(name="__Host-hearth")
        route.continue_()

    noah.page.route("**/lti/launch", forget)
    noah.page.goto(
        f"{world.house.lms}/courses/{world.full.course}/activities/{world.full.activity}/launch?target=window"
    )
    noah.page.unroute_all()
    return Hearth(noah.page).shows("Open Hearth in its own window")


@scene("Noah Becker")
def opened_by_hand(noah: Someone, world: World) -> Hearth:
    noah.page.goto(f"{world.house.tool}/lti/launch")
    return Hearth(noah.page).shows("Hearth opens from your course")


@scene("Noah Becker")
def a_launch_refused(noah: Someone, world: World) -> Hearth:
    noah.page.goto(f"{world.house.tool}/lti/login?iss=https://nobody.example&login_hint=1")
    return Hearth(noah.page).shows("Hearth could not be opened")


@scene("Ruth Goldberg")
def an_invitation_refused(ruth: Someone, world: World) -> Hearth:
    ruth.page.goto(f"{world.house.tool}/lti/register/used-up?openid_configuration={world.house.lms}/nothing")
    return Hearth(ruth.page).shows("Hearth could not be registered")


from tests.browser import scenes_practice  # noqa: E402, F401 - adds its own to the list
