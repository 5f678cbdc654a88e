"""
The term: who is in the class, and when each of them, the teacher and the worker do something.
"""

import heapq
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from random import Random
from typing import Any

from sqlalchemy import text

from lti_tool import db
from tests.simulation.house import House
from tests.simulation.ledger import Ledger, NotingRobot
from tests.simulation.people import ABSENT, EXTENDED, LATE, LEAVING, STEADY, VANISHING, Student

REVIEWS = 3
COURSE = "Designing for People"
TITLE = "A sketch, and what three others see in it"
WORK_IS_DUE, REVIEWS_ARE_DUE, CLOSES = timedelta(days=7), timedelta(days=14), timedelta(days=17)
MORE_TIME = timedelta(days=6, hours=20)
"""When the teacher gives some more time, and how long."""
LONGER = timedelta(days=3)
STEP = timedelta(hours=1)
"""Whoever comes within the same step comes at the same time."""
REGULARLY = timedelta(hours=6)
AT_ONCE = 6
"""So many browsers."""
SHARES = {ABSENT: 0.10, VANISHING: 0.10, LATE: 0.10, LEAVING: 0.05, EXTENDED: 0.05}
MOST_VISITS = 16
PERSON = re.compile(r'name="person"[^>]*value="(\d+)"[^>]*>(?:\s*<[^>]+>)*\s*([^<]+?)\s*<')
"""A box to tick for one person, and their name."""
THAT_CALL = ("help_wanted", "work_waits", "feedback_received")
CALLS = text(
    "select p.name, max(n.id) as id from notice n join person p on p.id = n.person_id"
    " where n.kind = any(:kinds) group by p.name"
)
"""The newest notice of each person that makes somebody come back."""
ENROLMENTS = {"joins": "Active", "leaves": "Inactive"}


@dataclass(frozen=True, kw_only=True)
class Term:
    """What was played, for those who count."""

    students: tuple[Student, ...]
    course: str
    title: str
    ledger: Ledger
    began: datetime
    ended: datetime


def a_class(size: int, *, seed: int, begins: datetime) -> tuple[Student, ...]:
    """*size* students of all kinds, without names yet; the same for the same seed."""
    random = Random(seed)  # noqa: S311 - a class, and no secret
    counts = {kind: round(size * share) for kind, share in SHARES.items()}
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    kinds += [STEADY] * (size - len(kinds))
    random.shuffle(kinds)
    return tuple(_student(kind, Random(random.random()), begins) for kind in kinds)  # noqa: S311


def _student(kind: str, random: Random, begins: datetime) -> Student:
    def day(first: float, last: float) -> datetime:
        return begins + timedelta(days=random.uniform(first, last))

    student = Student(name="", kind=kind, random=random)
    if kind == LATE:
        student.comes_at, student.hands_in_at = day(7.2, 9), day(9.1, 10.5)
    elif kind == EXTENDED:
        student.hands_in_at = day(7.5, 9.5)
    elif kind == LEAVING:
        student.hands_in_at, student.leaves_at = day(3, 6), day(6.5, 9)
    elif kind != ABSENT:
        # Most hand in on the last two days.
        student.hands_in_at = day(5, 6.9) if random.random() < 0.7 else day(1, 5)
    return student


def play(house: House, students: tuple[Student, ...], *, begins: datetime) -> Term:
    """Let the term happen."""
    return _Play(house, students, begins).run()


