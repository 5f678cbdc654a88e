"""
The same launch in every browser that people have: with cookies, with some, with none.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import House, Place
from tests.browser.people import Hearth, Someone

THIRD_PARTY_BLOCKED = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}
THIRD_PARTY_ALLOWED = {"profile": {"block_third_party_cookies": False, "cookie_controls_mode": 0}}


@pytest.fixture(scope="module")
def place(house: House) -> Place:
    """An exchange to open."""
    return house.exchange(house.new_course("Cookies"), "Who are you?")


@pytest.fixture
def with_profile(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[[Any], BrowserContext]]:
    """A browser as it is installed, not incognito, with preferences of its user."""
    made: list[BrowserContext] = []

    def make(preferences: Any) -> BrowserContext:
        folder = tmp_path / "profile"
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
        made.append(browser_type.launch_persistent_context(folder, **browser_type_launch_args))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def as_canvas(house: House) -> Iterator[None]:
    """The LMS keeps values for tools, as Canvas does."""
    house.api("PATCH", "settings", brand="canvas")
    yield
    house.api("PATCH", "settings", brand="standard")


@pytest.fixture
def keeps_nothing(house: House) -> Iterator[None]:
    """The LMS keeps no values for tools."""
    house.api("PATCH", "settings", storage_target="")
    yield
    house.api("PATCH", "settings", storage_target="brand")


@pytest.fixture
def without_memory(house: House, with_profile: Callable[[Any], BrowserContext]) -> BrowserContext:
    """A browser that keeps nothing at all for Hearth within the LMS, not even a cookie apart from those elsewhere."""
    blocked = {f"{house.tool},{house.lms}": {"setting": 2}}
    return with_profile({"profile": {"content_settings": {"exceptions": {"cookies": blocked}}}})


@pytest.mark.parametrize("preferences", [THIRD_PARTY_ALLOWED, THIRD_PARTY_BLOCKED], ids=["allowed", "blocked"])
def test_a_student_takes_part_whatever_is_done_with_third_party_cookies(
    house: House, place: Place, with_profile: Callable[[Any], BrowserContext], preferences: Any
) -> None:
    mai = Someone(house, with_profile(preferences), "Mai Tran")

    hearth = mai.open(place)
    hearth.start_writing()
    hearth.writing.fill("Me, in a frame.")
    hearth.press("Save the draft")

    expect(hearth.said).to_have_text("Saved.")
    expect(hearth.writing).to_have_value("Me, in a frame.")


def test_a_student_takes_part_in_an_incognito_window(place: Place, someone: MakesSomeone) -> None:
    hearth = someone("Diego Fuentes").open(place)

    hearth.start_writing()
    hearth.writing.fill("Me, incognito.")
    hearth.press("Save the draft")

    expect(hearth.writing).to_have_value("Me, incognito.")


@pytest.mark.usefixtures("as_canvas")
def test_without_any_cookie_the_lms_keeps_the_proof(house: House, place: Place, without_memory: BrowserContext) -> None:
    aisha = Someone(house, without_memory, "Aisha Rahman")

    hearth = aisha.open(place)
    hearth.start_writing()
    hearth.writing.fill("Me, without a cookie.")
    hearth.press("Save the draft")

    hearth.is_saved()
    expect(hearth.writing).to_have_value("Me, without a cookie.")
    assert without_memory.cookies(house.tool) == []


@pytest.mark.usefixtures("keeps_nothing")
def test_with_no_memory_at_all_the_page_says_why_and_a_new_window_works(
    house: House, place: Place, without_memory: BrowserContext
) -> None:
    noah = Someone(house, without_memory, "Noah Becker")
    noah.open_course(place.course)
    noah.page.get_by_role("link", name=place.title, exact=True).click()
    noah.hearth.shows("Open Hearth in its own window")
    expect(noah.hearth.text(re.compile("keeps nothing for pages that are shown inside another site"))).to_be_visible()

    # A window of its own is first-party: there the browser keeps cookies.
    with without_memory.expect_page() as opened:
        noah.hearth.press("Open in a new window")
    window = Hearth(opened.value)

    window.shows(place.title)
    window.hand_in("Me, in a window.")
    noah.hearth.shows("Open Hearth in its own window")
