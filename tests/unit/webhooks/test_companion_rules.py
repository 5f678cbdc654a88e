"""When an LMS hears who is complete, where that could say who did something; and what is said of its plugin."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from webhooks.companions.rules import STALE, TOGETHER, Hearing, Moment, hearing, is_older, may_tell_together

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("people", range(6))
def test_never_with_the_act_that_made_somebody_complete(people: int) -> None:
    assert not may_tell_together(people, Moment.ACT)


@pytest.mark.parametrize("people", range(6))
def test_on_the_full_hour_from_three_people_on_and_at_night_whoever_waits(people: int) -> None:
    assert may_tell_together(people, Moment.HOUR) == (people >= TOGETHER == 3)
    assert may_tell_together(people, Moment.NIGHT)


@dataclass(frozen=True)
class Plugin:
    """A companion that is well unless said otherwise."""

    problem: str = ""
    state: str = "active"
    heard_at: datetime | None = NOW
    told_at: datetime | None = NOW
    receiver: str = "sending"
    refused: int = 0
    release: str = "4.5.6 (Build: 20250811), local_hearth 1.1.0"


@pytest.mark.parametrize(
    "plugin, said",
    [
        (Plugin(), Hearing.WELL),
        (Plugin(told_at=None), Hearing.NEW),
        (Plugin(release="5.0, local_hearth 1.0.9"), Hearing.OLD),
        (Plugin(refused=2), Hearing.REFUSED),
        (Plugin(heard_at=NOW - STALE), Hearing.WELL),
        (Plugin(heard_at=NOW - STALE - timedelta(minutes=1)), Hearing.STALE),
        *[(Plugin(receiver=each), Hearing.NOT_SENDING) for each in ("none", "stopped", "moved")],
        (Plugin(receiver="paused"), Hearing.WELL),
        (Plugin(state="paused", heard_at=NOW - 9 * STALE), Hearing.PAUSED),
        (replace(Plugin(state="paused"), problem="unavailable"), Hearing.PROBLEM),
    ],
)
def test_the_worst_is_said_of_a_plugin(plugin: Plugin, said: Hearing) -> None:
    assert hearing(plugin, newest="1.1.0", now=NOW) is said


@pytest.mark.parametrize(
    "told, is_it",
    [
        ("4.5.6, local_hearth 1.0.9", True),
        ("4.5.6, local_hearth 1.1", True),
        ("4.5.6, local_hearth 1.1.0", False),
        ("4.5.6, local_hearth 1.10.0", False),
        ("4.5.6, local_hearth 2.0.0", False),
        ("", False),
        ("4.5.6 (Build: 20250811), local_hearth ", False),
    ],
)
def test_releases_are_compared_by_their_numbers(told: str, is_it: bool) -> None:
    assert is_older(told, "1.1.0") is is_it
