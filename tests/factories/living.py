"""Hearth and the pretend LMS, both served on ports of this machine and installed in each other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.app import create_app
from lti_tool.config import Settings
from lti_tool.courses.models import Activity, Course, Membership, Person, Platform, ResourceLink
from lti_tool.grades.models import Passback
from lti_tool.grades.operations import NewGrade, set_grades
from lti_tool.lti import registration
from lti_tool.lti.tokens import tokens
from lti_tool.sandbox.app import create_app as create_sandbox
from lti_tool.sandbox.config import SandboxConfig
from lti_tool.sandbox.robot import Robot
from tests.factories.jobs import run_jobs
from tests.functional.sandbox.tiny_tool import serving

TEACHER = "Amara Okafor"
QUEUES = ("webhooks", "rosters", "house", "grades", "companions")


class Door:
    """Lets a server start before its app knows its address."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@dataclass
class Living:
    """A course of the pretend LMS with one graded exchange of Hearth."""

    lms: str
    tool: str
    app: Flask
    session: Session
    course_title: str = "Designing for People"

    def robot(self, person: str) -> Robot:
        """Somebody at a browser."""
        return Robot(self.lms, person)

    def api(self, method: str, path: str, **body: Any) -> Any:
        """Drive the LMS."""
        with self.robot(TEACHER) as robot:
            return robot.api(method, path, body or None)

    def api_fault(self, service: str, kind: str) -> None:
        """Let a service of the LMS fail once."""
        with self.robot(TEACHER) as robot:
            robot.api("PUT", "../faults", {service: {"kind": kind, "times": 5}})

    def forget_tokens(self) -> None:
        """Ask for a new one next time."""
        tokens.forget()
        self.session.execute(text("delete from lti_access_token"))
        self.session.commit()

    def add_exchange(self, title: str = "First drafts") -> None:
        """Let the teacher add an exchange that is worth ten points, and open it once."""
        with self.robot(TEACHER) as robot:
            module = self.lms_course()["modules"][0]["id"]
            form = robot.get(robot.launch(module=module).link("New")).form("/exchanges")
            robot.submit(form, title=title, instructions="Write.", grade="points", points="10", reviews="1")
            robot.launch(activity=self.lms_activity(title)["id"])

    def lms_course(self) -> Any:
        return next(each for each in self.api("GET", "state")["courses"] if each["title"] == self.course_title)

    def lms_activity(self, title: str = "First drafts") -> Any:
        found = (each for module in self.lms_course()["modules"] for each in module["activities"])
        return next(each for each in found if each["title"] == title)

    def lms_students(self) -> list[Any]:
        return [each for each in self.api("GET", "state")["people"] if each["kind"] == "student"]

    def columns(self) -> list[Any]:
        """What the LMS's gradebook holds."""
        found: list[Any] = self.api("GET", f"gradebook?course={self.lms_course()['id']}")["line_items"]
        return found

    def shown(self, name: str, *, column: int = 0) -> float | None:
        """The grade that the LMS shows for somebody."""
        person = next(each["id"] for each in self.lms_students() if each["name"] == name)
        cells = {each["person_id"]: each for each in self.columns()[column]["grades"]}
        cell = cells.get(person)
        if cell is None:
            return None
        value: float | None = cell["points"] if cell["override"] is None else cell["override"]
        return value

    def work(self) -> None:
        """Let the worker do everything that waits, and what comes of it."""
        while sum(run_jobs(self.session, self.app, queue) for queue in QUEUES):
            pass
        self.session.expire_all()

    @property
    def course(self) -> Course:
        rows = select(Course).where(Course.title == self.course_title).execution_options(populate_existing=True)
        return self.session.scalars(rows).one()

    def people(self) -> dict[str, Person]:
        return {each.name: each for each in self.session.scalars(select(Person))}

    def present(self) -> set[str]:
        rows = select(Person.name).join(Membership).where(Membership.left_at.is_(None))
        return set(self.session.scalars(rows.where(Membership.course_id == self.course.id)))

    def grade(self, title: str = "First drafts", **points: float | None) -> None:
        """Grade people by their first names, and let the grades arrive some minutes ago."""
        known = {name.split()[0]: person for name, person in self.people().items()}
        activity = self.session.scalars(select(Activity).where(Activity.title == title)).one()
        link = self.session.scalars(select(ResourceLink).where(ResourceLink.activity_id == activity.id)).first()
        assert link is not None
        news = [
            NewGrade(person_id=known[name].id, score_given=score, score_maximum=10.0) for name, score in points.items()
        ]
        set_grades(
            self.session,
            news,
            course_id=activity.course_id,
            activity_id=activity.id,
            resource_link_id=link.id,
            now=datetime.now(UTC) - timedelta(seconds=1),
        )
        self.session.commit()
        self.work()
        self.session.execute(text("update grade_passback set sent_at = sent_at - interval '10 minutes'"))
        self.session.commit()

    def passback(self, name: str) -> Passback:
        self.session.expire_all()
        return self.session.scalars(select(Passback).where(Passback.person_id == self.people()[name].id)).one()

    def platform(self) -> Platform:
        return self.session.scalars(select(Platform)).one()


def _bind_again(engine: Engine) -> None:
    """Back to *engine*; whoever still looks for work finds that one, and the other is closed."""
    other = db.engine()
    db.bind(engine)
    if other is not engine:
        other.dispose()


@contextmanager
def living(settings: Settings, session: Session, folder: Path, *, brand: str = "standard") -> Iterator[Living]:
    """Both, until the end; then the house has its own database connections back."""
    with ExitStack() as stack:
        tokens.forget()
        # Before the doors are opened, so that it is done after they are closed: nobody holds a connection then.
        stack.callback(_bind_again, db.engine())
        lms_door, tool_door = Door(), Door()
        lms = stack.enter_context(serving(lms_door, "lms.localhost"))
        tool = stack.enter_context(serving(tool_door, "hearth.localhost"))
        made = replace(settings, public_url=tool, allow_loopback_platforms=True)
        app = create_app(made)
        tool_door.app = app
        with db.transaction() as own:
            token = registration.create_invitation(own, note="", lifetime=timedelta(days=1), now=datetime.now(UTC))
        lms_door.app = create_sandbox(SandboxConfig(data=folder / "sandbox", url=lms, brand=brand))
        found = Living(lms=lms, tool=tool, app=app, session=session)
        found.api("POST", "tools", url=f"{tool}/lti/register/{token}")
        found.add_exchange()
        found.work()
        yield found
