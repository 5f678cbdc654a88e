"""Who may open what: every address of the exchange, for everybody who should not."""

import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from tests.factories.courses import make_course, make_member, sign_in
from tests.factories.exchange import Class, all_hand_in, make_class, review, take
from tests.functional.exchange_pages.conftest import People
from tests.pages import mistakes_in

OF_NO_EXCHANGE = {
    "exchange.new",
    "exchange.create",
    "exchange.preview",
    "exchange.begin",
    "exchange.beginnings",
    "exchange.drop_template",
}
FOR_STAFF = {
    "exchange.new",
    "exchange.create",
    "exchange.edit",
    "exchange.change",
    "exchange.publish",
    "exchange.unpublish",
    "exchange.close",
    "exchange.reopen",
    "exchange.delete",
    "exchange.look",
    "exchange.grading",
    "exchange.change_grading",
    "exchange.new_regrade",
    "exchange.regrade",
    "exchange.needs_human",
    "exchange.set_part",
    "exchange.lift_part",
    "exchange.anonymity",
    "exchange.change_anonymity",
    "exchange.attaching",
    "exchange.change_attaching",
    "exchange.attach_to_staff_review",
    "exchange.detach_from_staff_review",
    "exchange.pairing",
    "exchange.change_pairing",
    "exchange.work_options",
    "exchange.change_work_options",
    "exchange.versions_by",
    "exchange.coach",
    "exchange.change_coach",
    "exchange.person",
    "exchange.override",
    "exchange.lift",
    "exchange.release",
    "exchange.release_all",
    "exchange.send_again",
    "exchange.charter",
    "exchange.change_charter",
    "exchange.dialogue",
    "exchange.change_dialogue",
    "exchange.flags",
    "exchange.show_flag",
    "exchange.join",
    "exchange.edit_staff_message",
    "exchange.look_at_flag",
    "exchange.decide",
    "exchange.remind",
    "exchange.begin_reviewing",
    "exchange.remind_of_work",
    "exchange.stuck",
    "exchange.stuck_summary",
    "exchange.readers",
    "exchange.find_reader",
    "exchange.free_works",
    "exchange.excusal",
    "exchange.excuse",
    "exchange.undo_repair",
    "exchange.staff_review",
    "exchange.give_staff_review",
    "exchange.keep_staff_review",
    "exchange.restore_staff_review",
    "exchange.take_staff_review_back",
    "exchange.answer_author",
    "exchange.edit_answer_to_author",
    "exchange.hear_author",
    "exchange.plan",
    "exchange.rule_pair",
    "exchange.lift_pair_rule",
    "exchange.mix",
    "exchange.moderate",
    "exchange.new_moderation",
    "exchange.glance",
    "exchange.act_on_people",
    "exchange.add_example",
    "exchange.add_team",
    "exchange.answer_proposal",
    "exchange.begin",
    "exchange.begin_comparing",
    "exchange.beginnings",
    "exchange.change_comparing",
    "exchange.change_example",
    "exchange.change_late",
    "exchange.change_notes_options",
    "exchange.change_practice",
    "exchange.change_release_rule",
    "exchange.change_self_assessment",
    "exchange.change_team_options",
    "exchange.class_view",
    "exchange.close_again",
    "exchange.comparing",
    "exchange.comparing_options",
    "exchange.deal",
    "exchange.drop_template",
    "exchange.duplicate",
    "exchange.example",
    "exchange.export",
    "exchange.export_file",
    "exchange.extend",
    "exchange.extensions",
    "exchange.follow_lms",
    "exchange.hide_comparison",
    "exchange.keep_template",
    "exchange.late",
    "exchange.new_example",
    "exchange.new_extension",
    "exchange.new_reopening",
    "exchange.notes_for",
    "exchange.notes_options",
    "exchange.place_all",
    "exchange.practice",
    "exchange.put_in",
    "exchange.release_feedback",
    "exchange.release_feedback_to",
    "exchange.release_rule",
    "exchange.remove_example",
    "exchange.reopen_one",
    "exchange.reuse",
    "exchange.schedule",
    "exchange.self_assessment",
    "exchange.show_comparison",
    "exchange.sign_everybody_up",
    "exchange.take_extension_back",
    "exchange.take_extension_back_from",
    "exchange.take_release_back",
    "exchange.take_release_back_from",
    "exchange.team_options",
    "exchange.teams",
    "exchange.unmask",
}


