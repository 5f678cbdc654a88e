"""Dates of everybody and of one: what is late, what is taken, and that more time never is less."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import LateOptions, OwnDates, Windows

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

usual = Windows(published_at=MONDAY - 7 * DAY, submit_by=MONDAY, review_by=MONDAY + 4 * DAY)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
maybe = st.none() | moments


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    """As a teacher may set them: reviews never due before the work."""
    submit_by, review_by = draw(maybe), draw(maybe)
    if submit_by and review_by:
        submit_by, review_by = sorted((submit_by, review_by))
    ways = st.sampled_from(rules.LATE_WAYS)
    grace = st.integers(0, rules.MOST_GRACE)
    late = LateOptions(work=draw(ways), reviews=draw(ways), work_grace=draw(grace), reviews_grace=draw(grace))
    return Windows(published_at=MONDAY, submit_by=submit_by, review_by=review_by, closed_at=draw(maybe), late=late)


own_dates = st.builds(OwnDates, submit_by=maybe, review_by=maybe, reopened_until=maybe)


def test_without_dates_of_ones_own_everybodys_hold() -> None:
    assert usual.for_person(OwnDates()) == usual


def test_more_time_for_the_work_leaves_as_much_time_for_reviewing_as_everybody_has() -> None:
    own = usual.for_person(OwnDates(submit_by=MONDAY + 2 * DAY))

    assert (own.submit_by, own.review_by) == (MONDAY + 2 * DAY, MONDAY + 6 * DAY)


def test_a_date_given_for_reviews_counts_and_does_not_move_along() -> None:
    own = usual.for_person(OwnDates(submit_by=MONDAY + 2 * DAY, review_by=MONDAY + 5 * DAY))

    assert own.review_by == MONDAY + 5 * DAY


@given(windows(), own_dates)
def test_nobody_ever_has_less_time_than_everybody(base: Windows, own: OwnDates) -> None:
    mine = base.for_person(own)

    for everybodys, theirs in ((base.submit_by, mine.submit_by), (base.review_by, mine.review_by)):
        assert (everybodys is None) == (theirs is None)
        assert everybodys is None or theirs is None or theirs >= everybodys


@given(windows(), own_dates)
def test_reviews_are_never_due_before_the_work(base: Windows, own: OwnDates) -> None:
    mine = base.for_person(own)

    assert mine.submit_by is None or mine.review_by is None or mine.submit_by <= mine.review_by


@given(windows(), own_dates, moments)
def test_what_is_taken_from_everybody_is_taken_from_whoever_has_more_time(
    base: Windows, own: OwnDates, now: datetime
) -> None:
    mine = base.for_person(own)

    if base.why_not_hand_in(now) is None:
        assert mine.why_not_hand_in(now) is None
    if base.why_not_review(now) is None:
        assert mine.why_not_review(now) is None
    assert base.is_late(now) or not mine.is_late(now)
    assert base.review_is_late(now) or not mine.review_is_late(now)


@given(windows(), moments)
def test_only_what_is_late_is_ever_refused_for_being_late(base: Windows, now: datetime) -> None:
    if base.why_not_hand_in(now) == "too_late":
        assert base.is_late(now)
    if base.why_not_review(now) == "too_late":
        assert base.review_is_late(now)


@given(windows(), own_dates, moments)
def test_work_opened_once_more_is_taken_until_its_date_whatever_else_holds(
    base: Windows, own: OwnDates, now: datetime
) -> None:
    mine = base.for_person(own)

    if own.reopened_until is not None and now <= own.reopened_until:
        assert mine.why_not_hand_in(now) is None
    else:
        assert mine.why_not_hand_in(now) == Windows.why_not_hand_in(
            base.for_person(OwnDates(submit_by=own.submit_by, review_by=own.review_by)), now
        )


def test_as_usual_late_work_is_taken_and_marked() -> None:
    late = MONDAY + MINUTE

    assert usual.is_late(late)
    assert usual.why_not_hand_in(late) is None


@pytest.mark.parametrize("minutes, is_late", [(0, False), (30, False), (31, True)])
def test_within_the_grace_nothing_is_late(minutes: int, is_late: bool) -> None:
    """Pain 14."""
    late = LateOptions(work=rules.REFUSED, work_grace=30, reviews=rules.REFUSED, reviews_grace=30)
    mine = Windows(published_at=MONDAY, submit_by=MONDAY, review_by=MONDAY, late=late)
    now = MONDAY + minutes * MINUTE

    assert (mine.is_late(now), mine.review_is_late(now)) == (is_late, is_late)
    assert mine.why_not_hand_in(now) == mine.why_not_review(now) == ("too_late" if is_late else None)


def test_grades_wait_for_the_grace_too() -> None:
    mine = Windows(published_at=MONDAY, review_by=MONDAY, late=LateOptions(reviews_grace=60))

    assert not mine.is_settled_at(MONDAY + 30 * MINUTE)
    assert mine.is_settled_at(MONDAY + 61 * MINUTE)


@pytest.mark.parametrize(
    "own, problem",
    [
        (OwnDates(), ("submit_by", "none")),
        (OwnDates(submit_by=MONDAY), ("submit_by", "not_later")),
        (OwnDates(review_by=MONDAY + DAY), ("review_by", "not_later")),
        (OwnDates(submit_by=MONDAY + 9 * DAY, review_by=MONDAY + 8 * DAY), ("review_by", "out_of_order")),
        (OwnDates(submit_by=MONDAY + DAY), None),
        (OwnDates(review_by=MONDAY + 5 * DAY), None),
    ],
)
def test_more_time_is_a_later_date(own: OwnDates, problem: tuple[str, str] | None) -> None:
    assert rules.why_no_later(usual, own) == problem


def test_where_there_is_no_date_there_is_none_to_move() -> None:
    assert rules.why_no_later(Windows(), OwnDates(submit_by=MONDAY)) == ("submit_by", "no_date")
    assert rules.why_no_later(Windows(), OwnDates()) == ("review_by", "none")


@given(windows(), own_dates, moments)
def test_a_work_in_hand_is_never_kept_for_less_time(base: Windows, own: OwnDates, lease_until: datetime) -> None:
    assert rules.lease_with(lease_until, base, base.for_person(own)) >= lease_until
