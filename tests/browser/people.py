"""
Somebody at a browser: what they click in the pretend LMS, and what they then do in Hearth.
"""

import re
from pathlib import Path
from typing import Self, TypeAlias

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.house import House, Place

Root: TypeAlias = Page | FrameLocator

UNTIL_STILL = """async (body) => {
  const until = performance.now() + 3000;
  const fits = () => Math.abs(window.innerHeight - Math.max(150, body.getBoundingClientRect().height)) < 2;
  // A page may fit for a moment and grow again, while its fields take their height.
  for (let still = 0; still < 5 && performance.now() < until; still = fits() ? still + 1 : 0)
    await new Promise((go) => setTimeout(go, 20));
}"""

FIRST_TRY = 15_000
"""Milliseconds for a page to appear in the frame before it is loaded once more."""


class Hearth:
    """A page of ours, in the frame of the LMS or in a window of its own."""

    def __init__(self, root: Root, *, grows: bool = False) -> None:
        self.root = root
        self.grows = grows
        """Whether a script tells the LMS how tall the frame should be."""

    @property
    def heading(self) -> Locator:
        return self.root.get_by_role("heading", level=1)

    @property
    def who(self) -> Locator:
        """As whom this page acts: a name and a role."""
        return self.root.locator(".page__who")

    @property
    def now(self) -> Locator:
        """What there is to do."""
        return self.root.locator(".now")

    @property
    def said(self) -> Locator:
        """What just happened, in the page's words."""
        return self.root.locator("#page-notices .notice")

    def shows(self, words: str | re.Pattern[str]) -> Self:
        """Wait until the heading says so."""
        expect(self.heading).to_have_text(words)
        return self

    def press(self, name: str | re.Pattern[str], *, times: int = 1) -> None:
        """Press a button."""
        button = self.root.get_by_role("button", name=name).first
        expect(button).to_be_enabled()
        self.reach(button)
        button.click(click_count=times)

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow a link."""
        link = self.root.get_by_role("link", name=name).first
        expect(link).to_be_visible()
        self.reach(link)
        link.click()

    def reach(self, target: Locator) -> None:
        """Scroll to it before the click does: where the page moves between down and up, no click comes."""
        self.is_still()
        target.scroll_into_view_if_needed()
        self.is_still()

    def is_still(self) -> None:
        """Wait until the frame has the height of its page: while it grows, a click misses what it aims at."""
        if self.grows:
            self.root.locator("body").evaluate(UNTIL_STILL)

    def fill(self, label: str | re.Pattern[str], words: str) -> None:
        """Type into a field, instead of what stands there."""
        self.root.get_by_label(label).fill(words)

    def text(self, words: str | re.Pattern[str]) -> Locator:
        return self.root.get_by_text(words)

    # What teachers do.

    def new_exchange(self, title: str, *, reviews: int = 1, points: str = "10") -> None:
        """From the picker: fill in what a teacher would, and add it to the course."""
        self.follow(re.compile("^New"))
        self.shows("New exchange")
        self.fill("Title", title)
        self.fill("Instructions", "Say **what you saw**.")
        self.root.get_by_label("Reviews each").select_option(str(reviews))
        self.root.get_by_role("radio", name="Points in the gradebook").check()
        self.fill("Points at most", points)
        self.press("Add to the course")

    def row(self, student: str) -> Locator:
        """Where one student is, in the list of people."""
        return self.root.locator("#people tbody tr", has_text=student)

    def set_grade(self, points: str, reason: str) -> None:
        self.is_still()
        self.root.get_by_text("Set the grade by hand").click()
        self.fill("Points", points)
        self.fill("Reason", reason)
        self.press("Set the grade")
        expect(self.text("The grade is set and on its way")).to_be_visible()

    # What authors do.

    @property
    def writing(self) -> Locator:
        """The field of one's own work."""
        return self.root.get_by_role("textbox", name="Write here")

    def is_saved(self) -> None:
        """Wait until the page says that what was typed is safe."""
        expect(self.root.locator("#saved")).to_contain_text("Saved")
        expect(self.root.locator("[data-autosave-target=pending]")).to_be_hidden()

    def start_writing(self) -> None:
        self.follow(re.compile("Start writing|Go on writing|Change it"))
        self.shows("Your work")

    def add_file(self, file: Path) -> None:
        self.root.locator("input[type=file]").set_input_files(file)
        expect(self.root.locator("#work-files .files__one")).not_to_have_count(0)

    def look_and_hand_in(self) -> None:
        self.press(re.compile("Look at it and hand in"))
        self.shows("Ready to hand in?")
        self.press("Hand it in")
        expect(self.said).to_have_text("Handed in. Thank you!")

    def hand_in(self, words: str) -> None:
        """Write, look once more, hand in."""
        self.start_writing()
        self.writing.fill(words)
        self.look_and_hand_in()

    # What reviewers do.

    def take_work(self) -> None:
        self.press("Get a work to review")
        self.shows(re.compile("^Feedback on"))

    def answer(self, words: str, level: str = "There") -> None:
        """Choose the same level for every criterion, and say the same on each."""
        expect(self.root.locator("#review-form")).to_be_visible()
        for choice in self.root.get_by_role("radio", name=level, exact=True).all():
            choice.check()
        for field in self.root.locator("#review-form textarea").all():
            field.fill(words)

    def give_feedback(self, words: str, level: str = "There") -> None:
        self.answer(words, level)
        self.press("Give the feedback")
        expect(self.root.locator("#review-form")).to_have_count(0)

    # What authors do again.

    @property
    def received(self) -> Locator:
        """The feedbacks that came."""
        return self.root.locator("article.feedback")

    def reply(self, words: str) -> None:
        """Write about the first feedback."""
        self.root.get_by_role("textbox", name="Your reply").first.fill(words)
        self.press("Send the reply")
        expect(self.received.locator(".thread .prose", has_text=words)).to_be_visible()


