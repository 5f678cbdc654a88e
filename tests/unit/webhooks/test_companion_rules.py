"""When an LMS hears who is complete, where that could say who did something."""

import pytest

from webhooks.companions.rules import TOGETHER, Moment, may_tell_together


@pytest.mark.parametrize("people", range(6))
def test_never_with_the_act_that_made_somebody_complete(people: int) -> None:
    assert not may_tell_together(people, Moment.ACT)


@pytest.mark.parametrize("people", range(6))
def test_on_the_full_hour_from_three_people_on_and_at_night_whoever_waits(people: int) -> None:
    assert may_tell_together(people, Moment.HOUR) == (people >= TOGETHER == 3)
    assert may_tell_together(people, Moment.NIGHT)
