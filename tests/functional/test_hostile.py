"""Hostile words, numbers and headers: pages show them as words, and nothing breaks."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Person, ResourceLink
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Feedback, Flag, Message, Offer
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem
from tests.factories.courses import sign_in
from tests.factories.exchange import Class, all_hand_in, give, make_class, take
from tests.factories.lti import changed, deep_linking, log_in, make_pretend_platform
from tests.functional.test_boundaries import address, csrf, doors

EVIL = """</title></textarea></script>--><img id=evil src=x onerror=alert(1)>"'><i id=evil hx-post=/x>"""
"""Leaves any place of a page that forgets to escape it."""

HTMX = {"HX-Request": "true"}


class Evil(HTMLParser):
    """Collects the elements that no template of ours has made."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if names.get("id") == "evil" or any(name.startswith("on") for name in names):
            self.found.append(tag)


@pytest.fixture
def hostile(session: Session) -> Class:
    """A class in which every name, title and text is hostile."""
    before = datetime.now(UTC) - timedelta(hours=1)
    level = rules.LevelPlan(title=EVIL, points=1, description=EVIL)
    criterion = rules.CriterionPlan(title=EVIL, description=EVIL, prompt=EVIL, levels=(level, level))
    made = make_class(session, now=before, title=EVIL, instructions=EVIL, anonymity="named", criteria=(criterion,))
    all_hand_in(made, now=before)
    feedback = give(made, take(made, made.people[1], now=before), now=before)
    operations.say(session, made.exchange, writer=made.people[0], feedback_id=feedback.id, body=EVIL, now=before)
    about: dict[str, Any] = {"author": made.people[0], "feedback_id": feedback.id, "now": before}
    charter = rules.CharterOptions(enabled=True, rules=(EVIL, "Kind.", "About the work."))
    operations.set_options(session, made.exchange, charter, by=made.teacher.person_id, now=before)
    operations.mark_comment(session, made.exchange, part=None, mark="disagree", reason=EVIL, **about)
    operations.mark_comment(session, made.exchange, part=made.exchange.criteria[0].id, mark="use", **about)
    operations.thank(session, made.exchange, rule=EVIL, **about)
    operations.appraise(session, made.exchange, verdicts={0: "no"}, note=EVIL, **about)
    flag = operations.flag(
        session,
        made.exchange,
        by=made.people[0],
        kind="feedback",
        thing_id=feedback.id,
        reason="other",
        words=EVIL,
        now=before,
    )
    look: dict[str, Any] = {"flag_id": flag.id, "by": made.teacher.person_id, "now": before}
    operations.note_look(session, made.exchange, **look)
    operations.decide(session, made.exchange, decision="rewrite", note=EVIL, told=EVIL, **look)
    offer = take(made, made.people[2], now=before)
    operations.decline_offer(
        session, made.exchange, reviewer=made.people[2], offer_id=offer.id, reason="other", note=EVIL, now=before
    )
    operations.set_grade_override(
        session, made.exchange, person=made.people[0], score=1, reason=EVIL, by=made.teacher.person_id, now=before
    )
    session.flush()
    for person in session.scalars(select(Person)):
        person.name = EVIL
    for course in session.scalars(select(Course)):
        course.title = course.label = EVIL
    for link in session.scalars(select(ResourceLink)):
        link.title = EVIL
    for passback in session.scalars(select(Passback)):
        passback.state, passback.problem, passback.detail = State.FAILED, Problem.NOT_GRANTED, EVIL
    session.commit()
    return made


def test_words_of_people_are_words_on_every_page(
    app: Flask, client: FlaskClient, session: Session, hostile: Class
) -> None:
    offer = session.scalars(select(Offer).where(Offer.reviewer_id == hostile.people[1])).one()
    placeholders = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    ids = dict.fromkeys(placeholders, 1) | {
        "id": hostile.exchange.id,
        "person_id": hostile.people[0],
        "offer_id": offer.id,
        "feedback_id": session.scalars(select(Feedback.id)).one(),
        "file_id": 1,
        "copy_id": 1,
        "message_id": session.scalars(select(Message.id)).one(),
        "flag_id": session.scalars(select(Flag.id)).one(),
        "part": "work",
    }
    seen, broken = 0, {}
    for membership in (hostile.teacher, *hostile.learners[:2]):
        me = sign_in(session, membership)
        for method, rule in doors(app, *(() if membership is hostile.teacher else ("member_required",))):
            for headers in ({}, HTMX):
                answer = client.open(
                    address(rule, ids, me.handle),
                    method=method,
                    headers={**headers, "X-CSRFToken": csrf(me.handle)},
                    data=dict.fromkeys(("body", "comment", "note", "title", "reason", "score", "opens_at"), EVIL),
                )
                seen += answer.status_code == 200
                if found := Evil(answer.text).found:
                    broken[method, rule.rule] = found

    assert broken == {}
    assert seen > 20


@pytest.mark.parametrize("host", ["a" * 100, "a" * 70 + ".example", "..", "\xff", "[::1", "a b", ""])
@pytest.mark.parametrize("path", ["/", "/lti/launch", "/s/nobody/"])
def test_a_host_that_is_none_is_no_reason_to_break(client: FlaskClient, host: str, path: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code in (400, 401, 404, 405)


def test_a_message_deeper_than_we_can_follow_is_refused(client: FlaskClient, session: Session) -> None:
    platform = make_pretend_platform(session)
    answers = {}
    for depth in (50, 600, 900, 5000):
        asked = log_in(client, platform)
        claims = json.dumps(changed(platform.claims(asked["nonce"]), deep_linking(data="deep")))
        token = platform.sign(claims.replace('"deep"', "[" * depth + "]" * depth).encode())
        with platform.key_set():
            answer = client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})
        answers[depth] = answer.status_code

    assert answers[50] == 303
    assert {answers[600], answers[900], answers[5000]} <= {303, 400, 401}


def test_a_form_of_a_million_fields_is_not_taken_apart(client: FlaskClient, session: Session, hostile: Class) -> None:
    me = sign_in(session, hostile.learners[0])
    body = b"".join(b"%x&" % number for number in range(1_300_000))
    kind = "application/x-www-form-urlencoded"

    answers = [
        client.post(path, data=body, content_type=kind).status_code
        for path in ("/lti/launch", "/lti/login", "/lti/again", me.path(f"/exchanges/{hostile.exchange.id}/work/draft"))
    ]
    stale = client.post("/s/nobody/roster/sync", data=body, content_type=kind)

    assert answers == [413] * 4
    assert stale.status_code == 401


def test_the_longest_work_fits_however_it_is_sent(client: FlaskClient, session: Session, hostile: Class) -> None:
    me = sign_in(session, hostile.learners[0])
    fields = {"csrf_token": csrf(me.handle), "body": "\N{FIRE}" * rules.LONGEST_BODY, "base_revision": "0"}
    path = me.path(f"/exchanges/{hostile.exchange.id}/work/draft")
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]

    encoded = client.post(path, data=urlencode(fields), content_type="application/x-www-form-urlencoded")
    in_parts = client.post(path, data="".join([*parts, "--x--"]), content_type="multipart/form-data; boundary=x")

    assert (encoded.status_code, in_parts.status_code) == (303, 303)
