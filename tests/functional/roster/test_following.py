"""Following a roster: who came, who left, who is back; and what a broken one must not do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask
from requests import PreparedRequest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.clock import now as clock_now
from lti_tool.courses import roster
from lti_tool.courses.jobs import ask_for_roster, sync_due_rosters
from lti_tool.courses.models import Course, Membership, Person, Role
from lti_tool.lti.tokens import tokens
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from tests.factories.jobs import run_jobs, waiting_jobs

HOST = "https://roster.example"
ROSTER = f"{HOST}/course/1/memberships"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"


def member(subject: str, *roles: str, **more: Any) -> dict[str, Any]:
    return {"user_id": subject, "roles": list(roles or (LEARNER,)), "name": subject.title(), "status": "Active"} | more


@dataclass
class Rostered:
    """A course whose platform gives its roster, page by page, as the test decides."""

    session: Session
    app: Flask
    course: Course
    members: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1000
    failures: dict[int, int] = field(default_factory=dict)
    """Statuses to answer instead of a page, by the number of the request."""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[None]:
        tokens.forget()
        with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
            network.add("POST", f"{HOST}/token", json={"access_token": "token", "token_type": "bearer"})
            network.add_callback("GET", ROSTER, callback=self._answer)
            yield

    def sync(self, *members: dict[str, Any]) -> None:
        """Let the worker sync the course; with *members*, after the roster became this."""
        self.members = list(members) or self.members
        ask_for_roster(self.session, self.course.id)
        with self.open():
            run_jobs(self.session, self.app, "rosters")

    def member(self, subject: str) -> Membership | None:
        self.session.expire_all()
        return self.session.scalars(
            select(Membership)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.course_id == self.course.id, Person.sub == subject)
        ).one_or_none()

    def names(self) -> dict[str, str]:
        return {row.sub: row.name for row in self.session.execute(select(Person.sub, Person.name))}

    def present(self) -> set[str]:
        here = select(Person.sub).join(Membership, Membership.person_id == Person.id)
        return set(
            self.session.scalars(here.where(Membership.course_id == self.course.id, Membership.left_at.is_(None)))
        )

    @property
    def problem(self) -> str | None:
        self.session.expire_all()
        return self.session.get_one(Course, self.course.id).roster_problem

    def _answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.asked.append(str(request.url))
        if status := self.failures.get(len(self.asked)):
            return status, self.headers, ""
        first = int(parse_qs(urlsplit(str(request.url)).query).get("from", ["0"])[0])
        headers = {"Content-Type": "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"}
        if first + self.page < len(self.members):
            headers["Link"] = f'<{ROSTER}?from={first + self.page}&Bookmark=AbC>; rel="next"'
        return 200, headers, json.dumps({"id": "x", "members": self.members[first : first + self.page]})


@pytest.fixture
def rostered(session: Session, app: Flask) -> Rostered:
    platform = make_platform(session, token_url=f"{HOST}/token")
    course = make_course(session, make_deployment(session, platform), roster_url=ROSTER)
    session.commit()
    return Rostered(session, app, course)


def the(found: Membership | None) -> Membership:
    assert found is not None
    return found


def fingerprint(session: Session) -> list[Any]:
    """Every row version of people and memberships."""
    return [
        *session.execute(text("select ctid::text, xmin::text, xmax::text from person order by id")).all(),
        *session.execute(text("select ctid::text, xmin::text, xmax::text from membership order by id")).all(),
        *session.execute(text("select last_value from person_id_seq")).all(),
        *session.execute(text("select last_value from membership_id_seq")).all(),
    ]


def test_a_roster_brings_everybody_with_name_and_role(rostered: Rostered) -> None:
    rostered.sync(member("ana"), member("ben", INSTRUCTOR), member("cy", ASSISTANT))

    assert rostered.names() == {"ana": "Ana", "ben": "Ben", "cy": "Cy"}
    roles = {subject: the(rostered.member(subject)).role for subject in ("ana", "ben", "cy")}
    assert roles == {"ana": "learner", "ben": "teacher", "cy": "assistant"}
    assert the(rostered.member("ana")).in_roster
    assert rostered.problem is None


def test_a_roster_gives_nobody_staff_rights(rostered: Rostered) -> None:
    rostered.sync(member("ben", INSTRUCTOR))

    assert the(rostered.member("ben")).staff_since is None


def test_pages_are_followed_exactly_as_they_are_named(rostered: Rostered) -> None:
    rostered.page = 2

    rostered.sync(*(member(f"person{number}") for number in range(5)))

    assert len(rostered.present()) == 5
    assert rostered.asked[1:] == [f"{ROSTER}?from={first}&Bookmark=AbC" for first in (2, 4)]


def test_an_unchanged_roster_writes_no_row_and_takes_no_number(rostered: Rostered) -> None:
    rostered.sync(member("ana"), member("ben", INSTRUCTOR), member("gone", status="Inactive"))
    before = fingerprint(rostered.session)

    rostered.sync()

    assert fingerprint(rostered.session) == before


def test_who_is_missing_has_left_and_who_is_back_has_not(rostered: Rostered) -> None:
    rostered.sync(member("ana"), member("ben"))

    rostered.sync(member("ana"))
    left = the(rostered.member("ben")).left_at
    rostered.sync(member("ana"), member("ben"))

    assert left is not None
    assert (the(rostered.member("ben")).left_at, the(rostered.member("ben")).in_roster) == (None, True)


@pytest.mark.parametrize("status", ["Inactive", "Deleted"])
def test_who_is_no_longer_active_has_left(rostered: Rostered, status: str) -> None:
    rostered.sync(member("ana"), member("ben"))

    rostered.sync(member("ana"), member("ben", status=status))

    assert rostered.present() == {"ana"}


def test_somebody_inactive_whom_we_never_met_stays_unknown(rostered: Rostered) -> None:
    rostered.sync(member("ana"), member("old", status="Inactive"))

    assert set(rostered.names()) == {"ana"}


def test_half_a_roster_makes_nobody_leave_or_come(rostered: Rostered) -> None:
    rostered.sync(member("ana"), member("ben"), member("cy"))
    rostered.page, rostered.failures = 1, {3: 500}

    rostered.sync(member("new"), member("ana"), member("other"))

    assert rostered.present() == {"ana", "ben", "cy"}
    assert rostered.problem == "unavailable"


def test_an_empty_roster_is_a_mistake_of_the_lms(rostered: Rostered) -> None:
    rostered.sync(member("ana"))
    rostered.members = []

    rostered.sync()

    assert rostered.present() == {"ana"}
    assert rostered.problem == "roster_empty"


def test_a_roster_that_comes_again_clears_its_problem(rostered: Rostered) -> None:
    rostered.failures = {1: 503}
    rostered.sync(member("ana"))
    rostered.failures = {}

    rostered.sync()

    assert rostered.problem is None


def test_a_failed_sync_waits_its_turn_and_keeps_others_from_being_deferred(rostered: Rostered) -> None:
    rostered.failures, rostered.headers = {1: 429}, {"Retry-After": "1200"}
    rostered.sync(member("ana"))
    make_member(rostered.session, rostered.course, launched_at=clock_now())
    rostered.session.commit()

    with rostered.app.app_context():
        sync_due_rosters(0)

    scheduled = rostered.session.execute(
        text("select scheduled_at from procrastinate_jobs where status = 'todo' and task_name = 'courses.sync_roster'")
    ).scalars()
    waits = [moment - clock_now() for moment in scheduled]
    assert len(waits) == 1
    assert timedelta(minutes=19) < waits[0] <= timedelta(minutes=20)


def test_withheld_names_do_not_overwrite_known_ones(rostered: Rostered) -> None:
    rostered.sync(member("ana"))

    rostered.sync({"user_id": "ana", "roles": [LEARNER]})

    assert rostered.names()["ana"] == "Ana"


def test_a_changed_name_is_taken_over(rostered: Rostered) -> None:
    rostered.sync(member("ana"))

    rostered.sync(member("ana", name="Ana María"))

    assert rostered.names()["ana"] == "Ana María"


def test_a_name_told_after_the_reading_began_stays(rostered: Rostered) -> None:
    """Pages take their time, and an event of this minute is younger than what they say."""
    rostered.sync(member("ana", name="Ana María"))
    the(rostered.member("ana")).person.told_at = clock_now() + timedelta(minutes=1)
    rostered.session.commit()

    rostered.sync(member("ana"))

    assert rostered.names()["ana"] == "Ana María"


@pytest.mark.parametrize("name", ["tab\there", "back\\slash", "line\nbreak", "\\N", "nul\x00", "😀 \ud800", "'; drop"])
def test_names_of_any_kind_survive_the_way_in(rostered: Rostered, name: str) -> None:
    rostered.sync(member("ana", name=name), member("ben"))

    assert rostered.present() == {"ana", "ben"}
    assert len(rostered.names()["ana"]) > 0


def test_a_teaching_assistant_whom_the_roster_calls_a_learner_stays_one(rostered: Rostered) -> None:
    assistant = make_member(rostered.session, rostered.course, Role.ASSISTANT)
    subject = rostered.session.get_one(Person, assistant.person_id).sub
    rostered.session.commit()

    rostered.sync(member(subject, "Learner"), member("ana"))

    assert the(rostered.member(subject)).role == Role.ASSISTANT
    assert the(rostered.member(subject)).staff_since is not None


def test_the_role_of_somebody_who_never_came_follows_the_roster(rostered: Rostered) -> None:
    rostered.sync(member("ana"))

    rostered.sync(member("ana", INSTRUCTOR))

    assert the(rostered.member("ana")).role == Role.TEACHER


def test_who_launched_and_is_not_in_the_roster_has_left(rostered: Rostered) -> None:
    launched = make_member(rostered.session, rostered.course)
    subject = rostered.session.get_one(Person, launched.person_id).sub
    rostered.session.commit()

    rostered.sync(member("ana"))

    assert the(rostered.member(subject)).left_at is not None


def test_who_arrives_while_the_roster_is_read_has_not_left(rostered: Rostered) -> None:
    newcomer = make_member(rostered.session, rostered.course, launched_at=clock_now() + timedelta(minutes=1))
    rostered.session.commit()

    rostered.sync(member("ana"))

    assert the(rostered.session.get(Membership, newcomer.id)).left_at is None


def test_the_test_person_of_the_lms_never_leaves(rostered: Rostered) -> None:
    persona = make_member(rostered.session, rostered.course, is_test_user=True)
    rostered.session.commit()

    rostered.sync(member("ana"))

    assert the(rostered.session.get(Membership, persona.id)).left_at is None


def test_somebody_on_two_pages_is_one_person_with_the_higher_role(rostered: Rostered) -> None:
    rostered.page = 1

    rostered.sync(member("ana"), member("ana", INSTRUCTOR), member("ana", status="Inactive"))

    assert rostered.present() == {"ana"}
    assert the(rostered.member("ana")).role == Role.TEACHER


def test_a_roster_touches_no_other_course_and_no_other_tenant(rostered: Rostered) -> None:
    other_tenant = make_course(rostered.session)
    stranger = make_member(rostered.session, other_tenant, name="Known elsewhere")
    rostered.session.get_one(Person, stranger.person_id).sub = "ana"
    sister = make_course(rostered.session, rostered.course.deployment)
    neighbour = make_member(rostered.session, sister)
    rostered.session.commit()

    rostered.sync(member("ana"))

    rostered.session.expire_all()
    assert rostered.session.get_one(Person, stranger.person_id).name == "Known elsewhere"
    assert rostered.session.get_one(Membership, neighbour.id).left_at is None
    assert rostered.session.get_one(Membership, stranger.id).left_at is None


def test_an_older_roster_does_not_undo_a_newer_one(rostered: Rostered) -> None:
    with rostered.open(), rostered.app.app_context():
        rostered.members = [member("ana")]
        source = roster.source_of(rostered.session, rostered.course.id)
        assert source is not None
        earlier = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        with roster.fetched(source, now=earlier) as old:
            rostered.members = [member("ana"), member("ben")]
            with roster.fetched(source, now=earlier + timedelta(minutes=1)) as new:
                roster.merge(rostered.session, rostered.course.id, new, now=earlier)
            rostered.session.commit()
            changes = roster.merge(rostered.session, rostered.course.id, old, now=earlier)
            rostered.session.commit()

    assert not changes
    assert rostered.present() == {"ana", "ben"}


def test_a_member_without_an_id_spoils_the_whole_roster(rostered: Rostered) -> None:
    rostered.sync(member("ana"), {"roles": [LEARNER], "name": "Nobody"})

    assert rostered.present() == set()
    assert rostered.problem == "rejected"


@pytest.mark.parametrize(
    "synced, launched, is_due",
    [(None, 1, True), (7, 1, True), (5, 1, False), (7, 24 * 61, False)],
)
def test_rosters_are_synced_when_they_are_old_and_somebody_still_comes(
    rostered: Rostered, now: datetime, synced: int | None, launched: int, is_due: bool
) -> None:
    rostered.course.roster_synced_at = None if synced is None else now - timedelta(hours=synced)
    make_member(rostered.session, rostered.course, launched_at=now - timedelta(hours=launched))
    rostered.session.commit()

    due = roster.due(rostered.session, older_than=timedelta(hours=6), now=now, limit=10)

    assert due == ([rostered.course.id] if is_due else [])


def test_asking_twice_is_one_sync(rostered: Rostered) -> None:
    ask_for_roster(rostered.session, rostered.course.id)
    ask_for_roster(rostered.session, rostered.course.id)
    rostered.session.commit()

    assert waiting_jobs(rostered.session, "courses.sync_roster") == 1


def test_a_disabled_platform_is_not_asked(rostered: Rostered) -> None:
    rostered.session.execute(text("update platform set state = 'disabled'"))
    rostered.session.commit()

    rostered.sync(member("ana"))

    assert rostered.asked == []
