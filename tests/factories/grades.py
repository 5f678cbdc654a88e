"""Grades on their way, and a gradebook that answers as LMSs do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from requests import PreparedRequest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course, Membership, Person, Platform, ResourceLink
from lti_tool.grades import operations
from lti_tool.grades.models import Passback, State
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.tokens import tokens
from tests.factories.courses import (
    make_activity,
    make_course,
    make_deployment,
    make_member,
    make_platform,
    make_resource_link,
)

HOST = "https://grades.example"
LINE_ITEMS = f"{HOST}/course/1/lineitems?type_id=3"
LINE_ITEM = f"{HOST}/course/1/lineitems/7/lineitem?type_id=3"
SCORES = f"{HOST}/course/1/lineitems/7/lineitem/scores?type_id=3"
GRADED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

Answer = tuple[int, dict[str, str], str]


def refused_grade(session: Session, course: Course, **values: Any) -> Passback:
    """A grade that the LMS refused."""
    activity = make_activity(session, course)
    row = Passback(
        **{
            "course_id": course.id,
            "activity_id": activity.id,
            "resource_link_id": make_resource_link(session, course, activity).id,
            "person_id": make_member(session, course).person_id,
            "score_given": 3.0,
            "score_maximum": 10.0,
            "state": State.FAILED,
            "problem": "refused",
            "changed_at": GRADED,
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


@dataclass
class Gradebook:
    """An LMS's gradebook: keeps what it is sent and answers by the book, or once as it is told."""

    brand: str = ""
    scores: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of scores that were kept."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of all scores that came."""
    columns: list[dict[str, Any]] = field(default_factory=list)
    next_answers: list[Answer] = field(default_factory=list)
    """Given one after the other, instead of a proper answer."""
    tokens: int = 0
    students: set[str] | None = None
    """Who may be graded; None for everybody."""
    meanwhile: Any = None
    """Called once, while a score is on its way."""
    guard: threading.Lock = field(default_factory=threading.Lock)

    def of(self, subject: str) -> dict[str, Any] | None:
        """What the gradebook shows for somebody."""
        kept = [score for score in self.scores if score["userId"] == subject]
        return kept[-1] if kept and "scoreGiven" in kept[-1] else None

    @contextmanager
    def open(self) -> Iterator[responses.RequestsMock]:
        """Answer at :data:`HOST` until the block ends."""
        tokens.forget()
        with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
            network.add_callback("POST", f"{HOST}/token", callback=self._token)
            network.add_callback("POST", SCORES.partition("?")[0], callback=self._score)
            network.add_callback("POST", f"{HOST}/course/1/lineitems/8/lineitem/scores", callback=self._score)
            network.add_callback("GET", LINE_ITEMS.partition("?")[0], callback=self._list)
            network.add_callback("POST", LINE_ITEMS.partition("?")[0], callback=self._create)
            yield network

    def _token(self, request: PreparedRequest) -> Answer:
        self.tokens += 1
        scope = parse_qs(str(request.body))["scope"][0]
        given = {"access_token": f"token-{self.tokens}", "token_type": "Bearer", "expires_in": 3600, "scope": scope}
        return 200, {"Content-Type": "text/html"}, json.dumps(given)

    def _score(self, request: PreparedRequest) -> Answer:
        score = json.loads(request.body or b"{}")
        with self.guard:
            self.asked.append(score)
            self.meanwhile, call = None, self.meanwhile
        if call is not None:
            call()
        with self.guard:
            if self.next_answers:
                return self.next_answers.pop(0)
        if self.students is not None and score["userId"] not in self.students:
            return (
                422,
                {"Content-Type": "application/json"},
                '{"errors":"not a student of this course"}',
            )
        if self.brand == "moodle" and self._is_too_soon(score):
            return 409, {}, ""
        self.scores.append(score)
        return 200, {"Content-Type": "application/json"}, ""

    def _is_too_soon(self, score: dict[str, Any]) -> bool:
        """Moodle compares whole seconds, and refuses what is not later."""
        known = [each["timestamp"] for each in self.scores if each["userId"] == score["userId"]]
        return bool(known) and _second(known[-1]) >= _second(score["timestamp"])

    def _list(self, request: PreparedRequest) -> Answer:
        query = parse_qs(urlsplit(str(request.url)).query)
        assert query["type_id"] == ["3"], "the query of the address must be kept"
        found = [
            item
            for item in self.columns
            if all(
                item.get(key) == query[name][0]
                for name, key in (("resource_id", "resourceId"), ("resource_link_id", "resourceLinkId"))
                if name in query
            )
        ]
        return 200, {"Content-Type": lti.MEDIA_LINE_ITEMS}, json.dumps(found)

    def _create(self, request: PreparedRequest) -> Answer:
        if self.next_answers:
            return self.next_answers.pop(0)
        made = json.loads(request.body or b"{}") | {"id": f"{HOST}/course/1/lineitems/8/lineitem?type_id=3"}
        self.columns.append(made)
        return 201, {"Content-Type": lti.MEDIA_LINE_ITEM}, json.dumps(made)


def _second(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())


@dataclass
class Graded:
    """A course with an activity, its column and one learner."""

    session: Session
    platform: Platform
    course: Course
    activity: Activity
    link: ResourceLink
    learner: Membership

    @property
    def subject(self) -> str:
        return self.session.get_one(Person, self.learner.person_id).sub

    def set_grade(self, score: float | None, *, now: datetime = GRADED, **values: Any) -> Passback | None:
        """Set the learner's grade, commit, and return its row."""
        operations.set_grade(
            self.session,
            **{
                "course_id": self.course.id,
                "activity_id": self.activity.id,
                "resource_link_id": self.link.id,
                "person_id": self.learner.person_id,
                "score_given": score,
                "score_maximum": 10.0,
                "comment": "",
                "submitted_at": None,
                "now": now,
            }
            | values,
        )
        self.session.commit()
        return self.passback

    @property
    def passback(self) -> Passback | None:
        """The learner's grade as it is now."""
        self.session.expire_all()
        return self.session.scalars(
            select(Passback).where(Passback.person_id == self.learner.person_id).order_by(Passback.id).limit(1)
        ).one_or_none()


def make_graded(session: Session, *, family: str = "", **course: Any) -> Graded:
    """A course whose platform lets us do everything with its gradebook."""
    platform = make_platform(session, family=family, token_url=f"{HOST}/token")
    deployment = make_deployment(session, platform)
    made = make_course(
        session, deployment, **{"line_items_url": LINE_ITEMS, "scopes": [lti.SCOPE_SCORE, lti.SCOPE_LINE_ITEM]} | course
    )
    activity = make_activity(session, made)
    link = make_resource_link(session, made, activity, line_item_url=LINE_ITEM)
    graded = Graded(session, platform, made, activity, link, make_member(session, made))
    session.commit()
    return graded


def due_again(graded: Graded) -> None:
    """Let the time pass until the next attempt."""
    graded.session.execute(text("update grade_passback set next_attempt_at = now() - interval '1 second'"))
    graded.session.commit()


def the(passback: Passback | None) -> Passback:
    """The grade that must be there."""
    assert passback is not None
    return passback
