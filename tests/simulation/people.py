"""
Who is in the class, and what each does on a visit. Everything is read off pages and sent by their forms.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from html import unescape
from random import Random

from lti_tool.sandbox.robot import Form, Page
from tests.simulation.ledger import Ledger, NotingRobot

STEADY, LATE, EXTENDED = "steady", "late joiner", "with an extension"
ABSENT, VANISHING, LEAVING = "never came", "handed in, gave nothing", "left the course"
TAKES_PART = (STEADY, LATE, EXTENDED)
NO_SHOWS = (ABSENT, VANISHING)

TWO_TABS = 0.05
"""How often somebody writes in two tabs at once."""
SAVES_FIRST = 0.5
"""How often a review is saved and finished on another visit."""
GOES_ON = 0.5
"""How often one more review is begun on the same visit."""
CANNOT = 0.04
"""How often somebody says that they cannot review a work."""
PART_IS_DONE = ("Your part is done", "All done", "Reply to your feedback")
"""What the page says to who has given all; they come again only if they are called."""
HELPS = 0.6
"""How often who is done takes one more work when the page asks."""


@dataclass(kw_only=True)
class Student:
    """One of the class; remembers what they saved, as a person would."""

    name: str
    kind: str
    random: Random
    comes_at: datetime | None = None
    """When they join the course, where that is not its beginning."""
    hands_in_at: datetime | None = None
    leaves_at: datetime | None = None
    visits: int = 0
    work: str = ""
    """What they saved last and have not handed in."""
    reviews: dict[str, str] = field(default_factory=dict)
    """Words saved for a review that is not given yet, by the path of its page."""
    is_handed_in: bool = False
    is_done: bool = False
    """The page said so."""
    heard: int = 0
    """The newest notice that made them come back."""

    def visit(self, site: str, activity: str, ledger: Ledger, *, at: datetime) -> None:
        """Open the activity and do what a person of this kind does now."""
        self.visits += 1
        with NotingRobot(site, self.name, ledger) as robot:
            page = robot.launch(activity=activity)
            if not self.is_handed_in:
                self._write(robot, page, hands_in=self.hands_in_at is not None and at >= self.hands_in_at)
            elif self.kind != VANISHING or self.visits % 3 == 0:
                self._take_part(robot, page)

    # Writing.

    def _write(self, robot: NotingRobot, page: Page, *, hands_in: bool) -> None:
        writing = robot.get(f"{page.url.split('?')[0]}/work")
        form = writing.form("/work/draft")
        if self.work:
            robot.ledger.looked_for(self.work, form.fields["body"][0], "their work")
        before, self.work = self.work, f"{self.work}\n\n{self._sentence()}".strip()
        if self.random.random() < TWO_TABS:
            other = f"{before}\n\nIn the other tab: {self._sentence()}".strip()
            robot.submit(form, body=other, act="save")
            saved = robot.submit(form, body=self.work, act="save")
            robot.ledger.looked_for(other, unescape(saved.text).replace("\r\n", "\n"), "the other tab")
            form = robot.get(writing.url).form("/work/draft")
            robot.ledger.looked_for(self.work, form.fields["body"][0], "this tab")
        robot.ledger.saved()
        saved = robot.submit(form, body=self.work, act="check" if hands_in else "save")
        if hands_in:
            shown = robot.submit(saved.form("/work"))
            self.is_handed_in = shown.status == 200 and "Handed in" in shown.text
            if not self.is_handed_in:
                robot.ledger.surprised(f"{self.name} ({self.kind}) could not hand in: {shown.heading}")

    # Giving and reading.

    def _take_part(self, robot: NotingRobot, page: Page) -> None:
        page = self._read(robot, page)
        for _ in range(4):
            review = self._begun(robot, page)
            if review is None or self.kind == VANISHING:
                return
            if not self._answer(robot, review):
                return
            page = robot.get(page.url)
            if self.random.random() > GOES_ON:
                return

    def _read(self, robot: NotingRobot, page: Page) -> Page:
        unread = [form for form in page.forms if form.action.endswith("/readings")]
        if not unread:
            return page
        robot.submit(unread[0])
        return robot.get(page.url)

    def _begun(self, robot: NotingRobot, page: Page) -> Page | None:
        """The review that is under way, or a new one."""
        if address := page.links.get("Go on reviewing"):
            return robot.get(address)
        takes = [form for form in page.forms if form.action.endswith("/reviews")]
        is_extra = "Review one more" in page.text
        if not takes or (is_extra and self.random.random() > HELPS):
            self.is_done = any(words in page.text for words in PART_IS_DONE)
            return None
        taken = robot.submit(takes[0])
        return taken if any(form.action.endswith("/feedback") for form in taken.forms) else None

    def _answer(self, robot: NotingRobot, page: Page) -> bool:
        """Write, and give it or save it for another visit. Returns whether it was given."""
        form, where = page.form("/feedback"), _number(page)
        if where not in self.reviews and self.random.random() < CANNOT:
            refusal = page.form("/refusal")
            page = robot.submit(refusal, reason=self.random.choice(refusal.choices["reason"]), note="Sorry.")
            if not any(each.action.endswith("/feedback") for each in page.forms):
                return False
            form, where = page.form("/feedback"), _number(page)
        if where in self.reviews:
            robot.ledger.looked_for(self.reviews[where], " ".join(form.fields["comment"]), "a review")
        elif self.random.random() < SAVES_FIRST:
            self.reviews[where] = self._sentence()
            robot.ledger.saved()
            robot.submit(_to(form, "/draft"), comment=self.reviews[where])
            return False
        given = robot.submit(form, **self._answers(form))
        return given.status == 200 and not given.url.endswith("/feedback")

    def _answers(self, form: Form) -> dict[str, str | list[str]]:
        chosen: dict[str, str | list[str]] = {
            name: self.random.choice(values) for name, values in form.choices.items() if name.startswith("level-")
        }
        for name in form.fields:
            if name.startswith("comment") and not form.fields[name][0]:
                chosen[name] = self._sentence()
        return chosen

    def _sentence(self) -> str:
        return f"{self.random.choice(BEGINNINGS)} {self.random.choice(ENDS)} (thought {self.random.randrange(10**9)})"


def _number(page: Page) -> str:
    """Which review a page is of."""
    return page.url.split("?")[0].rpartition("/")[2]


def _to(form: Form, ending: str) -> Form:
    return replace(form, action=form.action.rpartition("/")[0] + ending)


BEGINNINGS = (
    "I would begin with the person who waits, because",
    "What surprised me was how long it took until",
    "The second example shows best that",
    "One thing to try next:",
    "I could follow every step up to the point where",
)
ENDS = (
    "nobody had asked them before.",
    "the drawing says more than the text.",
    "a reader who was not there still sees it.",
    "it works with cardboard and an afternoon of time.",
    "the reason comes only at the end.",
)
