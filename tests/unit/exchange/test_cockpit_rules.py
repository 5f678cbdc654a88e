"""Who is stuck, whom to ask, and what the answers of a class say about the criteria."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange.rules import Reader, Whereabouts, Windows, best_readers, why_stuck
from lti_tool.exchange.rules.doctor import cumulated, diagnose

BEGUN = datetime(2026, 3, 2, tzinfo=UTC)
OPEN = Windows(published_at=BEGUN)
DUE = Windows(published_at=BEGUN, submit_by=BEGUN + timedelta(days=5), review_by=BEGUN + timedelta(days=9))


def reasons(windows: Windows = OPEN, *, days: int = 3, **facts: Any) -> list[str]:
    usual: dict[str, Any] = {
        "person_id": 1,
        "owes": 2,
        "submitted_at": BEGUN,
        "planned_at": BEGUN,
        "last_sign_at": BEGUN,
    }
    where = Whereabouts(**(usual | facts))
    return [each.why for each in why_stuck(where, windows, now=BEGUN + timedelta(days=days))]


@pytest.mark.parametrize(
    "facts, found",
    [
        ({"waiting": 2}, ["idle"]),
        ({"waiting": 2, "in_hand": True}, []),
        ({"waiting": 2, "given": 2}, []),
        ({"given": 2}, []),
        ({}, ["nothing_there"]),
        ({"may_read": False}, ["no_pair"]),
        ({"waiting": 1, "lacks": 1}, ["for_staff", "idle"]),
        ({"given": 2, "lacks": 1, "may_be_read": False}, ["for_staff"]),
        ({"given": 2, "idle_readers": 1, "flags": 1, "is_not_sent": True}, ["flagged", "reader_idle", "not_sent"]),
        ({"submitted_at": None, "planned_at": None}, []),
    ],
)
def test_each_reason_follows_from_what_is_known(facts: dict[str, Any], found: list[str]) -> None:
    assert reasons(**facts) == found


def test_classmates_are_asked_for_two_days_before_staff_are() -> None:
    assert reasons(days=1, given=2, lacks=1) == ["wants_reader"]
    assert reasons(days=3, given=2, lacks=1) == ["for_staff"]


def test_before_the_date_nobody_is_idle_by_the_date_and_after_it_they_are_late() -> None:
    assert reasons(DUE, days=10, waiting=1) == ["late"]
    assert reasons(DUE, days=6, submitted_at=None, planned_at=None) == ["no_work"]
    assert reasons(DUE, days=4, submitted_at=None, planned_at=None) == []


def test_nobody_is_stuck_in_what_is_a_draft_or_owes_reviews_in_what_is_closed() -> None:
    closed = Windows(published_at=BEGUN, closed_at=BEGUN + timedelta(days=2))

    assert reasons(Windows(), waiting=2) == []
    assert reasons(closed, waiting=2, idle_readers=2) == []
    assert reasons(closed, waiting=2, lacks=1) == ["for_staff"]


READERS = st.lists(
    st.builds(
        Reader,
        person_id=st.integers(1, 500),
        owes=st.integers(0, 5),
        given=st.integers(0, 8),
        in_hand=st.integers(0, 5),
        is_idle=st.booleans(),
    ),
    max_size=20,
    unique_by=lambda each: each.person_id,
)


@given(READERS, st.integers(0, 2**31 - 1))
def test_who_comes_is_asked_before_who_does_not_and_who_has_less_before_who_has_more(
    readers: list[Reader], seed: int
) -> None:
    ranked = best_readers(readers, 7, seed=seed, avoids=lambda _id: False)

    assert sorted(each.person_id for each in ranked) == sorted(each.person_id for each in readers)
    assert [each.is_idle for each in ranked] == sorted(each.is_idle for each in ranked)
    loads = [each.load for each in ranked if not each.is_idle]
    assert loads == sorted(loads)
    assert ranked == best_readers(readers[::-1], 7, seed=seed, avoids=lambda _id: False)


def test_two_who_review_each_other_are_asked_late() -> None:
    readers = [Reader(person_id=1, owes=2, given=0), Reader(person_id=2, owes=2, given=2)]

    assert [each.person_id for each in best_readers(readers, 7, seed=1, avoids=lambda id: id == 1)] == [2, 1]


# The rubric doctor


def test_a_criterion_that_reviewers_read_differently_is_to_be_looked_at() -> None:
    found = diagnose(1, [(0.0, 1.0)] * 6)

    assert found.advice == "far_apart"
    assert found.spread == pytest.approx(0.7071, abs=1e-3)


def test_a_criterion_on_which_all_get_the_same_is_to_be_looked_at() -> None:
    found = diagnose(1, [(1.0, 1.0)] * 9 + [(1.0, 0.8)])

    assert found.advice == "all_same"
    assert found.commonest == pytest.approx(0.95)


def test_nothing_is_said_of_few_works_or_of_a_criterion_that_works() -> None:
    assert diagnose(1, [(0.0, 1.0)] * 3).advice is None
    assert diagnose(1, []).mean is None
    assert diagnose(1, [(1.0,)] * 5).spread is None
    assert diagnose(1, [(0.2, 0.3), (0.8, 0.9), (0.5, 0.5), (0.1, 0.2), (1.0, 0.9), (0.4, 0.5)]).advice is None


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=5), max_size=20))
def test_a_spread_is_a_part_of_the_scale(works: list[list[float]]) -> None:
    found = diagnose(1, works)

    assert found.spread is None or 0 <= found.spread <= 0.7072
    assert 0 <= found.commonest <= 1
    assert found.answers == sum(len(each) for each in works)


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 9)))
def test_a_curve_never_falls_and_ends_with_all(counts: dict[int, int]) -> None:
    curve = cumulated(counts, 30)

    assert curve == sorted(curve)
    assert curve[-1] == sum(counts.values())
    assert len(curve) == 31
