"""
With a keyboard alone, further: practising, comparing, one's own work, deciding about feedback, a teacher's deadline.
"""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import TEACHER, House, Place
from tests.browser.keyboard import Keyboard
from tests.browser.people import Hearth

WORK = "A roof that folds, for people who wait in the rain."
WORDS = "I see her at the stop at once. Who folds it back, and when?"


def test_a_student_practises_by_keyboard_and_comes_to_the_first_review(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Practice without a mouse"), "Learning to see")
    house.choose(place, "practice", when="required", mark="close")
    house.add_example(place, "The bus stop", WORK, "It says whom it is for.")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    keys = Keyboard(mai.page)

    # Forgotten at first: the list of what is missing has the focus, and leads to it.
    keys.go("link", "Practise")
    hearth.shows("Practice work 1")
    press(keys, hearth.root.locator("#trial-form"), "Compare with my teacher")
    keys.answer_all(WORDS, until="Compare with my teacher")
    expect(hearth.root.get_by_role("heading", name="You and your teacher")).to_be_visible()

    # Far from the teacher, so once more.
    keys.go("link", re.compile("Try once more|Back to the exchange"))
    if hearth.root.locator("#trial-form").count():
        keys.answer_all(f"{WORDS} And where?", until="Compare with my teacher")
        expect(hearth.root.get_by_role("heading", name="You and your teacher")).to_be_visible()
        keys.go("link", "Back to the exchange")
    hearth.shows(place.title)
    keys.go("button", "Get a work to review")
    hearth.shows(re.compile("^Feedback on"))


def test_a_student_compares_two_works_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Comparing without a mouse"), "Side by side")
    house.choose(place, "comparing", pairs="1")
    names = ("Mai Tran", "Diego Fuentes", "Tomasz Wójcik")
    for name in names:
        house.hand_in(place, name, WORK)
    for name in names:
        house.give_feedback(place, name, WORDS)
    house.begin_comparing(place)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    keys = Keyboard(mai.page)

    keys.go("link", "Compare")
    hearth.shows("Compare two works")
    press(keys, hearth.root.locator("#compare-form"), "Give it to both authors")
    keys.answer_all(WORDS, until="Give it to both authors", fields=("left", "right"))

    hearth.shows(place.title)
    expect(hearth.said).to_be_visible()
    keys.go("link", "Pair 1")
    expect(hearth.root.get_by_role("heading", name="What you said")).to_be_visible()


def test_an_author_looks_at_their_own_work_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Seeing oneself without a mouse"), "A sketch of mine")
    house.choose(place, "self-assessment", when="before")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(place, name, WORDS)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    keys = Keyboard(mai.page)

    keys.go("link", "Look at your own work")
    hearth.shows("Look at your own work")
    press(keys, hearth.root.locator("#own-form"), "Keep how I see it")
    keys.answer_all(WORDS, until="Keep how I see it")

    hearth.shows(place.title)
    keys.to(hearth.root.locator("summary", has_text="The same as a table"))
    mai.page.keyboard.press("Enter")
    expect(hearth.root.get_by_role("table", name="Both views, criterion by criterion")).to_be_visible()


def test_an_author_decides_about_each_comment_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = house.exchange(house.new_course("Deciding without a mouse"), "A bus stop")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.give_feedback(place, name, WORDS)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    keys = Keyboard(mai.page)
    first, second, third = (hearth.root.locator(".mark").nth(number) for number in range(3))
    plan = hearth.root.locator("#plan")

    # Use it, or rather later, and no longer.
    press(keys, first, "I will use it")
    expect(first.get_by_role("button", name="I will use it")).to_have_attribute("aria-pressed", "true")
    press(keys, first, "Later")
    expect(first.get_by_role("button", name="Later")).to_have_attribute("aria-pressed", "true")
    press(keys, second, "I will use it")
    expect(plan.locator(".plan__one")).to_have_count(2)

    # See it differently: first without a reason, then with one.
    keys.to(third.locator("summary"))
    mai.page.keyboard.press("Enter")
    press(keys, third, "Say so")
    expect(third.locator(".field__error")).to_be_visible()
    keys.is_in(third)
    mai.page.keyboard.type("It never rains there.")
    press(keys, third, "Say so")
    expect(third.locator(".mark__said")).to_contain_text("It never rains there.")

    # Tick off what is done, and untick it.
    for is_done in (True, False):
        keys.to(plan.get_by_role("checkbox").first)
        mai.page.keyboard.press("Space")
        expect(plan.locator(".plan__one--done")).to_have_count(int(is_done))
        keys.is_in(plan)

    # Say thank you, and take it back.
    thanks = hearth.root.locator(".thanks")
    press(keys, thanks, "Say thank you")
    press(keys, thanks, "Take it back")
    expect(thanks.get_by_role("button", name="Say thank you")).to_be_focused()

    # Write, change what was written, and read it again.
    thread = hearth.root.locator(".thread")
    keys.to(thread.get_by_role("textbox", name="Your reply"))
    mai.page.keyboard.type("Then the fold stays.")
    press(keys, thread, "Send the reply")
    keys.to(thread.locator("summary", has_text="Change it"))
    mai.page.keyboard.press("Enter")
    keys.to(thread.get_by_role("textbox", name="Your message"))
    mai.page.keyboard.press("End")
    mai.page.keyboard.type(" Thank you.")
    press(keys, thread, "Keep the change")
    expect(thread.locator(".prose")).to_have_text("Then the fold stays. Thank you.")


def test_a_teacher_at_a_deadline_repairs_and_undoes_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = overdue(house)
    teacher = someone(TEACHER)
    hearth = teacher.open_window(place)
    keys = Keyboard(teacher.page)
    done = hearth.root.locator("section", has=hearth.root.get_by_role("heading", name="What was done"))
    keys.go("link", "Who is stuck, and why")
    hearth.shows("Who is stuck, and why")

    # Reassign: by itself, and by hand. Each is undone.
    keys.go("button", "Find a reader")
    said(hearth, "was asked to read")
    undo(keys, done, 1)
    keys.go("link", "Choose who …")
    hearth.shows(re.compile("^A reader for"))
    keys.go("button", re.compile("^Ask "))
    said(hearth, "was asked to read")
    undo(keys, done, 2)

    # Let others read what somebody keeps.
    keys.go("button", "Let others read them")
    said(hearth, "You can undo it below.")
    undo(keys, done, 3)

    # Excuse somebody: first with a gap.
    keys.go("link", "Excuse …")
    hearth.shows(re.compile("^Excuse "))
    keys.type("Reviews they owe", "0")
    keys.go("button", "Excuse")
    expect(hearth.root.locator(".field__error")).to_be_visible()
    expect(hearth.root.locator(":focus")).to_be_visible()
    keys.type("Why", "A broken arm.")
    keys.go("button", "Excuse")
    said(hearth, "was excused from reviews.")
    undo(keys, done, 4)

    # Give more time, see what it moves before it is given, and take it back.
    keys.go("link", "More time …")
    hearth.shows("Give more time")
    keys.date(re.compile("^Their reviews are due"), "05", "20", "2098")
    keys.type("Reason", "A broken arm.")
    keys.go("button", "See what it moves …")
    hearth.shows("What it moves")
    keys.go("button", "Give more time")
    hearth.shows("More time")
    keys.go("button", "Take back")
    expect(hearth.root.locator(".badge", has_text="taken back")).to_be_visible()

    # Back to the class, and one word to all who owe.
    keys.to(hearth.root.get_by_role("link", name=place.title).first, back=True)
    teacher.page.keyboard.press("Enter")
    hearth.shows(place.title)
    keys.go("button", "Remind those who owe")
    said(hearth, "were reminded.")


def test_a_teacher_does_one_thing_for_several_by_keyboard(house: House, someone: MakesSomeone) -> None:
    place = overdue(house)
    teacher = someone(TEACHER)
    hearth = teacher.open_window(place)
    keys = Keyboard(teacher.page)

    # Only those who owe, found by the filter as it is typed, and the focus stays in it.
    keys.to(hearth.root.get_by_label("Name", exact=True))
    teacher.page.keyboard.type("Mai")
    expect(hearth.root.locator("#people tbody tr")).to_have_count(1)
    expect(hearth.root.get_by_label("Name", exact=True)).to_be_focused()
    keys.to(hearth.root.get_by_role("checkbox", name="Choose Mai Tran"))
    teacher.page.keyboard.press("Space")
    keys.to(hearth.root.locator("summary", has_text="Do something for those who are ticked"))
    teacher.page.keyboard.press("Enter")
    keys.choose(re.compile("^Excuse them"))
    keys.type(re.compile("^Why"), "A broken arm.")
    keys.go("button", "Do it")

    said(hearth, "One person is excused.")
    keys.go("link", "Who is stuck, and why")
    keys.go("button", "Undo")
    said(hearth, "Undone.")


def overdue(house: House) -> Place:
    """Three works that were read by nobody in time, and somebody who handed nothing in."""
    submit_by, review_by = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT12:00}" for days in (3, 2))
    place = house.exchange(house.new_course("A deadline"), "A shelter", submit_by=submit_by, review_by=review_by)
    for name in ("Mai Tran", "Diego Fuentes", "Aisha Rahman"):
        house.hand_in(place, name, WORK)
    return place


def press(keys: Keyboard, place: Locator, name: str) -> None:
    """Press a button by its key; what takes its place has the focus then."""
    button = place.get_by_role("button", name=name, exact=True)
    keys.to(button)
    pressed = button.element_handle()
    keys.page.keyboard.press("Enter")
    pressed.wait_for_element_state("hidden")
    keys.is_in(place)


def said(hearth: Hearth, words: str) -> None:
    expect(hearth.said.first).to_contain_text(words)


def undo(keys: Keyboard, done: Locator, count: int) -> None:
    """Undo what was done last; so many are undone then."""
    keys.to(done.get_by_role("button", name="Undo").first)
    keys.page.keyboard.press("Enter")
    expect(done.locator(".badge", has_text="undone")).to_have_count(count)
