"""What is told outside: enough to be useful, and never who wrote what where names are hidden."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import privacy
from lti_tool.config import Settings
from lti_tool.courses.models import Person
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Feedback
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from lti_tool.outgoing import OUTGOING
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, take
from tests.factories.outbox import School, every_kind, make_school
from tests.factories.receivers import Answer, Receiver, receiving
from webhooks.outbox import endpoints
from webhooks.outbox.deliveries import replay

HOUSE = Path(__file__).parents[3] / "lti_tool"
HIDING = [rules.MASKED, rules.SEALED, rules.AUTHOR_HIDDEN, rules.REVIEWER_HIDDEN]
BY_AUTHORS = {"work.submitted", "work.withdrawn", "feedback.thanked", "feedback.appraised", "comment.marked"}
BY_REVIEWERS = {"feedback.given", "feedback.revised", "comparison.given"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@dataclass
class Played:
    """An exchange that was played, and everything that went out about it."""

    made: Class
    school: School
    receiver: Receiver

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.receiver.came]

    def subs(self) -> dict[int, str]:
        people = self.school.session.execute(select(Person.id, Person.sub).where(Person.id.in_(self.made.people)))
        return {row.id: row.sub for row in people}


def play(
    session: Session, settings: Settings, receiver: Receiver, *, anonymity: str, format: endpoints.Format = "standard"
) -> Played:
    """Everybody hands in, reviews, answers; what happened goes out to the receiver."""
    made = make_class(session, learners=4, anonymity=anonymity)
    school = make_school(
        session, settings, receiver.url, now=BEGUN, kinds=every_kind(format), format=format, course=made.course
    )
    all_hand_in(made)
    operations.withdraw_work(session, made.exchange, author=made.people[0], now=BEGUN)
    hand_in(made, made.people[0])
    session.commit()
    for person in made.people:
        for _ in range(2):
            give(made, take(made, person))
            session.commit()
    for feedback in session.scalars(select(Feedback)).all():
        author = feedback.offer.submission.author_id
        assert author is not None
        operations.thank(session, made.exchange, author=author, feedback_id=feedback.id, now=BEGUN)
    session.commit()
    school.send()
    return Played(made=made, school=school, receiver=receiver)


@pytest.mark.parametrize("format", ["standard", "caliper"])
@pytest.mark.parametrize("anonymity", [rules.MASKED, rules.SEALED])
def test_nothing_in_what_goes_out_of_an_anonymous_exchange_tells_who_did_it(
    session: Session, settings: Settings, receiver: Receiver, anonymity: str, format: endpoints.Format
) -> None:
    """
    No id, no name, no pseudonym: what one learner did reads to the letter like what another did.

    Every byte that went out is looked at, headers included.
    """
    played = play(session, settings, receiver, anonymity=anonymity, format=format)

    sent = b"\n".join(each.body + json.dumps(dict(each.headers)).encode() for each in receiver.came).decode()
    assert len(receiver.came) >= 5
    for person in session.scalars(select(Person).where(Person.id.in_(played.made.people))):
        assert person.sub not in sent
        assert person.name not in sent
    assert shapes(played, "work.submitted") == 1
    if anonymity == rules.MASKED:
        assert shapes(played, "feedback.given") == 1
    # Nothing kept here leads to them either.
    assert {each.person_id for each in played.school.deliveries()} <= {None, played.made.teacher.person_id}


def shapes(played: Played, act: str) -> int:
    """In how many ways the acts of one kind read, but for the ids of messages and the time."""
    entries = {
        str(delivery.message_id): delivery.kind for delivery in played.school.deliveries() if delivery.kind == act
    }
    bodies = [
        each.body.decode()
        for each in played.receiver.came
        if each.headers["webhook-id"].removeprefix("msg_") in entries
    ]
    assert len(bodies) >= 4
    uuids = re.compile("|".join(entries))
    moments = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
    return len({moments.sub("", uuids.sub("", each)) for each in bodies})


def test_what_reviewers_do_in_a_sealed_exchange_is_not_told_for_the_moment_alone_could_say_who(
    session: Session, settings: Settings, receiver: Receiver
) -> None:
    played = play(session, settings, receiver, anonymity=rules.SEALED)

    told = {each["type"] for each in played.documents}
    assert not told & (BY_REVIEWERS | {"feedback.replied"})
    assert "work.submitted" in told
    kept = {each.kind for each in played.school.deliveries()}
    assert not kept & BY_REVIEWERS, "the admin room does not show the moment either"


@pytest.mark.parametrize("anonymity", HIDING)
def test_each_side_is_named_only_where_it_is_not_hidden(
    session: Session, settings: Settings, receiver: Receiver, anonymity: str
) -> None:
    played = play(session, settings, receiver, anonymity=anonymity)

    named = {each["type"]: each["data"]["person"] is not None for each in played.documents}

    for act, is_named in named.items():
        if act in BY_AUTHORS:
            assert is_named is not rules.is_hidden(anonymity, rules.AUTHOR), act
        if act in BY_REVIEWERS:
            assert is_named is not rules.is_hidden(anonymity, rules.REVIEWER), act


def test_a_named_exchange_tells_who_did_what(session: Session, settings: Settings, receiver: Receiver) -> None:
    played = play(session, settings, receiver, anonymity=rules.NAMED)

    subs = set(played.subs().values())
    given = [each["data"] for each in played.documents if each["type"] == "feedback.given"]
    assert {each["person"]["id"] for each in given} == subs
    assert {each["activity"]["id"] for each in given} == {str(played.made.exchange.activity.public_id)}
    assert [each["facts"] for each in given] == [{"is_late": False}] * 8
    no_ids = {name for kind in OUTGOING.values() for name in kind.facts if name.endswith("_id")}
    assert no_ids == set(), "facts are plain: an id leads from one act to another"


def test_an_exchange_that_became_anonymous_meanwhile_names_nobody(
    session: Session, settings: Settings, receiver: Receiver
) -> None:
    made = make_class(session, anonymity=rules.NAMED)
    school = make_school(session, settings, receiver.url, now=BEGUN, kinds=["work.submitted"], course=made.course)
    all_hand_in(made)
    made.exchange.anonymity = rules.MASKED

    school.send()

    assert [json.loads(each.body)["data"]["person"] for each in receiver.came] == [None] * 4


@dataclass
class Handed:
    """An exchange with names in which four handed in; a school is told of it."""

    made: Class
    school: School
    receiver: Receiver

    def hide(self, anonymity: str = rules.MASKED) -> None:
        """As a teacher does in the settings."""
        plan = replace(queries.plan_of(self.made.exchange), anonymity=anonymity)
        self.made.exchange = operations.edit_exchange(
            self.school.session, self.made.exchange, plan, by=self.made.teacher.person_id, now=BEGUN
        )
        self.school.session.commit()

    def people(self) -> list[Any]:
        return [json.loads(each.body)["data"]["person"] for each in self.receiver.came]


@pytest.fixture
def handed(session: Session, settings: Settings, receiver: Receiver, app: Any) -> Handed:
    made = make_class(session, anonymity=rules.NAMED)
    kinds = ["work.submitted", "feedback.given"]
    school = make_school(session, settings, receiver.url, now=BEGUN, kinds=kinds, course=made.course)
    all_hand_in(made)
    return Handed(made=made, school=school, receiver=receiver)


@pytest.mark.parametrize("is_by_the_settings", [True, False])
def test_a_message_that_failed_before_its_exchange_became_anonymous_is_told_without_the_name_under_the_same_id(
    handed: Handed, receiver: Receiver, is_by_the_settings: bool
) -> None:
    """Whoever asks first: the settings take names out at once, and whoever sends asks again."""
    receiver.always = Answer(500)
    handed.school.send()
    named = {each.headers["webhook-id"] for each in receiver.came}
    assert None not in handed.people()
    receiver.came.clear()
    receiver.always = Answer(204)
    if is_by_the_settings:
        handed.hide()
    else:
        handed.made.exchange.anonymity = rules.MASKED

    assert handed.school.send_again() == 4

    assert handed.people() == [None] * 4
    assert {each.headers["webhook-id"] for each in receiver.came} == named
    assert all("facts" not in json.loads(each.body)["data"] for each in receiver.came)
    assert {each.person_id for each in handed.school.deliveries()} == {None}


def test_a_message_that_names_somebody_still_is_told_with_the_same_words(handed: Handed, receiver: Receiver) -> None:
    receiver.next_answers = [Answer(500)] * 4
    handed.school.send()
    handed.hide(rules.NAMED)

    handed.school.send_again()

    bodies = [each.body for each in receiver.came]
    assert sorted(bodies[:4]) == sorted(bodies[4:])
    assert None not in handed.people()


def test_what_was_told_with_names_is_kept_without_them_and_sent_again_without_them(
    handed: Handed, receiver: Receiver
) -> None:
    handed.school.send()
    subs = [each["id"] for each in handed.people()]
    receiver.came.clear()

    handed.hide()

    kept = handed.school.deliveries()
    assert not any(sub in (each.body or "") for each in kept for sub in subs)
    assert {each.person_id for each in kept} == {None}
    for each in kept:
        assert replay(handed.school.session, settings=handed.school.settings, now=BEGUN, delivery_id=each.id) == 1
    handed.school.send()
    assert handed.people() == [None] * 4


def test_what_was_given_up_before_a_pause_names_nobody_after_it(handed: Handed, receiver: Receiver) -> None:
    session, school = handed.school.session, handed.school
    receiver.always = Answer(400)
    school.send()
    endpoints.pause(session, school.endpoint, now=BEGUN)
    handed.made.exchange.anonymity = rules.MASKED
    receiver.always = Answer(204)
    receiver.came.clear()

    endpoints.resume(session, school.endpoint, now=BEGUN)
    assert replay(session, settings=school.settings, now=BEGUN, endpoint_id=school.endpoint.id) == 4
    school.send()

    assert handed.people() == [None] * 4


def test_what_reviewers_did_before_an_exchange_was_sealed_is_told_no_more(handed: Handed, receiver: Receiver) -> None:
    give(handed.made, take(handed.made, handed.made.people[0]))
    handed.school.session.commit()
    receiver.always = Answer(500)
    handed.school.send()
    receiver.always = Answer(204)
    receiver.came.clear()
    handed.hide(rules.SEALED)

    handed.school.send_again()

    assert [json.loads(each.body)["type"] for each in receiver.came] == ["work.submitted"] * 4
    assert [each.kind for each in handed.school.deliveries()] == ["work.submitted"] * 4, "nor when it was"


def test_a_test_is_sent_again_as_it_was(handed: Handed, receiver: Receiver) -> None:
    handed.school.send()
    receiver.came.clear()
    receiver.next_answers = [Answer(500)]
    endpoints.ping(handed.school.session, handed.school.endpoint, settings=handed.school.settings, now=BEGUN)

    handed.school.send()
    handed.school.send_again()

    first, second = receiver.came
    assert first.body == second.body


def test_a_caliper_envelope_says_who_did_what_to_what(session: Session, settings: Settings, receiver: Receiver) -> None:
    played = play(session, settings, receiver, anonymity=rules.NAMED, format="caliper")
    course, public_id = played.made.course, played.made.exchange.activity.public_id
    issuer = course.deployment.platform.issuer

    envelope = next(each for each in played.documents if "feedback.given" in json.dumps(each))

    event = envelope["data"][0]
    assert set(envelope) == {"sensor", "sendTime", "dataVersion", "data"}
    assert envelope["dataVersion"] == event["@context"] == "http://purl.imsglobal.org/ctx/caliper/v1p2"
    assert event["id"].startswith("urn:uuid:")
    assert (event["type"], event["action"], event["profile"]) == ("FeedbackEvent", "Commented", "FeedbackProfile")
    assert event["actor"]["type"] == "Person"
    (identifier,) = event["actor"]["otherIdentifiers"]
    assert identifier["identifier"] in played.subs().values()
    assert (identifier["identifierType"], identifier["source"]) == ("LtiUserId", issuer)
    assert event["object"] == {"id": f"urn:uuid:{public_id}", "type": "AssignableDigitalResource"}
    assert event["generated"]["type"] == "Comment"
    assert event["group"]["otherIdentifiers"][0]["identifier"] == course.context_id
    assert event["edApp"] == {"id": "https://hearth.example", "type": "SoftwareApplication"}
    assert event["eventTime"] == "2026-03-02T09:30:00.000Z"
    assert event["extensions"] == {"hearth": {"type": "feedback.given", "is_late": False}}


def test_every_event_of_caliper_has_what_caliper_wants(
    session: Session, settings: Settings, receiver: Receiver
) -> None:
    made = make_class(session, anonymity=rules.MASKED)
    school = make_school(
        session, settings, receiver.url, now=BEGUN, kinds=every_kind("caliper"), format="caliper", course=made.course
    )
    for act in every_kind("caliper"):
        school.act(act, activity_id=made.exchange.id)
    endpoints.ping(session, school.endpoint, settings=school.settings, now=BEGUN)
    school.send()

    events = [json.loads(each.body)["data"][0] for each in receiver.came]
    assert len(events) == len(every_kind("caliper")) + 1
    for event in events:
        assert {"id", "type", "profile", "actor", "action", "object", "eventTime", "edApp"} <= set(event)
        assert all(event[name].get("id") for name in ("actor", "object", "edApp"))


def test_what_is_declared_is_really_done_somewhere() -> None:
    """A kind that nothing records would be offered and never come."""
    code = "".join(path.read_text() for path in HOUSE.rglob("*.py") if path.name != "outgoing.py")

    assert [act for act in OUTGOING if f'"{act}"' not in code] == []


def test_a_person_is_forgotten_in_what_was_told_and_in_what_waits(
    session: Session, settings: Settings, receiver: Receiver, now: datetime
) -> None:
    school = make_school(session, settings, receiver.url, now=now)
    school.act()
    school.send()
    school.act(now=now + timedelta(minutes=1))
    (known,) = privacy.export(session, platform_id=school.platform.id, subject=school.sub)
    assert [each["what"] for each in known["told_to_endpoints"]] == ["course.opened"]
    assert school.sub in known["told_to_endpoints"][0]["message"]

    privacy.forget(session, platform_id=school.platform.id, subject=school.sub, storage=DatabaseStorage(), now=now)
    session.commit()
    receiver.came.clear()
    school.send()

    assert [json.loads(each.body)["data"]["person"] for each in receiver.came] == [None]
    assert school.deliveries()[0].body is None
    assert not any(school.sub in (each.body or "") for each in school.deliveries())
    assert session.scalars(select(Entry.person_id)).all() == [None, None]
