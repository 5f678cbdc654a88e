"""
The pages of practising: looking at one's own work.
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
