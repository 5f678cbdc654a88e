"""The letterbox: proven, kept once, read by somebody, whatever comes and however often."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from canvas.events import KEYS
from lti_tool import db, vault
from lti_tool.admin.models import Request
from lti_tool.config import Settings
from lti_tool.courses.models import Course, Deployment, Enrolment, Membership, Person, Platform
from lti_tool.lms.events import RosterChanged
from lti_tool.lti.key_sets import key_sets
from lti_tool.subscriptions import SUBSCRIPTIONS
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from tests.factories.jobs import run_jobs, waiting_jobs
from tests.factories.lti import jwk, private_key
from webhooks import inbox, signatures, sources
from webhooks.companions.models import Pairing
from webhooks.drain import MOST_ATTEMPTS, drain_all, subscriptions
from webhooks.jobs import scrub, sweep
from webhooks.models import Event, Refusal, Source
from webhooks.views import LARGEST

PAYLOADS = Path(__file__).parents[2] / "payloads"
CANVAS_COURSE, CANVAS_PERSON = "700000000000042", "700000000000012"
SYNC = "courses.sync_roster"


def payload(brand: str, name: str) -> Any:
    return json.loads((PAYLOADS / brand / f"{name}.json").read_text())


def everything(brand: str) -> list[Any]:
    return [json.loads(file.read_text()) for file in sorted((PAYLOADS / brand).glob("*.json"))]


class Letterbox:
    """A source, and who sends to it."""

    def __init__(self, client: FlaskClient, made: sources.Made, platform: Platform) -> None:
        self.client, self.made, self.platform = client, made, platform

    def post(self, document: Any = None, *, body: bytes | None = None, **headers: str) -> int:
        """Send as it is. Returns the status."""
        data = body if body is not None else json.dumps(document).encode()
        return self.client.post(self.path, data=data, headers=headers).status_code

    def signed(self, document: Any, *, message_id: str = "msg_1", at: datetime | None = None, secret: str = "") -> int:
        """Send as Standard Webhooks have it."""
        body, at = json.dumps(document).encode(), at or datetime.now(UTC)
        signature = signatures.sign(secret or self.made.secret or "", message_id=message_id, at=at, body=body)
        return self.post(body=body, **headers(message_id, at, signature))

    def token(self, document: Any, *, key: str = "first", kid: str = "first") -> int:
        """Send as Canvas signs: the token is the whole body."""
        made = jwt.encode(document, private_key(key), algorithm="RS256", headers={"kid": kid})
        return self.post(body=made.encode())

    @property
    def path(self) -> str:
        return self.made.address.removeprefix("https://hearth.example")


def headers(message_id: str, at: datetime, signature: str) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture(autouse=True)
def _strangers() -> None:
    """Whom another test knew is unknown here."""
    inbox.addresses.forget()


MakesBox = Callable[..., Letterbox]


@pytest.fixture
def make_box(client: FlaskClient, session: Session, settings: Settings, now: datetime) -> MakesBox:
    """Makes a source for a platform of a brand, with a course and a student that its events speak of."""

    def make(family: str = "moodle", proof: Any = None, **values: Any) -> Letterbox:
        platform = make_platform(session, family=family, **values)
        deployment = make_deployment(session, platform)
        course_id, person_id = (CANVAS_COURSE, CANVAS_PERSON) if family == "canvas" else ("42", "12")
        course = make_course(
            session, deployment, lms_id=course_id, title="Old title", roster_url="https://lms.example/roster"
        )
        make_member(session, course, name="Mai").person.lms_id = person_id
        made = sources.make(session, platform, proof=proof, name="", settings=settings, now=now)
        session.commit()
        return Letterbox(client, made, platform)

    return make


@pytest.fixture
def canvas_keys() -> Iterator[responses.RequestsMock]:
    """The key set that signs Canvas's payloads."""
    key_sets.forget()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        network.get(KEYS, json={"keys": [jwk("first")]})
        yield network
    key_sets.forget()


def kept(session: Session) -> list[Event]:
    session.expire_all()
    return list(session.scalars(select(Event).order_by(Event.id)))


