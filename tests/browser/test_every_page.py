"""
Every page of the product is for everybody: found well by axe, and fit for a narrow frame.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import (  # noqa: F401 - add their scenes to the list
    scenes_admin,
    scenes_feedback_files,
    scenes_guests,
    scenes_handing_in,
    scenes_lms,
    scenes_moodle,
    scenes_trust,
)
from tests.browser.conftest import PATIENCE
from tests.browser.house import House
from tests.browser.keyboard import strayed
from tests.browser.looks import findings
from tests.browser.people import Someone
from tests.browser.scenes import SCENES, Scene, World, settle


@pytest.fixture(scope="module")
def world(house: House) -> World:
    """People at every step."""
    return settle(house)


@pytest.fixture(scope="module")
def at_hand(house: House, browser: Browser) -> Iterator[Callable[[str], Someone]]:
    """People who stay signed in at their browsers from one page to the next."""
    known: dict[str, Someone] = {}

    def find(name: str) -> Someone:
        if name not in known:
            context = browser.new_context(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
            context.set_default_timeout(PATIENCE)
            known[name] = Someone(house, context, name)
        return known[name]

    yield find
    for each in known.values():
        each.context.close()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_nothing_on_the_page_keeps_anybody_out(scene: Scene, world: World, at_hand: Callable[[str], Someone]) -> None:
    person = at_hand(scene.person)

    scene.go(person, world)

    assert findings(person.page) == []
    assert strayed(person.page) == []
