"""
The pages of practising: works of the teacher, one's own work, and two works side by side.
"""

from functools import cache

from playwright.sync_api import expect

from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORDS, WORK, World, scene


@cache
def mirror(house: House) -> Place:
    """An exchange in which authors look at their own work before they see feedback; one of them has."""
    place = house.exchange(house.new_course("Seeing one’s own"), "A sketch of mine", instructions=INSTRUCTIONS)
    house.choose(place, "self-assessment", when="before")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(place, name, WORDS)
    house.assess_own(place, "Diego Fuentes", "I drew what I saw, and I would look closer next time.")
    return place


@scene("Mai Tran")
def feedback_waits_for_the_own_look(mai: Someone, world: World) -> Hearth:
    return mai.open_window(mirror(world.house))


@scene("Mai Tran")
def looking_at_ones_own_work(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(mirror(world.house))
    hearth.follow("Look at your own work")
    return hearth.shows("Look at your own work")


@scene("Diego Fuentes")
def both_views(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(mirror(world.house))
    hearth.root.get_by_text("The same as a table").click()
    expect(hearth.root.get_by_role("table", name="Both views, criterion by criterion")).to_be_visible()
    return hearth


@scene(TEACHER)
def how_an_author_sees_it(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(mirror(world.house))
    hearth.follow("Diego Fuentes")
    return hearth.shows("Diego Fuentes")


@scene(TEACHER)
def settings_of_self_assessment(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(mirror(world.house))
    hearth.follow("Settings")
    hearth.follow("Looking at one’s own work")
    return hearth.shows("Looking at one’s own work")


@cache
def training(house: House) -> Place:
    """An exchange with a work to practise with, which four students have tried."""
    place = house.exchange(house.new_course("Learning to see"), "A sketch to review", instructions=INSTRUCTIONS)
    house.choose(place, "practice", when="required", mark="near")
    house.add_example(place, "The bus stop", WORK, "It says whom it is for, and one can see her.")
    house.hand_in(place, "Mai Tran", WORK)
    for name in ("Diego Fuentes", "Tomasz Wójcik", "Leilani Kealoha", "Priya Nair"):
        house.practise(place, name, WORDS)
    return place


@scene("Mai Tran")
def practice_first(mai: Someone, world: World) -> Hearth:
    return mai.open_window(training(world.house))


@scene("Mai Tran")
def practising(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(training(world.house))
    hearth.follow("Practise")
    return hearth.shows("Practice work 1")


@scene("Diego Fuentes")
def works_to_practise_with(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(training(world.house))
    hearth.follow("Practice work 1")
    hearth.follow("Practise")
    return hearth.shows("Practise")


@scene("Diego Fuentes")
def practised(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(training(world.house))
    hearth.follow("Practice work 1")
    return hearth.shows("Practice work 1")


@scene(TEACHER)
def settings_of_practice(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(training(world.house))
    hearth.follow("Settings")
    hearth.follow("Practising before the first review")
    return hearth.shows("Practising before the first review")


@scene(TEACHER)
def a_work_to_practise_with(teacher: Someone, world: World) -> Hearth:
    hearth = settings_of_practice(teacher, world)
    hearth.follow("The bus stop")
    return hearth.shows("A work to practise with")


@scene(TEACHER)
def how_the_class_sees_it(teacher: Someone, world: World) -> Hearth:
    hearth = settings_of_practice(teacher, world)
    hearth.follow("Tried by 4 students")
    return hearth.shows("How the class sees “The bus stop”")


@cache
def rivals(house: House) -> Place:
    """An exchange in which four students compare works, and three of them have."""
    place = house.exchange(house.new_course("Side by side"), "Sketches side by side", instructions=INSTRUCTIONS)
    house.choose(place, "anonymity", minimum="1")
    house.choose(place, "comparing", pairs="1", tells="1")
    names = ("Mai Tran", "Diego Fuentes", "Tomasz Wójcik", "Leilani Kealoha")
    for name in names:
        house.hand_in(place, name, WORK)
    for name in names:
        house.give_feedback(place, name, WORDS)
    house.begin_comparing(place)
    for name in names[1:]:
        house.compare(place, name, WORDS)
    return place


@scene("Mai Tran")
def to_compare(mai: Someone, world: World) -> Hearth:
    return mai.open_window(rivals(world.house))


@scene("Mai Tran")
def comparing_two_works(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(rivals(world.house))
    hearth.follow("Pair 1")
    return hearth.shows("Compare two works")


@scene("Diego Fuentes")
def two_works_compared(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(rivals(world.house))
    hearth.follow("Pair 1")
    return hearth.shows("Compare two works")


@scene("Leilani Kealoha")
def what_others_wrote_when_they_compared(leilani: Someone, world: World) -> Hearth:
    return leilani.open_window(rivals(world.house))


@scene(TEACHER)
def rounds_and_advice(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(rivals(world.house))
    hearth.follow("Comparing works")
    hearth.shows("Comparing works side by side")
    hearth.root.locator("details summary").first.click()
    expect(hearth.root.get_by_role("button", name="Hide it from the authors").first).to_be_visible()
    return hearth


@scene(TEACHER)
def settings_of_comparing(teacher: Someone, world: World) -> Hearth:
    hearth = rounds_and_advice(teacher, world)
    hearth.follow("Settings of comparing")
    return hearth.shows("Comparing works side by side")
