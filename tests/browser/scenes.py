"""
Every page of the product in every state that people meet, and the way there. Tests look at them all.
"""

import io
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

import pikepdf
from playwright.sync_api import FilePayload, Route, expect

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
    timed: Place
    """One with dates, in which feedback waits for its teacher."""
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
    timed = house.exchange(
        full.course,
        "A third sketch",
        instructions=INSTRUCTIONS,
        submit_by="2098-05-03T12:00",
        review_by="2098-05-10T12:00",
    )
    house.choose(timed, "release", when="by_hand")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(timed, name, WORK)
    house.take_work(timed, "Diego Fuentes")
    house.give_feedback(timed, "Mai Tran", WORDS)
    # Last: what teachers are told stands in their bell.
    house.open_rules(later, {"Mai Tran": "Ask one question", "Diego Fuentes": "Say first what works, and why it does"})
    return World(house=house, full=full, later=later, closed=closed, timed=timed, empty=house.new_course("Nothing yet"))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One page: who sees it, and how they come there."""

    name: str
    person: str
    go: Callable[[Someone, World], Hearth]


@dataclass(frozen=True, kw_only=True)
class Noted:
    """Where notes were written in a running demo."""

    house: House
    place: Place


SCENES: list[Scene] = []
NOTED: list[Noted] = []


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
def writing_notes(aisha: Someone, world: World) -> Hearth:
    hearth = aisha.open_window(world.full)
    hearth.follow("Go on reviewing")
    hearth.shows(re.compile("^Feedback on"))
    if not hearth.root.locator(".note").count():
        hearth.root.get_by_label("Where it belongs").select_option("text-2")
        hearth.fill("Which words", "the bench is always wet")
        hearth.fill("Your note", "Whose bench is it?")
        hearth.press("Add the note")
    expect(hearth.root.locator(".note")).to_be_visible()
    return hearth


@scene("Aisha Rahman")
def a_note_refused(aisha: Someone, world: World) -> Hearth:
    hearth = aisha.open_window(world.full)
    hearth.follow("Go on reviewing")
    hearth.fill("Your note", "Where?")
    hearth.press("Add the note")
    expect(hearth.root.locator(".composer .field__error")).to_be_visible()
    return hearth


@scene("Priya Nair")
def notes_beside_ones_text(priya: Someone, world: World) -> Hearth:
    hearth = priya.open_window(noted(priya, world))
    hearth.follow("Read the notes beside your text")
    hearth.shows("Notes beside your text")
    expect(hearth.root.locator(".note")).to_have_count(2)
    return hearth


@scene("Priya Nair")
def pages_of_a_pdf(priya: Someone, world: World) -> Hearth:
    hearth = priya.open_window(noted(priya, world))
    hearth.follow("Page 1")
    expect(hearth.root.locator("#page")).to_have_attribute("data-drawn", "1")
    return hearth


def noted(priya: Someone, world: World) -> Place:
    """An exchange in which Mai has written notes on Priya's text and on her PDF; made once."""
    title = "Notes and pages"
    found = [each for each in NOTED if each.house is world.house]
    if found:
        return found[0].place
    place = world.house.exchange(world.house.new_course(title), title)
    world.house.hand_in(place, "Mai Tran", WORK)
    hearth = priya.open_window(place)
    hearth.start_writing()
    hearth.writing.fill(WORK)
    sketch: FilePayload = {"name": "sketch.pdf", "mimeType": "application/pdf", "buffer": one_page("A bench that tips")}
    hearth.root.locator("input[type=file]").set_input_files(sketch)
    expect(hearth.root.locator("#work-files .files__one")).to_have_count(1)
    hearth.look_and_hand_in()
    browser = priya.context.browser
    assert browser is not None
    with closing(browser.new_context()) as context:
        mai = Someone(world.house, context, "Mai Tran")
        reviewing = mai.open_window(place)
        reviewing.take_work()
        for number, where in enumerate(("2: My grandmother", "A page of"), start=1):
            places = reviewing.root.get_by_label("Where it belongs")
            value = places.locator("option", has_text=where).get_attribute("value")
            places.select_option(value)
            reviewing.fill("Page", "1")
            reviewing.fill("Your note", "Whose bench is it?")
            reviewing.press("Add the note")
            expect(reviewing.root.locator(".note")).to_have_count(number)
        reviewing.give_feedback(WORDS)
    NOTED.append(Noted(house=world.house, place=place))
    return place


def one_page(words: str) -> bytes:
    """A PDF that says so, in a font that it does not bring along."""
    made = pikepdf.new()
    made.add_blank_page(page_size=(420, 300))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    made.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    made.pages[0].Contents = made.make_stream(f"BT /F1 32 Tf 40 150 Td ({words}) Tj ET".encode())
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


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


@scene("Mai Tran")
def rules_made_together(mai: Someone, world: World) -> Hearth:
    hearth = not_open_yet(mai, world)
    hearth.follow("How we give feedback in this class, and what you would add")
    return hearth.shows("How we give feedback in this class")


@scene("Aisha Rahman")
def a_rule_refused(aisha: Someone, world: World) -> Hearth:
    hearth = rules_made_together(aisha, world)
    hearth.fill("Good feedback in this class …", "ask one QUESTION")
    hearth.press("Propose it")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene("Mai Tran")
def feedback_waits(mai: Someone, world: World) -> Hearth:
    return _timed(mai, world)


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
def notes_and_who_reads_along(teacher: Someone, world: World) -> Hearth:
    hearth = settings(teacher, world)
    hearth.follow("Notes beside the text, and who reads along")
    return hearth.shows("Notes beside the text, and who reads along")


@scene(TEACHER)
def who_is_where(teacher: Someone, world: World) -> Hearth:
    return teacher.open_window(world.full)