def refused(session: Session) -> Mapping[str, int]:
    return {row.reason: row.count for row in session.scalars(select(Refusal))}


# Proving.


def test_a_signed_event_is_kept_and_leads_to_a_new_look_at_the_roster(
    make_box: MakesBox, session: Session, app: Flask
) -> None:
    box = make_box()

    assert box.signed(payload("moodle", "user_enrolment_created")) == 202
    assert [event.state for event in kept(session)] == ["new"]

    run_jobs(session, app, "webhooks")
    assert [(event.name, event.state) for event in kept(session)] == [("user_enrolment_created", "done")]
    assert waiting_jobs(session, SYNC) == 1


def test_the_same_event_is_kept_once_and_answered_the_same(make_box: MakesBox, session: Session) -> None:
    box = make_box()
    event = payload("moodle", "group_created")

    assert [box.signed(event), box.signed(event), box.signed(event, at=datetime.now(UTC) + timedelta(minutes=1))] == [
        202,
        202,
        202,
    ]
    assert len(kept(session)) == 1


def test_a_refused_event_is_counted_and_not_kept(make_box: MakesBox, session: Session) -> None:
    box = make_box()

    assert box.signed(payload("moodle", "group_created"), secret=signatures.new_secret()) == 401
    assert box.post(payload("moodle", "group_created")) == 401
    assert box.signed(payload("moodle", "group_created"), at=datetime.now(UTC) - timedelta(hours=1)) == 401

    assert kept(session) == []
    assert refused(session) == {"wrong signature": 1, "no id": 1, "timestamp too far off": 1}


def test_both_secrets_are_taken_during_a_rotation_and_the_old_one_ends(
    make_box: MakesBox, session: Session, settings: Settings
) -> None:
    box = make_box()
    source = session.get_one(Source, box.made.id)
    fresh = sources.rotate(session, source, settings=settings, now=datetime.now(UTC))
    session.commit()

    assert box.signed(payload("moodle", "group_created")) == 202
    assert box.signed(payload("moodle", "group_updated"), message_id="msg_2", secret=fresh) == 202

    source.old_secret_until = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    inbox.addresses.forget()
    assert box.signed(payload("moodle", "group_deleted"), message_id="msg_3") == 401


