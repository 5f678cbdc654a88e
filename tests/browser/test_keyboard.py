"""
The whole way through an exchange with a keyboard alone, for a student and for a teacher.
"""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import TEACHER, House, Place
from tests.browser.keyboard import Keyboard

WORK = "A roof that folds, for people who wait in the rain."


def test_a_student_hands_in_reviews_reads_marks_and_answers_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Without a mouse"), "A bus stop")
    house.hand_in(place, "Diego Fuentes", WORK)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    keys = Keyboard(mai.page)

    # Handing in.
    keys.go("link", "Start writing")
    hearth.shows("Your work")
    keys.to(hearth.writing)
    mai.page.keyboard.type(WORK)
    hearth.is_saved()
    keys.go("button", re.compile("Look at it and hand in"))
    hearth.shows("Ready to hand in?")
    keys.go("button", "Hand it in")
    expect(hearth.said).to_have_text("Handed in. Thank you!")

    # Reviewing.
    keys.go("button", "Get a work to review")
    hearth.shows(re.compile("^Feedback on"))
    keys.answer_all("I see her at the stop at once. Who folds it back, and when?", until="Give the feedback")
    hearth.shows(place.title)

    # Reading, deciding, thanking, answering.
    house.give_feedback(place, "Diego Fuentes", "The fold is what I would keep.")
    keys.go("link", "Without a mouse")
    keys.go("link", place.title)
    hearth.shows(place.title)
    keys.go("link", "Read it")
    keys.go("button", "I will use it")
    expect(hearth.root.locator("#plan")).to_contain_text("The fold is what I would keep.")
    keys.go("button", "Say thank you")
    expect(hearth.root.locator(".thanks").first).to_contain_text("You said thank you.")
    keys.to(hearth.root.get_by_role("textbox", name="Your reply"))
    mai.page.keyboard.type("Then the fold stays.")
    keys.go("button", "Send the reply")
    expect(hearth.received.locator(".thread .prose", has_text="Then the fold stays.")).to_be_visible()

    # Back again, from the end of the page to its beginning.
    keys.to(hearth.root.get_by_role("link", name="Skip to the content"), back=True)


def test_a_teacher_sets_an_exchange_up_by_keyboard(house: House, someone: MakesSomeone) -> None:
    course = house.new_course("Without a mouse, again")
    teacher = someone(TEACHER)
    hearth = teacher.picker_window(course)
    keys = Keyboard(teacher.page)

    # Setting up.
    keys.go("link", re.compile("^New"))
    hearth.shows("New exchange")
    keys.type("Title", "A shelter")
    keys.type("Instructions", "Say what you saw.")
    keys.to(hearth.root.get_by_label("Reviews each"))
    teacher.page.keyboard.press("Home")
    expect(hearth.root.get_by_label("Reviews each")).to_have_value("1")
    keys.choose("Points in the gradebook")
    keys.type("Points at most", "10")
    keys.go("button", "Add to the course")
    expect(teacher.page.get_by_role("link", name="A shelter", exact=True)).to_be_visible()
    (activity,) = house.activities(course)
    place = Place(course=course, activity=activity["id"], title="A shelter")

    # Changing the settings, and one of the further ones.
    hearth = teacher.open_window(place)
    keys.go("link", "Settings")
    hearth.shows("Settings")
    keys.type("Title", "A shelter that folds")
    keys.go("button", "Save")
    hearth.shows("A shelter that folds")
    keys.go("link", "Settings")
    hearth.shows("Settings")
    keys.go("link", "Protecting who wrote it")
    hearth.shows("Protecting who wrote it")
    keys.choose("Only for a reason")
    keys.go("button", "Save")
    hearth.shows("Settings")
    keys.go("link", "A shelter that folds")
    hearth.shows("A shelter that folds")


def test_a_teacher_grades_releases_and_closes_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Without a mouse, to the end"), "A shelter that folds")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    house.give_feedback(place, "Mai Tran", "The fold is what I would keep.")
    teacher = someone(TEACHER)
    hearth = teacher.open_window(place)
    keys = Keyboard(teacher.page)

    # Setting a grade, sending the others, closing and opening again.
    keys.go("link", "Diego Fuentes")
    hearth.shows("Diego Fuentes")
    keys.to(hearth.root.locator("summary", has_text="Set the grade by hand"))
    teacher.page.keyboard.press("Enter")
    keys.type("Points", "9")
    keys.type("Reason", "Read by me.")
    keys.go("button", "Set the grade")
    expect(hearth.text("The grade is set and on its way")).to_be_visible()
    keys.to(hearth.root.get_by_role("link", name="A shelter that folds").first, back=True)
    teacher.page.keyboard.press("Enter")
    hearth.shows("A shelter that folds")
    keys.go("button", "Send grades now")
    expect(hearth.said.first).to_be_visible()
    keys.go("button", "Close it")
    expect(hearth.root.get_by_role("button", name="Open it again")).to_be_visible()
    keys.go("button", "Open it again")
    expect(hearth.root.get_by_role("button", name="Close it")).to_be_visible()