class _Play:
    def __init__(self, house: House, students: tuple[Student, ...], begins: datetime) -> None:
        self.house, self.students, self.begins = house, students, begins
        self.random = Random(len(students))  # noqa: S311
        self.ledger = Ledger()
        self.course, self.module = "", ""
        self.activity = ""
        self._queue: list[tuple[datetime, int, str, Student | None]] = []
        self._count = 0

    def run(self) -> Term:
        self._name_everybody()
        self._begin()
        for student in self.students:
            self._plan(student)
        at = self.begins
        while at < self.begins + CLOSES:
            at += REGULARLY
            self._at(at, "regularly")
        for day in range(2, CLOSES.days, 2):
            self._at(self.begins + timedelta(days=day, hours=7), "teacher")
        self._at(self.begins + MORE_TIME, "more time")
        self._at(self.begins + CLOSES, "close")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for events in self._steps():
                self._happen(events, pool)
        self.house.moment.move_to(self.begins + CLOSES + timedelta(hours=1))
        self.house.work_regularly()
        return Term(
            students=self.students,
            course=self.course,
            title=TITLE,
            ledger=self.ledger,
            began=self.begins,
            ended=self.house.moment.at,
        )

    # What happens when.

    def _at(self, when: datetime, what: str, who: Student | None = None) -> None:
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, what, who))

    def _plan(self, student: Student) -> None:
        if student.comes_at is not None:
            self._at(student.comes_at, "joins", student)
        if student.leaves_at is not None:
            self._at(student.leaves_at, "leaves", student)
        if student.hands_in_at is None:
            # Who never hands in still looks in once.
            if student.random.random() < 0.5:
                self._at(self.begins + timedelta(days=student.random.uniform(1, 6)), "visit", student)
            return
        first = student.comes_at or self.begins
        self._at(first + (student.hands_in_at - first) * student.random.uniform(0.3, 0.9), "visit", student)
        self._at(student.hands_in_at, "visit", student)

    def _steps(self) -> Iterator[list[tuple[str, Student | None]]]:
        """What happens, step by step, the clock moved each time."""
        while self._queue:
            when = self._queue[0][0]
            together: list[tuple[str, Student | None]] = []
            while self._queue and self._queue[0][0] < when + STEP:
                _, _, what, who = heapq.heappop(self._queue)
                together.append((what, who))
            self.house.moment.move_to(when)
            yield together

    def _happen(self, events: list[tuple[str, Student | None]], pool: ThreadPoolExecutor) -> None:
        for what, who in events:
            if who is not None and what in ENROLMENTS:
                self._enrol(who, ENROLMENTS[what])
        visitors = {who.name: who for what, who in events if what == "visit" and who is not None and self._is_here(who)}
        if visitors:
            list(pool.map(self._visit, visitors.values()))
            self.house.work()
            for student in visitors.values():
                self._again(student)
        by_name = {"teacher": self._look, "regularly": self._work_regularly, "close": self._close}
        by_name["more time"] = self._give_more_time
        for what in dict.fromkeys(what for what, who in events if who is None):
            by_name[what]()

    def _is_here(self, student: Student) -> bool:
        return student.leaves_at is None or self.house.moment.at < student.leaves_at

    def _visit(self, student: Student) -> None:
        at = self.house.moment.at + STEP
        try:
            student.visit(self.house.lms, self.activity, self.ledger, at=at)
        except LookupError as err:
            self.ledger.surprised(f"{student.name} ({student.kind}): {err}")

    def _again(self, student: Student) -> None:
        """When they come next: within a day or two, until there is nothing left for them to do."""
        if student.kind == ABSENT or student.is_done or not student.is_handed_in or student.visits >= MOST_VISITS:
            return
        next_time = self.house.moment.at + timedelta(hours=student.random.uniform(6, 36))
        if next_time < self.begins + CLOSES - STEP:
            self._at(next_time, "visit", student)

    def _work_regularly(self) -> None:
        """Who was done comes again only if a notice calls them: nobody helps of their own accord."""
        self.house.work_regularly()
        with db.transaction() as session:
            newest = {row.name: row.id for row in session.execute(CALLS, {"kinds": list(THAT_CALL)})}
        for student in self.students:
            call = newest.get(student.name, 0)
            if student.is_done and call > student.heard and self._is_here(student):
                student.heard, student.is_done = call, False
                self._again(student)

    # What the teacher and the LMS do.

    def _name_everybody(self) -> None:
        state = self._api("GET", "state")
        names = [each["name"] for each in state["people"] if each["kind"] == "student"]
        for student, name in zip(self.students, names, strict=True):
            student.name = name
        course = next(each for each in state["courses"] if each["title"] == COURSE)
        self.course, self.module = course["id"], course["modules"][0]["id"]
        for student in self.students:
            if student.comes_at is not None:
                self._enrol(student, "Deleted")

    def _begin(self) -> None:
        due, reviews_due = self.begins + WORK_IS_DUE, self.begins + REVIEWS_ARE_DUE
        with self._teacher() as robot:
            picker = robot.launch(module=self.module)
            form = robot.get(picker.link("New")).form("/exchanges")
            values = {
                "title": TITLE,
                "instructions": "Sketch one everyday thing that annoys somebody. Say **for whom** you would change it.",
                "reviews": str(REVIEWS),
                "grade": "points",
                "points": "10",
                "submit_by": f"{due:%Y-%m-%dT%H:%MZ}",
                "review_by": f"{reviews_due:%Y-%m-%dT%H:%MZ}",
            }
            robot.submit(form, **values)
        course = next(each for each in self._api("GET", "state")["courses"] if each["id"] == self.course)
        self.activity = next(
            each["id"] for module in course["modules"] for each in module["activities"] if each["title"] == TITLE
        )
        self.house.work_regularly()

    def _look(self) -> None:
        with self._teacher() as robot:
            page = robot.launch(activity=self.activity)
            for address in list(page.links.values()):
                if "/people/" in address and self.random.random() < 0.1:
                    robot.get(address)

    def _give_more_time(self) -> None:
        """To those who asked for it, after a look at what it moves."""
        longer = [student.name for student in self.students if student.kind == EXTENDED]
        if not longer:
            return
        until = self.begins + WORK_IS_DUE + LONGER
        with self._teacher() as robot:
            page = robot.launch(activity=self.activity)
            page = robot.get(f"{page.url.split('?')[0]}/extensions/new")
            chosen = [id for id, name in PERSON.findall(page.text) if unescape(name) in longer]
            form = page.form("/extensions")
            shown = robot.submit(
                form, whom="chosen", person=chosen, submit_by=f"{until:%Y-%m-%dT%H:%MZ}", reason="They asked for it."
            )
            given = robot.submit(shown.form("/extensions"), act="save")
            if len(chosen) != len(longer) or any(name not in unescape(given.text) for name in longer):
                self.ledger.surprised(f"no more time: {given.heading}")
        self.house.work()

    def _close(self) -> None:
        with self._teacher() as robot:
            robot.submit(robot.launch(activity=self.activity).form("/closure"))
        self.house.work()

    def _enrol(self, student: Student, status: str) -> None:
        self._api("PATCH", "enrolments", course=self.course, person=student.name, status=status)

    def _teacher(self) -> NotingRobot:
        teacher = next(each["name"] for each in self._api("GET", "state")["people"] if each["kind"] == "teacher")
        return NotingRobot(self.house.lms, teacher, self.ledger)

    def _api(self, method: str, path: str, **body: Any) -> Any:
        with NotingRobot(self.house.lms, "", self.ledger) as robot:
            return robot.api(method, path, body or None)
