"""
A file that takes its time: what is typed and pressed meanwhile comes after it, and nothing looks like another tab.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE, MakesSomeone
from tests.browser.house import House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.test_main_job import PICTURE

ELSEWHERE = "changed in another tab"
LATER = 20_000
"""Milliseconds after which whatever waits to be saved is sent."""


class Slow:
    """A slow line: what is sent to one address comes when the test says so."""

    def __init__(self, page: Page, address: str | re.Pattern[str] = "**/work/files") -> None:
        self.page = page
        self.held: list[Route] = []
        self.is_slow = True
        page.route(address, self._meet)

    def is_holding(self) -> None:
        """Wait until something is held."""
        for _ in range(PATIENCE // 20):
            if self.held:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("nothing came")

    def let_go(self) -> None:
        """Let what is held come through, and what follows at once."""
        self.is_slow = False
        for route in self.held:
            route.continue_()

    def _meet(self, route: Route) -> None:
        if self.is_slow:
            self.held.append(route)
        else:
            route.continue_()


@pytest.fixture
def place(house: House, request: pytest.FixtureRequest) -> Place:
    """An exchange of this test's own."""
    return house.exchange(house.new_course("Uploads"), f"About {request.node.originalname}"[:60])


@pytest.fixture
def mai(someone: MakesSomeone) -> Someone:
    """Mai, whose clock can be put forward."""
    made = someone("Mai Tran")
    made.page.clock.install()
    return made


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "bus stop.png"
    file.write_bytes(PICTURE)
    return file


def begin(mai: Someone, place: Place) -> Hearth:
    """Some words that are saved."""
    hearth = mai.open_window(place)
    hearth.start_writing()
    hearth.writing.fill("Typed before the file.")
    mai.page.clock.fast_forward(LATER)
    hearth.is_saved()
    return hearth


def choose(hearth: Hearth, *files: Path) -> None:
    hearth.root.locator("input[type=file]").set_input_files([*files])


def test_a_file_chosen_before_the_scripts_are_there_is_sent_once_they_are(
    someone: MakesSomeone, place: Place, picture: Path
) -> None:
    aisha = someone("Aisha Rahman")
    hearth = aisha.open_window(place)
    slow = Slow(aisha.page, re.compile(r"/js/app|/vendor/htmx"))
    hearth.follow(re.compile("Start writing"))
    slow.is_holding()
    choose(hearth, picture)

    slow.let_go()

    expect(hearth.root.locator(".files__one")).to_have_count(1)


def test_words_saved_while_a_file_is_on_its_way_look_like_no_other_tab(
    mai: Someone, place: Place, picture: Path
) -> None:
    hearth = begin(mai, place)
    slow = Slow(mai.page)

    hearth.writing.fill("Typed with the file.")
    choose(hearth, picture)
    slow.is_holding()
    expect(hearth.text("Your file is on its way …")).to_be_visible()
    hearth.writing.fill("Typed after the file.")
    mai.page.clock.fast_forward(LATER)
    slow.let_go()
    expect(hearth.root.locator(".files__one")).to_have_count(1)
    mai.page.clock.fast_forward(LATER)
    hearth.is_saved()

    expect(hearth.text(re.compile(ELSEWHERE))).to_have_count(0)
    mai.page.reload()
    expect(hearth.writing).to_have_value("Typed after the file.")
    expect(hearth.root.locator("#copies .copies__one")).to_have_count(0)


def test_a_file_chosen_while_words_are_saved_waits_for_them(mai: Someone, place: Place, picture: Path) -> None:
    hearth = begin(mai, place)
    slow = Slow(mai.page, "**/work/draft")

    hearth.writing.fill("Typed after the first save.")
    mai.page.clock.fast_forward(LATER)
    slow.is_holding()
    hearth.writing.fill("Typed beside the file.")
    choose(hearth, picture)
    slow.let_go()
    expect(hearth.root.locator(".files__one")).to_have_count(1)

    expect(hearth.text(re.compile(ELSEWHERE))).to_have_count(0)
    mai.page.reload()
    expect(hearth.writing).to_have_value("Typed beside the file.")
    expect(hearth.root.locator("#copies .copies__one")).to_have_count(0)


