"""The operator's commands, as a script would call them: standard input, standard output, exit codes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
import responses
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.admin.models import Request
from lti_tool.cli import main
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.courses.models import Person, Platform
from lti_tool.exchange import exporting, operations
from lti_tool.exchange.models import Feedback, Submission
from lti_tool.lti import refusals
from lti_tool.lti.models import Invitation, NoticeService
from lti_tool.web.institution import tenant_of
from tests.conftest import PUBLIC_URL, SECRET
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from tests.factories.exchange import BEGUN, all_hand_in, make_class, review
from tests.factories.grades import refused_grade
from webhooks import sources
from webhooks.models import Event, Refusal, Source
from webhooks.outbox import endpoints

Operate = Callable[..., Result]

DESCRIBED = {
    "issuer": "https://lms.example",
    "client_id": "10000000000042",
    "deployment_ids": ["1", "2"],
    "auth_url": "https://lms.example/auth",
    "token_url": "https://lms.example/token",
    "jwks_url": "https://lms.example/jwks",
}


@pytest.fixture
def operate(settings: Settings, engine: Engine, session: Session) -> Iterator[Operate]:
    """Runs ``hearth`` with the settings of these tests."""
    environment = {"SECRET_KEY": SECRET, "PUBLIC_URL": PUBLIC_URL, "DATABASE_URL": settings.database_url or ""}

    def run(*words: str, given: Any = None, **changes: str | None) -> Result:
        text = given if isinstance(given, str) or given is None else json.dumps(given)
        made = CliRunner().invoke(main, list(words), input=text, env=environment | changes)
        db.close()
        return made

    yield run
    db.bind(engine)


def test_a_database_that_is_away_is_told_in_a_sentence(operate: Operate) -> None:
    done = operate("platform", "list", DATABASE_URL="postgresql://hearth@127.0.0.1:1/hearth")

    assert done.exit_code == 1
    assert done.output.startswith("Error: The database does not answer:")


def test_a_database_without_our_tables_is_told_in_a_sentence(operate: Operate, settings: Settings) -> None:
    url = settings.database_url or ""

    done = operate("platform", "list", DATABASE_URL=f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dnowhere")

    assert done.exit_code == 1
    assert "hearth db upgrade" in done.output


def test_an_invitation_is_an_address_to_register_at(operate: Operate, session: Session) -> None:
    done = operate("platform", "invite", "--note", "Northfield")

    assert done.exit_code == 0
    assert done.output.startswith(f"{PUBLIC_URL}/lti/register/")
    assert session.scalars(select(Invitation)).one().note == "Northfield"


def test_a_platform_is_added_from_standard_input(operate: Operate) -> None:
    done = operate("platform", "add", "--json", given=DESCRIBED)

    assert done.exit_code == 0
    stored = json.loads(done.output)
    assert {name: stored[name] for name in DESCRIBED} == DESCRIBED


def test_adding_again_brings_it_up_to_date_and_keeps_what_was_there(operate: Operate) -> None:
    operate("platform", "add", given=DESCRIBED)

    operate("platform", "add", given=DESCRIBED | {"jwks_url": "https://lms.example/new", "deployment_ids": ["3"]})

    (only,) = json.loads(operate("platform", "list", "--json").output)
    assert (only["jwks_url"], only["deployment_ids"]) == ("https://lms.example/new", ["1", "2", "3"])


@pytest.mark.parametrize(
    "given",
    [
        "no json",
        "[]",
        "null",
        {},
        DESCRIBED | {"issuer": ""},
        DESCRIBED | {"auth_url": "http://lms.example/auth"},
        DESCRIBED | {"auth_url": "javascript:alert(1)"},
        DESCRIBED | {"deployment_ids": "1"},
        DESCRIBED | {"deployment_ids": [""]},
    ],
)
def test_what_describes_no_platform_is_refused_with_a_sentence(operate: Operate, given: Any) -> None:
    done = operate("platform", "add", given=given)

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert "Traceback" not in done.output


def test_platforms_are_listed_for_people_too(operate: Operate) -> None:
    assert "hearth platform invite" in operate("platform", "list").output

    operate("platform", "add", given=DESCRIBED)

    assert "https://lms.example" in operate("platform", "list").output


def test_a_platform_is_disabled_and_allowed_again(operate: Operate, session: Session) -> None:
    platform = make_platform(session)
    session.commit()

    off = operate("platform", "disable", str(platform.id))
    session.refresh(platform)
    state = platform.state
    on = operate("platform", "disable", "--enable", str(platform.id))
    session.refresh(platform)

    assert (off.exit_code, on.exit_code, state, platform.state) == (0, 0, "disabled", "active")


def test_a_platform_that_is_not_there_cannot_be_disabled(operate: Operate) -> None:
    assert operate("platform", "disable", "99").exit_code == 1


def test_a_new_key_is_published_before_it_signs(operate: Operate) -> None:
    operate("keys", "rotate", "--at-once")

    operate("keys", "rotate")

    states = [each["state"] for each in json.loads(operate("keys", "list", "--json").output)]
    assert states == ["next", "signing"]


def test_upgrading_twice_changes_nothing(operate: Operate) -> None:
    first, second = operate("db", "upgrade"), operate("db", "upgrade")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output == second.output


def test_missing_settings_are_named_all_at_once(operate: Operate) -> None:
    done = operate("platform", "list", SECRET_KEY=None, PUBLIC_URL="http://hearth.example")

    assert done.exit_code == 1
    assert "SECRET_KEY is missing" in done.output
    assert "PUBLIC_URL needs https" in done.output


def test_the_doctor_says_what_is_wrong_and_what_to_do(operate: Operate) -> None:
    done = operate("doctor", "--json")

    findings = {each["name"]: each for each in json.loads(done.output)}
    assert done.exit_code == 1
    assert findings["migrations"]["is_good"]
    assert not findings["worker"]["is_good"]
    assert "lti_tool.worker" in findings["worker"]["advice"]


def test_the_doctor_looks_at_each_platforms_keys(operate: Operate, session: Session) -> None:
    good = make_platform(session)
    bad = make_platform(session)
    session.commit()

    with responses.RequestsMock() as network:
        network.get(good.jwks_url, json={"keys": [{"kid": "1"}]}, headers={"Date": "Mon, 02 Mar 2026 09:30:00 GMT"})
        network.get(bad.jwks_url, body="<html>", status=500)
        findings = {each["name"]: each for each in json.loads(operate("doctor", "--json").output)}

    assert findings[f"platform {good.id} ({good.issuer})"]["is_good"]
    assert not findings[f"platform {good.id} ({good.issuer}), clock"]["is_good"]
    assert "firewall" in findings[f"platform {bad.id} ({bad.issuer})"]["advice"]


def test_which_school_spoke_first_at_a_source_is_listed_and_forgotten(
    operate: Operate, session: Session, settings: Settings
) -> None:
    platform = make_platform(session, family="canvas")
    made = sources.make(session, platform, proof="jwt", name="", settings=settings, now=now())
    source = session.get_one(Source, made.id)
    source.site = "a-stranger"
    session.commit()
    assert "of a-stranger" in operate("webhooks", "list").output

    assert operate("webhooks", "unbind", str(made.id)).exit_code == 0

    session.expire_all()
    assert session.scalars(select(Source.site)).all() == [None]
    again = operate("webhooks", "unbind", str(made.id))
    assert (again.exit_code, again.output) == (1, f"Error: Source {made.id} is bound to no school.\n")


def test_notices_are_listed_with_why_they_do_not_come(operate: Operate, session: Session) -> None:
    deployment = make_deployment(session)
    assert "No LMS has offered notices yet" in operate("webhooks", "notices").output
    session.add(
        NoticeService(
            deployment_id=deployment.id,
            url="https://lms.example/notices",
            types=["LtiContextCopyNotice"],
            state="refused",
            problem="not_granted",
            next_attempt_at=now(),
        )
    )
    session.commit()

    listed = operate("webhooks", "notices").output
    (told,) = json.loads(operate("webhooks", "notices", "--json").output)

    assert "refused: not_granted, asked again" in listed
    assert (told["state"], told["deployment"], told["source_id"]) == ("refused", deployment.deployment_id, None)


def test_the_doctor_lists_every_secret_that_cannot_be_read(
    operate: Operate, session: Session, settings: Settings
) -> None:
    platform = make_platform(session)
    settings = replace(settings, secret_key="another")
    source = sources.make(session, platform, proof="standard", name="", settings=settings, now=now())
    wanted = endpoints.Wanted(url="https://warehouse.example/", kinds=["course.opened"])
    endpoint = endpoints.make(session, platform, wanted, settings=settings, now=now())
    session.commit()

    findings = {each["name"]: each for each in json.loads(operate("doctor", "--json").output)}

    assert f"hearth webhooks rotate {source.id}`" in findings[f"secret of webhook source {source.id}"]["advice"]
    assert f"endpoints rotate {endpoint.id}`" in findings[f"secret of endpoint {endpoint.id}"]["advice"]
    assert "secrets" not in findings
    session.execute(text("delete from webhook_source"))
    session.execute(text("delete from webhook_endpoint"))
    session.commit()
    assert "every one can be read" in operate("doctor", "--json").output


def test_the_doctor_meets_no_database(operate: Operate) -> None:
    done = operate("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert done.exit_code == 1
    assert "BAD  database" in done.output


def test_a_person_gets_everything_that_is_known_of_them(operate: Operate, session: Session) -> None:
    made = make_class(session, learners=3)
    all_hand_in(made)
    review(made, made.people[0])
    session.commit()
    person = session.get_one(Person, made.people[0])

    done = operate("person", "export", str(platform_of(session, person)), person.sub)

    (known,) = json.loads(done.output)
    assert known["name"] == person.name
    assert known["courses"][0]["role"] == "learner"
    assert known["exchanges"]["work"][0]["body"].startswith("The work of")
    assert len(known["exchanges"]["feedback_given"]) == 1


def test_a_forgotten_person_leaves_the_feedback_they_gave_and_nothing_else(operate: Operate, session: Session) -> None:
    made = make_class(session, learners=3)
    all_hand_in(made)
    review(made, made.people[0])
    session.commit()
    gone = made.people[0]
    person = session.get_one(Person, gone)

    done = operate("person", "forget", "--yes", str(platform_of(session, person)), person.sub)

    session.expire_all()
    assert done.exit_code == 0
    assert session.get(Person, gone) is None
    assert session.scalars(select(Feedback)).one().offer.reviewer_id is None
    assert sorted(each.body for each in session.scalars(select(Submission)))[0] == ""


@pytest.mark.parametrize("verb", [("export",), ("forget", "--yes")])
def test_nobody_is_said_to_be_nobody(operate: Operate, verb: tuple[str, ...]) -> None:
    done = operate("person", *verb, "1", "nobody")

    assert done.exit_code == 1
    assert "nobody" in done.output


def platform_of(session: Session, person: Person) -> int:
    """The id of the platform that launched somebody."""
    return session.scalars(select(Platform.id).join(Platform.deployments)).first() or 0


def test_grades_are_computed_anew_and_a_difference_is_told_by_the_exit_code(operate: Operate, session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    for person in made.people:
        review(made, person, level=1)
    session.commit()
    id = str(made.exchange.id)

    agreed = operate("exchange", "recompute", id, "--json")
    assert agreed.exit_code == 0
    assert [(row["score"], row["released"], row["agrees"]) for row in json.loads(agreed.output)] == [
        (6.0, 6.0, True)
    ] * 2

    session.execute(text("update exchange_release set score = 1 where person_id = :id"), {"id": made.people[0]})
    session.commit()
    differs = operate("exchange", "recompute", id)
    assert differs.exit_code == 1
    assert f"BAD  person {made.people[0]}: computed 6.0, released 1.0" in differs.output
    assert operate("exchange", "recompute", "2147483647").exit_code == 1


def test_a_source_of_events_is_made_listed_rotated_and_paused(operate: Operate, session: Session) -> None:
    platform = make_platform(session, family="moodle", name="Northfield Moodle")
    session.commit()

    made = operate("webhooks", "add", str(platform.id))
    assert f"address  {PUBLIC_URL}/webhooks/" in made.output
    assert "secret   whsec_" in made.output

    (listed,) = json.loads(operate("webhooks", "list", "--json").output)
    assert (listed["platform"], listed["proof"], listed["last_received_at"]) == ("Northfield Moodle", "standard", None)
    assert "Northfield Moodle  last never" in operate("webhooks", "list").output
    assert operate("webhooks", "rotate", str(listed["id"])).output.startswith("whsec_")
    assert operate("webhooks", "pause", str(listed["id"])).output == f"Source {listed['id']} is paused.\n"
    assert operate("webhooks", "pause", str(listed["id"]), "--resume").output == f"Source {listed['id']} is active.\n"
    assert operate("webhooks", "replay").output == "0 to be read again.\n"


def test_a_source_that_cannot_be_is_told_why(operate: Operate, session: Session) -> None:
    platform = make_platform(session, family="canvas")
    session.commit()

    assert operate("webhooks", "list").output.startswith("No source yet.")
    assert "There is no platform 99" in operate("webhooks", "add", "99").output
    assert "It can by: jwt, address." in operate("webhooks", "add", str(platform.id), "--proof", "token").output
    made = operate("webhooks", "add", str(platform.id))
    assert "proven by jwt" in made.output
    assert "secret" not in made.output
    number = made.output.split()[1].rstrip(",")
    assert "has no secret" in operate("webhooks", "rotate", number).output
    assert "There is no source 99" in operate("webhooks", "pause", "99").output


def test_an_endpoint_is_made_listed_changed_rotated_paused_tried_and_removed(
    operate: Operate, session: Session
) -> None:
    platform = make_platform(session, name="Northfield College")
    session.commit()
    url = "https://warehouse.example/hearth"

    def endpoints(*words: str) -> Result:
        return operate("webhooks", "endpoints", *words)

    assert endpoints("list").output.startswith("No endpoint yet.")
    assert "There is no platform 99" in endpoints("add", "99", url).output
    assert "has no deployment '7'" in endpoints("add", str(platform.id), url, "--deployment", "7").output
    id = str(platform.id)
    assert "only https" in endpoints("add", id, "http://x.example/").output
    assert "Not told in this format: coffee.made" in endpoints("add", id, url, "--kind", "coffee.made").output
    assert "feedback.given" in endpoints("kinds", "--format", "caliper").output
    made = endpoints("add", id, url, "--kind", "feedback.given", "--name", "Warehouse")
    assert "secret   whsec_" in made.output

    (listed,) = json.loads(endpoints("list", "--json").output)
    assert (listed["url"], listed["kinds"], listed["state"]) == (url, ["feedback.given"], "active")
    number = str(listed["id"])
    assert "active standard Northfield College  last never" in endpoints("list").output
    assert endpoints("change", number, "--kind", "course.opened").exit_code == 0
    assert endpoints("change", number, "--url", "https://x.example:22/").exit_code == 1
    assert endpoints("change", number, "--kind", "coffee.made").exit_code == 1
    assert endpoints("rotate", number).output.startswith("whsec_")
    pinged = endpoints("ping", number)
    assert pinged.output.startswith("Delivery 1, message msg_")
    message = pinged.output.split()[-1]
    assert endpoints("pause", number).output == f"Endpoint {number} is paused.\n"
    assert "brings it back" in endpoints("ping", number).output
    assert endpoints("pause", number, "--resume").exit_code == 0

    (delivery,) = json.loads(endpoints("deliveries", "--search", message, "--json").output)
    assert (delivery["kind"], delivery["state"]) == ("hearth.ping", "waiting")
    assert "hearth.ping" in endpoints("deliveries", "--state", "waiting").output
    assert endpoints("deliveries", "--state", "dead").output == "No such delivery.\n"
    assert '"type":"hearth.ping"' in endpoints("attempts", "1").output
    assert json.loads(endpoints("attempts", "1", "--json").output)["tries"] == []
    assert "There is no delivery 99" in endpoints("attempts", "99").output
    assert endpoints("replay", "--delivery", "1").output == "1 to be sent again.\n"
    assert endpoints("replay").output == "0 to be sent again.\n"
    assert endpoints("remove", number, "--yes").output == f"Endpoint {number} is removed.\n"
    assert "There is no endpoint" in endpoints("pause", number).output


def test_a_plan_is_replayed_from_what_is_stored_and_from_a_file(
    operate: Operate, session: Session, tmp_path: Path
) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)
    review(made, made.people[0])
    session.commit()
    id = str(made.exchange.id)
    file = tmp_path / "whole.json"
    file.write_bytes(b"".join(exporting.pieces(made.exchange.id, exporting.FILES["whole"], now=BEGUN)))

    assert operate("exchange", "replay", id).output.startswith("ok ")
    assert operate("exchange", "replay", "--from", str(file)).exit_code == 0

    reader, author = session.execute(
        text("delete from exchange_pair where begun_at is not null returning reviewer_id, author_id")
    ).one()
    session.commit()
    differs = operate("exchange", "replay", id)
    assert differs.exit_code == 1
    assert f"BAD  {reader} reads {author}: begun by the steps, absent as kept" in differs.output
    assert json.loads(operate("exchange", "replay", id, "--json").output) == [
        {"reviewer": reader, "author": author, "derived": "begun", "kept": "absent"}
    ]
    assert operate("exchange", "replay", "--from", str(file)).exit_code == 0


def test_a_replay_says_what_it_needs(operate: Operate, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]")

    assert operate("exchange", "replay").exit_code == 2
    assert operate("exchange", "replay", "2147483647").exit_code == 1
    refused = operate("exchange", "replay", "--from", str(other))
    assert refused.exit_code == 1
    assert "no file of the schema hearth-exchange/1" in refused.output


def test_of_a_sealed_exchange_there_is_nothing_to_replay(operate: Operate, session: Session) -> None:
    made = make_class(session, learners=3, anonymity="sealed")
    all_hand_in(made)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    operations.seal(session, made.exchange, now=BEGUN)
    session.commit()

    done = operate("exchange", "replay", str(made.exchange.id))

    assert done.exit_code == 1
    assert "is sealed" in done.output


def test_what_the_operator_does_for_an_institution_stands_in_its_audit_log(operate: Operate, session: Session) -> None:
    platform, other = make_platform(session), make_platform(session)
    id = str(platform.id)
    here, elsewhere = make_deployment(session, platform), make_deployment(session, other)
    person = make_member(session, make_course(session, here)).person
    session.commit()

    assert operate("webhooks", "add", str(platform.id)).exit_code == 0
    for words in (("rotate", "1"), ("pause", "1"), ("pause", "1", "--resume")):
        assert operate("webhooks", *words).exit_code == 0
    url = "https://warehouse.example/hearth"
    for end in (
        ("add", id, url),
        ("change", "1", "--name", "Warehouse"),
        ("rotate", "1"),
        ("ping", "1"),
        ("replay", "--delivery", "1"),
        ("pause", "1"),
        ("pause", "1", "--resume"),
        ("remove", "1", "--yes"),
    ):
        assert operate("webhooks", "endpoints", *end).exit_code == 0
    for more in (("export", str(platform.id), person.sub), ("forget", str(platform.id), person.sub, "--yes")):
        assert operate("person", *more).exit_code == 0
    assert operate("keys", "rotate").exit_code == 0
    assert operate("platform", "disable", str(platform.id)).exit_code == 0

    shown = json.loads(operate("institution", "audit", str(here.id), "--json").output)
    others = json.loads(operate("institution", "audit", str(elsewhere.id), "--json").output)

    assert [each["act"] for each in reversed(shown)] == [
        "source.made",
        "source.rotated",
        "source.paused",
        "source.resumed",
        "endpoint.made",
        "endpoint.changed",
        "endpoint.rotated",
        "endpoint.tried",
        "deliveries.replayed",
        "endpoint.paused",
        "endpoint.resumed",
        "endpoint.removed",
        "export.fetched",
        "erasure.done",
        "keys.rotated",
        "platform.disabled",
    ]
    assert {each["by"] for each in shown} == {"operator"}
    assert [each["act"] for each in others] == ["keys.rotated"]
    assert "source.paused" in operate("institution", "audit", str(here.id), "--act", "source.paused").output


def test_the_operator_sees_what_an_admin_sees(operate: Operate, session: Session) -> None:
    deployment = make_deployment(session)
    session.add(Request(deployment_id=deployment.id, kind="export", reason="By letter.", asked_at=BEGUN))
    session.commit()

    listed = json.loads(operate("institution", "list", "--json").output)
    health = operate("institution", "health", str(deployment.id))
    asked = operate("institution", "requests", str(deployment.id))

    assert [each["id"] for each in listed] == [deployment.id]
    assert health.exit_code == 1, "no worker runs in tests"
    assert "BAD  Background work: Nothing does Hearth's background work" in health.output
    assert "ok   Events of the LMS: Your LMS does not send any" in health.output
    assert "somebody forgotten: By letter." in asked.output
    assert "What events of the LMS say: 7 days" in operate("institution", "retention").output
    assert operate("institution", "health", "999").exit_code == 1


def test_the_operator_finds_courses_and_grades_by_number(operate: Operate, session: Session) -> None:
    course, other = make_course(session, title="Biology 101", roster_url="https://x"), make_course(session)
    here, there = str(course.deployment_id), str(other.deployment_id)
    wanted = refused_grade(session, other)
    session.commit()

    assert f"{course.id}  Biology 101  people never read" in operate("institution", "courses", here).output
    assert operate("institution", "courses", here, "--read", str(course.id)).exit_code == 0
    assert operate("institution", "courses", there, "--read", str(course.id)).exit_code == 1
    (row,) = json.loads(operate("institution", "grades", there, "--json").output)
    assert (row["activity_id"], row["count"], row["problem"]) == (wanted.activity_id, 1, "refused")
    assert operate("institution", "grades", here, "--again", str(wanted.activity_id)).exit_code == 1
    assert operate("institution", "grades", there, "--again", str(wanted.activity_id)).exit_code == 0
    assert operate("institution", "grades", there).output == "Every grade that was sent has arrived.\n"
    for institution, act in ((here, "roster.asked"), (there, "grades.sent_again")):
        assert act in operate("institution", "audit", institution).output


def test_the_operator_lists_what_was_given_up_and_why_a_source_was_refused(operate: Operate, session: Session) -> None:
    platform = make_platform(session)
    session.commit()
    assert operate("webhooks", "add", str(platform.id)).exit_code == 0
    given_up = Event(source_id=1, key="k", name="course_updated", occurred_at=BEGUN, received_at=BEGUN, state="dead")
    read = Event(source_id=1, key="l", name="user_updated", occurred_at=BEGUN, received_at=BEGUN, state="done")
    session.add_all((given_up, read, Refusal(source_id=1, day=now().date(), reason="wrong signature", count=3)))
    session.commit()

    listed = operate("webhooks", "events", "1").output
    everything = json.loads(operate("webhooks", "events", "1", "--all", "--json").output)
    found = operate("webhooks", "events", "1", "--all", "--kind", "USER", "--about", "l", "--day", f"{BEGUN:%Y-%m-%d}")
    refused = operate("webhooks", "refusals", "1").output

    assert "course_updated" in listed
    assert "user_updated" not in listed
    assert [each["name"] for each in everything] == ["user_updated", "course_updated"]
    assert "user_updated" in found.output
    assert "course_updated" not in found.output
    assert operate("webhooks", "events", "1", "--day", "tomorrow").exit_code == 2
    assert "3  wrong signature" in refused
    assert "Copy the secret again" in refused
    assert operate("webhooks", "events", "9").exit_code == 1


def test_deployments_that_are_joined_share_what_belongs_to_their_registration(
    operate: Operate, session: Session
) -> None:
    platform = make_platform(session)
    one, other = (make_deployment(session, platform, deployment_id=each) for each in ("1", "2"))
    elsewhere = make_deployment(session)
    session.commit()

    half = operate("institution", "join", str(one.id))
    assert f"{other.id} still stand apart" in half.output
    assert not tenant_of(session, one.id, platform.id).is_alone
    assert operate("institution", "join", str(one.id), str(other.id)).output == f"{one.id}, {other.id}: joined.\n"

    assert tenant_of(session, one.id, platform.id).is_alone
    assert tenant_of(session, other.id, platform.id).is_alone
    assert "institution.joined" in operate("institution", "audit", str(other.id)).output
    assert operate("institution", "join", str(one.id), str(elsewhere.id)).exit_code == 1
    assert operate("institution", "join", "2147483647").exit_code == 1
    operate("platform", "deploy", str(platform.id), "a third")
    session.rollback()
    assert not tenant_of(session, one.id, platform.id).is_alone, "it may be somebody else's"


def test_refused_launches_are_told_whoever_shares_the_registration(operate: Operate, session: Session) -> None:
    platform = make_platform(session)
    here, _there = (make_deployment(session, platform, deployment_id=each) for each in ("1", "2"))
    assert operate("institution", "launches", str(here.id)).exit_code == 1, "nothing is stored yet"
    session.commit()
    assert operate("institution", "launches", str(here.id)).output == "No launch was refused.\n"
    refusals.count(session, platform.id, "deployment_unknown", now=now())
    session.commit()

    told = operate("institution", "launches", str(here.id)).output
    rows = json.loads(operate("institution", "launches", str(here.id), "--json").output)

    assert "1  the deployment is not known here" in told
    assert [(each["count"], each["day"]) for each in rows] == [(1, str(now().date()))]


def test_one_more_deployment_is_let_in_once(operate: Operate, session: Session) -> None:
    platform = make_platform(session)
    session.commit()

    assert operate("platform", "deploy", str(platform.id), "7:abc").exit_code == 0
    again = operate("platform", "deploy", str(platform.id), "7:abc")

    assert (again.exit_code, "already" in again.output) == (1, True)
    assert operate("platform", "deploy", str(platform.id), "").exit_code == 1
    assert operate("platform", "deploy", "2147483647", "1").exit_code == 1
    assert [each.deployment_id for each in platform.deployments] == ["7:abc"]


def test_only_a_registration_from_which_nobody_came_is_removed(operate: Operate, session: Session) -> None:
    used, unused = make_platform(session), make_platform(session)
    make_member(session, make_course(session, make_deployment(session, used)))
    make_deployment(session, unused)
    session.commit()

    kept = operate("platform", "remove", str(used.id), "--yes")
    asked = operate("platform", "remove", str(unused.id), given="n\n")
    done = operate("platform", "remove", str(unused.id), "--yes")

    assert "1 people have come" in kept.output
    assert "With it go 1 deployments with their audit logs, 0 addresses for events" in asked.output
    assert (kept.exit_code, asked.exit_code, done.exit_code) == (1, 1, 0)
    assert session.scalars(select(Platform.id)).all() == [used.id]


def test_an_address_for_events_is_renamed_tried_and_removed(
    operate: Operate, session: Session, settings: Settings
) -> None:
    platform = make_platform(session, family="moodle")
    make_deployment(session, platform)
    made = sources.make(session, platform, proof=None, name="", settings=settings, now=now())
    notices = sources.make(session, platform, proof=None, name="", settings=settings, now=now())
    of_notices = session.get_one(Source, notices.id)
    of_notices.proof, of_notices.secret = "notice", None
    session.commit()
    id = str(made.id)

    assert operate("webhooks", "rename", id, "The main one").output == f"Source {id} is called The main one.\n"
    assert operate("webhooks", "rename", id, "x" * 200).exit_code == 1
    silent = operate("webhooks", "try", id, "--seconds", "1")
    assert (silent.exit_code, "Nothing came." in silent.output) == (1, True)
    assert operate("webhooks", "remove", id, given="n\n").exit_code == 1
    removed = operate("webhooks", "remove", id, "--yes")

    assert "0 events go with it" in removed.output
    assert operate("webhooks", "remove", str(notices.id), "--yes").exit_code == 1
    assert session.scalars(select(Source.id)).all() == [notices.id]
    log = operate("institution", "audit", str(platform.deployments[0].id)).output
    assert "source.renamed" in log
    assert "source.removed" in log


def test_trying_an_address_tells_what_came_meanwhile_and_what_was_refused(
    operate: Operate, session: Session, settings: Settings
) -> None:
    made = sources.make(session, make_platform(session), proof=None, name="", settings=settings, now=now())
    soon = now() + timedelta(minutes=1)
    session.add(Refusal(source_id=made.id, day=soon.date(), reason="signature", count=2, last_at=soon))
    session.commit()

    refused = operate("webhooks", "try", str(made.id))
    session.add(Event(source_id=made.id, key="k", name="user_enrolled", occurred_at=soon, received_at=soon))
    session.commit()
    taken = operate("webhooks", "try", str(made.id))

    assert (refused.exit_code, "refused: signature, 2 in all" in refused.output) == (1, True)
    assert (taken.exit_code, "user_enrolled came and was proven" in taken.output) == (0, True)


def test_whom_the_lms_deleted_is_kept_by_the_operator(operate: Operate, session: Session) -> None:
    course = make_course(session)
    person = make_member(session, course).person_id
    due = Request(
        deployment_id=course.deployment_id,
        person_id=person,
        kind="erasure",
        reason="",
        asked_at=BEGUN,
        due_at=BEGUN + timedelta(days=7),
    )
    session.add(due)
    session.commit()
    here = str(course.deployment_id)

    done = operate("institution", "requests", here, "--keep", str(due.id))

    assert "stopped" in done.output
    assert operate("institution", "requests", here, "--keep", str(due.id)).exit_code == 1
    assert "erasure.stopped" in operate("institution", "audit", here).output


def test_a_number_that_no_database_holds_is_a_wrong_call(operate: Operate) -> None:
    """And no traceback."""
    asked = [line for line in commands(main) if any(isinstance(each.type, click.IntRange) for each in line[1].params)]

    assert len(asked) > 30
    for words, command in asked:
        numbers = [each for each in command.params if isinstance(each, click.Argument)]
        if numbers:
            assert operate(*words, *("9" * 30 for _ in numbers)).exit_code == 2, words
        for each in command.params:
            if isinstance(each, click.Option) and isinstance(each.type, click.IntRange):
                done = operate(*words, *("1" for _ in numbers), each.opts[0], "9" * 30)
                assert done.exit_code == 2, (words, each.opts)


def test_numbers_are_all_bounded() -> None:
    loose = [words for words, each in commands(main) for param in each.params if param.type is click.INT]

    assert loose == []


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, each in group.commands.items():
        if isinstance(each, click.Group):
            yield from commands(each, *above, name)
        else:
            yield (*above, name), each


def test_an_event_that_is_not_there_cannot_be_read_again(operate: Operate) -> None:
    done = operate("webhooks", "replay", "--event", "4")

    assert (done.exit_code, "no event 4" in done.output) == (1, True)
