"""
What goes wrong with what Hearth tells others, done for real: grades, the write-back to a plugin in an LMS, webhooks.

After each of them: nothing lost, nothing doubled under one id. docs/outgoing.md has the table.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.courses.models import Course, Membership, Platform, ResourceLink, Role
from lti_tool.exchange import operations, rules
from lti_tool.grades import operations as gradebook
from lti_tool.lti import vocabulary as lti
from tests.factories.companion import TOKEN, PretendMoodle, served
from tests.factories.courses import make_activity, make_member, make_resource_link, sign_in
from tests.factories.exchange import all_hand_in, make_class
from tests.factories.receivers import Answer, Receiver, receiving
from tests.functional.faults.conftest import Plant
from webhooks.companions import pairing as pairings
from webhooks.outbox import endpoints

A_TOKEN = Answer(200, body=json.dumps({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}).encode())
LINK, COURSE = 7, "42"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def the_course(session: Session) -> Course:
    return session.query(Course).one()


# Grades


@pytest.fixture
def gradebook_of(receiver: Receiver) -> Receiver:
    """A platform at which every address answers as one for tokens does; of an answer to a score, nothing is read."""
    receiver.always = A_TOKEN
    return receiver


def scores(receiver: Receiver) -> dict[str, list[tuple[float, str]]]:
    """Points and timestamps that came for each person, in their order."""
    found: dict[str, list[tuple[float, str]]] = {}
    for each in receiver.came:
        if each.path.endswith("/scores"):
            score = json.loads(each.body)
            found.setdefault(score["userId"], []).append((score["scoreGiven"], score["timestamp"]))
    return found


def grade(session: Session, receiver: Receiver, count: int) -> None:
    """So many people of the course get a grade."""
    course = the_course(session)
    base = receiver.url.removesuffix("/hook")
    session.execute(update(Platform).values(token_url=f"{base}/token", family=""))
    course.line_items_url, course.scopes = f"{base}/items", [lti.SCOPE_SCORE, lti.SCOPE_LINE_ITEM]
    activity = make_activity(session, course)
    link = make_resource_link(session, course, activity, line_item_url=f"{base}/items/1")
    people = [make_member(session, course).person_id for _ in range(count)]
    session.flush()
    gradebook.set_grades(
        session,
        [gradebook.NewGrade(person_id=person, score_given=7, score_maximum=10) for person in people],
        course_id=course.id,
        activity_id=activity.id,
        resource_link_id=link.id,
        now=datetime.now(UTC),
    )


def test_a_worker_killed_while_grades_are_on_the_wire_loses_none_and_sends_none_again_with_an_earlier_time(
    plant: Plant, gradebook_of: Receiver
) -> None:
    with plant.session() as session:
        grade(session, gradebook_of, 30)
    # The platform takes its time for scores, and answers none of them before the worker is dead.
    gradebook_of.hangs_on = "/scores"
    gradebook_of.hang.clear()
    worker = plant.worker()
    plant.until(lambda: len(scores(gradebook_of)) == 4)
    plant.kill(worker)
    first = scores(gradebook_of)
    assert plant.ask("select count(*) from grade_passback where state = 'waiting'") == 30
    gradebook_of.hang.set()

    plant.let_leases_end()
    plant.worker()
    plant.until(lambda: plant.ask("select count(*) from grade_passback where state = 'sent'") == 30)

    came = scores(gradebook_of)
    assert len(came) == 30
    assert {person: len(each) for person, each in came.items() if person in first} == dict.fromkeys(first, 2)
    assert {len(each) for person, each in came.items() if person not in first} == {1}
    assert all(list(each) == sorted(set(each), key=lambda score: score[1]) for each in came.values())


# The plugin in an LMS


@pytest.fixture
def moodle() -> Iterator[PretendMoodle]:
    with served(PretendMoodle()) as made:
        yield made


def test_a_worker_killed_while_it_writes_back_to_the_lms_loses_nothing_and_doubles_no_key(
    plant: Plant, moodle: PretendMoodle
) -> None:
    now = datetime.now(UTC)
    with plant.session() as session:
        platform = session.query(Platform).one()
        platform.issuer, platform.client_id = moodle.address, moodle.client_id
        session.flush()
        wishes = pairings.Wishes()
        pairings.pair(session, platform, address="", token=TOKEN, wishes=wishes, settings=plant.settings, now=now)
        course = the_course(session)
        course.context_id = COURSE
        made = make_class(session, course=course, learners=8, now=now - timedelta(hours=1), anonymity=rules.NAMED)
        session.execute(update(ResourceLink).values(lti_id=str(LINK)))
        for number, each in enumerate(made.learners, start=11):
            each.person.sub = str(number)
        moodle.enrolled, moodle.activities = set(range(11, 19)), {LINK}
        all_hand_in(made, now=now)
    moodle.stops_at = 3
    worker = plant.worker()
    plant.until(lambda: len(moodle.keys) == 3)
    plant.kill(worker)
    assert plant.ask("select count(*) from companion_telling where state = 'told'") == 0
    moodle.stops_at = None
    moodle.goes_on.set()

    plant.let_leases_end()
    plant.worker()
    plant.until(lambda: plant.ask("select count(*) from companion_telling where state <> 'told'") == 0)

    assert plant.ask("select count(*) from companion_telling where entry_id is not null") == 8
    assert max(Counter(moodle.keys).values()) == 1
    assert Counter((each["kind"], each["userid"]) for each in moodle.log) == Counter(
        ("work.submitted", person) for person in range(11, 19)
    )


# Webhooks


def subscribe(session: Session, plant: Plant, receiver: Receiver, *kinds: str) -> None:
    wanted = endpoints.Wanted(url=receiver.url, kinds=kinds)
    platform = session.query(Platform).one()
    endpoints.make(session, platform, wanted, settings=plant.settings, now=datetime.now(UTC))


def press(plant: Plant, path: str, **fields: int) -> int:
    """Open the page at *path* as a browser behind the school's proxy does, and send its form."""
    url = f"http://127.0.0.1:{plant.port}{path}"
    headers = {"Host": "hearth.example", "X-Forwarded-Proto": "https"}
    page = requests.get(url, headers=headers, timeout=60)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, page.text
    sent = requests.post(
        url, data={"csrf_token": token[1], **fields}, headers=headers, allow_redirects=False, timeout=60
    )
    return sent.status_code