@scene(TEACHER)
def who_is_stuck(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Who is stuck, and why")
    return hearth.shows("Who is stuck, and why")


@scene(TEACHER)
def who_reviews_whom(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Who reviews whom")
    return hearth.shows("Who reviews whom")


@scene(TEACHER)
def before_mixing_again(teacher: Someone, world: World) -> Hearth:
    hearth = who_reviews_whom(teacher, world)
    hearth.press("Mix again …")
    return hearth.shows("Mix again?")


@scene(TEACHER)
def at_a_glance(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("At a glance")
    return hearth.shows("At a glance")


@scene(TEACHER)
def reviewing_as_staff(teacher: Someone, world: World) -> Hearth:
    hearth = one_person(teacher, world)
    hearth.follow("Review it yourself")
    return hearth.shows("Your review of Diego Fuentes")


@scene(TEACHER)
def a_review_of_staff_begun(teacher: Someone, world: World) -> Hearth:
    hearth = reviewing_as_staff(teacher, world)
    hearth.fill("Overall", "I begin with what I like.")
    hearth.press("Save for later")
    expect(hearth.said).to_contain_text("Saved.")
    hearth.shows("Your review of Diego Fuentes")
    expect(hearth.root.get_by_label("Overall")).to_have_value("I begin with what I like.")
    return hearth


@scene(TEACHER)
def excusing(teacher: Someone, world: World) -> Hearth:
    hearth = one_person(teacher, world)
    hearth.follow("Excuse from reviews …")
    return hearth.shows("Excuse Diego Fuentes")


@scene(TEACHER)
def one_person(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Diego Fuentes")
    return hearth.shows("Diego Fuentes")


@scene(TEACHER)
def what_can_be_done_about_time(teacher: Someone, world: World) -> Hearth:
    hearth = _timed(teacher, world)
    expect(hearth.root.get_by_role("button", name="Release the feedback")).to_be_visible()
    return hearth


@scene(TEACHER)
def more_time(teacher: Someone, world: World) -> Hearth:
    hearth = _timed(teacher, world)
    hearth.follow("More time")
    return hearth.shows("More time")


@scene(TEACHER)
def giving_more_time(teacher: Someone, world: World) -> Hearth:
    hearth = more_time(teacher, world)
    hearth.follow("Give more time")
    return hearth.shows("Give more time")


@scene(TEACHER)
def what_more_time_moves(teacher: Someone, world: World) -> Hearth:
    hearth = giving_more_time(teacher, world)
    hearth.root.get_by_label("The people ticked below").check()
    hearth.root.locator("summary", has_text="Choose people").click()
    hearth.root.get_by_label("Diego Fuentes").check()
    hearth.fill("Their reviews are due", "2098-05-20T12:00")
    hearth.fill("Reason", "A broken arm.")
    hearth.press("See what it moves …")
    return hearth.shows("What it moves")


@scene(TEACHER)
def time_of_one_person(teacher: Someone, world: World) -> Hearth:
    hearth = _timed(teacher, world)
    hearth.follow("Mai Tran")
    return hearth.shows("Mai Tran")


@scene(TEACHER)
def opening_once_more(teacher: Someone, world: World) -> Hearth:
    hearth = time_of_one_person(teacher, world)
    hearth.follow("Let them hand in once more")
    return hearth.shows("Let them hand in once more")


@scene(TEACHER)
def what_comes_late(teacher: Someone, world: World) -> Hearth:
    hearth = settings(teacher, world)
    hearth.follow("What comes late")
    return hearth.shows("What comes late")


@scene(TEACHER)
def when_feedback_is_shown(teacher: Someone, world: World) -> Hearth:
    hearth = settings(teacher, world)
    hearth.follow("When authors see their feedback")
    return hearth.shows("When authors see their feedback")


@scene(TEACHER)
def a_grade_refused(teacher: Someone, world: World) -> Hearth:
    hearth = one_person(teacher, world)
    hearth.root.get_by_text("Set the grade by hand").click()
    hearth.fill("Points", "1000")
    hearth.press("Set the grade")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(TEACHER)
def rules_to_answer(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.later)
    hearth.follow("Rules that students propose")
    hearth.root.locator("summary", has_text="Answer it").first.click()
    return hearth.shows("How we give feedback in this class")


@scene(TEACHER)
def rules_of_feedback(teacher: Someone, world: World) -> Hearth:
    hearth = rules_to_answer(teacher, world)
    hearth.follow("Change the rules")
    return hearth.shows("The class’s own rules of feedback")


@scene(TEACHER)
def using_it_again(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.full)
    hearth.follow("Use it again")
    return hearth.shows("Use it again")


@scene(TEACHER)
def beginning_from(teacher: Someone, world: World) -> Hearth:
    hearth = using_it_again(teacher, world)
    if not teacher.page.get_by_text("Kept by a scene").count():
        hearth.fill("Name", "Kept by a scene")
        hearth.press("Keep the template")
    return hearth.shows("Begin from …")


@scene(TEACHER)
def beginning_from_a_broken_file(teacher: Someone, world: World) -> Hearth:
    hearth = beginning_from(teacher, world)
    broken = FilePayload(name="broken.json", mimeType="application/json", buffer=b'{"schema": "hearth-settings/1"}')
    hearth.root.get_by_label("A JSON file of settings").set_input_files(files=[broken])
    hearth.press("Begin from the file")
    return hearth.shows("Begin from …")


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


def _timed(person: Someone, world: World) -> Hearth:
    """The exchange with dates, by the home of its course."""
    hearth = person.home_window(world.timed.course)
    hearth.follow(world.timed.title)
    return hearth.shows(world.timed.title)