def test_a_payload_signed_by_canvas_is_proven_also_after_it_changed_keys(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    box = make_box("canvas")
    assert box.made.proof == "jwt"

    assert box.token(payload("canvas", "enrollment_created")) == 202
    canvas_keys.replace(responses.GET, KEYS, json={"keys": [jwk("first"), jwk("second")]})
    assert box.token(payload("canvas", "enrollment_updated"), key="second", kid="second") == 202
    assert len(kept(session)) == 2


def test_while_the_key_set_of_canvas_does_not_answer_its_events_are_asked_for_again(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    box = make_box("canvas")
    canvas_keys.replace(responses.GET, KEYS, status=500)

    assert box.token(payload("canvas", "enrollment_created")) == 503
    assert kept(session) == []
    assert refused(session) == {"its key set does not answer": 1}

    key_sets.forget()
    canvas_keys.replace(responses.GET, KEYS, json={"keys": [jwk("first")]})
    assert box.token(payload("canvas", "enrollment_created")) == 202


def test_a_source_whose_secret_cannot_be_read_has_its_events_sent_again(make_box: MakesBox, session: Session) -> None:
    """Somebody changed SECRET_KEY: nothing is lost while the LMS goes on trying."""
    box = make_box("moodle", "standard")
    source = session.get_one(Source, box.made.id)
    right, source.secret = source.secret, "nonsense"
    session.commit()

    assert box.signed(payload("moodle", "group_created")) == 503
    assert refused(session) == {"its secret cannot be read": 1}

    source.secret = right
    session.commit()
    inbox.addresses.forget()
    assert box.signed(payload("moodle", "group_created")) == 202


def test_a_new_secret_for_a_source_whose_secret_cannot_be_read_keeps_nothing_of_the_one_before(
    make_box: MakesBox, session: Session, settings: Settings
) -> None:
    box = make_box("moodle", "standard")
    source = session.get_one(Source, box.made.id)
    source.secret = "nonsense"
    fresh = sources.rotate(session, source, settings=settings, now=datetime.now(UTC))
    session.commit()

    assert source.old_secret is None
    assert box.signed(payload("moodle", "group_created"), secret=fresh) == 202


def test_keys_that_rotate_each_month_refuse_none_of_the_events_between(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    """Canvas publishes the previous, the present and the next key, and signs with the present one."""
    box = make_box("canvas")
    names = ("first", "second", "third", "fourth")
    event = payload("canvas", "group_created")

    for month in range(1, 3):
        canvas_keys.replace(responses.GET, KEYS, json={"keys": [jwk(each) for each in names[month - 1 : month + 2]]})
        for key in (names[month], names[month - 1]):
            body = event | {"metadata": event["metadata"] | {"request_id": f"{month}-{key}"}}
            assert box.token(body, key=key, kid=key) == 202

    assert len(kept(session)) == 4


@pytest.mark.parametrize("body", [b"", b"a.b.c", b"\xff\xfe", b'{"metadata": {}}', b"." * 100])
def test_what_is_not_signed_by_canvas_is_refused(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock, body: bytes
) -> None:
    assert make_box("canvas").post(body=body) == 401
    assert kept(session) == []


def test_somebody_elses_key_and_an_unknown_one_are_refused(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    box = make_box("canvas")

    assert box.token(payload("canvas", "enrollment_created"), key="second", kid="first") == 401
    assert box.token(payload("canvas", "enrollment_created"), key="second", kid="unknown") == 401
    assert box.post(body=jwt.encode({}, "x" * 40, algorithm="HS256", headers={"kid": "first"}).encode()) == 401
    assert kept(session) == []


def test_a_school_that_learns_the_address_of_another_is_not_believed_there(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    """One key signs for all schools of a hosted Canvas; the root account that the first event names is ours."""
    box = make_box("canvas")
    ours = payload("canvas", "enrollment_created")
    theirs = payload("canvas", "enrollment_updated")
    theirs["metadata"]["root_account_uuid"] = "another school"
    assert box.token(ours) == 202

    inbox.addresses.forget()

    assert box.token(theirs) == 401
    assert box.token(payload("canvas", "user_updated")) == 202
    assert len(kept(session)) == 2
    assert refused(session) == {"another site than the paired one": 1}


def test_unsigned_events_of_canvas_need_a_source_that_was_made_for_them(make_box: MakesBox, session: Session) -> None:
    assert make_box("canvas").post(payload("canvas", "enrollment_created")) == 401
    assert make_box("canvas", "address").post(payload("canvas", "enrollment_created")) == 202


def test_local_webhooks_prove_themselves_by_their_token(make_box: MakesBox, session: Session) -> None:
    box = make_box("moodle", "token")
    event = payload("moodle", "group_created")

    assert box.post(event) == 401
    assert box.post(event | {"token": "guessed"}) == 401
    assert box.post(event | {"token": box.made.secret}) == 202
    assert "token" not in json.dumps(kept(session)[0].payload)


def test_a_proof_that_the_lms_has_not_is_not_offered(
    session: Session, app: Flask, settings: Settings, now: datetime
) -> None:
    platform = make_platform(session, family="canvas")

    with pytest.raises(sources.ProofNotOffered, match="jwt, address"):
        sources.make(session, platform, proof="token", name="", settings=settings, now=now)


# Whatever comes.


def test_an_unknown_a_paused_and_a_switched_off_source_are_not_there(make_box: MakesBox, session: Session) -> None:
    box, off = make_box(), make_box()
    session.get_one(Source, box.made.id).state = "paused"
    off.platform.state = "disabled"
    session.commit()

    assert box.signed(payload("moodle", "group_created")) == 404
    assert off.signed(payload("moodle", "group_created")) == 404
    assert box.client.post("/webhooks/unknown", data=b"{}").status_code == 404


def test_what_is_no_event_is_told_in_problem_json_and_counted(make_box: MakesBox, session: Session) -> None:
    box = make_box("canvas", "address")

    for body in (b"not json", b"[" * 100_000, b'{"metadata": {}}', b"[1]", b"\xff", b'{"metadata":{"event_name":1}}'):
        answer = box.client.post(box.path, data=body)
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert sum(refused(session).values()) == 6
    assert kept(session) == []


def test_a_flood_of_bytes_and_of_events_is_refused(make_box: MakesBox, session: Session) -> None:
    box = make_box("canvas", "address")

    assert box.post(body=b"x" * (LARGEST + 1)) == 413
    assert box.post([payload("canvas", "group_created")] * (inbox.MOST_AT_ONCE + 1)) in (400, 413)
    assert kept(session) == []


def test_the_zero_character_is_no_reason_to_lose_an_event(make_box: MakesBox, session: Session) -> None:
    box = make_box("canvas", "address")
    event = payload("canvas", "group_created")
    event["body"]["group_name"] = "Team\x001"

    assert box.post(event) == 202
    assert kept(session)[0].payload["body"]["group_name"] == "Team1"  # type: ignore[index]


def test_a_backslash_before_a_zero_is_a_character_and_half_a_letter_is_refused(
    make_box: MakesBox, session: Session
) -> None:
    box = make_box("canvas", "address")
    event = payload("canvas", "group_created")
    event["body"]["group_name"] = "Team\\u0000\x001"

    assert box.post(event) == 202
    assert kept(session)[0].payload["body"]["group_name"] == "Team\\u00001"  # type: ignore[index]

    event["body"]["group_name"] = "\ud800"
    assert box.post(event) == 400


def test_who_relies_on_a_job_that_waits_has_somebody_look_again(make_box: MakesBox, session: Session) -> None:
    box = make_box("canvas", "address")
    box.post(payload("canvas", "course_created"))
    # As if the job had been taken, and were over before the next event is committed.
    session.execute(text("update procrastinate_jobs set status = 'doing'"))
    session.commit()
    session.execute(
        text(
            "insert into procrastinate_jobs (queue_name, task_name, queueing_lock, priority, args, status)"
            " values ('webhooks', 'webhooks.drain', 'webhooks.drain', 0, '{}', 'todo')"
        )
    )
    session.commit()
    box.post(payload("canvas", "course_updated"))
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()

    until = time.monotonic() + 30
    while not waiting_jobs(session, "webhooks.drain"):
        assert time.monotonic() < until
        session.rollback()
        time.sleep(0.05)


def test_a_batch_is_kept_and_rings_once(make_box: MakesBox, session: Session) -> None:
    box = make_box("canvas", "address")

    assert box.post([payload("canvas", name) for name in ("group_created", "group_updated", "course_updated")]) == 202
    assert box.post(payload("canvas", "caliper")) == 202

    assert len(kept(session)) == 5
    assert waiting_jobs(session, "webhooks.drain") == 1


# Reading.


@pytest.mark.parametrize("family, proof", [("canvas", "address"), ("moodle", "token")])
def test_every_event_twice_and_shuffled_ends_in_the_same_state(
    make_box: MakesBox, session: Session, app: Flask, family: str, proof: str
) -> None:
    """
    Each is read before the next comes, so that the order in which they come is the order in which they are heard.

    At first everything is as the youngest events say: one that changes nothing is remembered like any other.
    """
    box = make_box(family, proof)
    events = [each | {"token": box.made.secret} for each in [*everything(family), *earlier(family)] * 2]
    states = []

    for seed in range(6):
        random.Random(seed).shuffle(events)  # noqa: S311 - an order, and no secret
        session.execute(text("truncate webhook_event, course_enrolment"))
        session.execute(update(Course).values(title="Biology of rivers", told_at=None, over_at=None, over_told_at=None))
        session.execute(update(Membership).values(groups=[], groups_told={}))
        session.execute(update(Person).values(name="Mai Trần", told_at=None))
        session.commit()
        for each in events:
            assert box.post(each) == 202
            drain_all()
        states.append(
            (
                session.scalars(select(Course.title)).all(),
                session.scalars(select(Person.name)).all(),
                session.execute(select(Course.over_at, Membership.groups).join(Membership)).all(),
                session.execute(select(Event.name, Event.state).order_by(Event.name, Event.key)).all(),
                session.scalars(select(Enrolment.lms_id)).all(),
            )
        )

    assert all(each == states[0] for each in states)
    assert states[0][0] == ["Biology of rivers"]
    assert states[0][1] == ["Mai Trần"]
    assert {state for _, state in states[0][3]} == {"done", "skipped"}
    assert waiting_jobs(session, SYNC) == 1


def earlier(family: str) -> list[Any]:
    """Other names and titles, told of before those of the payloads."""
    return [
        as_told(family, name, words, minutes_before=60 - number)
        for name, said in (("user_updated", ("Vera", "V. Tran")), ("course_updated", ("Rivers", "Rivers in spring")))
        for number, words in enumerate(said)
    ]


def as_told(family: str, name: str, words: str, *, minutes_before: int) -> Any:
    told = payload(family, name)
    if family == "canvas":
        at = datetime.fromisoformat(told["metadata"]["event_time"]) - timedelta(minutes=minutes_before)
        told["metadata"]["event_time"], told["body"]["name"] = at.isoformat(), words
        return told
    told["timecreated"] -= 60 * minutes_before
    told["other"]["fullname"] = words
    return told


@pytest.mark.parametrize("proof", ["address", "jwt"])
def test_only_events_of_the_school_that_launches_come_from_are_believed(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock, proof: str
) -> None:
    """Whoever speaks first means nothing then: one key signs for the schools of all the world."""
    canvas_keys.assert_all_requests_are_fired = False
    box = make_box("canvas", proof)
    session.execute(update(Deployment).values(sites=["ours", "our-other"]))
    session.commit()

    def come(site: str) -> int:
        told = payload("canvas", "group_created")
        told["metadata"] |= {"root_account_uuid": site, "request_id": site}
        return box.token(told) if proof == "jwt" else box.post(told)

    assert [come(each) for each in ("theirs", "ours", "our-other", "theirs")] == [401, 202, 202, 401]
    assert session.get_one(Source, box.made.id).site is None
    assert refused(session) == {"another site than the paired one": 2}


def test_a_launch_mends_what_a_stranger_who_spoke_first_has_bound(
    make_box: MakesBox, session: Session, canvas_keys: responses.RequestsMock
) -> None:
    box = make_box("canvas")
    told = payload("canvas", "group_created")
    told["metadata"]["root_account_uuid"] = "theirs"
    assert box.token(told) == 202
    inbox.addresses.forget()
    assert box.token(payload("canvas", "group_updated")) == 401, "ours is locked out"

    session.execute(update(Deployment).values(sites=["u-root"]))
    session.commit()
    inbox.addresses.forget()

    assert box.token(payload("canvas", "course_updated")) == 202
    assert box.token(told | {"metadata": told["metadata"] | {"request_id": "again"}}) == 401


@pytest.mark.parametrize("proof, asked", [("address", 0), ("jwt", 1)])
def test_that_somebody_was_deleted_is_not_believed_of_a_source_that_only_its_address_proves(
    make_box: MakesBox,
    session: Session,
    app: Flask,
    canvas_keys: responses.RequestsMock,
    proof: str,
    asked: int,
) -> None:
    canvas_keys.assert_all_requests_are_fired = False
    box = make_box("canvas", proof)
    told = payload("canvas", "user_updated")
    told["body"]["workflow_state"] = "deleted"

    assert (box.token(told) if proof == "jwt" else box.post(told)) == 202
    run_jobs(session, app, "webhooks")

    assert len(session.scalars(select(Request)).all()) == asked
    assert [each.state for each in kept(session)] == ["done" if asked else "skipped"]


def test_events_of_one_platform_touch_no_other(make_box: MakesBox, session: Session, app: Flask) -> None:
    ours, other = make_box("canvas", "address"), make_box("canvas", "address")

    ours.post(payload("canvas", "course_updated"))
    run_jobs(session, app, "webhooks")

    titles = {
        deployment.platform_id: title
        for title, deployment in (
            (course.title, course.deployment) for course in session.scalars(select(Course)).unique()
        )
    }
    assert titles == {ours.platform.id: "Biology of rivers", other.platform.id: "Old title"}


def test_a_platform_that_withholds_names_is_not_told_them_by_events(
    make_box: MakesBox, session: Session, app: Flask
) -> None:
    box = make_box("canvas", "address")
    session.execute(update(Person).values(name=""))
    session.commit()

    box.post(payload("canvas", "user_updated"))
    run_jobs(session, app, "webhooks")

    assert session.scalars(select(Person.name)).all() == [""]


def test_an_event_that_comes_while_another_is_read_is_not_stranded(
    make_box: MakesBox, session: Session, app: Flask, now: datetime
) -> None:
    """
    A sees a job waiting and defers none; the job begins and ends before A commits. After its commit A looks again.
    """
    box = make_box("canvas", "address")
    box.post(payload("canvas", "course_created"))
    assert waiting_jobs(session, "webhooks.drain") == 1
    address = inbox.Address(id=box.made.id, family="canvas", proof="address", secrets=())
    events = inbox.read(
        address, {}, json.dumps(payload("canvas", "course_updated")).encode(), settings=app_settings(app), now=now
    )

    with db.transaction() as sender:
        result = inbox.keep(db.driver_connection(sender), address, events, now=now)
        run_jobs(session, app, "webhooks")
    assert result.relies_on_bell
    assert [event.state for event in kept(session)] == ["done", "new"]

    with db.transaction() as sender:
        inbox.ring_again(db.driver_connection(sender))
    run_jobs(session, app, "webhooks")
    assert [event.state for event in kept(session)] == ["done", "done"]


def test_the_sweep_reads_what_nobody_was_rung_for(make_box: MakesBox, session: Session, app: Flask) -> None:
    box = make_box("canvas", "address")
    box.post(payload("canvas", "course_updated"))
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()

    sweep(timestamp=0)

    assert [event.state for event in kept(session)] == ["done"]


@pytest.fixture
def stumbling() -> Iterator[list[str]]:
    """A handler that fails for one course, and never for others."""
    handled: list[str] = []

    def stumble(session: Session, platform_id: int, events: Any, now: datetime) -> None:
        handled.extend(each.course for each in events)
        if any(each.course == "13" for each in events):
            raise RuntimeError("of all numbers")

    subscriptions.install({RosterChanged: (stumble,)})
    yield handled
    subscriptions.install(SUBSCRIPTIONS)


def test_one_bad_event_holds_up_no_other_and_is_given_up_in_the_end(
    make_box: MakesBox, session: Session, stumbling: list[str]
) -> None:
    box = make_box("moodle")
    event = payload("moodle", "role_assigned")
    for number in ("12", "13", "14"):
        box.signed(event | {"courseid": number}, message_id=f"msg_{number}")

    drain_all()
    assert [(row.state, row.error) for row in kept(session)] == [("done", ""), ("failed", "RuntimeError"), ("done", "")]

    for _ in range(MOST_ATTEMPTS):
        session.execute(update(Event).where(Event.state == "failed").values(next_attempt_at=None))
        session.commit()
        drain_all()
    bad = kept(session)[1]
    assert (bad.state, bad.attempts) == ("dead", MOST_ATTEMPTS)

    subscriptions.install(SUBSCRIPTIONS)
    assert sources.replay(session) == 1
    session.commit()
    drain_all()
    assert {row.state for row in kept(session)} == {"done"}


def test_a_failed_event_waits_longer_each_time(make_box: MakesBox, session: Session, stumbling: list[str]) -> None:
    box = make_box("moodle")
    box.signed(payload("moodle", "role_assigned") | {"courseid": "13"})

    waits = []
    for _ in range(3):
        drain_all()
        (event,) = kept(session)
        assert event.next_attempt_at is not None
        waits.append(event.next_attempt_at - datetime.now(UTC))
        assert drain_all() == 0
        event.next_attempt_at = None
        session.commit()

    assert [round(wait.total_seconds() / 30) for wait in waits] == [1, 2, 4]


def test_what_events_said_is_thrown_away_after_a_while_and_repeats_are_still_known(
    make_box: MakesBox, session: Session, app: Flask
) -> None:
    box = make_box("canvas", "address")
    box.post(payload("canvas", "course_updated"))
    run_jobs(session, app, "webhooks")
    session.execute(update(Event).values(received_at=func.now() - timedelta(days=8)))
    session.commit()

    with app.app_context():
        scrub(timestamp=0)
    assert [(event.payload, event.state) for event in kept(session)] == [(None, "done")]
    assert box.post(payload("canvas", "course_updated")) == 202
    assert len(kept(session)) == 1

    session.execute(update(Event).values(received_at=func.now() - timedelta(days=90)))
    session.commit()
    with app.app_context():
        scrub(timestamp=0)
    assert kept(session) == []


@pytest.mark.parametrize("brand", ["canvas", "moodle"])
def test_no_login_address_or_browser_of_anybody_is_kept_of_any_event(
    make_box: MakesBox, session: Session, brand: str
) -> None:
    box = make_box(brand, "address" if brand == "canvas" else "standard")
    for number, told in enumerate(everything(brand)):
        if brand == "canvas":
            assert box.post(told) == 202
        else:
            box.signed({"type": "x", "timestamp": 1, "data": {"event": told}}, message_id=f"msg_{number}")

    whole = json.dumps([row.payload for row in kept(session)])

    assert len(kept(session)) > 10
    for foreign in ("@school.example", "203.0.113", "Mozilla", "user_login"):
        assert foreign not in whole


def test_many_events_cost_few_statements_and_one_look_at_each_roster(
    make_box: MakesBox, session: Session, app: Flask
) -> None:
    box = make_box("moodle")
    event = payload("moodle", "user_enrolment_created")
    several = [event | {"eventid": f"e{number}", "relateduserid": number} for number in range(900)]
    assert box.signed({"type": "moodle.events", "timestamp": 1, "data": {"events": several}}) == 202

    run_jobs(session, app, "webhooks")

    assert {row.state for row in kept(session)} == {"done"}
    assert waiting_jobs(session, SYNC) == 1


def app_settings(app: Flask) -> Settings:
    found = app.extensions["hearth.settings"]
    assert isinstance(found, Settings)
    return found


# Our plugin in Moodle, as docs/moodle-plugin.md tells it.


def from_plugin(name: str = "user_enrolment_created", *, site: str | None = "hs_1") -> dict[str, Any]:
    """An event in the body of our plugin."""
    told = payload("moodle", name)
    event = {
        each: told[each] for each in ("eventname", "objectid", "courseid", "userid", "timecreated", "contextlevel")
    }
    event |= {"eventid": "7b1d0c9e-6a3b-4f0e-9a52-0d3f7f0b2a11", "relateduserid": 12, "anonymous": 0, "other": {}}
    data = {"site": site, "clientid": "client-1", "event": event}
    return {
        "type": f"moodle.{name}",
        "timestamp": "2026-09-01T08:01:00Z",
        "data": {key: value for key, value in data.items() if value is not None},
    }


def pair(session: Session, platform: Platform, settings: Settings, now: datetime) -> None:
    token = vault.encrypt(settings, "token")
    session.add(Pairing(platform_id=platform.id, address=platform.issuer, token=token, site_id="hs_1", created_at=now))
    session.commit()


@pytest.mark.parametrize("site, status", [("hs_1", 202), ("hs_2", 401), ("", 401), (None, 401)])
def test_only_the_paired_site_is_believed_however_well_an_event_is_signed(
    make_box: MakesBox, session: Session, settings: Settings, now: datetime, site: str | None, status: int
) -> None:
    """A copy of a Moodle, made for trying things, has the secret as well."""
    box = make_box()
    pair(session, box.platform, settings, now)

    assert box.signed(from_plugin(site=site)) == status

    assert len(kept(session)) == int(status == 202)
    assert refused(session) == ({} if status == 202 else {"another site than the paired one": 1})


def test_before_pairing_any_site_with_the_secret_is_believed(make_box: MakesBox, session: Session) -> None:
    box = make_box()

    assert box.signed(from_plugin(site="hs_9")) == 202


def test_local_webhooks_goes_on_beside_a_pairing(
    make_box: MakesBox, session: Session, settings: Settings, now: datetime
) -> None:
    box = make_box(proof="token")
    pair(session, box.platform, settings, now)

    assert box.post({**payload("moodle", "user_enrolment_created"), "token": box.made.secret}) == 202


def test_a_test_of_the_plugin_is_taken_and_does_nothing(make_box: MakesBox, session: Session, app: Flask) -> None:
    box = make_box()
    document = from_plugin()
    document["type"] = "moodle.test_requested"
    document["data"]["event"] |= {
        "eventname": "\\local_hearth\\event\\test_requested",
        "courseid": 0,
        "relateduserid": 0,
    }

    assert box.signed(document) == 202
    run_jobs(session, app, "webhooks")

    assert [(event.name, event.state) for event in kept(session)] == [
        ("\\local_hearth\\event\\test_requested", "skipped")
    ]


def test_an_event_of_the_plugin_is_kept_once_by_its_own_id(make_box: MakesBox, session: Session) -> None:
    """Its attempts have one ``webhook-id``, which is the event's; a restored backup may send it under another."""
    box = make_box()

    assert box.signed(from_plugin(), message_id="7b1d0c9e-6a3b-4f0e-9a52-0d3f7f0b2a11") == 202
    assert box.signed(from_plugin(), message_id="another") == 202

    assert len(kept(session)) == 1


def together(*ids: str, site: str = "hs_1") -> dict[str, Any]:
    """Several events in one body, as the plugin packs what waited."""
    alone = from_plugin(site=site)
    event = alone["data"].pop("event")
    alone["data"]["events"] = [event | {"eventid": id, "objectid": number} for number, id in enumerate(ids, 1)]
    return alone | {"type": "moodle.events"}


def test_events_that_come_together_are_each_kept_once_in_whatever_company_they_come_again(
    make_box: MakesBox, session: Session, settings: Settings, app: Flask, now: datetime
) -> None:
    """An answer was lost, and the next attempt begins with one alone."""
    box = make_box()
    pair(session, box.platform, settings, now)

    assert box.signed(together("a", "b", "c"), message_id="many_1") == 202
    assert box.signed(together("b"), message_id="b") == 202
    assert box.signed(together("c", "d"), message_id="many_2") == 202

    assert [event.key for event in kept(session)] == ["a", "b", "c", "d"]
    run_jobs(session, app, "webhooks")
    assert {event.state for event in kept(session)} == {"done"}


def test_another_site_is_refused_for_many_as_for_one(
    make_box: MakesBox, session: Session, settings: Settings, now: datetime
) -> None:
    box = make_box()
    pair(session, box.platform, settings, now)

    assert box.signed(together("a", "b", site="hs_2")) == 401

    assert kept(session) == []


def test_one_that_nobody_can_read_refuses_the_many_so_that_their_sender_parts_them(
    make_box: MakesBox, session: Session
) -> None:
    box = make_box()
    document = together("a", "b", "c")
    document["data"]["events"][1]["timecreated"] = 12

    assert box.signed(document) == 400
    assert kept(session) == []

    events = document["data"].pop("events")
    told = [
        box.signed({**document, "data": {**document["data"], "event": each}}, message_id=each["eventid"])
        for each in events
    ]
    assert told == [202, 400, 202]
    assert [event.key for event in kept(session)] == ["a", "c"]


def test_the_signature_is_over_all_of_them(make_box: MakesBox, session: Session) -> None:
    box = make_box()
    at = datetime.now(UTC)
    body = json.dumps(together("a", "b")).encode()
    signature = signatures.sign(box.made.secret or "", message_id="many_1", at=at, body=body)

    assert box.post(body=body.replace(b'"b"', b'"x"'), **headers("many_1", at, signature)) == 401
    assert box.post(body=body, **headers("many_1", at, signature)) == 202
