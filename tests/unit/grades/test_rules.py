"""Waiting, and timestamps that only grow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import MOST_ATTEMPTS, Problem, next_timestamp, wait_before, what_refusal_means
from lti_tool.grades.words import FOR_STAFF, for_staff, for_student

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@given(
    last=st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    ahead=st.timedeltas(timedelta(days=-9), timedelta(days=9)),
)
def test_a_timestamp_is_later_in_whole_seconds_whatever_the_clock_does(last: datetime, ahead: timedelta) -> None:
    following = next_timestamp(last, now=last + ahead)

    assert following.replace(microsecond=0) > last.replace(microsecond=0)
    assert following >= last + ahead


def test_the_first_timestamp_is_now() -> None:
    assert next_timestamp(None, now=NOW) == NOW


def test_waits_grow_up_to_an_hour() -> None:
    waits = [wait_before(attempt) for attempt in range(1, MOST_ATTEMPTS)]

    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=90), timedelta(seconds=270)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    assert sum(waits, timedelta()) >= timedelta(hours=24)


def test_a_platform_is_given_the_time_it_asks_for() -> None:
    assert wait_before(1, asked_for=300) == timedelta(minutes=5)
    assert wait_before(1, asked_for=1) == timedelta(seconds=30)
    assert wait_before(1, asked_for=10**9) == timedelta(days=1)


@pytest.mark.parametrize(
    "status, reason, problem",
    [
        (400, "", Problem.REFUSED),
        (400, "invalid_client", Problem.NO_ACCESS),
        (401, "", Problem.NO_ACCESS),
        (404, "", Problem.COLUMN_GONE),
        (422, "", Problem.REFUSED),
    ],
)
def test_a_refusal_has_a_meaning(status: int, reason: str, problem: Problem) -> None:
    assert what_refusal_means(status, reason) == problem


def test_every_problem_has_words_for_the_instructor() -> None:
    assert set(FOR_STAFF) == set(Problem)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("problem", [None, *Problem])
def test_students_are_told_nothing_that_they_could_not_mend(state: State, problem: Problem | None) -> None:
    passback = Passback(state=state, problem=problem, score_given=3)

    assert for_student(passback)
    assert for_staff(passback)
