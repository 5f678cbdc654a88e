"""
Notes on single places of a work: written by keyboard alone, by pointing at words, and without any script.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import House, Place

WORK = "# A roof\n\nFor people who **wait in the rain** and for those who wait in the sun.\n\nIt folds."

SELECT = """([number, words]) => {
  const text = document.querySelector(`#paragraph-${number} [data-noting-words]`);
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const at = walker.currentNode.data.indexOf(words);
    if (at < 0) continue;
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + words.length);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
"""Selects the last place where the words stand."""


def made(house: House, title: str) -> Place:
    """An exchange in which Mai and Diego have handed in."""
    place = house.exchange(house.new_course(title), title)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    return place


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if (
            page.evaluate("document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent")
            .strip()
            .startswith(name)
        ):
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


def test_a_note_is_written_by_keyboard_alone(house: House, someone: MakesSomeone) -> None:
    """Pain 25: and where names are hidden."""
    place = made(house, "Notes by keyboard")
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.take_work()

    tab_to(mai.page, "Where it belongs")
    mai.page.keyboard.type("2")
    tab_to(mai.page, "Which words")
    mai.page.keyboard.type("wait in the rain")
    tab_to(mai.page, "Your note")
    mai.page.keyboard.type("Who are they?")
    tab_to(mai.page, "Add the note")
    mai.page.keyboard.press("Enter")

    added = hearth.root.get_by_role("list", name="Notes on paragraph 2").get_by_role("textbox")
    expect(added).to_have_value("Who are they?")
    expect(hearth.root.locator("#paragraph-2 mark")).to_have_text("wait in the rain")
    expect(hearth.root.get_by_label("Your note")).to_have_value("")

    # Said otherwise, it is saved like everything else, and given with the rest.
    added.focus()
    mai.page.keyboard.press("Control+End")
    mai.page.keyboard.type(" And when?")
    hearth.is_saved()
    mai.page.reload()
    expect(added).to_have_value("Who are they? And when?")
    hearth.give_feedback("It reads well.")
    diego = someone("Diego Fuentes").open_window(place)
    diego.follow("Read the notes beside your text")
    expect(diego.root.locator(".note")).to_contain_text("Who are they? And when?")
    diego.press("I will use it")
    expect(diego.root.get_by_role("button", name="I will use it")).to_have_attribute("aria-pressed", "true")
    expect(diego.root.locator("#plan")).to_contain_text("Note on “wait in the rain”")


def test_who_points_at_words_gets_them_into_the_note(house: House, someone: MakesSomeone) -> None:
    place = made(house, "Notes by pointing")
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.take_work()

    mai.page.evaluate(SELECT, [2, "wait"])
    hearth.press("Write a note on this")
    mai.page.keyboard.type("The second one?")

    expect(hearth.root.get_by_label("Which words")).to_have_value("wait")
    hearth.is_saved()
    mai.page.reload()
    expect(hearth.root.get_by_label("Your note")).to_have_value("The second one?")
    hearth.press("Add the note")
    marked = hearth.root.locator("#paragraph-2 mark")
    expect(marked).to_have_text("wait")
    assert marked.evaluate("(each) => each.previousSibling.data") == " and for those who "


def test_saving_for_later_gives_nothing(house: House, someone: MakesSomeone) -> None:
    place = made(house, "Saving for later")
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.take_work()
    hearth.answer("Not ready yet.")

    hearth.press("Save for later")

    expect(hearth.said).to_have_text("Saved.")
    hearth.shows(re.compile("^Feedback on"))
    expect(hearth.root.locator("#review-form")).to_be_visible()


def test_a_note_is_written_without_any_script(house: House, someone: MakesSomeone) -> None:
    place = made(house, "Notes without script")
    house.take_work(place, "Mai Tran")
    mai = someone("Mai Tran", java_script_enabled=False)
    hearth = mai.open_by_hand(place)
    hearth.follow("Go on reviewing")

    hearth.root.get_by_label("Where it belongs").select_option("text-3")
    hearth.fill("Your note", "How?")
    hearth.press("Add the note")

    expect(hearth.root.get_by_role("list", name="Notes on paragraph 3").get_by_role("textbox")).to_have_value("How?")
