"""
The student's whole job without a script, and without a mouse.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import House, Place

STEPS = 80
"""No page has more things to stop at."""


@pytest.fixture
def place(house: House, request: pytest.FixtureRequest) -> Place:
    """An exchange where Diego has handed in already."""
    found = house.exchange(house.new_course(request.node.originalname), "Sketch")
    house.hand_in(found, "Diego Fuentes", "A roof that folds.")
    return found


def test_a_student_takes_part_without_javascript(
    house: House, place: Place, someone: MakesSomeone, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Notes beside the words.")
    mai = someone("Mai Tran", java_script_enabled=False)
    hearth = mai.open_by_hand(place)

    # Words and a file.
    hearth.start_writing()
    hearth.writing.fill("A roof with a light.")
    hearth.root.locator("input[type=file]").set_input_files(notes)
    hearth.press(re.compile("^Add"))
    expect(hearth.root.locator("#work-files .files__one")).to_have_count(1)
    hearth.look_and_hand_in()

    # A review, forgotten at first and then complete.
    hearth.take_work()
    hearth.press("Give the feedback")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    hearth.give_feedback("Who folds it?")

    # What came back, and the reply.
    house.give_feedback(place, "Diego Fuentes", "The light is good.")
    hearth = mai.open_by_hand(place)
    expect(hearth.received).to_contain_text("The light is good.")
    hearth.reply("It stays.")
    expect(hearth.now).to_contain_text("All done")


def test_a_student_takes_part_by_keyboard_alone(house: House, place: Place, someone: MakesSomeone) -> None:
    mai = someone("Mai Tran")
    page, hearth = mai.page, mai.open_window(place)

    # Hand in.
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    tab_to(page, "Start writing")
    page.keyboard.press("Enter")
    hearth.shows("Your work")
    tab_to(page, "Write here")
    page.keyboard.type("A roof with a light.")
    tab_to(page, "Look at it and hand in …")
    page.keyboard.press("Enter")
    hearth.shows("Ready to hand in?")
    tab_to(page, "Hand it in")
    page.keyboard.press("Enter")
    expect(hearth.now).to_contain_text("Give feedback to a classmate")

    # Review: a level by the arrow keys, words by typing.
    tab_to(page, "Get a work to review")
    page.keyboard.press("Enter")
    hearth.shows(re.compile("^Feedback on"))
    for group in hearth.root.get_by_role("radiogroup").all():
        tab_into(page, group)
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        expect(group.get_by_role("radio", checked=True)).to_have_count(1)
    for field in hearth.root.locator("#review-form textarea").all():
        tab_into(page, field)
        page.keyboard.type("Who folds it?")
    tab_to(page, "Give the feedback")
    page.keyboard.press("Enter")
    expect(hearth.root.locator("#review-form")).to_have_count(0)

    assert "1 of 1" in house.opened(place, "Amara Okafor").text


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* has the focus."""
    tab_into(
        page,
        page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).or_(page.get_by_label(name)),
    )


def tab_into(page: Page, thing: Locator) -> None:
    """Press Tab until *thing*, or something in it, has the focus."""
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        if thing.first.evaluate("each => each.contains(document.activeElement)"):
            return
    raise AssertionError(f"Tab never comes to {thing}")
