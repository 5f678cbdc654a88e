"""When a source of events has fallen silent, and what is said of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.room.rules import PATIENCE, SHORTEST, Events, Voice, events_are, patience, voice

NOW = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORKDAYS = [date(2026, 9, day) for day in range(1, 26) if date(2026, 9, day).weekday() < 5]


def heard(days: Sequence[date], *, silent: timedelta, launched: timedelta | None = timedelta(hours=1)) -> Voice:
    """The voice of a source that spoke on *days* and last so long ago; and somebody opened Hearth so long ago."""
    return voice(days, last_at=NOW - silent, launched_at=None if launched is None else NOW - launched, now=NOW)


def test_who_never_spoke_is_new() -> None:
    assert voice([], last_at=None, launched_at=NOW, now=NOW) is Voice.NEW


def test_a_weekend_is_no_silence_for_who_speaks_on_workdays() -> None:
    assert heard(WORKDAYS, silent=3 * DAY) is Voice.SPEAKS


def test_twice_the_longest_gap_is_silence_where_people_opened_hearth_meanwhile() -> None:
    assert patience(WORKDAYS) == 6 * DAY
    assert heard(WORKDAYS, silent=6 * DAY) is Voice.SPEAKS
    assert heard(WORKDAYS, silent=7 * DAY) is Voice.SILENT


@pytest.mark.parametrize("launched", [None, 10 * DAY, 9 * DAY])
def test_where_nobody_opened_hearth_either_it_may_be_holidays(launched: timedelta | None) -> None:
    assert heard(WORKDAYS, silent=10 * DAY, launched=launched) is Voice.QUIET


def test_who_speaks_every_day_is_silent_after_two() -> None:
    every_day = [date(2026, 9, 1) + day * DAY for day in range(20)]

    assert heard(every_day, silent=2 * DAY, launched=DAY) is Voice.SPEAKS
    assert heard(every_day, silent=3 * DAY, launched=timedelta(hours=1)) is Voice.SILENT


def test_who_only_sent_a_test_is_silent_after_a_week() -> None:
    assert heard([date(2026, 9, 20)], silent=PATIENCE) is Voice.SPEAKS
    assert heard([date(2026, 9, 20)], silent=PATIENCE + DAY) is Voice.SILENT


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 9, 27)), max_size=28).map(sorted))
def test_nobody_is_asked_to_hurry_and_everybody_is_silent_some_day(days: list[date]) -> None:
    assert SHORTEST <= patience(days) <= 2 * 300 * DAY
    assert heard(days, silent=patience(days)) is Voice.SPEAKS


@dataclass(frozen=True)
class Made:
    """An address, well unless said otherwise."""

    state: str = "active"
    last_at: datetime | None = NOW - timedelta(hours=1)
    given_up: int = 0
    is_refused: bool = False
    days: Sequence[date] = ()


WELL = Made()
UNUSED = Made(last_at=None)


@pytest.mark.parametrize(
    "sources, said",
    [
        ([], Events.NONE),
        ([WELL], Events.WELL),
        ([UNUSED], Events.NEW),
        ([WELL, UNUSED], Events.WELL),
        ([WELL, replace(WELL, given_up=1)], Events.GIVEN_UP),
        ([WELL, replace(WELL, is_refused=True)], Events.REFUSED),
        ([replace(WELL, state="paused")], Events.PAUSED),
        ([WELL, replace(WELL, state="paused")], Events.WELL),
        ([WELL, replace(WELL, last_at=NOW - 20 * DAY)], Events.SILENT),
        ([UNUSED, replace(WELL, last_at=NOW - 20 * DAY, state="paused")], Events.NEW),
    ],
)
def test_one_address_that_is_well_hides_no_other_that_is_not(sources: list[Made], said: Events) -> None:
    assert events_are(sources, sent_to_removed=0, launched_at=NOW, now=NOW) is said


def test_what_is_sent_to_removed_addresses_is_said_though_there_is_no_other() -> None:
    assert events_are([], sent_to_removed=1, launched_at=None, now=NOW) is Events.REMOVED


def test_where_every_address_is_quiet_and_nobody_came_it_may_be_holidays() -> None:
    quiet = replace(WELL, last_at=NOW - 20 * DAY)

    assert events_are([quiet, quiet], sent_to_removed=0, launched_at=NOW - 30 * DAY, now=NOW) is Events.QUIET
    assert events_are([quiet, WELL], sent_to_removed=0, launched_at=NOW - 30 * DAY, now=NOW) is Events.WELL
