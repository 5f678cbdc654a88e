"""What somebody owes where there are fewer works than were asked for; tried with any class."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import Coming, Windows

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FEW = st.integers(min_value=0, max_value=12)
USUAL = st.integers(min_value=0, max_value=rules.MOST_REVIEWS)


@given(usual=USUAL, given_so_far=FEW, unread=FEW)
def test_nobody_owes_more_than_they_gave_and_can_still_give(usual: int, given_so_far: int, unread: int) -> None:
    owed = rules.reviews_owed(usual, given=given_so_far, unread=unread)

    assert owed <= usual
    assert owed - given_so_far <= unread


@given(usual=USUAL, given_so_far=FEW, unread=FEW)
def test_who_has_read_all_there_is_owes_nothing_more(usual: int, given_so_far: int, unread: int) -> None:
    assert rules.reviews_owed(usual, given=given_so_far, unread=0) <= given_so_far
    # Giving one of what is there changes nothing about how much is owed in all.
    if unread:
        before = rules.reviews_owed(usual, given=given_so_far, unread=unread)
        assert rules.reviews_owed(usual, given=given_so_far + 1, unread=unread - 1) == before


@given(usual=USUAL, given_so_far=FEW, unread=FEW)
def test_as_long_as_works_are_expected_everybody_owes_what_was_asked_for(
    usual: int, given_so_far: int, unread: int
) -> None:
    assert rules.reviews_owed(usual, given=given_so_far, unread=unread, is_more_expected=True) == usual


@given(usual=USUAL, given_so_far=FEW, unread=FEW)
def test_sealing_changes_nothing_about_what_is_owed(usual: int, given_so_far: int, unread: int) -> None:
    """Before, it could be told which works somebody has read; the rule does not look at it, so that nothing moves."""
    in_all = given_so_far + unread

    assert rules.reviews_owed(usual, given=given_so_far, unread=in_all, forgets=True) == min(usual, in_all)


@given(usual=st.integers(min_value=1, max_value=rules.MOST_REVIEWS), received=FEW, readers=FEW)
def test_nobody_hopes_for_more_reviews_than_there_are_readers_and_never_for_fewer_than_came(
    usual: int, received: int, readers: int
) -> None:
    hoped = rules.hoped_for(usual, received=received, readers=readers)

    assert received <= hoped <= max(received, min(usual, readers))


def test_works_are_expected_until_the_last_date_or_until_everybody_has_handed_in() -> None:
    dated = Coming(last_date=NOW)

    assert dated.is_expected(Windows(), NOW)
    assert not dated.is_expected(Windows(), NOW + timedelta(seconds=1))
    assert not dated.is_expected(Windows(closed_at=NOW), NOW)
    assert not Coming(last_date=NOW, is_everybody_in=True).is_expected(Windows(), NOW)


def test_without_a_date_for_the_work_that_for_reviews_ends_it_or_days_in_which_nothing_came() -> None:
    assert Coming().is_expected(Windows(), NOW + 99 * DAY)
    assert not Coming().is_expected(Windows(review_by=NOW), NOW + DAY)
    assert Coming(newest_at=NOW).is_expected(Windows(), NOW + rules.PATIENCE)
    assert not Coming(newest_at=NOW).is_expected(Windows(), NOW + rules.PATIENCE + DAY)
