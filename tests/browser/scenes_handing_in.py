"""
Pages about what is handed in, and taken back.
"""

from functools import cache

from tests.browser.house import House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORDS, WORK, World, scene


@cache
def taken_back(house: House) -> Place:
    """An exchange in which somebody took their work back while it was read, and the other may yet."""
    place = house.exchange(house.new_course("Second thoughts"), "A sketch", instructions=INSTRUCTIONS)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.begin_feedback(place, name, WORDS)
    house.take_back(place, "Diego Fuentes")
    return place


@scene("Diego Fuentes")
def work_taken_back(diego: Someone, world: World) -> Hearth:
    return diego.open_window(taken_back(world.house))


@scene("Mai Tran")
def taking_work_back(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(taken_back(world.house))
    hearth.follow("Take it back …")
    return hearth.shows("Take your work back?")


@scene("Mai Tran")
def reading_what_was_taken_back(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(taken_back(world.house))
    hearth.root.get_by_text("What you wrote about it").click()
    return hearth
