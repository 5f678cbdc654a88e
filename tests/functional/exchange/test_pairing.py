"""The standing plan in the database: nobody is lost to it, whoever comes, stays away, leaves or comes back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Offer, PlannedPair, Seat
from lti_tool.exchange.operations import pairing
from lti_tool.exchange.rules.pairs import Pair
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, review, take
from tests.factories.pairing import assert_plan_is_sound

LATER = BEGUN + rules.PATIENCE + timedelta(hours=1)
DUE = BEGUN + timedelta(days=7)


def pairs_of(made: Class) -> set[Pair]:
    rows = made.session.execute(
        select(PlannedPair.reviewer_id, PlannedPair.author_id).where(PlannedPair.exchange_id == made.exchange.id)
    )
    return {(reviewer, author) for reviewer, author in rows}


def seat_of(made: Class, person: int) -> Seat:
    return made.session.get_one(Seat, (made.exchange.id, person), populate_existing=True)


def choose(made: Class, **options: object) -> None:
    operations.choose_pairing(
        made.session,
        made.exchange,
        rules.PairingOptions(**options),  # type: ignore[arg-type]
        by=made.teacher.person_id,
        now=BEGUN,
    )


def wish(made: Class, reviewer: int, author: int, kind: str) -> None:
    made.session.execute(
        text(
            "insert into exchange_pair_rule (exchange_id, reviewer_id, author_id, kind, at)"
            " values (:exchange, :reviewer, :author, :kind, :at)"
        ),
        {"exchange": made.exchange.id, "reviewer": reviewer, "author": author, "kind": kind, "at": BEGUN},
    )


def leave(made: Class, person: int, *, now: datetime = BEGUN) -> None:
    member = next(each for each in made.learners if each.person_id == person)
    member.left_at = now
    made.session.flush()
    pairing.follow_the_course(made.session, made.exchange, now=now)


def come_back(made: Class, person: int, *, now: datetime = BEGUN) -> None:
    member = next(each for each in made.learners if each.person_id == person)
    member.left_at = None
    made.session.flush()
    pairing.follow_the_course(made.session, made.exchange, now=now)


def test_what_is_freed_from_reviewers_who_do_not_come_is_not_kept_for_them_again(session: Session) -> None:
    """Pain 11: what happens to the author whose reviewer does not deliver?"""
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    coming = made.people[:3]
    for person in coming:
        review(made, person, now=LATER - timedelta(hours=2))

    operations.tend(session, made.exchange, now=LATER)

    assert all(reviewer in coming for reviewer, _author in pairs_of(made))
    assert_plan_is_sound(session, made.exchange)


def test_looking_after_a_plan_again_changes_nothing(session: Session) -> None:
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    review(made, made.people[0], now=LATER - timedelta(hours=2))
    operations.tend(session, made.exchange, now=LATER)
    before = pairs_of(made)

    for minutes in (5, 10, 15):
        operations.tend(session, made.exchange, now=LATER + timedelta(minutes=minutes))

    assert pairs_of(made) == before


def test_who_was_away_and_asks_again_reads_what_needs_a_reader_and_is_planned_for_again(session: Session) -> None:
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    away, *coming = made.people
    for person in coming:
        for _ in range(2):
            review(made, person, now=LATER - timedelta(hours=2))
    operations.tend(session, made.exchange, now=LATER)
    assert seat_of(made, away).away_at == LATER

    review(made, away, now=LATER + timedelta(hours=1))

    assert seat_of(made, away).away_at is None
    operations.tend(session, made.exchange, now=LATER + timedelta(hours=1))
    review(made, away, now=LATER + timedelta(hours=2))
    assert [seat_of(made, person).begun for person in made.people] == [2] * 6
    assert_plan_is_sound(session, made.exchange)


def test_after_the_date_for_reviews_nothing_is_kept_for_anybody(session: Session) -> None:
    made = make_class(session, learners=6, reviews=2, submit_by=BEGUN + timedelta(days=1), review_by=DUE)
    all_hand_in(made)
    review(made, made.people[0])

    operations.tend(session, made.exchange, now=DUE - timedelta(hours=1))
    assert len(pairs_of(made)) == 12
    operations.tend(session, made.exchange, now=DUE + timedelta(hours=1))

    assert len(pairs_of(made)) == 1
    assert_plan_is_sound(session, made.exchange)


def test_until_the_date_for_reviews_there_is_time(session: Session) -> None:
    made = make_class(session, learners=6, reviews=2, review_by=DUE)
    all_hand_in(made)

    operations.tend(session, made.exchange, now=LATER)

    assert len(pairs_of(made)) == 12


def test_a_draft_left_alone_for_days_keeps_nobody_waiting_and_may_still_be_given(session: Session) -> None:
    made = make_class(session, learners=4, reviews=1)
    all_hand_in(made)
    reviewer = made.people[0]
    offer = take(made, reviewer)
    operations.save_feedback_draft(
        session,
        made.exchange,
        reviewer=reviewer,
        offer_id=offer.id,
        words=rules.Words(comment="Begun."),
        base_revision=0,
        now=BEGUN,
    )
    much_later = BEGUN + rules.LEASE + rules.PATIENCE + timedelta(hours=1)
    operations.tend(session, made.exchange, now=much_later)
    assert reviewer not in {reader for reader, _author in pairs_of(made)}

    give(made, session.get_one(Offer, offer.id), now=much_later)

    assert (reviewer, offer.submission.author_id) in pairs_of(made)
    assert_plan_is_sound(session, made.exchange)


def test_who_leaves_and_comes_back_keeps_what_they_gave_and_got(session: Session) -> None:
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    person = made.people[2]
    for each in made.people:
        for _ in range(2):
            review(made, each)
    leave(made, person)

    come_back(made, person)

    seat = seat_of(made, person)
    assert (seat.begun, seat.lacks, seat.idle) == (2, 0, 0)
    assert len(pairs_of(made)) == 12
    assert_plan_is_sound(session, made.exchange)


def test_those_around_somebody_who_leaves_keep_what_was_promised(session: Session) -> None:
    made = make_class(session, learners=7, reviews=2)
    all_hand_in(made)
    leaver, *others = made.people
    take(made, others[0])
    take(made, leaver)

    leave(made, leaver)

    assert all(leaver not in pair for pair in pairs_of(made))
    assert [(seat_of(made, each).lacks, seat_of(made, each).idle) for each in others] == [(0, 0)] * 6
    assert_plan_is_sound(session, made.exchange)


def test_who_waited_to_begin_together_begins_at_once_where_the_teacher_decides_so(session: Session) -> None:
    """Pain 9: a phase is switched and nobody allocated. Pain 12: settings that freeze."""
    made = make_class(session, learners=5, reviews=2, submit_by=DUE)
    choose(made, start=rules.TOGETHER)
    all_hand_in(made)
    assert pairs_of(made) == set()

    choose(made, start=rules.ROLLING)

    assert len(pairs_of(made)) == 10
    assert_plan_is_sound(session, made.exchange)


def test_a_single_one_who_waited_is_found_by_whoever_comes_next(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1, submit_by=DUE)
    choose(made, start=rules.TOGETHER)
    first, second = made.people
    hand_in(made, first)
    choose(made, start=rules.ROLLING)

    hand_in(made, second)

    assert pairs_of(made) == {(first, second), (second, first)}
    assert_plan_is_sound(session, made.exchange)


def test_another_rule_about_groups_plans_anew_what_nobody_has_begun(session: Session) -> None:
    """Pain 12: settings that freeze. Pain 18: groups that change after the start. Pain 45: groups of the LMS."""
    made = make_class(session, learners=8, reviews=2)
    for place, member in enumerate(made.learners):
        member.groups = ["red" if place < 4 else "blue"]
    session.flush()
    all_hand_in(made)
    begun = take(made, made.people[0])
    red = set(made.people[:4])

    choose(made, groups=rules.OTHER_GROUPS)

    kept = (made.people[0], begun.submission.author_id)
    assert kept in pairs_of(made)
    assert all((reviewer in red) != (author in red) for reviewer, author in pairs_of(made) - {kept})
    assert_plan_is_sound(session, made.exchange)


@pytest.mark.parametrize("start", [rules.ROLLING, rules.TOGETHER])
def test_whom_the_teacher_wants_together_or_apart_is_together_or_apart(session: Session, start: str) -> None:
    made = make_class(session, learners=8, reviews=2, submit_by=DUE, review_by=DUE + timedelta(days=7))
    choose(made, start=start)
    one, other, third, *_rest = made.people
    wish(made, one, other, "must")
    wish(made, other, third, "never")
    all_hand_in(made)

    operations.tend(session, made.exchange, now=DUE)

    assert (one, other) in pairs_of(made)
    assert (other, third) not in pairs_of(made)
    assert_plan_is_sound(session, made.exchange)


def test_a_wish_about_somebody_who_has_not_handed_in_waits_for_them(session: Session) -> None:
    made = make_class(session, learners=4, reviews=1)
    one, other, *rest = made.people
    wish(made, one, other, "must")
    for person in (one, *rest):
        hand_in(made, person)
    assert_plan_is_sound(session, made.exchange)

    hand_in(made, other)

    assert (one, other) in pairs_of(made)
    assert_plan_is_sound(session, made.exchange)


def test_wishes_hold_when_everything_is_planned_anew(session: Session) -> None:
    made = make_class(session, learners=8, reviews=2)
    one, other, *_rest = made.people
    all_hand_in(made)
    wish(made, one, other, "must")

    operations.mix_again(session, made.exchange, now=BEGUN)

    assert (one, other) in pairs_of(made)
    assert_plan_is_sound(session, made.exchange)


@pytest.mark.parametrize("options", [{}, {"groups": rules.OTHER_GROUPS}], ids=["free", "groups"])
def test_a_plan_made_at_once_can_be_derived_again(
    session: Session, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing.seats, "MANY", 3)
    made = make_class(session, learners=9, reviews=2, submit_by=DUE)
    for place, member in enumerate(made.learners):
        member.groups = [f"team {place % 3}"]
    choose(made, start=rules.TOGETHER, **options)
    all_hand_in(made)

    operations.tend(session, made.exchange, now=DUE)

    assert len(pairs_of(made)) == 18
    assert_plan_is_sound(session, made.exchange)


@pytest.mark.parametrize("after", [1, 3, 4])
def test_another_number_of_reviews_is_followed_by_the_plan(session: Session, after: int) -> None:
    made = make_class(session, learners=8, reviews=2)
    all_hand_in(made)
    take(made, made.people[0])

    made.exchange.reviews = after
    session.flush()
    pairing.rescale(session, made.exchange, before=2, now=BEGUN)

    assert len(pairs_of(made)) == 8 * after
    assert_plan_is_sound(session, made.exchange)


def test_pairs_go_with_their_works(session: Session) -> None:
    made, other = make_class(session, learners=4), make_class(session, learners=3)
    all_hand_in(made)
    all_hand_in(other)
    before = pairs_of(other)

    session.execute(text("delete from activity where id = :id"), {"id": made.exchange.id})

    assert pairs_of(made) == set()
    assert pairs_of(other) == before
