"""
Pages about files in feedback.
"""

import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORDS, WORK, World, scene
from tests.unit.files import recorded


def drawn() -> bytes:
    """Something drawn on a sketch."""
    picture = Image.new("RGB", (640, 360), "#f4efe6")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 200, 420, 240), fill="#8a6d4b")
    pen.line((60, 200, 420, 160), fill="#b3261e", width=6)
    pen.ellipse((380, 120, 460, 200), outline="#b3261e", width=6)
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


@cache
def with_files(house: House) -> Place:
    """An exchange in which a review may have three files; one has one."""
    place = house.exchange(house.new_course("Drawing on it"), "A sketch to draw on", instructions=INSTRUCTIONS)
    house.choose(place, "attaching", most="3", recordings="1")
    for name in ("Mai Tran", "Diego Fuentes", "Aisha Rahman"):
        house.hand_in(place, name, WORK)
    # Everybody reads one work, so somebody received it, whoever that is.
    house.give_file(place, "Mai Tran", WORDS, "mine.png", drawn())
    house.give_file(place, "Diego Fuentes", WORDS, "voice.wav", recorded.wav(seconds=2))
    house.take_work(place, "Aisha Rahman")
    return place


def reviewing(somebody: Someone, world: World) -> Hearth:
    """The work that they have in hand, or reviewed."""
    hearth = somebody.open_window(with_files(world.house))
    hearth.root.locator("a[href*='/reviews/']").first.click()
    return hearth


@scene(TEACHER)
def allowing_files(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(with_files(world.house))
    hearth.follow("Settings")
    hearth.follow("Files in feedback")
    return hearth.shows("Files in feedback")


@scene("Aisha Rahman")
def adding_files_to_feedback(aisha: Someone, world: World) -> Hearth:
    hearth = reviewing(aisha, world)
    place = hearth.root.locator("#review-files")
    for name, data in (("mine.png", drawn()), ("voice.wav", recorded.wav(seconds=2))):
        if place.locator(".files__one").count() < 2:
            with TemporaryDirectory() as folder:
                file = Path(folder) / name
                file.write_bytes(data)
                count = place.locator(".files__one").count()
                hearth.root.locator("input[type=file]").set_input_files(file)
                expect(place.locator(".files__one")).to_have_count(count + 1)
    return hearth


@scene("Aisha Rahman")
def a_file_that_is_refused(aisha: Someone, world: World) -> Hearth:
    hearth = reviewing(aisha, world)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.xlsx"
        file.write_bytes(b"PK\x03\x04nothing that we know")
        hearth.root.locator("input[type=file]").set_input_files(file)
    expect(hearth.root.locator("#review-files .field__error")).to_contain_text("sheet.xlsx")
    return hearth


@scene("Mai Tran")
def feedback_given_with_a_picture(mai: Someone, world: World) -> Hearth:
    hearth = reviewing(mai, world)
    expect(hearth.root.get_by_role("link", name="feedback-1.png", exact=True)).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def feedback_given_with_a_recording(diego: Someone, world: World) -> Hearth:
    hearth = reviewing(diego, world)
    expect(hearth.root.get_by_role("link", name="feedback-1.wav", exact=True)).to_be_visible()
    return hearth


@scene("Leilani Kealoha")
def feedback_received_with_a_file(leilani: Someone, world: World) -> Hearth:
    return leilani.open_window(one_received(world.house))


@cache
def one_received(house: House) -> Place:
    """An exchange of two, in which one got a picture."""
    place = house.exchange(house.new_course("Drawn for you"), "A sketch for two", instructions=INSTRUCTIONS)
    house.choose(place, "attaching", most="1")
    for name in ("Leilani Kealoha", "Priya Nair"):
        house.hand_in(place, name, WORK)
    house.give_file(place, "Priya Nair", WORDS, "mine.png", drawn())
    return place


@scene(TEACHER)
def staff_adding_files(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(one_received(world.house))
    hearth.follow("Leilani Kealoha")
    hearth.follow("Review it yourself")
    expect(hearth.root.locator("#review-files")).to_be_visible()
    return hearth


@scene(TEACHER)
def a_person_who_got_a_file(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(one_received(world.house))
    hearth.follow("Leilani Kealoha")
    expect(hearth.root.get_by_role("link", name="feedback-1.png", exact=True)).to_be_visible()
    return hearth


@scene(TEACHER)
def hiding_feedback_with_a_file(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(one_received(world.house))
    hearth.follow("Leilani Kealoha")
    hearth.follow("Hide …")
    return hearth.shows("Hide it or send it back")


@cache
def changed_while_flagged(house: House) -> Place:
    """Somebody was asked to write feedback anew; before they did, its author flagged it."""
    place = house.exchange(house.new_course("Drawn and wiped"), "A sketch, and a quarrel", instructions=INSTRUCTIONS)
    house.choose(place, "attaching", most="1")
    for name in ("Leilani Kealoha", "Priya Nair"):
        house.hand_in(place, name, WORK)
    house.give_file(place, "Priya Nair", "You never learn.", "mine.png", drawn())
    with house.at(place, TEACHER) as (robot, page):
        form = robot.get(robot.get(page.link("Leilani Kealoha")).link("Ask to rewrite")).form("/moderation")
        robot.submit(form, decision="rewrite", reason="hurtful", note="About the work, please.")
    with house.at(place, "Leilani Kealoha") as (robot, page):
        form = robot.get(page.link("Tell a teacher about this feedback")).form("/flags")
        robot.submit(form, reason="hurtful", words="Look at the picture, too.")
    with house.at(place, "Priya Nair") as (robot, page):
        review = robot.get(next(there for there in page.links.values() if "/reviews/" in there))
        again = robot.get(next(there for there in review.links.values() if there.endswith("/revision")))
        form, file = again.form("/revision"), again.link("feedback-1.png").rpartition("/")[2]
        robot.submit(replace(form, action=form.action.replace("/revision", f"/files/{file}/removal")))
        said = {name: WORDS for name in form.fields if name.startswith("comment")}
        robot.submit(form, **said)
    return place


@scene(TEACHER)
def a_flag_on_feedback_that_was_changed_since(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(changed_while_flagged(world.house))
    hearth.follow(re.compile("to look at"))
    hearth.follow(re.compile("^Feedback on the work"))
    look = hearth.root.get_by_role("button", name="Look at it")
    if look.count():
        look.click()
    expect(hearth.text("What it said when it was flagged")).to_be_visible()
    return hearth
