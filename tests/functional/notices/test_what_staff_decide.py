"""Flags, decisions, rewrites and looking again: each is told to whom it concerns, and to nobody else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Feedback, RewriteRequest
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, make_class, make_words, review, take
from tests.functional.exchange_pages.conftest import People
from tests.functional.notices.test_exchange_tells import kinds_of
from tests.pages import mistakes_in, words

LATER = BEGUN + timedelta(hours=1)


def reviewed(session: Session, *, now: datetime = BEGUN) -> tuple[Class, Feedback, int, int]:
    """A class, one feedback, its author and its reviewer."""
    made = make_class(session, learners=3, now=now)
    all_hand_in(made, now=now)
    feedback = review(made, made.people[0], now=now)
    author = feedback.offer.submission.author_id
    assert author is not None
    return made, feedback, author, made.people[0]


def raise_flag(made: Class, feedback: Feedback, author: int) -> int:
    flag = operations.flag(
        made.session, made.exchange, by=author, kind="feedback", thing_id=feedback.id, reason="hurtful", now=LATER
    )
    return flag.id


def decide(made: Class, flag: int, decision: str, *, now: datetime = LATER) -> None:
    operations.decide(
        made.session,
        made.exchange,
        flag_id=flag,
        by=made.teacher.person_id,
        decision=decision,
        note="Say where." if decision != "keep" else "",
        now=now,
    )


def moderate(made: Class, feedback: Feedback, decision: str, *, message_id: int | None = None) -> None:
    operations.moderate(
        made.session,
        made.exchange,
        feedback_id=feedback.id,
        message_id=message_id,
        by=made.teacher.person_id,
        reason="other",
        decision=decision,
        note="Say where.",
        now=LATER,
    )


def test_staff_hear_of_a_flag_at_once_and_nobody_else_does(session: Session) -> None:
    made, feedback, author, reviewer = reviewed(session)
    assistant = make_member(session, made.course, Role.ASSISTANT)

    flag = raise_flag(made, feedback, author)

    for person in (made.teacher.person_id, assistant.person_id):
        assert kinds_of(session, person) == ["flag_raised"]
    for person in made.people:
        assert "flag_raised" not in kinds_of(session, person)
    facts = session.scalars(select(Notice.facts).where(Notice.kind == "flag_raised")).first()
    assert facts == {"flag_id": flag}
    assert "flag_answered" not in kinds_of(session, reviewer)


def test_whoever_flagged_hears_that_staff_decided_and_a_reviewer_that_they_are_to_rewrite(session: Session) -> None:
    made, feedback, author, reviewer = reviewed(session)

    decide(made, raise_flag(made, feedback, author), "rewrite")

    assert "flag_answered" in kinds_of(session, author)
    assert "rewrite_asked" not in kinds_of(session, author)
    assert kinds_of(session, reviewer).count("rewrite_asked") == 1
    assert "flag_answered" not in kinds_of(session, reviewer)
    told = session.scalars(select(Notice).where(Notice.kind == "rewrite_asked")).one()
    assert told.facts == {"offer_id": feedback.offer_id}


def test_nobody_is_asked_to_rewrite_where_staff_leave_it(session: Session) -> None:
    made, feedback, author, reviewer = reviewed(session)

    decide(made, raise_flag(made, feedback, author), "keep")

    assert "flag_answered" in kinds_of(session, author)
    assert "rewrite_asked" not in kinds_of(session, reviewer)


def test_what_staff_decide_unasked_is_told_to_its_reviewer_alone(session: Session) -> None:
    made, feedback, author, reviewer = reviewed(session)

    moderate(made, feedback, "rewrite")

    assert kinds_of(session, reviewer)[-1] == "rewrite_asked"
    for person in (author, made.teacher.person_id):
        assert {"flag_raised", "flag_answered", "rewrite_asked"}.isdisjoint(kinds_of(session, person))


@pytest.mark.parametrize("is_flagged", [True, False])
def test_a_reviewer_whose_feedback_is_hidden_hears_why_and_not_whether_somebody_flagged_it(
    session: Session, visit: People, an_hour_ago: datetime, is_flagged: bool
) -> None:
    made, feedback, author, reviewer = reviewed(session, now=an_hour_ago)
    if is_flagged:
        decide(made, raise_flag(made, feedback, author), "hide")
    else:
        moderate(made, feedback, "hide")
    session.commit()
    mine, name = visit(made.learners[0]), made.learners[made.people.index(author)].person.name
    there = f"/exchanges/{made.exchange.id}"

    pages = [mine.get(each).text for each in ("/notices", f"{there}/reviews/{feedback.offer_id}", there)]

    assert kinds_of(session, reviewer)[-1] == "feedback_hidden"
    assert "feedback_hidden" not in kinds_of(session, author)
    assert "Your teachers have hidden feedback that you gave. Read why." in words(pages[0])
    assert "Your teachers have hidden this feedback Why: Say where." in words(pages[1])
    assert "Your teachers read it, and the author once your feedback is shown again." in words(pages[1])
    assert "Hidden by your teachers" in words(pages[2])
    for page in pages:
        assert name not in page
        assert "flagged" not in words(page)
        assert "told a teacher" not in words(page)
    assert mistakes_in({"review": pages[1]}) == []


def test_where_staff_show_it_again_or_no_longer_ask_its_reviewer_hears_of_it_and_of_a_refused_flag_nothing(
    session: Session,
) -> None:
    made, feedback, author, reviewer = reviewed(session)
    flag = raise_flag(made, feedback, author)
    before = kinds_of(session, reviewer)

    decide(made, flag, "keep")

    assert kinds_of(session, reviewer) == before
    for hours, done in enumerate(("hide", "keep", "rewrite", "keep")):
        decide(made, flag, done, now=LATER + timedelta(hours=hours))
    told = kinds_of(session, reviewer)[len(before) :]
    assert told == ["feedback_hidden", "feedback_stands", "rewrite_asked", "feedback_stands"]
    assert session.scalars(select(RewriteRequest)).all() == []
    assert (
        queries.standings(
            session, {made.exchange.id: made.exchange}, person_id=reviewer, course_id=made.course.id, now=LATER
        )[made.exchange.id].is_to_rewrite
        is False
    )


@pytest.mark.parametrize("side", [rules.AUTHOR, rules.REVIEWER])
def test_whoever_wrote_a_message_that_is_hidden_hears_why_on_their_own_page(
    session: Session, visit: People, an_hour_ago: datetime, side: str
) -> None:
    made, feedback, author, reviewer = reviewed(session, now=an_hour_ago)
    writer, other = (author, reviewer) if side == rules.AUTHOR else (reviewer, author)
    said = operations.say(
        session, made.exchange, writer=writer, feedback_id=feedback.id, body="You never listen.", now=an_hour_ago
    )
    moderate(made, feedback, "hide", message_id=said.id)
    session.commit()
    mine, there = visit(made.learners[made.people.index(writer)]), f"/exchanges/{made.exchange.id}"

    page = mine.get(f"{there}/reviews/{feedback.offer_id}" if side == rules.REVIEWER else there).text

    assert kinds_of(session, writer)[-1] == "message_hidden"
    assert "message_hidden" not in kinds_of(session, other)
    told = session.scalars(select(Notice).where(Notice.kind == "message_hidden")).one()
    assert told.facts == ({"offer_id": feedback.offer_id} if side == rules.REVIEWER else {"feedback_id": feedback.id})
    assert "You never listen. Your teachers have hidden this message from the other side. Why: Say where." in words(
        page
    )
    assert mistakes_in({"page": page}) == []
    notices = mine.get("/notices").text
    assert "Your teachers have hidden a message that you wrote. Read why." in words(notices)


def test_whoever_proposed_a_rule_that_is_hidden_hears_of_it(session: Session) -> None:
    made = make_class(session, learners=2)
    operations.set_options(
        session, made.exchange, rules.CharterOptions(proposals=True), by=made.teacher.person_id, now=BEGUN
    )
    rule = operations.propose_rule(session, made.exchange, by=made.people[0], rule="Shout at everybody.", now=BEGUN)
    flag = operations.flag(
        session, made.exchange, by=made.people[1], kind="rule", thing_id=rule.id, reason="hurtful", now=LATER
    )

    decide(made, flag.id, "hide")
    decide(made, flag.id, "keep")

    assert kinds_of(session, made.people[0])[-2:] == ["rule_hidden", "rule_stands"]
    assert "rule_hidden" not in kinds_of(session, made.people[1])


def test_reviewers_who_are_far_apart_hear_of_it_once_each(session: Session) -> None:
    made = make_class(session, learners=3)
    all_hand_in(made)
    author, one, other = made.people
    for person, level in ((one, 0), (other, -1)):
        for _time in range(2):
            offer = take(made, person)
            give(made, offer, level=level if offer.submission.author_id == author else 1)
            if person == one:
                assert "look_again" not in kinds_of(session, one)

    for person in (one, other):
        assert kinds_of(session, person).count("look_again") == 1
    assert "look_again" not in kinds_of(session, author)
    offers = {each.person_id: each.facts for each in session.scalars(select(Notice).where(Notice.kind == "look_again"))}
    assert set(offers) == {one, other}
    assert all(set(facts) == {"offer_id"} for facts in offers.values())


def test_a_reviewer_finds_it_in_the_bell_on_the_card_and_on_their_page(
    session: Session, visit: People, an_hour_ago: datetime
) -> None:
    made, feedback, author, _reviewer = reviewed(session, now=an_hour_ago)
    decide(made, raise_flag(made, feedback, author), "rewrite")
    session.commit()
    here = f"/exchanges/{made.exchange.id}"
    mine, theirs, teacher = visit(made.learners[0]), visit(made.learners[1]), visit(made.teacher)

    page = mine.get(here).text

    assert "Write one of your feedbacks anew" in words(page)
    assert "Say where." in page
    assert f"/reviews/{feedback.offer_id}" in page
    assert "Your teacher asks you to write a feedback anew" in words(mine.get("/").text)
    assert "Your teacher asks you to write one of your feedbacks anew. Read why." in words(mine.get("/notices").text)
    assert "Somebody asks you to look at something." in words(teacher.get("/notices").text)
    assert "asks you to write" not in words(theirs.get("/").text)
    assert mistakes_in({"student": page}) == []
    operations.revise_feedback(
        session,
        made.exchange,
        reviewer=made.people[0],
        offer_id=feedback.offer_id,
        words=make_words(made.exchange, comment="The second paragraph says it twice."),
        now=LATER,
    )
    session.commit()
    assert "Write one of your feedbacks anew" not in words(mine.get(here).text)
    assert "Your teacher asks you to write a feedback anew" not in words(mine.get("/").text)


def test_a_sealed_exchange_keeps_no_notice_that_tells_who_reviewed(session: Session) -> None:
    made = make_class(session, learners=3, anonymity=rules.SEALED)
    all_hand_in(made)
    feedback = review(made, made.people[0])
    flag = operations.flag(
        session, made.exchange, by=made.people[0], kind="work", thing_id=feedback.offer_id, reason="other", now=LATER
    )
    decide(made, flag.id, "keep")
    moderate(made, feedback, "rewrite")
    assert {"rewrite_asked", "flag_answered"} <= set(session.scalars(select(Notice.kind)))
    operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)

    operations.tend_seal(session, made.exchange, now=LATER + rules.SEAL_AFTER)

    left = set(session.scalars(select(Notice.kind).where(Notice.activity_id == made.exchange.id)))
    assert {"rewrite_asked", "flag_answered", "look_again", "work_is_gone"}.isdisjoint(left)