def addresses(app: Flask, **values: int) -> list[tuple[str, str, str]]:
    """Method, path and endpoint of everything under /exchanges."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("exchange."):
            continue
        path = re.sub(r"<int:(\w+)>", lambda name: str(values.get(name[1], 1)), rule.rule.replace("/s/<handle>", ""))
        found += [(method, path, rule.endpoint) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    assert len(found) > 30
    return sorted(found)


def ask(client: FlaskClient, method: str, path: str, token: str = "") -> int:
    return client.open(path, method=method, headers={"X-CSRFToken": token}).status_code


def test_another_courses_exchange_is_missing(app: Flask, visit: People, made: Class, session: Session) -> None:
    elsewhere = make_course(session)
    for role in (Role.TEACHER, Role.LEARNER):
        stranger = visit(make_member(session, elsewhere, role))
        token = stranger.token()
        for method, path, endpoint in addresses(app, id=made.exchange.id, person_id=made.people[0]):
            if endpoint in OF_NO_EXCHANGE:
                continue
            status = ask(stranger.client, method, stranger.signed_in.path(path), token)
            assert status == (403 if endpoint in FOR_STAFF and role is Role.LEARNER else 404), (method, path)


def test_learners_set_nothing_up_and_look_after_nobody(app: Flask, visit: People, made: Class) -> None:
    learner = visit(made.learners[0])
    token = learner.token()
    for method, path, endpoint in addresses(app, id=made.exchange.id, person_id=made.people[1]):
        if endpoint in FOR_STAFF:
            assert ask(learner.client, method, learner.signed_in.path(path), token) == 403, (method, path)


def test_without_a_session_every_door_is_shut(app: Flask, visit: People, made: Class, session: Session) -> None:
    ended = visit(made.teacher)
    token = ended.token()
    session.execute(text("update web_session set expires_at = now() - interval '1 minute'"))
    session.commit()
    for method, path, _endpoint in addresses(app, id=made.exchange.id):
        assert ask(ended.client, method, ended.signed_in.path(path), token) == 401, (method, path)
        assert ask(ended.client, method, f"/s/never-was{path}", token) == 401, (method, path)


def test_without_the_token_of_the_session_nothing_is_done(
    app: Flask, visit: People, made: Class, session: Session
) -> None:
    teacher = visit(made.teacher)
    foreign = visit(made.learners[0]).token()
    for method, path, _endpoint in addresses(app, id=made.exchange.id):
        if method != "GET":
            for token in ("", "forged", foreign):
                assert ask(teacher.client, method, teacher.signed_in.path(path), token) == 403, (method, path)


@pytest.mark.parametrize("number", ["99999999", "2147483648", "99999999999999999999", "9" * 400])
def test_numbers_of_nothing_are_missing(app: Flask, visit: People, made: Class, number: str) -> None:
    teacher = visit(made.teacher)
    token = teacher.token()
    for method, path, endpoint in addresses(app):
        if endpoint in OF_NO_EXCHANGE:
            continue
        nowhere = re.sub(r"/\d+", f"/{number}", path)
        assert ask(teacher.client, method, teacher.signed_in.path(nowhere), token) == 404, (method, nowhere)


FIELDS = (
    *("body", "title", "instructions", "reviews", "grade", "points", "anonymity", "opens_at", "criterion[]", "act"),
    *("part", "mark", "rule", "rules[]", "kind", "thing_id", "decision", "told", "words", "shown", "gap", "rule-0"),
    *(
        "base_revision",
        "comment",
        "reason",
        "note",
        "score",
        "name",
        "who",
        "field",
        "why",
        "owes",
        "reader",
        "reviewer",
        "author",
        "rescue",
    ),
)
ODD = ("\x00", "x" * 90_000, "\ud7ff\U0010ffff\u202e", "-1", "[]", "9" * 4400, "../../etc", "%s%n", "💥" * 1000)


@pytest.mark.parametrize("odd", ODD)
def test_nothing_sent_makes_any_page_stumble(
    app: Flask, visit: People, session: Session, an_hour_ago: datetime, odd: str
) -> None:
    sent = dict.fromkeys(FIELDS, odd)
    # The web server takes no longer address: some eight thousand characters for all of them.
    asked = dict.fromkeys(FIELDS, odd[:150])
    made = make_class(session, learners=2, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    offer = take(made, made.people[0])
    session.commit()
    for membership in (made.teacher, made.learners[0]):
        visitor = visit(membership)
        token = visitor.token()
        for method, path, _endpoint in addresses(app, id=made.exchange.id, person_id=made.people[0], offer_id=offer.id):
            if path.endswith("/removal") or method == "DELETE":
                continue
            address = visitor.signed_in.path(path)
            if method == "GET":
                answer = visitor.client.get(address, query_string=asked)
            else:
                answer = visitor.client.post(address, data={**sent, "csrf_token": token})
            assert answer.status_code < 500, (method, path)


def test_pages_are_valid_html(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=3, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    for person in made.people:
        review(made, person, now=an_hour_ago)
    open_offer = take(made, made.people[0], now=an_hour_ago)
    late = make_member(session, made.course)
    session.commit()
    here = f"/exchanges/{made.exchange.id}"
    teacher, learner, newcomer = visit(made.teacher), visit(made.learners[0]), visit(late)
    empty = make_class(session, learners=0, publish=False)
    session.commit()
    pages = {
        "new": teacher.get("/exchanges/new").text,
        "refused": teacher.post("/exchanges", title="").text,
        "settings": teacher.get(f"{here}/settings").text,
        "coach": teacher.get(f"{here}/settings/coach").text,
        "overview": teacher.get(here).text,
        "empty": visit(empty.teacher).get(f"/exchanges/{empty.exchange.id}").text,
        "person": teacher.get(f"{here}/people/{made.people[0]}").text,
        "person-refused": teacher.post(f"{here}/people/{made.people[0]}/grade", score="", reason="").text,
        "student-view": teacher.get(f"{here}/student-view").text,
        "first": newcomer.get(here).text,
        "work": newcomer.get(f"{here}/work").text,
        "student": learner.get(here).text,
        "attaching": teacher.get(f"{here}/settings/attaching").text,
        "review": learner.get(f"{here}/reviews/{open_offer.id}").text,
        "review-refused": learner.post(f"{here}/reviews/{open_offer.id}/feedback").text,
        "check": learner.get(f"{here}/work/final").text,
    }

    assert mistakes_in(pages) == []


def test_a_page_has_one_heading_and_one_primary_action(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=2, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    here = f"/exchanges/{made.exchange.id}"
    teacher, learner = visit(made.teacher), visit(made.learners[0])
    pages = [
        visitor.get(path).text
        for visitor, path in (
            (teacher, "/exchanges/new"),
            (teacher, here),
            (teacher, f"{here}/settings"),
            (teacher, f"{here}/people/{made.people[0]}"),
            (learner, here),
            (learner, f"{here}/work"),
            (learner, f"{here}/work/final"),
        )
    ]

    for page in pages:
        assert page.count("<h1") == 1
        assert page.count("button--primary") <= 1


def test_two_tabs_of_one_browser_stay_two_people(client: FlaskClient, session: Session, made: Class) -> None:
    teacher, learner = sign_in(session, made.teacher), sign_in(session, made.learners[0])
    here = f"/exchanges/{made.exchange.id}"

    for _ in range(2):
        assert "Who is where" in client.get(teacher.path(here)).text
        assert "Who is where" not in client.get(learner.path(here)).text
