"""
The whole demo as a newcomer starts it: one command, its own ports, its own data.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from lti_tool.sandbox.robot import Form, Page, Robot, Upload
from tests.ports import free_ports

PATIENCE = 90.0
"""Seconds for the demo to be ready, its first content made."""
TIMEOUT = 60.0
CHOSEN = ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "HOST", "LOG_LEVEL", "WEB_CONCURRENCY", "WEB_THREADS")
"""What somebody may have set for a house of their own."""
TEACHER = "Amara Okafor"
ADMIN = "Ruth Goldberg"
SEALING = """
import sys
from lti_tool import db
from lti_tool.app import create_app
from lti_tool.clock import now
from lti_tool.exchange import operations
from lti_tool.exchange.models import Exchange

with create_app().app_context():
    operations.seal(db.session(), db.session().get_one(Exchange, int(sys.argv[1])), now=now())
    db.session.commit()
"""
"""What the worker does a day after a sealed exchange was closed. No test waits for that."""
PASSING = """
import sys
from sqlalchemy import text
from lti_tool import db
from lti_tool.app import create_app

with create_app().app_context():
    db.session().execute(
        text(
            "update admin_request r set asked_at = asked_at - interval '9 days', due_at = due_at - interval '9 days'"
            " from person p where p.id = r.person_id and p.name = :name"
        ),
        {"name": sys.argv[1]},
    )
    db.session.commit()
"""
"""Nine days go by for somebody whom the LMS has deleted."""
LOCKING = """
import sys
from dataclasses import replace
from sqlalchemy import select
from lti_tool import config, db, vault
from lti_tool.app import create_app
from webhooks import signatures
from webhooks.outbox.models import Endpoint

with create_app().app_context():
    session, before = db.session(), replace(config.running(), secret_key="another key than the one of today, 32 bytes")
    found = session.scalars(select(Endpoint).where(Endpoint.name == sys.argv[1]).order_by(Endpoint.id.desc())).first()
    found.secret = vault.encrypt(before, signatures.new_secret())
    session.commit()
"""
"""Somebody has started Hearth with another ``SECRET_KEY`` than the one a system was made with."""
NOTICING = """
import sys
from datetime import timedelta
from sqlalchemy import delete, select
from lti_tool import db
from lti_tool.app import create_app
from lti_tool.clock import now
from lti_tool.courses.models import Deployment
from lti_tool.lti.models import NoticeService
from webhooks.models import Source

with create_app().app_context():
    session, state = db.session(), sys.argv[1]
    deployment = session.scalars(select(Deployment).order_by(Deployment.id)).first()
    session.execute(delete(NoticeService).where(NoticeService.deployment_id == deployment.id))
    session.add(
        NoticeService(
            deployment_id=deployment.id, url="https://lms.example/notices", types=["LtiContextCopyNotice"],
            state=state, next_attempt_at=now() + timedelta(days=1), listens_since=now() - timedelta(days=3),
            problem="not_granted" if state == "refused" else "",
        )
    )
    wanted = select(Source).where(Source.platform_id == deployment.platform_id, Source.proof == "notice")
    if session.scalars(wanted).first() is None:
        session.add(
            Source(
                public_id="notices-of-the-scenes", platform_id=deployment.platform_id, name="Notices (LTI)",
                proof="notice", created_at=now(),
            )
        )
    session.commit()
