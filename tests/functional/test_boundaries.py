"""
Who may go where: every address of the house, asked by those who have no business there.

The addresses come from the URL map, so a new view is tested before anybody thinks of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from lti_tool.courses.models import Membership, Platform, Role
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import (
    ComparingRound,
    DraftCopy,
    Example,
    Extended,
    Extension,
    Proposal,
    Reopening,
    Repair,
    SideBySide,
    StaffReview,
    Submission,
    Team,
    Template,
)
from lti_tool.files.storage import DatabaseStorage
from lti_tool.grades.models import Passback
from lti_tool.web.guards import BROWSER_COOKIE, hash_secret
from tests.conftest import SECRET
from tests.factories.courses import SignedIn, make_member, sign_in
from tests.factories.exchange import Class, all_hand_in, give, make_class, make_words, take

TYPED = {
    "body": "Words.",
    "comment": "Words.",
    "direction": "up",
    "reason": "other",
    "score": "1",
    "title": "Mine",
    "base_revision": "1",
}
"""What makes most forms complete, so that it is the boundary that refuses and not the form."""

SAFE = {"GET", "HEAD", "OPTIONS"}
PUBLIC_BY_NATURE = {"exchange.preview"}
"""Changes nothing and tells nothing: it draws the words it is sent."""

OF_THE_CLASS = ("proposal_id", "team_id", "example_id")
"""What belongs to nobody in particular, and everybody in it may open."""

OUTSIDERS = ("unknown handle", "other browser", "no browser", "expired", "platform disabled", "platform pending")


@dataclass(frozen=True)
class Full:
    """A class in the middle of its exchange, with one of everything that has an address."""

    made: Class
    ids: Mapping[str, Any]
    """An id for every placeholder of the URL map."""


def fill(session: Session, **plan: Any) -> Full:
    """Everybody has handed in, with a file; one gave feedback, one writes it; the grade of the first is out."""
    before = datetime.now(UTC) - timedelta(hours=1)
    made = make_class(session, now=before, **plan)
    exchange, (author, giver, writer, _idle) = made.exchange, made.people
    file = operations.attach_file(
        session, exchange, author=author, data=b"A file.", now=before, storage=DatabaseStorage(), max_bytes=1000
    )
    for body in ("One tab.", "Another tab."):
        operations.save_draft(session, exchange, author=author, body=body, base_revision=0, now=before)
    all_hand_in(made, now=before)
    allowed = rules.AttachingOptions(most=2)
    operations.set_options(session, exchange, allowed, by=made.teacher.person_id, now=before)
    taken = take(made, giver, now=before)
    attached = operations.attach_to_review(
        session,
        exchange,
        reviewer=giver,
        offer_id=taken.id,
        upload=operations.Upload(data=b"Remarks.", name="", max_bytes=1000, max_recording_bytes=0),
        now=before,
        storage=DatabaseStorage(),
    )
    feedback = give(made, taken, now=before)
    offer = take(made, writer, now=before)
    for comment in ("One tab.", "Another tab."):
        operations.save_feedback_draft(
            session,
            exchange,
            reviewer=writer,
            offer_id=offer.id,
            words=make_words(exchange, comment=comment),
            base_revision=0,
            now=before,
        )
    operations.set_grade_override(
        session, exchange, person=author, score=7, reason="Fine.", by=made.teacher.person_id, now=before
    )
    message = operations.say(session, exchange, writer=giver, feedback_id=feedback.id, body="May I ask?", now=before)
    flag = operations.flag(
        session, exchange, by=author, kind="feedback", thing_id=feedback.id, reason="other", now=before
    )
    # Of somebody else than the author whose doors are knocked at, and taken back, so that it moves nothing.
    later = Extension(exchange_id=exchange.id, review_by=before, reason="Ill.", by_id=made.teacher.person_id, at=before)
    later.people = [Extended(person_id=giver, leases={}, taken_back_at=before)]
    rule = Proposal(exchange_id=exchange.id, by_id=giver, rule="Say where.", at=before)
    template = Template(course_id=made.course.id, name="Like this", recipe={}, by_id=made.teacher.person_id, at=before)
    example = Example(exchange_id=exchange.id, title="One", body="A work.", beside={}, words={}, made_at=before)
    team = Team(exchange_id=exchange.id, name="The early ones", made_at=before)
    # Undone and taken back: they are there, and move nothing.
    repair = Repair(exchange_id=exchange.id, kind="freed", person_id=giver, facts={}, at=before, undone_at=before)
    opened = Reopening(
        exchange_id=exchange.id, person_id=giver, until=before, reason="Once more.", at=before, ended_at=before
    )
    compared = ComparingRound(exchange_id=exchange.id, seed=1, begun_at=before)
    session.add_all((later, rule, template, example, team, repair, opened, compared))
    session.flush()
    left, right = session.scalars(
        select(Submission.id)
        .where(Submission.exchange_id == exchange.id, Submission.author_id.in_((author, writer)))
        .order_by(Submission.id)
    ).all()
    pair = SideBySide(
        round_id=compared.id, reviewer_id=giver, left_id=left, right_id=right, left_version=1, right_version=1
    )
    by_staff = StaffReview(
        exchange_id=exchange.id,
        submission_id=left,
        by_id=made.teacher.person_id,
        words=make_words(exchange).as_dict(),
        version=1,
        given_at=before - timedelta(hours=1),
        is_rescue=False,
    )
    session.add_all((pair, by_staff))
    session.flush()
    session.commit()
    copy_id = session.scalars(
        select(DraftCopy.id).join(Submission).where(Submission.exchange_id == exchange.id)
    ).first()
    assert copy_id
    assert session.scalars(select(Passback.id).where(Passback.activity_id == exchange.id)).one()
    ids: dict[str, Any] = {"id": exchange.id, "person_id": author, "offer_id": offer.id, "feedback_id": feedback.id}
    ids["part"] = "work"
    ids |= {
        "message_id": message.id,
        "flag_id": flag.id,
        "extension_id": later.id,
        "name": "people",
        "note_id": 1,
        "public_id": "nothing",
        "colour": "0374b5",
    }
    ids |= {"course_id": made.course.id, "activity_id": exchange.id, "source_id": 1, "event_id": 1, "request_id": 1}
    ids |= {"endpoint_id": 1, "delivery_id": 1}
    ids |= {"proposal_id": rule.id, "template_id": template.id, "example_id": example.id, "team_id": team.id}
    ids |= {"repair_id": repair.id, "reopening_id": opened.id, "pair_id": pair.id}
    ids["staff_review_id"] = by_staff.id
    ids |= {"reviewer_id": giver, "author_id": author}
    return Full(made, {**ids, "file_id": file.id, "attached_id": attached.id, "copy_id": copy_id})


@pytest.fixture
def full(session: Session) -> Full:
    return fill(session)


@pytest.fixture
def elsewhere(session: Session, full: Full) -> Full:
    """Another course of another tenant, just as full."""
    return fill(session)


def doors(app: Flask, *guards: str) -> Iterator[tuple[str, Rule]]:
    """Method and rule of each signed-in address with one of *guards*."""
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", "")
        if rule.rule.startswith("/s/<handle>") and (not guards or guard in guards):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def address(rule: Rule, ids: Mapping[str, Any], handle: str) -> str:
    values = {name: ids[name] for name in rule.arguments if name != "handle"}
    built = rule.build({**values, "handle": handle})
    assert built is not None
    return built[1]


def csrf(handle: str) -> str:
    return str(URLSafeSerializer(SECRET, salt="csrf").dumps(handle))


def knock(
    client: FlaskClient, method: str, rule: Rule, ids: Mapping[str, Any], who: SignedIn, *, token: bool = True
) -> int:
    """The status of the answer to *who*."""
    headers = {"X-CSRFToken": csrf(who.handle)} if token and method not in SAFE else {}
    data = TYPED if method not in SAFE else None
    return client.open(address(rule, ids, who.handle), method=method, data=data, headers=headers).status_code


def everything(session: Session) -> dict[str, str]:
    """A digest of each table that an exchange or the gradebook lives in."""
    session.rollback()
    tables = session.scalars(
        text(
            "select tablename from pg_tables where tablename ~"
            " '^(exchange|activity|resource_link|grade|file|journal|audit|admin|webhook|lti_signing|person)'"
        )
    ).all()
    return {
        table: session.scalars(
            text(f"select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t")  # noqa: S608
        ).one()
        for table in tables
    }


@pytest.mark.parametrize("role", list(Role))
def test_what_belongs_to_another_course_is_missing_or_forbidden(
    app: Flask, client: FlaskClient, session: Session, full: Full, elsewhere: Full, role: Role
) -> None:
    stranger = sign_in(session, make_member(session, elsewhere.made.course, role))
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, stranger)
        for method, rule in doors(app)
        if "id" in rule.arguments
    }

    wrong = {door: status for door, status in answers.items() if status not in (403, 404)}
    assert len(answers) > 25
    assert not wrong
    if role is Role.TEACHER:
        assert set(answers.values()) == {404}
    assert everything(session) == before


@pytest.mark.parametrize("place", [0, 3, "teacher"], ids=["an author", "a reader of nothing", "the teacher"])
def test_things_of_another_course_are_missing_under_an_exchange_of_ones_own(
    app: Flask, client: FlaskClient, session: Session, full: Full, elsewhere: Full, place: int | str
) -> None:
    made = elsewhere.made
    me = sign_in(session, made.teacher if isinstance(place, str) else made.learners[place])
    mixed = {**full.ids, "id": made.exchange.id}
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, mixed, me)
        for method, rule in doors(app)
        if len(rule.arguments - {"handle", "id"}) > 0 and "name" not in rule.arguments
    }

    # A teacher takes part in nothing, and is told so before anything is looked for.
    allowed = (403, 404) if place != "teacher" else (404, 409)
    assert {door: status for door, status in answers.items() if status not in allowed} == {}
    assert everything(session) == before


def test_things_of_classmates_are_missing(app: Flask, client: FlaskClient, session: Session, full: Full) -> None:
    newcomer = sign_in(session, make_member(session, full.made.course))
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, newcomer)
        for method, rule in doors(app, "member_required")
        if len(rule.arguments - {"handle", "id", *OF_THE_CLASS}) > 0
    }

    assert set(answers.values()) == {404}
    assert everything(session) == before


@pytest.mark.parametrize(
    "role, guards",
    [
        (Role.LEARNER, ("staff_required", "teacher_required")),
        (Role.OBSERVER, ("staff_required", "teacher_required")),
        (Role.ASSISTANT, ("teacher_required",)),
    ],
)
def test_doors_of_staff_are_closed_to_others(
    app: Flask, client: FlaskClient, session: Session, full: Full, role: Role, guards: tuple[str, ...]
) -> None:
    member = sign_in(session, make_member(session, full.made.course, role))
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, member) for method, rule in doors(app, *guards)
    }

    assert set(answers.values()) == {403}
    assert everything(session) == before


@pytest.mark.parametrize("who", [*Role, "an admin trying the student's view"])
def test_the_admin_room_is_missing_to_who_is_no_admin(
    app: Flask, client: FlaskClient, session: Session, full: Full, who: Role | str
) -> None:
    course = full.made.course
    if isinstance(who, Role):
        member = sign_in(session, make_member(session, course, who))
    else:
        member = sign_in(session, full.made.teacher, role=Role.LEARNER, is_admin=True)
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, member)
        for method, rule in doors(app, "admin_required")
    }

    assert len(answers) > 20
    assert set(answers.values()) == {404}
    assert everything(session) == before


def test_an_admin_is_none_of_the_course_for_it(app: Flask, client: FlaskClient, session: Session, full: Full) -> None:
    admin = sign_in(session, make_member(session, full.made.course, Role.OBSERVER), is_admin=True)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, admin)
        for method, rule in doors(app, "staff_required", "teacher_required")
    }

    assert set(answers.values()) == {403}


def test_a_teacher_in_the_students_view_is_no_teacher(
    app: Flask, client: FlaskClient, session: Session, full: Full
) -> None:
    preview = sign_in(session, full.made.teacher, role=Role.LEARNER)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, preview)
        for method, rule in doors(app, "staff_required", "teacher_required")
    }

    assert set(answers.values()) == {403}


@pytest.mark.parametrize("who", ["teacher", "assistant", "observer", "preview", "test user"])
def test_who_only_looks_leaves_no_trace(
    app: Flask, client: FlaskClient, session: Session, full: Full, who: str
) -> None:
    course = full.made.course
    membership = {
        "assistant": lambda: make_member(session, course, Role.ASSISTANT),
        "observer": lambda: make_member(session, course, Role.OBSERVER),
        "test user": lambda: make_member(session, course, is_test_user=True),
    }.get(who, lambda: full.made.teacher)()
    me = sign_in(session, membership, **({"role": Role.LEARNER} if who == "preview" else {}))
    before = everything(session)

    answers = {
        (method, rule.rule): knock(client, method, rule, full.ids, me)
        for method, rule in doors(app, "member_required")
        if method not in SAFE and rule.endpoint not in PUBLIC_BY_NATURE
    }

    assert set(answers.values()) <= {404, 409}
    assert everything(session) == before


def outside(session: Session, membership: Membership, why: str) -> SignedIn:
    """A session of *membership* that must open nothing."""
    cases: dict[str, dict[str, Any]] = {
        "other browser": {"browser_hash": hash_secret("a secret of another browser")},
        "no browser": {"browser_hash": hash_secret("")},
        "expired": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)},
    }
    values = cases.get(why, {})
    made = sign_in(session, membership, **values)
    if why.startswith("platform"):
        session.get_one(Platform, platform_of(session, membership)).state = why.split()[1]
        session.commit()
    return SignedIn(handle="nobody" if why == "unknown handle" else made.handle, membership=membership)


def platform_of(session: Session, membership: Membership) -> int:
    return session.scalars(
        select(Platform.id)
        .join(Platform.deployments)
        .where(text("deployment.id = :deployment"))
        .params(deployment=membership.person.deployment_id)
    ).one()


@pytest.mark.parametrize("why", OUTSIDERS)
def test_outsiders_are_asked_to_come_in_by_their_course(
    app: Flask, client: FlaskClient, session: Session, full: Full, why: str
) -> None:
    teacher = outside(session, full.made.teacher, why)
    if why == "other browser":
        client.set_cookie(BROWSER_COOKIE, "the secret of this browser", domain="hearth.example", secure=True)
    before = everything(session)

    answers = {(method, rule.rule): knock(client, method, rule, full.ids, teacher) for method, rule in doors(app)}

    assert set(answers.values()) == {401}
    assert everything(session) == before


@pytest.mark.parametrize("token", ["", "nonsense", "another session"])
@pytest.mark.parametrize("who", ["teacher", "learner"])
def test_forms_of_other_sites_change_nothing(
    app: Flask, client: FlaskClient, session: Session, full: Full, who: str, token: str
) -> None:
    membership = full.made.teacher if who == "teacher" else full.made.learners[0]
    me, other = sign_in(session, membership), sign_in(session, membership)
    given = csrf(other.handle) if token == "another session" else token
    before = everything(session)
    guards = ("member_required", "staff_required", "teacher_required") if who == "teacher" else ("member_required",)

    answers = {
        (method, rule.rule): client.open(
            address(rule, full.ids, me.handle), method=method, data={**TYPED, "csrf_token": given}
        ).status_code
        for method, rule in doors(app, *guards)
        if method not in SAFE
    }

    assert answers
    assert set(answers.values()) == {403}
    assert everything(session) == before


def test_no_method_breaks_any_address(app: Flask, client: FlaskClient, session: Session, full: Full) -> None:
    teacher = sign_in(session, full.made.teacher)
    ids = {**full.ids, "version": "x", "name": "css/app.css", "invitation": "none", "filename": "none", "token": "x"}
    headers = {"X-CSRFToken": csrf(teacher.handle)}

    answers = {
        (method, rule.rule): client.open(address(rule, ids, teacher.handle), method=method, headers=headers).status_code
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "BREW", "GET", "POST", "DELETE")
        for rule in app.url_map.iter_rules()
        if rule.rule != "/readyz"  # there is no worker, and it says so
    }

    assert {door: status for door, status in answers.items() if status >= 500} == {}


def test_reading_never_writes(app: Flask, client: FlaskClient, session: Session, full: Full) -> None:
    before = everything(session)

    for membership in (full.made.teacher, full.made.learners[0], full.made.learners[2]):
        me = sign_in(session, membership)
        for method, rule in doors(app):
            if method == "GET":
                # 303: what was flagged is decided on the page of its flag.
                assert knock(client, method, rule, full.ids, me) in (200, 303, 403, 404, 409)

    assert everything(session) == before