def test_what_a_web_process_answered_is_told_once_although_it_was_killed_right_after(
    plant: Plant, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    with plant.session() as session:
        subscribe(session, plant, receiver, "work.submitted")
        made = make_class(session, course=the_course(session), now=now - timedelta(hours=1))
        author = made.learners[0]
        saved = operations.save_draft(
            session, made.exchange, author=author.person_id, body="My work.", base_revision=0, now=now
        )
        session.flush()
        path = sign_in(session, author).path(f"/exchanges/{made.exchange.id}/work")
    web = plant.web("lti_tool.wsgi:app", ready="/healthz")

    assert press(plant, path, base_revision=saved.revision) == 303
    plant.kill(web)

    assert plant.ask("select count(*) from webhook_delivery where state = 'waiting'") == 1
    plant.worker()
    plant.until(lambda: plant.ask("select count(*) from webhook_delivery where state = 'delivered'") == 1)
    assert [json.loads(each.body)["type"] for each in receiver.came] == ["work.submitted"]


def test_a_database_that_crashes_while_deliveries_wait_and_are_on_the_wire_loses_none_and_doubles_no_id(
    plant: Plant, receiver: Receiver
) -> None:
    with plant.session() as session:
        subscribe(session, plant, receiver, "course.opened")
        person = session.query(Membership).filter_by(role=Role.LEARNER).first()
        assert person is not None
        for _ in range(60):
            now = datetime.now(UTC)
            journal.record(session, "course.opened", course_id=person.course_id, person_id=person.person_id, now=now)
    receiver.hang.clear()
    plant.worker()
    receiver.wait_for(36)
    plant.crash_database()
    first = {each.headers["webhook-id"]: each.body for each in receiver.came}
    assert 36 <= len(first) < 60, "some are on the wire, the others wait"
    receiver.hang.set()
    plant.start_database()
    assert plant.ask("select count(*) from webhook_delivery where state = 'waiting'") == 60
    plant.let_leases_end()
    plant.until_with_a_worker(
        lambda: plant.ask("select count(*) from webhook_delivery where state = 'delivered'") == 60
    )

    again = Counter(receiver.ids)
    assert len(again) == 60
    assert {id: again[id] for id in first} == dict.fromkeys(first, 2), "what was on the wire comes again"
    assert sum(again.values()) == 60 + len(first), "and nothing else"
    assert all(each.body == first.get(each.headers["webhook-id"], each.body) for each in receiver.came)
