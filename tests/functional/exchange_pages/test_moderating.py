"""Staff hide or send back what nobody flagged, with a trail, and without learning who wrote it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Flag, FlagAct, Offer, RewriteRequest
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class, make_words, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words


def given(session: Session, an_hour_ago: datetime, **plan: Any) -> tuple[Class, Feedback]:
    made = make_class(session, now=an_hour_ago, **plan)
    all_hand_in(made, now=an_hour_ago)
    feedback = review(made, made.people[0], now=an_hour_ago)
    session.commit()
    return made, feedback


def author_of(session: Session, feedback: Feedback) -> int:
    author = session.get_one(Offer, feedback.offer_id).submission.author_id
    assert author is not None
    return author


def moderate(visitor: Visitor, made: Class, feedback: Feedback, **fields: Any) -> int:
    path = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/moderation"
    return visitor.post(path, data=fields).status_code


def test_what_nobody_flagged_is_hidden_with_a_trail(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made, feedback = given(session, an_hour_ago)
    teacher, author = visit(made.teacher), author_of(session, feedback)
    there = f"/exchanges/{made.exchange.id}"
    person = teacher.get(f"{there}/people/{author}").text
    assert f"/feedback/{feedback.id}/moderation?decision=hide" in person
    form = teacher.get(f"{there}/feedback/{feedback.id}/moderation?decision=hide").text
    assert mistakes_in({"moderation": form, "person": person}) == []
    assert "Look at the second paragraph." in form

    status = moderate(teacher, made, feedback, decision="hide", reason="hurtful", note="We speak of works, not people.")

    assert status == 303
    (flag,) = session.scalars(select(Flag))
    assert (flag.by_id, flag.reason, flag.kind) == (made.teacher.person_id, "hurtful", "feedback")
    assert [act.act for act in flag.acts] == ["looked", "hide"]
    reader = next(each for each in made.learners if each.person_id == author)
    page = visit(reader).get(there).text
    assert "Look at the second paragraph." not in page
    assert "We speak of works, not people." in page
    assert queries.open_flags(session, made.exchange) == 0
    assert "hid it" in words(teacher.get(f"{there}/flags").text)
    again = teacher.get(f"{there}/feedback/{feedback.id}/moderation")
    assert again.headers["Location"].endswith(f"/flags/{flag.id}")
    trail = words(teacher.get(f"{there}/flags/{flag.id}").text)
    assert "We speak of works, not people." in trail
    assert f"By {made.teacher.person.name}" in trail


def test_a_reviewer_is_asked_to_rewrite_what_nobody_flagged(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made, feedback = given(session, an_hour_ago)

    assert moderate(visit(made.teacher), made, feedback, decision="rewrite", reason="other", note="Say where.") == 303

    assert session.get_one(RewriteRequest, feedback.id).note == "Say where."
    mine = visit(made.learners[0])
    page = mine.get(f"/exchanges/{made.exchange.id}/reviews/{feedback.offer_id}").text
    assert "Say where." in page


@pytest.mark.parametrize("in_the_end", ["keep", "hide"])
def test_a_rewrite_asked_for_what_was_hidden_is_taken_back_by_the_next_decision(
    visit: People, session: Session, an_hour_ago: datetime, in_the_end: str
) -> None:
    made, feedback = given(session, an_hour_ago)
    teacher, mine = visit(made.teacher), visit(made.learners[0])
    moderate(teacher, made, feedback, decision="hide", reason="other", note="Unkind.")
    decisions = f"/exchanges/{made.exchange.id}/flags/{session.scalars(select(Flag.id)).one()}/decisions"
    teacher.post(decisions, decision="rewrite", note="Say where.")
    assert "Write one of your feedbacks anew" in words(mine.get(f"/exchanges/{made.exchange.id}").text)

    assert teacher.post(decisions, decision=in_the_end, note="Enough of it.").status_code == 303

    assert session.scalars(select(RewriteRequest)).all() == []
    assert "Write one of your feedbacks anew" not in words(mine.get(f"/exchanges/{made.exchange.id}").text)


@pytest.mark.parametrize("anonymity", [rules.SEALED, rules.MASKED])
def test_nobody_learns_by_it_who_wrote(visit: People, session: Session, an_hour_ago: datetime, anonymity: str) -> None:
    made, feedback = given(session, an_hour_ago, anonymity=anonymity)
    if anonymity == rules.MASKED:
        operations.set_options(
            session, made.exchange, rules.AnonymityOptions(staff="ask"), by=made.teacher.person_id, now=an_hour_ago
        )
        session.commit()
    made.exchange = session.get_one(Exchange, made.exchange.id, populate_existing=True)
    assert not made.exchange.may_see(rules.STAFF, rules.REVIEWER)
    teacher = visit(made.teacher)
    there = f"/exchanges/{made.exchange.id}"
    name = made.learners[0].person.name
    pages = [teacher.get(f"{there}/feedback/{feedback.id}/moderation?decision=rewrite")]

    assert moderate(teacher, made, feedback, decision="rewrite", reason="off_task", note="Say where.") == 303

    flag = session.scalars(select(Flag)).one()
    pages += [teacher.get(f"{there}/flags"), teacher.get(f"{there}/flags/{flag.id}")]
    pages += [teacher.get(f"{there}/feedback/{feedback.id}")]
    assert [name in page.text for page in pages] == [False] * 4
    assert "Say where." in visit(made.learners[0]).get(f"{there}/reviews/{feedback.offer_id}").text


def test_a_message_is_hidden_too(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made, feedback = given(session, an_hour_ago)
    message = operations.say(
        session, made.exchange, writer=made.people[0], feedback_id=feedback.id, body="Nonsense.", now=an_hour_ago
    )
    session.commit()
    teacher, author = visit(made.teacher), author_of(session, feedback)
    there = f"/exchanges/{made.exchange.id}"
    assert f"moderation?message={message.id}" in teacher.get(f"{there}/people/{author}").text
    form = teacher.get(f"{there}/feedback/{feedback.id}/moderation?message={message.id}").text
    assert "Nonsense." in form
    assert mistakes_in({"moderation": form}) == []

    fields = {"message": str(message.id), "decision": "hide", "reason": "hurtful", "note": "Be kind."}
    assert moderate(teacher, made, feedback, **fields) == 303

    reader = next(each for each in made.learners if each.person_id == author)
    page = visit(reader).get(there).text
    assert "Nonsense." not in page
    assert "Be kind." in page
    refused = fields | {"decision": "rewrite"}
    assert moderate(teacher, made, feedback, **refused) == 404


def test_where_somebody_flagged_it_that_flag_is_decided(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made, feedback = given(session, an_hour_ago)
    flag = operations.flag(
        session,
        made.exchange,
        by=author_of(session, feedback),
        kind="feedback",
        thing_id=feedback.id,
        reason="hurtful",
        now=an_hour_ago,
    )
    session.commit()
    teacher = visit(made.teacher)
    path = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/moderation"

    assert teacher.get(path).headers["Location"].endswith(f"/flags/{flag.id}")
    assert moderate(teacher, made, feedback, decision="hide", reason="other", note="Yes.") == 303

    assert session.scalars(select(Flag.id)).all() == [flag.id]
    assert session.scalars(select(FlagAct.act).order_by(FlagAct.id)).all() == ["looked", "hide"]


def test_staff_who_decide_read_the_answers_to_what_the_author_asked(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made = make_class(session, learners=2, reviews=1, now=an_hour_ago)
    asks = rules.Beside(questions=("Is it too long?",))
    for person in made.people:
        operations.save_draft(
            session, made.exchange, author=person, body="Mine.", base_revision=0, now=an_hour_ago, beside=asks
        )
        hand_in(made, person, body="Mine.", now=an_hour_ago)
    offer = take(made, made.people[0], now=an_hour_ago)
    said = replace(make_words(made.exchange), to_author=("Everything of yours is.",))
    feedback = operations.give_feedback(
        session, made.exchange, reviewer=made.people[0], offer_id=offer.id, words=said, now=an_hour_ago
    )
    session.commit()
    teacher, there = visit(made.teacher), f"/exchanges/{made.exchange.id}"

    pages = {each: teacher.get(f"{there}/feedback/{feedback.id}{each}").text for each in ("", "/moderation")}
    moderate(teacher, made, feedback, decision="hide", reason="hurtful", note="Be kind.")
    pages["flag"] = teacher.get(f"{there}/flags/{session.scalars(select(Flag.id)).one()}").text

    for page in pages.values():
        assert "Asked: Is it too long? Everything of yours is." in words(page)
    assert mistakes_in(pages) == []


def test_hiding_needs_a_reason_and_staff(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made, feedback = given(session, an_hour_ago)
    teacher = visit(made.teacher)
    path = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/moderation"

    refused = teacher.post(path, decision="hide", reason="hurtful", note=" ")

    assert refused.status_code == 422
    assert "Say why, in a few words." in words(refused.text)
    assert mistakes_in({"refused": refused.text}) == []
    for person in made.learners[:2]:
        assert moderate(visit(person), made, feedback, decision="hide", reason="other", note="Mine.") in (403, 404)
    assert session.scalars(select(Flag)).all() == []


def test_an_assistant_may_and_the_same_twice_is_once(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made, feedback = given(session, an_hour_ago)
    assistant = visit(make_member(session, made.course, Role.ASSISTANT))
    session.commit()

    for _time in range(2):
        assert moderate(assistant, made, feedback, decision="hide", reason="other", note="Off.", counts="1") == 303

    assert session.scalars(select(FlagAct.act).order_by(FlagAct.id)).all() == ["looked", "hide"]
    assert now() > an_hour_ago
