"""
The main job, end to end, as people do it: from the admin who installs Hearth to the grade in the LMS's gradebook.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import ADMIN, TEACHER, House, Place

TITLE = "Sketch a bus stop"
WORK = "## A roof\n\nFor people who **wait in the rain**.\n\n- a bench\n- a light"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photograph, so to speak, with a telling name."""
    file = tmp_path / "Mai Tran at the bus stop.png"
    file.write_bytes(PICTURE)
    return file


def test_an_admin_installs_hearth_by_its_registration_address(house: House, someone: MakesSomeone) -> None:
    before = {each["id"] for each in house.api("GET", "state")["tools"]}
    admin = someone(ADMIN)

    admin.page.get_by_role("link", name="Administration").click()
    admin.page.get_by_label("Registration address of a tool").fill(house.invitation())
    admin.page.get_by_role("button", name="Install").click()
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Administration")

    (tool,) = [each for each in house.api("GET", "state")["tools"] if each["id"] not in before]
    assert tool["name"] == "Hearth"
    assert tool["login_url"] == f"{house.tool}/lti/login"
    row = admin.page.locator(f"[data-tool='{tool['id']}']")
    row.get_by_role("button", name=re.compile("Approve|Activate|Switch off")).click()
    house.api("PATCH", f"tools/{tool['id']}", state="off")


def test_students_give_each_other_feedback_and_the_grades_reach_the_gradebook(
    house: House, someone: MakesSomeone, picture: Path
) -> None:
    course = house.new_course("Designing for rain")
    teacher, mai, diego = someone(TEACHER), someone("Mai Tran"), someone("Diego Fuentes")

    # The teacher adds the exchange from within the LMS.
    teacher.select_content(course).new_exchange(TITLE)
    expect(teacher.page.get_by_role("link", name=TITLE, exact=True)).to_be_visible()
    (activity,) = house.activities(course)
    place = Place(course=course, activity=activity["id"], title=TITLE)

    # Two students hand in: one words and a picture, one words alone.
    hearth = mai.open(place)
    hearth.start_writing()
    hearth.writing.fill(WORK)
    expect(hearth.root.locator(".writer__preview strong")).to_have_text("wait in the rain")
    hearth.add_file(picture)
    expect(hearth.root.locator("#work-files")).not_to_contain_text("Mai")
    expect(hearth.writing).to_have_value(WORK)
    hearth.look_and_hand_in()
    expect(hearth.now).to_contain_text("Nobody else has handed anything in yet")
    diego.open(place).hand_in("A roof that *folds*.")

    # Each gets the other's work, and says what it is like.
    hearth = diego.hearth
    hearth.take_work()
    expect(hearth.root.locator(".sheet strong").first).to_have_text("wait in the rain")
    expect(hearth.root.locator("body")).not_to_contain_text("Mai Tran")
    shown = hearth.root.get_by_role("img", name=re.compile("Image work-1"))
    expect(shown).to_have_js_property("naturalWidth", 1)
    hearth.give_feedback("The light is **what I would keep**.", "Beyond")
    hearth = mai.open(place)
    hearth.take_work()
    hearth.give_feedback("Who folds it back?", "There")

    # They read what came, and answer.
    hearth = mai.open(place)
    expect(hearth.received.locator("strong", has_text="what I would keep").first).to_be_visible()
    hearth.reply("Then the light stays.")
    expect(hearth.received.get_by_role("textbox", name="Your reply")).to_have_value("")
    expect(hearth.now).to_contain_text("All done")
    expect(diego.open(place).received).to_contain_text("Who folds it back?")

    # The teacher sees who is where, and sets one grade by hand.
    hearth = teacher.open(place)
    for name in ("Mai Tran", "Diego Fuentes"):
        expect(hearth.row(name)).to_contain_text(re.compile("1 of 1.*1 of 1", re.DOTALL))
    expect(hearth.row("Aisha Rahman")).to_contain_text("0 of 1")
    hearth.follow("Diego Fuentes")
    hearth.shows("Diego Fuentes")
    expect(hearth.root.locator("body")).to_contain_text("By Mai Tran")
    hearth.set_grade("9", "It was clearer than the levels say.")

    # Both grades stand in the LMS, and the student knows why.
    teacher.sees_grade(place, "Mai Tran", "10")
    teacher.sees_grade(place, "Diego Fuentes", "9")
    expect(diego.open(place).root.locator("body")).to_contain_text("It was clearer than the levels say.")
