"""Small classes and tight rules: nobody owes what cannot be had, on no page, card or notice and in no grade."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, reminding, rules
from lti_tool.exchange.queries.reach import owed_counts, reach_of
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.rules import GradingOptions, PairingOptions, ReleaseOptions
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, take
from tests.functional.exchange.test_queries import viewer_of

DAY = timedelta(days=1)
DUE = BEGUN + 7 * DAY
OVER = BEGUN + 14 * DAY
AFTER_DUE = DUE + timedelta(hours=1)


@pytest.fixture
def small(session: Session) -> Class:
    """Three people who are asked for three reviews each; only two works are there for each of them."""
    return make_class(session, learners=3, reviews=3, submit_by=DUE, review_by=OVER, anonymity=rules.NAMED)


def choose(made: Class, options: rules.Options) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)


def all_give_all(made: Class, times: int = 2) -> None:
    for person in made.people * times:
        review(made, person)


def page(made: Class, person: int, *, now: datetime = AFTER_DUE) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=now)


def seen(made: Class, *, now: datetime = AFTER_DUE) -> list[int]:
    return [len(page(made, person, now=now).received) for person in made.people]


def card_of(made: Class, place: int, *, now: datetime = AFTER_DUE) -> str:
    viewer = viewer_of(made.session, made.learners[place])
    cards = ExchangeRoom().cards(made.session, viewer, [made.exchange.activity], now=now)
    return cards[made.exchange.id].status


def completed(made: Class, now: datetime) -> set[int]:
    return set(queries.completed(made.session, made.exchange, now=now) or ())


def read_all(made: Class) -> None:
    for person in made.people:
        operations.mark_read(made.session, made.exchange, author=person, now=AFTER_DUE)


def test_in_a_small_class_everybody_can_finish(small: Class) -> None:
    choose(small, GradingOptions(work=0, giving=50, completion=50))
    all_hand_in(small)
    all_give_all(small)
    read_all(small)

    assert completed(small, AFTER_DUE) == set(small.people)
    grades = queries.grades_of(small.session, small.exchange, now=AFTER_DUE)
    assert {grade.score for grade in grades.values()} == {10.0}
    assert queries.who_owes(small.session, small.exchange) == {}
    assert {(page(small, id).given, page(small, id).owed) for id in small.people} == {(2, 2)}
    assert {page(small, id).step for id in small.people} == {"done"}
    assert card_of(small, 0) == "All done"
    assert queries.cockpit(small.session, small.exchange, now=OVER).counts.get("late") is None


def test_as_long_as_works_may_come_it_waits_for_them(small: Class) -> None:
    all_hand_in(small)
    all_give_all(small)

    assert completed(small, DUE) == set()
    assert page(small, small.people[0], now=DUE).owed == 3
    assert page(small, small.people[0], now=DUE).step in ("reply", "wait")


def test_once_the_roster_says_that_everybody_has_handed_in_nothing_more_is_waited_for(small: Class) -> None:
    all_hand_in(small)
    all_give_all(small)
    small.course.roster_synced_at = BEGUN
    small.session.flush()

    assert completed(small, BEGUN) == set(small.people)


def test_an_extension_of_somebody_who_has_not_handed_in_is_waited_for(small: Class) -> None:
    one, other, late = small.people
    hand_in(small, one)
    hand_in(small, other)
    review(small, one)
    review(small, other)
    operations.extend(
        small.session,
        small.exchange,
        people=[late],
        submit_by=DUE + 3 * DAY,
        review_by=None,
        reason="Was ill.",
        by=small.teacher.person_id,
        now=BEGUN,
    )

    assert page(small, one).owed == 3
    assert page(small, one, now=DUE + 4 * DAY).owed == 1


def test_nobody_is_reminded_of_reviews_that_cannot_be_given(small: Class) -> None:
    all_hand_in(small)
    all_give_all(small)

    reminding.tell_of_exchange(small.session, small.exchange, now=OVER - timedelta(hours=3))
    count = operations.remind(small.session, small.exchange, by=small.teacher.person_id, now=AFTER_DUE)

    kinds = set(small.session.scalars(select(Notice.kind)))
    assert count == 0
    assert kinds.isdisjoint({"review_due", "review_overdue", "reminder"})


def test_a_work_that_comes_when_reviews_are_over_raises_what_nobody_owes(session: Session) -> None:
    made = make_class(session, learners=3, reviews=3, submit_by=DUE, review_by=OVER)
    one, other, late = made.people
    hand_in(made, one)
    hand_in(made, other)
    review(made, one)
    review(made, other)

    hand_in(made, late, now=OVER + DAY)

    owed = owed_counts(session, made.exchange, now=OVER + DAY)
    assert (owed[one], owed[other], owed[late]) == (1, 1, 2)


def test_a_work_that_comes_in_time_for_reviews_is_owed_one(small: Class) -> None:
    one, other, late = small.people
    hand_in(small, one)
    hand_in(small, other)
    review(small, one)
    assert page(small, one).owed == 1

    hand_in(small, late, now=DUE + DAY)

    assert page(small, one, now=DUE + DAY).owed == 2
    assert queries.who_owes(small.session, small.exchange) == {one: 1, other: 2, late: 2}


def test_what_somebody_declined_is_not_owed(small: Class) -> None:
    all_hand_in(small)
    person = small.people[0]
    review(small, person)
    offer = take(small, person)
    operations.decline_offer(
        small.session, small.exchange, reviewer=person, offer_id=offer.id, reason="language", now=BEGUN
    )

    assert page(small, person).owed == 1
    assert page(small, offer.submission.author_id or 0).owed == 2


def test_groups_that_leave_few_works_lower_what_is_owed(session: Session) -> None:
    made = make_class(session, learners=5, reviews=3, submit_by=DUE, review_by=OVER)
    for place, membership in enumerate(made.learners):
        membership.groups = ["left"] if place < 2 else ["right"]
    session.flush()
    choose(made, PairingOptions(groups=rules.OWN_GROUP))
    all_hand_in(made)

    owed = [page(made, person).owed for person in made.people]

    assert owed == [1, 1, 2, 2, 2]


def test_who_may_read_only_by_the_teachers_wish_owes_that_one(session: Session) -> None:
    made = make_class(session, learners=4, reviews=2, submit_by=DUE, review_by=OVER)
    one, other, third, _fourth = made.people
    all_hand_in(made)
    for author in (other, third):
        operations.rule_pair(
            session, made.exchange, reviewer=one, author=author, kind="never", by=made.teacher.person_id, now=BEGUN
        )

    assert [page(made, person).owed for person in made.people] == [1, 2, 2, 2]


def test_two_groups_with_a_work_each_owe_one_review_a_head(session: Session) -> None:
    made = make_class(session, learners=4, reviews=3, submit_by=DUE, review_by=OVER)
    choose(made, rules.TeamOptions(on=True))
    for pair in (made.people[:2], made.people[2:]):
        team = operations.add_team(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
        for person in pair:
            operations.put_in(session, made.exchange, person=person, team=team.id, by=made.teacher.person_id, now=BEGUN)
    for author in (made.people[0], made.people[2]):
        hand_in(made, author)
    for person in made.people:
        review(made, person)

    assert [page(made, person).owed for person in made.people] == [1, 1, 1, 1]
    assert completed(made, AFTER_DUE) == set(made.people)


def test_sealing_moves_nothing_that_is_owed(session: Session) -> None:
    made = make_class(session, learners=3, reviews=3, submit_by=DUE, review_by=OVER, anonymity=rules.SEALED)
    all_hand_in(made)
    all_give_all(made)
    before = dict(owed_counts(session, made.exchange, now=OVER))

    operations.close(session, made.exchange, by=made.teacher.person_id, now=OVER)
    operations.tend_seal(session, made.exchange, now=OVER + 99 * DAY)

    assert made.exchange.sealing is not None
    assert before == owed_counts(session, made.exchange, now=OVER + 99 * DAY) == dict.fromkeys(made.people, 2)


def test_an_excused_author_waits_for_nothing_they_do_not_owe(session: Session) -> None:
    made = make_class(session, learners=4, reviews=3, anonymity=rules.NAMED)
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    all_hand_in(made)
    excused = made.people[0]
    operations.excuse(session, made.exchange, person=excused, owes=0, why="Ill.", by=made.teacher.person_id, now=BEGUN)
    for person in made.people[1:] * 3:
        if page(made, person, now=BEGUN).available:
            review(made, person)

    assert page(made, excused, now=BEGUN).waiting is None
    assert len(page(made, excused, now=BEGUN).received) > 0
    assert "give" not in card_of(made, 0, now=BEGUN)


def test_after_giving_never_waits_for_works_that_do_not_come(session: Session) -> None:
    """Two people are asked to give two reviews before they see theirs, and only one work is there for each."""
    made = make_class(session, learners=2, reviews=3, submit_by=DUE, anonymity=rules.NAMED, points=10.0)
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    all_hand_in(made)
    all_give_all(made, times=1)
    assert seen(made, now=DUE) == [0, 0]

    reminding.tell_of_exchange(session, made.exchange, now=AFTER_DUE)

    assert seen(made) == [1, 1]
    told = session.scalars(select(Notice.person_id).where(Notice.kind == "feedback_received")).all()
    assert sorted(told) == made.people
    assert {id for id in made.people if queries.is_held_back(session, made.exchange, id, now=AFTER_DUE)} == set()


def test_without_dates_it_waits_no_longer_than_some_days(session: Session) -> None:
    made = make_class(session, learners=2, reviews=3, anonymity=rules.NAMED)
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    all_hand_in(made)
    all_give_all(made, times=1)

    assert seen(made, now=BEGUN + rules.PATIENCE) == [0, 0]
    assert seen(made, now=BEGUN + rules.PATIENCE + DAY) == [1, 1]


NAMES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=5),
    ways=st.sampled_from([rules.ANY_GROUP, rules.OTHER_GROUPS, rules.OWN_GROUP]),
    within=st.booleans(),
)
def test_the_database_counts_what_the_rules_allow(
    session: Session, people: list[tuple[list[str], list[str]]], ways: str, within: bool
) -> None:
    options = PairingOptions(groups=ways, within_sections=within)
    made = make_class(session, learners=len(people), reviews=9)
    for membership, (groups, sections) in zip(made.learners, people, strict=True):
        membership.groups, membership.sections = groups, sections
    session.flush()
    choose(made, options)
    all_hand_in(made)

    def may(one: int, other: int) -> bool:
        return one != other and rules.may_meet(
            options,
            groups=(frozenset(people[one][0]), frozenset(people[other][0])),
            sections=(frozenset(people[one][1]), frozenset(people[other][1])),
        )

    everybody = range(len(people))
    for place, person in enumerate(made.people):
        reach = reach_of(session, made.exchange, person, now=BEGUN)
        assert reach.unread == sum(may(place, other) for other in everybody)
        assert reach.readers == sum(may(other, place) for other in everybody)
    session.execute(text("delete from exchange_pair where exchange_id = :id"), {"id": made.exchange.id})
