"""
Pages of those who have handed in nothing and help all the same.
"""

from functools import cache

from playwright.sync_api import expect

from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORK, World, scene


@cache
def short_of_readers(house: House) -> Place:
    """An exchange past its date, with two works that nobody but a guest can give a second reader."""
    return _made(house, "Two and a guest")


@cache
def over_for_work(house: House) -> Place:
    """The same where nothing is handed in any more."""
    place = _made(house, "Two, a guest and no more work")
    house.choose(place, "late", work="refused")
    return place


def _made(house: House, course: str) -> Place:
    place = house.exchange(
        house.new_course(course),
        "A sketch for more eyes",
        reviews=2,
        instructions=INSTRUCTIONS,
        submit_by="2026-01-05T12:00",
        review_by="2098-05-10T12:00",
    )
    house.choose(place, "pairing", guests="1")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    house.take_work(place, "Priya Nair")
    return place


@scene(TEACHER)
def allowing_guests(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(short_of_readers(world.house))
    hearth.follow("Settings")
    hearth.follow("Who reviews whom")
    return hearth.shows("Who reviews whom")


@scene("Noah Becker")
def a_guest_may_help(noah: Someone, world: World) -> Hearth:
    hearth = noah.open_window(short_of_readers(world.house))
    expect(hearth.root.get_by_role("button", name="Review a work")).to_be_visible()
    return hearth


@scene("Noah Becker")
def a_guest_where_work_is_over(noah: Someone, world: World) -> Hearth:
    hearth = noah.open_window(over_for_work(world.house))
    expect(hearth.root.get_by_role("button", name="Review a work")).to_be_visible()
    return hearth


@scene("Priya Nair")
def a_guest_with_a_work_in_hand(priya: Someone, world: World) -> Hearth:
    hearth = priya.open_window(short_of_readers(world.house))
    expect(hearth.root.get_by_role("link", name="Go on reviewing")).to_be_visible()
    return hearth


@scene(TEACHER)
def who_is_where_with_a_guest(teacher: Someone, world: World) -> Hearth:
    return teacher.open_window(short_of_readers(world.house))
