"""When authors see their feedback, and why not yet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import ReleaseOptions, Waiting

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)

moments = st.sampled_from([NOW - DAY, NOW, NOW + DAY])
options = st.builds(
    ReleaseOptions, when=st.sampled_from(rules.RELEASES), after=st.integers(1, 10), on=st.none() | moments
)
counts = st.integers(0, 10)


def why(
    options: ReleaseOptions, *, given: int = 0, owed: int = 3, is_released: bool = False, is_closed: bool = False
) -> Waiting | None:
    return rules.why_waits(options, given=given, owed=owed, is_released=is_released, is_closed=is_closed, now=NOW)


def test_as_usual_feedback_is_shown_at_once() -> None:
    assert why(ReleaseOptions()) is None


@pytest.mark.parametrize("given, more", [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_who_gives_first_is_told_how_many_more(given: int, more: int) -> None:
    found = why(ReleaseOptions(when=rules.AFTER_GIVING, after=2), given=given)

    assert found == (Waiting(why="giving", more=more) if more else None)


def test_nobody_must_give_more_than_they_owe() -> None:
    assert why(ReleaseOptions(when=rules.AFTER_GIVING, after=9), given=3, owed=3) is None


def test_who_gave_too_little_sees_it_once_nobody_can_give_any_more() -> None:
    """Pain 19, turned round: closing shows what waited for somebody who did not come to it."""
    assert why(ReleaseOptions(when=rules.AFTER_GIVING), is_closed=True) is None


@pytest.mark.parametrize("on, waits", [(NOW + DAY, True), (NOW, False), (NOW - DAY, False)])
def test_on_its_date_everybody_sees_it(on: datetime, waits: bool) -> None:
    found = why(ReleaseOptions(when=rules.ON_DATE, on=on))

    assert found == (Waiting(why="date", until=on) if waits else None)


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_is_released_by_hand_does_not_come_by_closing(is_closed: bool) -> None:
    assert why(ReleaseOptions(when=rules.BY_HAND), is_closed=is_closed) == Waiting(why="hand")


@given(options, counts, counts, st.booleans())
def test_whoever_it_was_released_to_waits_for_nothing(
    options: ReleaseOptions, given: int, owed: int, is_closed: bool
) -> None:
    assert why(options, given=given, owed=owed, is_released=True, is_closed=is_closed) is None


@given(options, counts, counts, st.booleans())
def test_giving_more_never_takes_feedback_away(options: ReleaseOptions, given: int, owed: int, is_closed: bool) -> None:
    if why(options, given=given, owed=owed, is_closed=is_closed) is None:
        assert why(options, given=given + 1, owed=owed, is_closed=is_closed) is None


@given(options)
def test_a_copy_shows_nothing_by_a_date_that_has_passed(options: ReleaseOptions) -> None:
    copy = options.for_copy(NOW)

    assert ReleaseOptions.from_dict(copy.as_dict()) == copy
    if options.when == rules.ON_DATE and (options.on is None or options.on <= NOW):
        assert copy.when == rules.BY_HAND
    else:
        assert copy == options
