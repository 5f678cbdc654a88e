"""
Two people, two courses, two tabs in one browser: nobody acts as somebody else, and no word is lost.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone


@pytest.fixture(scope="module")
def course(house: House) -> str:
    """A course for the exchanges of this file."""
    return house.new_course("Tabs")


@pytest.fixture
def place(house: House, course: str, request: pytest.FixtureRequest) -> Place:
    """An exchange of this test's own."""
    return house.exchange(course, f"About {request.node.originalname}"[:60])


def test_the_tab_of_a_teacher_and_their_student_view_stay_apart(place: Place, someone: MakesSomeone) -> None:
    teacher = someone(TEACHER)
    overview = teacher.open(place)
    tab = teacher.another_tab()
    tab.open_course(place.course)
    tab.page.get_by_role("button", name="Student view").click()
    as_student = tab.open(place)
    expect(as_student.text("This is what a student sees")).to_be_visible()

    teacher.turn_to()
    overview.follow("Settings")
    overview.shows("Settings")
    overview.press("Save")
    overview.shows(place.title)

    expect(overview.root.get_by_role("button", name="Close it")).to_be_visible()
    expect(overview.who).to_contain_text("Teacher")
    expect(as_student.who).not_to_contain_text("Teacher")
    expect(as_student.root.get_by_role("button", name="Start writing")).to_be_disabled()


def test_two_people_who_share_a_browser_never_act_as_one_another(
    house: House, place: Place, someone: MakesSomeone
) -> None:
    teacher = someone(TEACHER)
    overview = teacher.open(place)
    mai = Someone(house, teacher.context, "Mai Tran")
    hearth = mai.open(place)
    hearth.start_writing()

    # The teacher's tab was opened first, and still acts as the teacher; the student's as the student.
    teacher.turn_to()
    overview.press("Close it")
    overview.press("Open it again")
    expect(overview.root.get_by_role("button", name="Close it")).to_be_visible()
    mai.turn_to()
    hearth.writing.fill("These words are Mai's.")
    hearth.look_and_hand_in()

    expect(overview.who).to_have_text(re.compile(TEACHER))
    expect(hearth.who).to_have_text(re.compile("Mai Tran"))
    teacher.turn_to()
    overview.follow("Mai Tran")
    expect(overview.text("These words are Mai's.")).to_be_visible()


def test_a_tab_that_was_forgotten_says_so_and_keeps_what_was_typed(place: Place, someone: MakesSomeone) -> None:
    mai = someone("Mai Tran")
    hearth = mai.open(place)
    hearth.start_writing()

    # The browser threw its cookies away meanwhile.
    mai.context.clear_cookies(name="__Host-hearth")
    hearth.writing.fill("Typed too late to be saved.")
    expect(hearth.text("Your visit has ended, so nothing more is saved.")).to_be_visible()
    hearth.press("Save the draft")

    hearth.shows("Please open this again from your course")
    expect(hearth.root.get_by_role("textbox")).to_have_value("Typed too late to be saved.")


def test_words_of_a_forgotten_tab_come_back_when_it_is_opened_again(place: Place, someone: MakesSomeone) -> None:
    mai = someone("Mai Tran")
    # In frames some browsers keep nothing; a window of its own always can.
    hearth = mai.open_window(place)
    hearth.start_writing()
    mai.context.clear_cookies(name="__Host-hearth")
    hearth.writing.fill("Typed too late to be saved.")
    hearth.press("Save the draft")
    hearth.shows("Please open this again from your course")

    hearth = mai.open_window(place)
    hearth.start_writing()

    expect(hearth.text("We put back what you had typed here before.")).to_be_visible()
    expect(hearth.writing).to_have_value("Typed too late to be saved.")


def test_a_second_click_on_a_button_changes_nothing(house: House, place: Place, someone: MakesSomeone) -> None:
    house.hand_in(place, "Diego Fuentes", "A roof that folds.")
    hearth = someone("Mai Tran").open(place)
    hearth.start_writing()
    hearth.writing.fill("A roof with a light.")
    hearth.press(re.compile("Look at it and hand in"))
    hearth.press("Hand it in", times=2)
    expect(hearth.now).to_contain_text("Give feedback to a classmate")

    hearth.press("Get a work to review", times=2)
    hearth.answer("Who folds it?")
    hearth.press("Give the feedback", times=2)
    expect(hearth.root.locator("#review-form")).to_have_count(0)

    diego = someone("Diego Fuentes").open(place)
    expect(diego.received).to_have_count(1)
    diego.root.get_by_role("textbox", name="Your reply").fill("Everybody does.")
    diego.press("Send the reply", times=2)
    expect(diego.received.locator(".thread .prose", has_text="Everybody does.")).to_have_count(1)
    overview = someone(TEACHER).open(place)
    expect(overview.row("Mai Tran")).to_contain_text("1 of 1")
    overview.follow("Mai Tran")
    expect(overview.text(re.compile("Handed in"))).to_be_visible()
    expect(overview.text(re.compile("version 2"))).to_have_count(0)