"""
"""Of an LMS that has notices: how far Hearth is with them. The pretend LMS of the scenes offers none."""


def until(found: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """
    Wait until something is so, and give it.

    A page cannot be asked to wait for words of JavaScript: what it may run forbids to make code of them.
    """
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return value


@dataclass(frozen=True, kw_only=True)
class Place:
    """A course of the pretend LMS, and one activity in it."""

    course: str
    activity: str
    title: str


class House:
    """The running demo, and what tests ask the pretend LMS to prepare."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.lms = f"http://lms.localhost:{environment['SANDBOX_PORT']}"
        self.tool = f"http://hearth.localhost:{environment['PORT']}"

    def api(self, method: str, path: str, **body: Any) -> Any:
        """Drive the pretend LMS by its API."""
        return self._sandbox(method, f"api/{path}", **body)

    def let_go_wrong(self, **faults: Any) -> None:
        """Switch faults of the pretend LMS on, or off with None."""
        self._sandbox("PUT", "faults", **faults)

    def _sandbox(self, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(
            method,
            f"http://127.0.0.1:{self.environment['SANDBOX_PORT']}/sandbox/{path}",
            json=body or None,
            timeout=TIMEOUT,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def invitation(self) -> str:
        """What the operator sends to an admin: `hearth platform invite`."""
        done = subprocess.run(
            [Path(sys.executable).with_name("hearth"), "platform", "invite"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip()

    def students(self) -> list[str]:
        """Their names, in order."""
        return [each["name"] for each in self.api("GET", "state")["people"] if each["kind"] == "student"]

    def new_course(self, title: str) -> str:
        """An empty course with everybody in it."""
        biology = next(each for each in self.api("GET", "state")["courses"] if each["label"] == "BIO-101")
        return str(self.api("POST", f"courses/{biology['id']}/copy", title=title, students=True)["id"])

    def activities(self, course: str) -> list[dict[str, Any]]:
        """What stands in a course of the LMS."""
        found = next(each for each in self.api("GET", "state")["courses"] if each["id"] == course)
        return [activity for module in found["modules"] for activity in module["activities"]]

    def exchange(self, course: str, title: str, *, reviews: int = 1, **settings: str) -> Place:
        """Let the teacher add an exchange to *course*; graded, with the criteria the form begins with."""
        state = next(each for each in self.api("GET", "state")["courses"] if each["id"] == course)
        with self._robot(TEACHER) as robot:
            form = robot.get(robot.launch(module=state["modules"][0]["id"]).link("New")).form("/exchanges")
            values = {"instructions": "Say what you saw.", "grade": "points", "points": "10", **settings}
            robot.submit(form, title=title, reviews=str(reviews), **values)
        made = next(each for each in self.activities(course) if each["title"] == title)
        return Place(course=course, activity=made["id"], title=title)

    def hand_in(self, place: Place, student: str, body: str) -> None:
        """Let a student write and hand in."""
        with self._robot(student) as robot:
            page = robot.launch(activity=place.activity)
            check = robot.submit(robot.get(f"{page.url}/work").form("/work/draft"), body=body, act="check")
            robot.submit(check.form("/work"))

    def give_feedback(self, place: Place, student: str, words: str) -> None:
        """Let a student take a work and say something about it."""
        with self._robot(student) as robot:
            page = robot.submit(robot.launch(activity=place.activity).form("/reviews"))
            form = page.form("/feedback")
            robot.submit(form, **_answers(form, words))

    def give_file(self, place: Place, student: str, words: str, name: str, data: bytes) -> None:
        """Let a student take a work and say something about it, with a file."""
        with self._robot(student) as robot:
            page = robot.submit(robot.launch(activity=place.activity).form("/reviews"))
            form = page.form("/feedback")
            there = replace(form, action=form.action.removesuffix("/feedback") + "/files")
            page = robot.send_file(there, Upload(field="files", name=name, data=data))
            form = page.form("/feedback")
            robot.submit(form, **_answers(form, words))

    def choose(self, place: Place, topic: str, **values: str) -> None:
        """Let the teacher choose further settings."""
        with self._robot(TEACHER) as robot:
            page = robot.launch(activity=place.activity)
            robot.submit(robot.get(f"{page.url}/settings/{topic}").form(f"/settings/{topic}"), **values)

    def add_example(self, place: Place, title: str, body: str, words: str) -> None:
        """Let the teacher put in a work to practise with."""
        with self._robot(TEACHER) as robot:
            page = robot.launch(activity=place.activity)
            form = robot.get(f"{page.url}/examples/new").form("/examples")
            robot.submit(form, title=title, body=body, **_answers(form, words))

    def practise(self, place: Place, student: str, words: str) -> None:
        """Let a student try the first of them."""
        with self._robot(student) as robot:
            page = robot.launch(activity=place.activity)
            there = robot.get(f"{page.url}/practice").link("Practice work 1")
            form = robot.get(there).form(f"/practice/{there.rpartition('/')[2]}")
            robot.submit(form, **_answers(form, words))

    def begin_comparing(self, place: Place) -> None:
        """Let the teacher begin a round of comparing."""
        with self._robot(TEACHER) as robot:
            page = robot.launch(activity=place.activity)
            robot.submit(robot.get(f"{page.url}/comparing").form("/comparing/rounds"))

    def compare(self, place: Place, student: str, words: str) -> None:
        """Let a student compare the first two works."""
        with self._robot(student) as robot:
            there = robot.launch(activity=place.activity).link("Pair 1")
            form = robot.get(there).form(f"/comparisons/{there.rpartition('/')[2]}")
            picks: dict[str, str | list[str]] = {
                name: values[0] for name, values in form.choices.items() if name.startswith("pick-")
            }
            written = {name: words for name in form.fields if name.startswith(("left", "right"))}
            robot.submit(form, **picks, **written)

    def assess_own(self, place: Place, student: str, words: str) -> None:
        """Let a student say how they see their own work."""
        with self._robot(student) as robot:
            page = robot.launch(activity=place.activity)
            form = robot.get(f"{page.url}/self-assessment").form("/self-assessment")
            robot.submit(form, **_answers(form, words))

    def ask_for(self, place: Place, **work: str) -> None:
        """Let the teacher choose what is handed in."""
        with self._robot(TEACHER) as robot:
            page = robot.get(f"{robot.launch(activity=place.activity).url}/settings/work")
            robot.submit(page.form("/settings/work"), **work)

    def sign_up(self, place: Place, student: str, about: str, *, held_at: str = "", where: str = "") -> None:
        """Let a student sign up for what they present."""
        with self._robot(student) as robot:
            page = robot.get(f"{robot.launch(activity=place.activity).url}/presentation")
            robot.submit(page.form("/presentation"), about=about, held_at=held_at, place=where)

    def ask_for_groups(self, place: Place, **options: str) -> None:
        """Let the teacher say that groups hand in, and deal them in twos."""
        with self._robot(TEACHER) as robot:
            url = robot.launch(activity=place.activity).url
            robot.submit(robot.get(f"{url}/settings/teams").form("/settings/teams"), on="1", **options)
            robot.submit(robot.get(f"{url}/groups").form("/groups/dealing"), size="2")

    def begin_feedback(self, place: Place, student: str, words: str) -> None:
        """Let a student take a work, and save a draft about it."""
        with self._robot(student) as robot:
            page = robot.submit(robot.launch(activity=place.activity).form("/reviews"))
            form = page.form("/feedback")
            robot.submit(replace(form, action=form.action.replace("/feedback", "/draft")), **_answers(form, words))

    def take_back(self, place: Place, student: str) -> None:
        """Let a student take their work back."""
        with self._robot(student) as robot:
            page = robot.launch(activity=place.activity)
            robot.submit(robot.get(f"{page.url}/work/withdrawal").form("/work/withdrawal"))

    def open_rules(self, place: Place, proposed: Mapping[str, str]) -> None:
        """Let the teacher ask for rules of feedback, and students propose some."""
        with self._robot(TEACHER) as robot:
            page = robot.launch(activity=place.activity)
            form = robot.get(f"{page.url}/settings/charter").form("/settings/charter")
            robot.submit(form, proposals="y")
        for student, rule in proposed.items():
            with self._robot(student) as robot:
                page = robot.launch(activity=place.activity)
                robot.submit(robot.get(f"{page.url}/rules").form("/rules/proposals"), rule=rule)

    def close(self, place: Place) -> None:
        """Let the teacher close an exchange."""
        with self._robot(TEACHER) as robot:
            robot.submit(robot.launch(activity=place.activity).form("/closure"))

    def seal(self, place: Place) -> None:
        """Let the teacher close a sealed exchange, and the worker seal it."""
        self.close(place)
        found = re.search(r"/exchanges/(\d+)", self.opened(place, TEACHER).url)
        assert found
        self.run(SEALING, found[1])

    def run(self, script: str, *arguments: str) -> None:
        """Let something be so that no page can bring about."""
        subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=180,
        )

    def take_work(self, place: Place, student: str) -> None:
        """Let a student get a work to review, and no more."""
        with self._robot(student) as robot:
            robot.submit(robot.launch(activity=place.activity).form("/reviews"))

    @contextmanager
    def at(self, place: Place, person: str) -> Iterator[tuple[Robot, Page]]:
        """Somebody who has opened the activity, and what they see."""
        with self._robot(person) as robot:
            yield robot, robot.launch(activity=place.activity)

    def opened(self, place: Place, person: str) -> Page:
        """What somebody sees who opens the activity."""
        with self._robot(person) as robot:
            return robot.launch(activity=place.activity)

    @contextmanager
    def in_admin_room(self) -> Iterator[tuple[Robot, Page]]:
        """The institution's admin, in their room."""
        with self._robot(ADMIN) as robot:
            yield robot, robot.launch(site=True)

    def send_event(self, page: str, body: str) -> int:
        """Post *body* to the address for events that *page* shows. Returns the status."""
        found = re.search(r"/webhooks/[\w-]+", page)
        assert found
        there = f"http://127.0.0.1:{self.environment['PORT']}{found[0]}"
        return requests.post(
            there, data=body, headers={"Host": self.tool.removeprefix("http://")}, timeout=TIMEOUT
        ).status_code

    @contextmanager
    def _robot(self, person: str) -> Iterator[Robot]:
        with Robot(self.lms, person) as robot:
            yield robot


def _answers(form: Form, words: str) -> dict[str, str | list[str]]:
    levels: dict[str, str | list[str]] = {
        name: values[-1] for name, values in form.choices.items() if name.startswith("level-")
    }
    comments = dict.fromkeys((name for name in form.fields if name.startswith("comment")), words)
    return levels | comments


@contextmanager
def demo(var: Path) -> Iterator[House]:
    """Start the demo, wait until a newcomer is told to go on, stop it as Ctrl-C does."""
    web, sandbox, webhooks = free_ports(3)
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN and not name.startswith("SANDBOX_")}
    environment = kept | {
        "PORT": str(web),
        "SANDBOX_PORT": str(sandbox),
        "WEBHOOKS_PORT": str(webhooks),
        "HEARTH_VAR": str(var),
    }
    said = var / "demo.log"
    with said.open("w") as output, ExitStack() as stack:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("hearth"), "demo"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal of the tests is for the tests.
            start_new_session=True,
        )
        stack.callback(_stop, process)
        _wait(process, said)
        secret = (var / "demo-secret").read_text().strip()
        tool = f"http://hearth.localhost:{web}"
        yield House(environment | {"SECRET_KEY": secret, "PUBLIC_URL": tool, "ALLOW_LOOPBACK_PLATFORMS": "1"})


def _wait(process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + PATIENCE
    while "Hearth is ready" not in said.read_text():
        assert process.poll() is None, f"the demo ended by itself:\n{said.read_text()}"
        assert time.monotonic() < until, f"the demo is not ready:\n{said.read_text()}"
        time.sleep(0.1)
    assert "could not" not in said.read_text(), said.read_text()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
