"""Pains of other tools that the standing plan answers: each is told by the name of its test."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, rules
from lti_tool.exchange.models import Feedback, Offer, Submission
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, review, take
from tests.factories.pairing import assert_plan_is_sound

DUE = BEGUN + timedelta(days=7)
OVER = DUE + timedelta(days=8)


def counts(made: Class) -> tuple[Counter[int], Counter[int]]:
    """How much each person gave, and got."""
    rows = made.session.execute(
        select(Offer.reviewer_id, Submission.author_id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(Offer.exchange_id == made.exchange.id)
    ).all()
    return Counter(row[0] or 0 for row in rows), Counter(row[1] or 0 for row in rows)


def why_none(made: Class, person: int) -> str | None:
    return operations.next_offer(made.session, made.exchange, reviewer=person, now=BEGUN).none_because


def test_who_hands_in_late_gets_works_to_read_and_readers(session: Session) -> None:
    """Pain 1. Of other tools: nobody reviews a late work, and its author has nothing to review."""
    made = make_class(session, learners=7, reviews=2, submit_by=DUE, review_by=OVER)
    *early, late = made.people
    for person in early:
        hand_in(made, person)
    for person in early[:3]:
        review(made, person)

    hand_in(made, late, now=DUE + timedelta(days=1))

    for person in [late, late, *early, *early]:
        if counts(made)[0][person] < 2:
            review(made, person, now=DUE + timedelta(days=2))
    given, received = counts(made)
    assert set(given.values()) == set(received.values()) == {2}
    assert (given[late], received[late]) == (2, 2)


def test_work_finds_readers_from_the_moment_it_is_handed_in(session: Session) -> None:
    """Pain 2. Of other tools: reviewers are found at one moment, and what comes later waits for the teacher."""
    made = make_class(session, learners=6, reviews=1)

    for one, other in zip(made.people[::2], made.people[1::2], strict=True):
        hand_in(made, one)
        hand_in(made, other)
        take(made, one)
        take(made, other)

    assert_plan_is_sound(session, made.exchange)


def test_who_hands_nothing_in_changes_nothing_for_the_others(session: Session) -> None:
    """Pain 3. Of other tools: works of people who never handed in are allocated, and numbers are unequal."""
    made = make_class(session, learners=8, reviews=3, submit_by=DUE)
    operations.choose_pairing(
        session, made.exchange, rules.PairingOptions(start=rules.TOGETHER), by=made.teacher.person_id, now=BEGUN
    )
    *present, absent = made.people
    for person in present:
        hand_in(made, person)
    operations.tend(session, made.exchange, now=DUE)

    for person in present * 3:
        review(made, person, now=DUE)

    given, received = counts(made)
    assert set(given.values()) == set(received.values()) == {3}
    assert absent not in received
    with pytest.raises(errors.WorkFirst):
        take(made, absent, now=DUE)


@pytest.mark.parametrize("learners", [2, 3, 4])
def test_in_a_small_class_nobody_waits_for_peers_who_are_not_there(session: Session, learners: int) -> None:
    """Pain 4. Of other tools: five reviews are owed, three people are there, and everybody is blocked for ever."""
    made = make_class(session, learners=learners, reviews=5)
    all_hand_in(made)

    for person in made.people * (learners - 1):
        review(made, person)

    given, received = counts(made)
    assert set(given.values()) == set(received.values()) == {learners - 1}
    assert {why_none(made, person) for person in made.people} == {"reviewed_all"}


def test_a_class_that_begins_together_does_not_strand_on_those_who_do_not_come(session: Session) -> None:
    """Pain 5. Of other tools: what was allocated to no-shows at once is reviewed by nobody."""
    made = make_class(session, learners=9, reviews=2, submit_by=DUE, review_by=OVER)
    operations.choose_pairing(
        session, made.exchange, rules.PairingOptions(start=rules.TOGETHER), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    operations.tend(session, made.exchange, now=DUE)
    coming = made.people[:7]
    for person in coming * 2:
        review(made, person, now=DUE)
    operations.tend(session, made.exchange, now=OVER + timedelta(hours=1))

    for person in coming:
        operations.next_offer(session, made.exchange, reviewer=person, now=OVER + timedelta(hours=2))
        for offer in session.scalars(select(Offer).where(Offer.reviewer_id == person, Offer.state == "offered")):
            give(made, offer, now=OVER + timedelta(hours=2))

    assert [counts(made)[1][person] for person in made.people] == [2] * 9
    assert_plan_is_sound(session, made.exchange)


def test_the_last_one_in_is_read_though_all_others_are_done(session: Session) -> None:
    """Pain 6. Of other tools: the last one in gets no reviews, for nobody has any left to give."""
    made = make_class(session, learners=5, reviews=2)
    *early, last = made.people
    for person in early:
        hand_in(made, person)
    for person in early * 2:
        review(made, person)

    hand_in(made, last, now=BEGUN + timedelta(days=3))

    helpers = [review(made, person, now=BEGUN + timedelta(days=3)) for person in early[:2]]
    assert counts(made)[1][last] == len(helpers) == 2
    for _ in range(2):
        review(made, last, now=BEGUN + timedelta(days=6))
    assert counts(made)[0][last] == 2


def test_a_work_taken_on_the_last_day_holds_nobody_up(session: Session) -> None:
    """Pain 7. Of other tools: who was handed a work on the last day is blocked by it until the teacher resets them."""
    made = make_class(session, learners=5, reviews=2)
    all_hand_in(made)
    person = made.people[0]
    first = take(made, person)
    after_weeks = BEGUN + timedelta(days=20)
    operations.tend(session, made.exchange, now=after_weeks)

    second = take(made, person, now=after_weeks)
    handed_back = operations.decline_offer(
        session, made.exchange, reviewer=person, offer_id=second.id, reason="other", now=after_weeks
    )

    assert not session.get_one(Offer, first.id).is_live_at(after_weeks) or first.id == second.id
    assert handed_back.offer is not None
    assert handed_back.offer.id != second.id


def test_whoever_is_willing_to_read_more_may_where_somebody_waits(session: Session) -> None:
    """Pain 8. Of other tools: "the least reviewed first", taken strictly, sends willing volunteers away."""
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    volunteer, *others = made.people
    for person in [volunteer, volunteer, *others[:3]]:
        review(made, person)
    # Two works have no reader yet, and their reviewers let them lie.
    operations.tend(session, made.exchange, now=BEGUN + timedelta(days=5))

    extra = review(made, volunteer, now=BEGUN + timedelta(days=5))

    assert counts(made)[0][volunteer] == 3
    assert extra.offer.submission.author_id != volunteer
