"""
A real PDF, read page by page, and notes on its pages.
"""

from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import House, Place
from tests.browser.people import Hearth
from tests.browser.test_notes import tab_to

DARK = """(sheet) => {
  const paper = sheet.querySelector("canvas");
  const points = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height).data;
  let dark = 0;
  for (let at = 0; at < points.length; at += 4) if (points[at + 3] > 0 && points[at] < 128) dark += 1;
  return dark;
}"""
"""How many points of the page are dark: more than none where something is drawn."""


@pytest.fixture
def sketch(tmp_path: Path) -> Path:
    """Two pages of words in a font that the file does not bring along."""
    made = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for words in ("A roof that folds", "The hinge of it"):
        made.add_blank_page(page_size=(420, 300))
        page = made.pages[-1]
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = made.make_stream(f"BT /F1 32 Tf 40 150 Td ({words}) Tj ET".encode())
    file = tmp_path / "sketch.pdf"
    made.save(file)
    return file


@pytest.fixture
def place(house: House, someone: MakesSomeone, sketch: Path) -> Place:
    """An exchange in which Diego handed in a PDF and Mai has it for review."""
    made = house.exchange(house.new_course("Pages"), "Pages")
    house.hand_in(made, "Mai Tran", "A roof.")
    diego = someone("Diego Fuentes").open_window(made)
    diego.start_writing()
    diego.writing.fill("See the file.")
    diego.add_file(sketch)
    diego.look_and_hand_in()
    house.take_work(made, "Mai Tran")
    return made


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def draw(page: Page, hearth: Hearth) -> None:
    """Draw an area on the page that is shown."""
    sheet = hearth.root.locator("#page")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=4)
    page.mouse.up()


def shows_page(hearth: Hearth, number: int, words: str) -> None:
    sheet = hearth.root.locator("#page")
    expect(sheet).to_have_attribute("data-drawn", str(number))
    expect(hearth.root.locator("[data-pages-target=text]")).to_contain_text(words)
    assert sheet.evaluate(DARK) > 100


def test_a_pdf_is_read_page_by_page_and_noted_by_keyboard_alone(someone: MakesSomeone, place: Place) -> None:
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.follow("Go on reviewing")
    said = complaints(mai.page)
    hearth.follow("Read it here, page by page")
    hearth.shows("work-1.pdf")
    shows_page(hearth, 1, "A roof that folds")

    tab_to(mai.page, "Next page")
    mai.page.keyboard.press("Enter")
    shows_page(hearth, 2, "The hinge of it")
    tab_to(mai.page, "Point at a place")
    mai.page.keyboard.press("Enter")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        mai.page.keyboard.press(key)
    expect(hearth.root.locator("[data-pages-target=status]")).to_have_text(
        "Area of the note: 46 percent from the left, 48 percent from the top, 2 percent wide, 3 percent high."
    )
    tab_to(mai.page, "Your note")
    mai.page.keyboard.type("Who oils it?")
    tab_to(mai.page, "Add the note")
    mai.page.keyboard.press("Enter")

    note = hearth.root.locator(".note")
    expect(note).to_contain_text("Page 2")
    expect(note.get_by_role("textbox")).to_have_value("Who oils it?")
    shows_page(hearth, 2, "The hinge of it")
    expect(hearth.root.get_by_role("link", name="Note 1", exact=True)).to_have_class("pin pin--area")
    assert said == []


def test_whoever_clicks_on_a_page_points_at_it_and_the_author_finds_the_place(
    someone: MakesSomeone, place: Place
) -> None:
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.follow("Go on reviewing")
    hearth.follow("Read it here, page by page")
    shows_page(hearth, 1, "A roof that folds")
    box = hearth.root.locator("#page").bounding_box()
    assert box is not None
    hearth.root.locator("#page").click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    hearth.fill("Your note", "Folds where?")
    hearth.press("Add the note")
    expect(hearth.root.locator(".note")).to_contain_text("a place on it")
    shows_page(hearth, 1, "A roof that folds")
    draw(mai.page, hearth)
    expect(hearth.root.locator(".pin--new")).to_have_class("pin pin--new pin--area")
    hearth.press("The whole page")
    expect(hearth.root.locator(".pin--new")).to_be_hidden()
    hearth.follow("Your feedback")
    expect(hearth.root.locator("#notes-on-pages")).to_be_visible()
    hearth.give_feedback("It is clear.")

    diego = someone("Diego Fuentes").open_window(place)
    diego.follow("Page 1")
    shows_page(diego, 1, "A roof that folds")
    expect(diego.root.locator(".note")).to_contain_text("Folds where?")
    pin = diego.root.get_by_role("link", name="Note 1", exact=True)
    expect(pin).to_be_visible()
    sheet, found = diego.root.locator("#page").bounding_box(), pin.bounding_box()
    assert sheet is not None
    assert found is not None
    assert abs((found["x"] + found["width"] / 2 - sheet["x"]) / sheet["width"] - 0.25) < 0.02


def test_without_script_notes_on_pages_are_a_list_and_a_form(someone: MakesSomeone, place: Place) -> None:
    mai = someone("Mai Tran", java_script_enabled=False)
    hearth = mai.open_by_hand(place)
    hearth.follow("Go on reviewing")
    hearth.follow("Read it here, page by page")

    hearth.root.get_by_role("textbox", name="Page", exact=True).fill("2")
    hearth.fill("Your note", "Who oils it?")
    hearth.press("Add the note")

    expect(hearth.root.get_by_role("link", name="Open the file itself")).to_be_visible()
    expect(hearth.root.locator(".note").get_by_role("textbox")).to_have_value("Who oils it?")
    expect(hearth.root.locator(".note")).to_contain_text("Page 2")