def test_the_back_button_brings_back_the_words_and_hands_nothing_in_twice(place: Place, someone: MakesSomeone) -> None:
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.hand_in("Handed in once.")

    mai.page.go_back()
    mai.page.go_back()
    hearth.shows("Your work")

    expect(hearth.writing).to_have_value("Handed in once.")
    hearth.writing.fill("Handed in, and mended.")
    hearth.look_and_hand_in()
    expect(hearth.text("Handed in, and mended.")).to_have_count(1)


def test_two_tabs_that_write_the_same_draft_lose_neither_version(place: Place, someone: MakesSomeone) -> None:
    mai = someone("Mai Tran")
    one, other = mai.open(place), mai.another_tab().open(place)
    for hearth in (one, other):
        hearth.start_writing()

    one.writing.fill("Written in the first tab.")
    one.is_saved()
    other.writing.fill("Written in the second tab.")

    older = other.root.locator("#copies .copies__one")
    expect(older).to_have_count(1)
    older.locator("summary").click()
    expect(older.locator("pre")).to_have_text("Written in the first tab.")
    older.get_by_role("button", name="Use this version").click()
    expect(other.writing).to_have_value("Written in the first tab.")
    expect(other.root.locator("#copies pre")).to_have_text("Written in the second tab.")


def test_words_typed_into_a_review_survive_a_reload(house: House, place: Place, someone: MakesSomeone) -> None:
    house.hand_in(place, "Diego Fuentes", "A roof that folds.")
    house.hand_in(place, "Mai Tran", "A roof with a light.")
    mai = someone("Mai Tran")
    hearth: Hearth = mai.open_window(place)
    hearth.take_work()

    hearth.answer("Who folds it?")
    hearth.is_saved()
    mai.page.reload()

    for field in hearth.root.locator("#review-form textarea").all():
        expect(field).to_have_value("Who folds it?")
    expect(hearth.root.get_by_role("radio", checked=True)).to_have_count(2)


def test_words_for_a_work_that_was_taken_back_stay_in_their_form(
    house: House, place: Place, someone: MakesSomeone
) -> None:
    house.hand_in(place, "Diego Fuentes", "A roof that folds.")
    house.hand_in(place, "Mai Tran", "A roof with a light.")
    hearth: Hearth = someone("Mai Tran").open(place)
    hearth.take_work()
    hearth.answer("Who folds it?")
    hearth.is_saved()

    house.take_back(place, "Diego Fuentes")
    hearth.press("Give the feedback")

    expect(hearth.said).to_contain_text("This work has moved on")
    expect(hearth.said).to_be_focused()
    for field in hearth.root.locator("#review-form textarea").all():
        expect(field).to_have_value("Who folds it?")


def test_a_copied_course_gets_the_settings_and_nobodys_words(house: House, someone: MakesSomeone) -> None:
    course = house.new_course("To be copied")
    place = house.exchange(course, "Sketch", reviews=3, points="12", instructions="Draw what you saw.")
    house.hand_in(place, "Diego Fuentes", "My own words.")
    teacher = someone(TEACHER)
    teacher.open(place)

    teacher.open_course(course)
    teacher.page.get_by_text("Copy this course").click()
    teacher.page.get_by_label("Name of the copy").fill("The copy")
    teacher.page.get_by_label("Enrol the same students").check()
    teacher.page.get_by_role("button", name="Copy course").click()
    teacher.page.get_by_role("link", name="Sketch", exact=True).click()

    hearth = teacher.hearth.shows("Sketch")
    expect(hearth.root.locator("body")).not_to_contain_text("My own words.")
    hearth.follow("Settings")
    expect(hearth.root.get_by_label("Instructions")).to_have_value("Draw what you saw.")
    expect(hearth.root.get_by_label("Reviews each")).to_have_value("3")
    expect(hearth.root.get_by_label("Points at most")).to_have_value("12")
    (copied,) = house.activities(teacher.page.url.split("/courses/")[1].split("/")[0])
    diego = someone("Diego Fuentes")
    copy = Place(course=teacher.page.url.split("/courses/")[1].split("/")[0], activity=copied["id"], title="Sketch")
    expect(diego.open(copy).now).to_contain_text("Write your work and hand it in")
