"""
Pages about what is handed in, and taken back.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from lti_tool.sandbox.robot import Form, Robot
from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORDS, WORK, World, scene
from tests.unit.files import recorded


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


@cache
def talks(house: House) -> Place:
    """An exchange of recordings."""
    place = house.exchange(house.new_course("Speaking"), "A short talk", instructions=INSTRUCTIONS)
    house.ask_for(place, recordings="true")
    return place


@scene("Mai Tran")
def bringing_a_recording(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(talks(world.house))
    hearth.start_writing()
    if not hearth.root.locator(".files__one").count():
        with TemporaryDirectory() as folder:
            file = Path(folder) / "talk.wav"
            file.write_bytes(recorded.wav(seconds=2))
            hearth.add_file(file)
    expect(hearth.root.get_by_role("button", name="Write down what is said in it")).to_be_visible()
    return hearth


@scene("Mai Tran")
def a_recording_without_words(mai: Someone, world: World) -> Hearth:
    hearth = bringing_a_recording(mai, world)
    hearth.press("Look at it and hand in …")
    return hearth.shows("Ready to hand in?")


@scene("Mai Tran")
def saying_what_is_said(mai: Someone, world: World) -> Hearth:
    hearth = bringing_a_recording(mai, world)
    hearth.press("Write down what is said in it")
    return hearth.shows("What is said in work-1.wav")


@scene(TEACHER)
def what_is_handed_in(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(talks(world.house))
    hearth.follow("Settings")
    hearth.follow("What is handed in")
    return hearth.shows("What is handed in")


@cache
def shows(house: House) -> Place:
    """An exchange of presentations, some of them still to come."""
    place = house.exchange(house.new_course("On stage"), "Five minutes each", reviews=2, instructions=INSTRUCTIONS)
    house.ask_for(place, live="1")
    for name, day in (("Mai Tran", "05-03"), ("Diego Fuentes", "05-04"), ("Aisha Rahman", "05-05")):
        house.sign_up(place, name, "Bees *at night*", held_at=f"2099-{day}T12:00Z", where="Hall 2")
    return place


@scene("Noah Becker")
def signing_up(noah: Someone, world: World) -> Hearth:
    hearth = noah.open_window(shows(world.house))
    hearth.follow("Sign up")
    return hearth.shows("Sign up to present")


@scene("Mai Tran")
def what_to_watch(mai: Someone, world: World) -> Hearth:
    return mai.open_window(shows(world.house))


@scene(TEACHER)
def presentations(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(shows(world.house))
    hearth.follow("Presentations")
    return hearth.shows("Presentations")


@cache
def in_groups(house: House) -> Place:
    """An exchange of groups, of which students may choose."""
    place = house.exchange(house.new_course("Together"), "A plan by two", reviews=2, instructions=INSTRUCTIONS)
    house.ask_for_groups(place, choose="1", size="3")
    house.hand_in(place, "Mai Tran", WORK)
    return place


@scene(TEACHER)
def making_groups(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(in_groups(world.house))
    hearth.follow("Groups")
    return hearth.shows("Groups")


@scene(TEACHER)
def asking_for_groups(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(in_groups(world.house))
    hearth.follow("Settings")
    hearth.follow("Groups")
    return hearth.shows("Groups")


@scene("Mai Tran")
def a_group_that_has_handed_in(mai: Someone, world: World) -> Hearth:
    return mai.open_window(in_groups(world.house))


@scene("Noah Becker")
def in_a_group(noah: Someone, world: World) -> Hearth:
    hearth = noah.open_window(in_groups(world.house))
    if hearth.root.get_by_text("Choose another group").count():
        hearth.root.get_by_text("Choose another group").click()
    return hearth


@cache
def begun(house: House) -> Place:
    """An exchange in which two are writing, and nobody has handed in."""
    place = house.exchange(house.new_course("To be tidied"), "Begun by mistake", instructions=INSTRUCTIONS)
    for name in ("Mai Tran", "Diego Fuentes"):
        with house.at(place, name) as (robot, page):
            robot.submit(robot.get(f"{page.url}/work").form("/work/draft"), body=WORK)
    return place


@scene(TEACHER)
def deleting_what_some_are_writing(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(begun(world.house))
    hearth.root.get_by_text("2 works that people are writing go too.").scroll_into_view_if_needed()
    return hearth


@cache
def reviewed_by_two(house: House) -> Place:
    """An exchange in which somebody has a work in hand and has not written a word."""
    place = house.exchange(house.new_course("Better questions"), "A riddle", instructions=INSTRUCTIONS)
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    house.take_work(place, "Mai Tran")
    return place


@scene("Mai Tran")
def a_criterion_taken_away_while_one_writes(mai: Someone, world: World) -> Hearth:
    place = reviewed_by_two(world.house)
    hearth = mai.open_window(place)
    hearth.follow("Go on reviewing")
    taken_away = hearth.root.get_by_label("On a criterion that was taken away")
    if not taken_away.count():
        last = hearth.root.locator("textarea[name^=comment-]").last
        last.wait_for()
        with world.house.at(place, TEACHER) as (robot, page):
            _without_the_last_criterion(robot, robot.get(f"{page.url}/settings").form("/settings"))
        last.fill(WORDS)
        hearth.is_saved()
        mai.page.reload()
    expect(taken_away).to_be_visible()
    return hearth


def _without_the_last_criterion(robot: Robot, form: Form) -> None:
    *kept, gone = form.fields["criterion[]"]
    fields = {name: values for name, values in form.fields.items() if not name.startswith(f"{gone}-")}
    robot.submit(replace(form, fields=fields | {"criterion[]": kept}), act="save")
