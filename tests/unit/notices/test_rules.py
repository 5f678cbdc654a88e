"""When nobody is mailed, and how patient we are with a mail server."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.notices.rules import LONGEST_WAIT, is_quiet, wait_before

NIGHT = (time(21), time(7))


def test_the_night_is_that_of_the_school() -> None:
    at = datetime(2026, 7, 1, 19, 30, tzinfo=UTC)

    assert is_quiet(at, hours=NIGHT, zone=ZoneInfo("Europe/Vienna"))
    assert not is_quiet(at, hours=NIGHT, zone=ZoneInfo("UTC"))


@given(st.datetimes(timezones=st.just(UTC)))
def test_hours_that_end_where_they_begin_are_none(at: datetime) -> None:
    assert not is_quiet(at, hours=(time(0), time(0)), zone=ZoneInfo("UTC"))


@given(st.integers(0, 10_000))
def test_waits_grow_and_stay_within_a_day(failures: int) -> None:
    assert timedelta(minutes=10) <= wait_before(failures) <= wait_before(failures + 1) <= LONGEST_WAIT
