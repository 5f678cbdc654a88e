"""Grades: computed, overridden, released, handed to the gradebook."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries
from lti_tool.exchange.models import GradeOverride, Release
from lti_tool.grades.models import Passback
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review

LATER = BEGUN + timedelta(days=7)


@pytest.fixture
def made(session: Session) -> Class:
    """Two people who review each other."""
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    return made


def released(made: Class) -> dict[int, float]:
    rows = made.session.scalars(select(Release).where(Release.exchange_id == made.exchange.id))
    return {row.person_id: row.score for row in rows}


def sent(made: Class) -> dict[int, float | None]:
    rows = made.session.scalars(select(Passback).where(Passback.activity_id == made.exchange.id))
    return {row.person_id: row.score_given for row in rows}


def override(made: Class, person: int, score: float) -> Release:
    return operations.set_grade_override(
        made.session,
        made.exchange,
        person=person,
        score=score,
        reason="Talked it over.",
        by=made.teacher.person_id,
        now=LATER,
    )


def test_the_grade_goes_out_with_the_last_feedback_hoped_for(made: Class) -> None:
    a, b = made.people

    review(made, a, level=1)

    assert released(made) == {b: 6.0}
    assert sent(made) == {b: 6.0}
    row = made.session.scalars(select(Passback)).one()
    assert (row.score_maximum, row.submitted_at) == (10.0, BEGUN)


def test_too_little_feedback_sends_nothing_until_the_exchange_is_closed(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2)
    a, b, _ = made.people
    hand_in(made, a)
    hand_in(made, b)
    review(made, a)
    assert sent(made) == {}

    operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert sent(made) == {b: 10.0}
    assert session.get_one(Release, (made.exchange.id, b)).cause == "closed"


def test_closing_twice_closes_once_and_reopening_keeps_grades_out(made: Class) -> None:
    review(made, made.people[0])
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=LATER)
    assert made.exchange.closure is not None
    assert made.exchange.closure.closed_at == BEGUN

    operations.reopen(made.session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert not made.exchange.is_closed
    assert set(released(made)) == {made.people[1]}


def test_the_date_for_reviews_makes_an_exchange_due(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2, review_by=BEGUN + timedelta(days=1))
    a, b, _ = made.people
    hand_in(made, a)
    hand_in(made, b)
    review(made, a)
    assert queries.due_exchanges(session, now=BEGUN) == []
    assert queries.due_exchanges(session, now=LATER) == [made.exchange.id]

    operations.release_if_ready(session, made.exchange, now=LATER)

    assert released(made) == {b: 10.0}
    assert queries.due_exchanges(session, now=LATER) == []


def test_later_feedback_changes_a_grade_that_is_out(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2, review_by=BEGUN + timedelta(days=1))
    all_hand_in(made)
    a, b, c = made.people
    first = review(made, a, level=2)
    author = first.offer.submission.author_id or 0
    operations.release_if_ready(session, made.exchange, persons=(author,), now=LATER)
    assert released(made) == {author: 10.0}

    for person in (b, c, a):
        while operations.next_offer(session, made.exchange, reviewer=person, now=LATER).offer is not None:
            review(made, person, level=0, now=LATER)

    assert released(made)[author] == 5.0
    assert sent(made)[author] == 5.0


def test_an_exchange_without_points_sends_nothing(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1, points=None)
    all_hand_in(made)
    review(made, made.people[0])
    operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert (released(made), sent(made)) == ({}, {})
    with pytest.raises(errors.NotGraded):
        operations.release_grades(session, made.exchange, by=made.teacher.person_id, now=LATER)
    with pytest.raises(errors.NotGraded):
        override(made, made.people[0], 5)


def test_an_exchange_without_a_place_in_the_lms_shows_grades_and_sends_none(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1, placed=False)
    all_hand_in(made)

    review(made, made.people[0])

    assert released(made) == {made.people[1]: 10.0}
    assert sent(made) == {}


def test_an_override_goes_out_at_once_and_stays_when_feedback_comes(made: Class) -> None:
    a, b = made.people
    override(made, b, 7.5)

    review(made, a, level=0)
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert released(made) == {b: 7.5}
    assert sent(made) == {b: 7.5}


def test_staff_may_grade_somebody_who_handed_in_nothing(session: Session) -> None:
    made = make_class(session, learners=1)

    override(made, made.people[0], 0)

    assert sent(made) == {made.people[0]: 0.0}


def test_a_lifted_override_gives_way_to_the_computed_grade(made: Class) -> None:
    a, b = made.people
    review(made, a, level=1)
    override(made, b, 9)

    release = operations.lift_grade_override(
        made.session, made.exchange, person=b, by=made.teacher.person_id, now=LATER
    )

    assert release is not None
    assert release.score == 6.0
    assert sent(made) == {b: 6.0}
    assert len(made.session.scalars(select(GradeOverride)).all()) == 2


def test_a_lifted_override_with_nothing_below_takes_the_grade_back(made: Class) -> None:
    b = made.people[1]
    override(made, b, 9)

    assert (
        operations.lift_grade_override(made.session, made.exchange, person=b, by=made.teacher.person_id, now=LATER)
        is None
    )
    assert released(made) == {}
    assert sent(made) == {b: None}


def test_lifting_what_is_not_there_changes_nothing(made: Class) -> None:
    review(made, made.people[0])

    operations.lift_grade_override(
        made.session, made.exchange, person=made.people[1], by=made.teacher.person_id, now=LATER
    )

    assert released(made) == {made.people[1]: 10.0}


@pytest.mark.parametrize("score", [-0.1, 10.1, float("nan"), float("inf")])
def test_a_score_outside_the_range_is_refused(made: Class, score: float) -> None:
    with pytest.raises(errors.ScoreOutOfRange):
        override(made, made.people[0], score)


def test_an_override_needs_a_reason_and_a_member(made: Class, session: Session) -> None:
    stranger = make_member(session, make_course(session))

    with pytest.raises(errors.ReasonMissing):
        operations.set_grade_override(
            session, made.exchange, person=made.people[0], score=1, reason=" ", by=made.teacher.person_id, now=LATER
        )
    with pytest.raises(errors.NoSuchPerson):
        override(made, stranger.person_id, 1)


def test_the_teacher_sends_what_can_be_told_now(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2)
    all_hand_in(made)
    feedback = review(made, made.people[0], level=1)
    author = feedback.offer.submission.author_id or 0
    assert sent(made) == {}

    count = operations.release_grades(session, made.exchange, by=made.teacher.person_id, now=LATER)
    again = operations.release_grades(session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert (count, again) == (1, 0)
    assert sent(made) == {author: 6.0}


def test_grades_of_one_person_can_be_sent_alone(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2)
    all_hand_in(made)
    author = review(made, made.people[0]).offer.submission.author_id or 0
    review(made, author)

    operations.release_grades(session, made.exchange, by=made.teacher.person_id, now=LATER, person=author)

    assert set(sent(made)) == {author}


def test_a_new_maximum_reaches_the_grades_that_are_out(made: Class) -> None:
    review(made, made.people[0], level=1)
    plan = queries.plan_of(made.exchange)

    operations.edit_exchange(
        made.session, made.exchange, replace(plan, points=100.0), by=made.teacher.person_id, now=LATER
    )

    assert sent(made) == {made.people[1]: 60.0}


def test_points_do_not_vanish_from_under_grades(made: Class) -> None:
    review(made, made.people[0])
    override(made, made.people[0], 8)
    plan = queries.plan_of(made.exchange)

    for points, problem in ((None, "already_released"), (5.0, "below_override")):
        with pytest.raises(errors.PlanRefused) as refused:
            operations.edit_exchange(
                made.session, made.exchange, replace(plan, points=points), by=made.teacher.person_id, now=LATER
            )
        assert refused.value.problem == problem


def test_criteria_without_points_leave_the_grade_to_people(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1, criteria=())
    all_hand_in(made)
    review(made, made.people[0])
    operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)

    page = queries.person_page(session, made.exchange, made.people[1], now=LATER)
    overview = queries.overview(session, made.exchange, now=LATER)

    assert page is not None
    assert page.computed.none_because == "no_points"
    assert overview.needs_human == 2
