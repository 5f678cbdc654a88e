"""
Pages about how Hearth and the LMS keep up with each other, and the pretend LMS's own about its events.
"""

import time

from playwright.sync_api import expect

from tests.browser.house import ADMIN, TEACHER
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import World, scene

PATIENCE = 90.0


@scene(TEACHER)
def comparing_with_the_lms(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.home_window(world.full.course)
    hearth.follow("Compared with your LMS")
    hearth.shows("Compared with your LMS")
    hearth.press("Compare now")
    # Its worker is at it; a person looks again, too.
    until = time.monotonic() + PATIENCE
    while not hearth.text("Last time").count():
        assert time.monotonic() < until, "it was never compared"
        time.sleep(0.5)
        teacher.page.reload()
    return hearth


@scene(ADMIN)
def events_of_the_lms(admin: Someone, world: World) -> Hearth:
    """The pretend LMS lets somebody join, and shows what Hearth said."""
    admin.page.goto(world.house.lms)
    admin.page.get_by_role("link", name="Administration").click()
    admin.page.get_by_role("link", name="Events and what came back").click()
    happen = admin.page.locator("#happen")
    happen.locator("[name=act]").select_option("rename_course")
    admin.page.get_by_label("New name or title").fill("Introductory Biology")
    happen.locator("[name=course]").select_option(label="Introductory Biology")
    admin.page.get_by_role("button", name="Do it and tell").click()
    expect(admin.page.locator("#events details").first).to_have_attribute("data-status", "202")
    admin.page.locator("#events summary").first.click()
    return Hearth(admin.page)