class Someone:
    """One person, one browser, and the tab they look at."""

    def __init__(self, house: House, context: BrowserContext, name: str, *, has_scripts: bool = True) -> None:
        self.house, self.context, self.name, self.has_scripts = house, context, name, has_scripts
        self.page = context.new_page()
        self.sign_in(name)

    def another_tab(self) -> "Someone":
        """The same person with a second tab of the same browser."""
        return Someone(self.house, self.context, self.name)

    def turn_to(self) -> None:
        """Bring this tab to the front: a browser lays out nothing in the tabs behind, so a click there may miss."""
        self.page.bring_to_front()

    @property
    def hearth(self) -> Hearth:
        """Our page in the frame of the LMS."""
        return Hearth(self.page.frame_locator("#tool-frame"), grows=self.has_scripts)

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.house.lms}/")
        self.page.get_by_role("button", name=name).click()
        expect(self.page.locator("#me")).to_contain_text(name)

    def open_course(self, course: str) -> None:
        self.page.goto(f"{self.house.lms}/courses/{course}")

    def open(self, place: Place) -> Hearth:
        """Click the activity in its course."""
        self.open_course(place.course)
        self.page.get_by_role("link", name=place.title, exact=True).click()
        try:
            self.hearth.heading.wait_for(timeout=FIRST_TRY)
        except PlaywrightTimeout:
            # On a machine with more work than cores a frame's first load was seen to get lost: a person reloads too.
            self.page.reload()
        return self.hearth.shows(place.title)

    def open_by_hand(self, place: Place) -> Hearth:
        """The same where no script goes on by itself: press what each page on the way offers."""
        self.open_course(place.course)
        self.page.get_by_role("link", name=place.title, exact=True).click()
        root = self.hearth.root
        onward = root.locator("a, button").filter(has_text="Go on")
        arrived = root.get_by_role("heading", level=1, name=place.title)
        expect(arrived.or_(onward).first).to_be_visible()
        while not arrived.count():
            with self.page.expect_event("framenavigated", lambda frame: frame.name == "tool"):
                onward.click()
            expect(arrived.or_(onward).first).to_be_visible()
        return self.hearth

    def open_home(self, course: str) -> Hearth:
        """Click Hearth in the course's menu."""
        self.open_course(course)
        self.page.locator("#course-menu").get_by_role("link", name="Hearth").click()
        return self.hearth

    def open_window(self, place: Place) -> Hearth:
        """Open the activity in a window of its own, and stay with that."""
        self.page.goto(f"{self.house.lms}/courses/{place.course}/activities/{place.activity}/launch?target=window")
        return Hearth(self.page).shows(place.title)

    def home_window(self, course: str) -> Hearth:
        """The course home, in a window of its own."""
        self.open_course(course)
        link = self.page.locator("#course-menu").get_by_role("link", name="Hearth")
        self.page.goto(f"{self.house.lms}{link.get_attribute('href')}")
        self.page.goto(f"{self.house.lms}{self.page.locator('#open-in-window').get_attribute('href')}")
        expect(self.page.locator(".home__name")).to_be_visible()
        return Hearth(self.page)

    def admin_window(self) -> Hearth:
        """The admin room, opened from the administration of the LMS, in a window of its own."""
        self.page.goto(f"{self.house.lms}/admin")
        site = self.page.locator(".open-site").first.get_attribute("href")
        self.page.goto(f"{self.house.lms}{site}/launch?target=window")
        return Hearth(self.page).shows("Hearth at your institution")

    def picker_window(self, course: str) -> Hearth:
        """Our picker without the LMS around it."""
        self.open_course(course)
        self.page.get_by_role("link", name="Add activity").first.click()
        self.page.get_by_role("link", name="Select content", exact=True).click()
        self.page.goto(f"{self.house.lms}{self.page.locator('#tool-frame').get_attribute('src')}")
        return Hearth(self.page).shows("Add to your course")

    def select_content(self, course: str) -> Hearth:
        """Ask the LMS for something new in the first module: it shows our picker."""
        self.open_course(course)
        self.page.get_by_role("link", name="Add activity").first.click()
        self.page.get_by_role("link", name="Select content", exact=True).click()
        return self.hearth.shows("Add to your course")

    def sees_grade(self, place: Place, student: str, grade: str) -> None:
        """Wait until the gradebook of the LMS shows *grade* for *student*."""
        cell = self.page.get_by_role("link", name=f"{student}, {place.title}: {grade}", exact=True)
        for _ in range(60):
            self.page.goto(f"{self.house.lms}/courses/{place.course}/grades")
            if cell.count():
                return
            self.page.wait_for_timeout(250)
        expect(cell).to_be_visible()