def test_who_hands_in_while_a_file_is_on_its_way_hands_the_file_in_too(
    mai: Someone, place: Place, picture: Path
) -> None:
    hearth = begin(mai, place)
    slow = Slow(mai.page)

    choose(hearth, picture)
    slow.is_holding()
    hearth.writing.fill("Typed after the file.")
    hearth.press(re.compile("Look at it and hand in"))
    expect(hearth.root.get_by_role("button", name=re.compile("Look at it and hand in"))).to_have_class(
        re.compile("htmx-request")
    )
    hearth.shows("Your work")
    slow.let_go()

    hearth.shows("Ready to hand in?")
    expect(hearth.root.locator(".sheet")).to_contain_text("Typed after the file.")
    expect(hearth.root.get_by_role("link", name="work-1.png", exact=True)).to_be_visible()
    hearth.press("Hand it in")
    expect(hearth.said).to_have_text("Handed in. Thank you!")


def test_who_hands_in_while_a_file_is_refused_stays_and_reads_why(mai: Someone, place: Place, tmp_path: Path) -> None:
    hearth = begin(mai, place)
    slow = Slow(mai.page)
    unknown = tmp_path / "sketch.bin"
    unknown.write_bytes(bytes(range(256)))

    choose(hearth, unknown)
    slow.is_holding()
    hearth.writing.fill("Typed after the file.")
    hearth.press(re.compile("Look at it and hand in"))
    slow.let_go()

    expect(hearth.root.locator("#work-files .field__error")).to_contain_text("This one is something else.")
    hearth.shows("Your work")
    mai.page.clock.fast_forward(LATER)
    hearth.is_saved()
    mai.page.reload()
    expect(hearth.writing).to_have_value("Typed after the file.")


def test_files_chosen_one_after_the_other_all_arrive(mai: Someone, place: Place, picture: Path, tmp_path: Path) -> None:
    notes, more = tmp_path / "notes.txt", tmp_path / "more.txt"
    notes.write_text("Notes.")
    more.write_text("More notes.")
    hearth = begin(mai, place)
    slow = Slow(mai.page)

    for file in (picture, notes, more):
        choose(hearth, file)
    slow.is_holding()
    slow.let_go()

    expect(hearth.root.locator(".files__one")).to_have_count(3)
    hearth.writing.fill("Typed after the files.")
    mai.page.clock.fast_forward(LATER)
    hearth.is_saved()
    expect(hearth.text(re.compile(ELSEWHERE))).to_have_count(0)


def test_a_file_taken_away_while_another_is_on_its_way_is_gone_after_it(
    mai: Someone, place: Place, picture: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Notes.")
    hearth = begin(mai, place)
    hearth.add_file(notes)
    slow = Slow(mai.page)

    choose(hearth, picture)
    slow.is_holding()
    hearth.press("Remove work-1.txt")
    slow.let_go()

    expect(hearth.root.locator(".files__one", has_text="work-1.txt")).to_have_count(0)
    expect(hearth.root.locator(".files__one")).to_have_text(re.compile("work-2.png"))
    expect(hearth.text(re.compile(ELSEWHERE))).to_have_count(0)


def test_a_draft_that_is_too_long_takes_no_file_and_the_list_of_files_says_why(
    mai: Someone, place: Place, picture: Path
) -> None:
    hearth = begin(mai, place)

    hearth.writing.evaluate("(field) => { field.removeAttribute('maxlength'); field.value = 'a '.repeat(120_000); }")
    choose(hearth, picture)

    expect(hearth.root.locator("#work-files .field__error")).to_be_visible()
    expect(hearth.root.locator("input[name=base_revision]")).to_have_count(1)
    expect(hearth.root.locator("input[type=file]")).to_have_count(1)
