"""Two teachers on one page of further settings: neither undoes unseen what the other has saved."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, rules
from lti_tool.exchange.topics import Topic, topics
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, give, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

RULES = ["Say what you saw.", "Be kind.", "End with a next step."]
GRADING = {"work": "60", "giving": "40", "using": "0", "self_assessment": "0", "completion": "0"}
TEXT = {"text": "allowed", "files": "allowed", "links": "unwanted"}
SENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "pairing": ({"start": "rolling", "groups": "other"}, {"start": "rolling", "groups": "own"}),
    "grading": (
        {**GRADING, "method": "mean", "columns": "one"},
        {**GRADING, "method": "median", "columns": "one"},
    ),
    "charter": (
        {"enabled": "1", "shown": "at_once", "rules[]": RULES},
        {"enabled": "1", "shown": "at_once", "rules[]": [*RULES, "Ask a question."]},
    ),
    "dialogue": ({"gap": "50", "steps": "3"}, {"second_look": "1", "gap": "60", "steps": "2"}),
    "anonymity": ({"minimum": "2", "staff": "see"}, {"minimum": "3", "staff": "see"}),
    "work": ({**TEXT, "rounds": "1"}, {**TEXT, "ask": "1"}),
    "release": ({"when": "by_hand"}, {"when": "after_giving", "after": "2"}),
    "late": ({"work": "refused", "reviews": "marked"}, {"work": "marked", "reviews": "refused"}),
    "teams": ({"on": "1", "size": "2"}, {"on": "1", "choose": "1", "size": "4"}),
    "notes": ({"on": "1", "others": "1"}, {}),
    "coach": (
        {"on": "1", "moves[]": ["praise", "problem"], "hint-praise": "Begin with what is good."},
        {"on": "1", "moves[]": ["problem"], "hint-problem": "Name what is missing."},
    ),
    "practice": ({"when": "offered", "mark": "near"}, {"when": "required", "mark": "near"}),
    "comparing": ({"pairs": "1"}, {"pairs": "2", "tells": "1"}),
    "attaching": ({"most": "1"}, {"most": "2"}),
    "self-assessment": ({"when": "before"}, {"when": "beside"}),
}
"""By topic: what one teacher saves, and then another who had opened the page before."""
TOPICS = {topic.options.TOPIC.replace("_", "-"): topic for topic in topics()}


def base_in(page: str) -> str:
    found = re.search(r'name="base" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def colleague(visit: People, made: Class, session: Session) -> Visitor:
    return visit(make_member(session, made.course, Role.TEACHER))


@pytest.mark.parametrize("name", TOPICS)
def test_whoever_saves_second_reads_what_the_first_saved_before_it_is_replaced(
    name: str, teacher: Visitor, colleague: Visitor, made: Class, session: Session
) -> None:
    topic: Topic = TOPICS[name]
    path = f"/exchanges/{made.exchange.id}/settings/{name}"
    base = base_in(teacher.get(path).text)
    theirs, mine = SENT[name]
    assert colleague.post(path, data={**theirs, "base": base}).status_code == 303
    session.refresh(made.exchange)
    saved = made.exchange.option(topic.options)
    sentence = topic.summary(made.exchange)

    refused = teacher.post(path, data={**mine, "base": base})

    session.refresh(made.exchange)
    assert refused.status_code == 409
    assert made.exchange.option(topic.options) == saved
    assert "Somebody else saved these settings while you were changing them" in words(refused.text)
    assert sentence in words(refused.text)
    assert mistakes_in({"refused": refused.text}) == []
    again = teacher.post(path, data={**mine, "base": base_in(refused.text)})
    session.refresh(made.exchange)
    assert again.status_code == 303
    assert made.exchange.option(topic.options) != saved


@pytest.mark.parametrize("name", ["charter", "coach"])
def test_the_words_of_both_are_there(name: str, teacher: Visitor, colleague: Visitor, made: Class) -> None:
    path = f"/exchanges/{made.exchange.id}/settings/{name}"
    base = base_in(teacher.get(path).text)
    theirs, mine = SENT[name]
    colleague.post(path, data={**theirs, "base": base})

    page = teacher.post(path, data={**mine, "base": base}).text

    for each in (
        ("Ask a question.", *RULES)
        if name == "charter"
        else (
            "Name what is missing.",
            "Begin with what is good.",
        )
    ):
        assert each in page


def test_the_same_saved_twice_and_another_topic_meanwhile_are_no_conflict(
    teacher: Visitor, colleague: Visitor, made: Class
) -> None:
    path = f"/exchanges/{made.exchange.id}/settings"
    base = base_in(teacher.get(f"{path}/pairing").text)
    colleague.post(f"{path}/late", data=SENT["late"][0])

    answers = [teacher.post(f"{path}/pairing", data={**SENT["pairing"][0], "base": base}) for _ in range(2)]

    assert [each.status_code for each in answers] == [303, 303]


def test_what_was_refused_for_another_reason_still_knows_what_it_began_from(
    teacher: Visitor, colleague: Visitor, made: Class
) -> None:
    path = f"/exchanges/{made.exchange.id}/settings/pairing"
    base = base_in(teacher.get(path).text)
    colleague.post(path, data=SENT["pairing"][0])

    refused = teacher.post(path, data={"start": "rolling", "groups": "enemies", "base": base})

    assert refused.status_code == 422
    assert base_in(refused.text) == base


def test_a_rule_taken_in_while_the_page_of_rules_is_open_is_not_lost(
    teacher: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    by, now = made.teacher.person_id, an_hour_ago
    charter = rules.CharterOptions(enabled=True, rules=tuple(RULES), proposals=True)
    operations.set_options(session, made.exchange, charter, by=by, now=now)
    session.commit()
    path = f"/exchanges/{made.exchange.id}/settings/charter"
    base = base_in(teacher.get(path).text)
    proposal = operations.propose_rule(session, made.exchange, by=made.people[0], rule="Ask a question.", now=now)
    operations.adopt_rule(session, made.exchange, proposal_id=proposal.id, rule="", by=by, now=now)
    session.commit()

    refused = teacher.post(path, data={"enabled": "1", "shown": "at_once", "rules[]": RULES, "base": base})

    assert refused.status_code == 409
    assert "Ask a question." in words(refused.text)


def test_a_preview_of_grades_does_not_replace_what_a_colleague_saved_meanwhile(
    teacher: Visitor, colleague: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago)
    for person in made.people:
        give(made, take(made, person, now=an_hour_ago), now=an_hour_ago)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()
    mine, theirs = ({**SENT["grading"][0], "work": each, "giving": "50"} for each in ("50", "10"))
    page, act = (f"/exchanges/{made.exchange.id}/{each}" for each in ("settings/grading", "regrades"))
    preview = teacher.post(page, data={**mine, "base": base_in(teacher.get(page).text)})
    assert "Nothing has been saved or sent yet." in words(preview.text)
    assert colleague.post(act, data={**theirs, "reason": "As agreed."}).status_code == 303

    refused = teacher.post(act, data={**mine, "base": base_in(preview.text), "reason": "As I see it."})

    assert refused.status_code == 409
    assert "Somebody else saved these settings while you were changing them" in words(refused.text)
    assert "As I see it." in refused.text
    assert mistakes_in({"refused": refused.text}) == []
    session.refresh(made.exchange)
    assert made.exchange.option(rules.GradingOptions).work == 10
    again = teacher.post(act, data={**mine, "base": base_in(refused.text), "reason": "As I see it."})
    session.refresh(made.exchange)
    assert again.status_code == 303
    assert made.exchange.option(rules.GradingOptions).work == 50
