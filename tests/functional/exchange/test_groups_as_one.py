"""A work that a group made is one work: where works are compared, and where reviews are estimated."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Feedback, Offer, SideBySide, Submission
from lti_tool.exchange.rules import ComparingOptions
from tests.factories.exchange import BEGUN, Class, hand_in, make_class, review
from tests.functional.exchange.test_comparing import begin, choose, compare, comparing, pairs_of
from tests.functional.exchange.test_teams import in_teams, work_of


@pytest.fixture
def ready(session: Session) -> tuple[Class, list[list[int]]]:
    """Five groups of different size that have handed in."""
    made, groups = in_teams(session, 3, 1, 2, 4, 2)
    for group in groups:
        hand_in(made, group[0])
    return made, groups


def as_one(made: Class, groups: list[list[int]]) -> dict[int, list[int]]:
    """By work: who made it."""
    return {work_of(made, group[0]).id: group for group in groups}


# Comparing


def test_everybody_of_a_group_compares_works_of_others(ready: tuple[Class, list[list[int]]]) -> None:
    made, groups = ready
    choose(made, pairs=2)

    assert begin(made) == 2 * len(made.people)

    for work, members in as_one(made, groups).items():
        for person in members:
            pairs = pairs_of(made, person)
            works = [each for pair in pairs for each in (pair.left_id, pair.right_id)]
            assert len(pairs) == 2
            assert work not in works
            assert len(set(works)) == 4


def test_all_of_a_group_read_what_was_written_about_their_work(ready: tuple[Class, list[list[int]]]) -> None:
    made, groups = ready
    choose(made, tells=True)
    begin(made)
    pair = compare(made, pairs_of(made, groups[3][2])[0])
    of = as_one(made, groups)

    for person in made.people:
        is_author = person in of[pair.left_id] or person in of[pair.right_id]
        seen = comparing(made, person)
        assert len(seen.reasons) == (1 if is_author else 0), person
        if is_author:
            side = "left" if person in of[pair.left_id] else "right"
            assert seen.reasons[0].words.comment == f"Overall, {side}."
            assert {each.better for each in seen.told} == ({1} if side == "left" else {0})


def test_staff_and_named_reviewers_read_the_name_of_the_group(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2, anonymity=rules.NAMED)
    for group in groups:
        hand_in(made, group[0])
    choose(made)
    begin(made)
    pair = compare(made, pairs_of(made, groups[0][1])[0])
    names = {each.submission_id: each.name for each in queries.teams(session, made.exchange)}

    assert comparing(made, groups[0][1]).mine[0].names == (names[pair.left_id], names[pair.right_id])
    advice = queries.comparing_advice(session, made.exchange)
    assert {each.strength.work_id: each.name for each in advice.placed} == {
        id: names[id] for id in (pair.left_id, pair.right_id)
    }
    assert advice.names == {id: names[id] for id in (pair.left_id, pair.right_id)}


def test_who_left_the_course_compares_nothing_and_their_group_goes_on(
    ready: tuple[Class, list[list[int]]], session: Session
) -> None:
    made, groups = ready
    choose(made)
    made.learners[made.people.index(groups[0][2])].left_at = BEGUN
    session.flush()
    operations.tend(session, made.exchange, now=BEGUN)

    begin(made)

    assert pairs_of(made, groups[0][2]) == []
    assert len(pairs_of(made, groups[0][1])) == 1
    works = {id for row in session.scalars(select(SideBySide)) for id in (row.left_id, row.right_id)}
    assert works == set(session.scalars(select(Submission.id).where(Submission.exchange_id == made.exchange.id)))


def test_nothing_is_compared_of_a_group_that_left_as_a_whole(
    ready: tuple[Class, list[list[int]]], session: Session
) -> None:
    made, groups = ready
    choose(made)
    for person in groups[0]:
        made.learners[made.people.index(person)].left_at = BEGUN
    session.flush()

    begin(made)

    works = {id for row in session.scalars(select(SideBySide)) for id in (row.left_id, row.right_id)}
    assert works == {work_of(made, group[0]).id for group in groups[1:]}


def test_what_a_group_reads_costs_as_many_queries_as_what_one_author_reads(session: Session) -> None:
    made = make_class(session, learners=3)
    operations.set_options(session, made.exchange, ComparingOptions(pairs=1), by=made.teacher.person_id, now=BEGUN)
    for person in made.people:
        hand_in(made, person)
    begin(made)
    compare(made, pairs_of(made, made.people[0])[0])

    written = [len(comparing(made, person).reasons) for person in made.people]

    assert sorted(written) == [0, 1, 1]


# Estimates


def test_an_estimate_counts_a_review_of_a_group_once(session: Session) -> None:
    made, groups = in_teams(session, 4, 1, 1, reviews=2)
    options = rules.GradingOptions(method=rules.ROBUST)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    for group in groups:
        hand_in(made, group[0])
    for place, person in enumerate(made.people * 2):
        review(made, person, level=place % 3, now=BEGUN)

    found = queries.graded(session, made.exchange)

    by_work = {}
    for work, members in as_one(made, groups).items():
        estimates = {found.estimates[person] for person in members}
        assert len(estimates) == 1
        by_work[work] = estimates.pop()
    shares = {share.feedback_id: share for each in found.shares.values() for share in each}
    rows = select(Feedback.id, Offer.reviewer_id, Offer.submission_id).join(Offer)
    of = {id: (reviewer, work) for id, reviewer, work in session.execute(rows)}
    alone = rules.estimate((*of[id], share.points / share.possible) for id, share in shares.items() if share.possible)
    assert by_work == dict(alone.works)
    assert found.biases == dict(alone.biases)
