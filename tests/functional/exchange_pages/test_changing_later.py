"""A teacher changes settings in the middle of reviewing, and nothing that anybody wrote is lost."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.exchange import exporting, operations, queries
from lti_tool.exchange.models import Exchange
from tests.factories.exchange import Class, all_hand_in, make_words, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.functional.exchange_pages.test_setting_up import hidden_fields

KEPT = ("people", "works", "offers", "feedback", "messages", "releases")
"""The sections of the whole export that people wrote, or that rest on what they wrote."""


@pytest.fixture
def busy(made: Class, session: Session) -> Class:
    """Everybody has handed in, two have given a review, one is writing."""
    all_hand_in(made, now=now() - timedelta(minutes=50))
    review(made, made.people[0], level=1, now=now() - timedelta(minutes=40))
    review(made, made.people[1], now=now() - timedelta(minutes=30))
    offer = take(made, made.people[2], now=now() - timedelta(minutes=20))
    operations.save_feedback_draft(
        session,
        made.exchange,
        reviewer=made.people[2],
        offer_id=offer.id,
        words=make_words(made.exchange, comment="Half a thought"),
        base_revision=0,
        now=now() - timedelta(minutes=19),
    )
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, busy: Class) -> Visitor:
    return visit(busy.teacher)


def written(made: Class) -> dict[str, Any]:
    """What people wrote, as an export has it."""
    whole = json.loads(b"".join(exporting.pieces(made.exchange.id, exporting.FILES["whole"], now=now())))
    return {name: whole[name] for name in KEPT}


def half_written(made: Class, visit: People) -> str:
    page = visit(made.learners[2])
    (offer,) = [each for each in written(made)["offers"] if each["state"] == "started"]
    return page.get(f"/exchanges/{made.exchange.id}/reviews/{offer['id']}").text


def test_every_word_stays_when_a_teacher_changes_everything_that_may_be_changed(
    busy: Class, teacher: Visitor, visit: People, session: Session
) -> None:
    """Pain 12: settings that freeze at the first review, or a change that destroys work."""
    before = written(busy)
    assert "Half a thought" in half_written(busy, visit)
    fields = hidden_fields(teacher.get(f"/exchanges/{busy.exchange.id}/settings").text)
    clarity = next(name for name, value in fields.items() if value == ["Clarity"]).removesuffix("-title")
    advice = next(name for name, value in fields.items() if value == ["Advice"]).removesuffix("-title")
    fields |= {
        "title": "Second thoughts",
        "instructions": "Read twice.",
        "reviews": "3",
        "review_by": "2099-05-03T12:00",
        f"{clarity}-title": "Clear at first sight",
        f"{clarity}-weight": "3",
        f"{advice}-good": "One thing, and where.",
        "criterion[]": [advice, clarity, "nlater"],
        "nlater-title": "Sources",
        "nlater-kind": "yes_no",
    }

    answer = teacher.post(f"/exchanges/{busy.exchange.id}/settings", data={**fields, "act": "save"})

    assert answer.status_code == 303
    session.expire_all()
    exchange = session.get_one(Exchange, busy.exchange.id)
    assert [each.title for each in exchange.criteria] == ["Advice", "Clear at first sight", "Sources"]
    assert exchange.reviews == 3
    assert written(busy) == before
    assert "Half a thought" in half_written(busy, visit)
    assert queries.replay(session, exchange) == ()
    assert all(author != reviewer for reviewer, author in queries.kept_plan(session, exchange)[0])


@pytest.mark.parametrize(
    "path,fields",
    [
        ("pairing", {"start": "together", "groups": "other", "within_sections": "y"}),
        ("grading", {"method": "median", "work": "60", "giving": "40", "columns": "one"}),
        ("charter", {"enabled": "y", "shown": "settled", "rules[]": ["Be kind", "Be brief", "Name the place"]}),
        ("dialogue", {"second_look": "y", "gap": "40", "steps": "2"}),
        ("anonymity", {"minimum": "2"}),
        ("work", {"text": "allowed", "files": "allowed", "links": "allowed", "rounds": "y", "ask": "y"}),
        ("coach", {"on": "y", "takeaway": "y"}),
    ],
)
def test_every_word_stays_when_further_settings_change(
    busy: Class, teacher: Visitor, session: Session, path: str, fields: dict[str, Any]
) -> None:
    """Pain 12, for each topic."""
    before = {name: said for name, said in written(busy).items() if name != "releases"}

    answer = teacher.post(f"/exchanges/{busy.exchange.id}/settings/{path}", data=fields)

    assert answer.status_code == 303
    assert {name: said for name, said in written(busy).items() if name != "releases"} == before
    assert queries.replay(session, busy.exchange) == ()


def test_what_would_destroy_reviews_is_refused_with_a_reason_and_the_typed_words(
    busy: Class, teacher: Visitor, session: Session
) -> None:
    """Pain 12: deleting a rubric deletes all reviews."""
    before = written(busy)
    fields = hidden_fields(teacher.get(f"/exchanges/{busy.exchange.id}/settings").text)
    advice = next(name for name, value in fields.items() if value == ["Advice"]).removesuffix("-title")
    fields |= {"title": "Without a criterion", "criterion[]": [advice]}

    answer = teacher.post(f"/exchanges/{busy.exchange.id}/settings", data={**fields, "act": "save"})

    assert answer.status_code == 422
    assert "Somebody has written by these criteria, or is writing at this moment: Clarity" in answer.text
    assert "Without a criterion" in answer.text
    session.expire_all()
    assert written(busy) == before
