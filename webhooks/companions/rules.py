"""
What a companion hears of, how long it is left alone after a call that came to nothing, and when it needs somebody.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from lti_tool.lti.errors import ServiceError, Throttled

ACTS = frozenset(
    {
        *("work.submitted", "work.withdrawn", "work.self_assessed"),
        *("feedback.given", "feedback.revised", "feedback.replied", "feedback.appraised"),
        *("comparison.given", "staff_review.given"),
    }
)
"""What stands in an LMS's log: what people did with each other's work."""
MOVING = ("exchange.", "work.", "feedback.given", "repair.", "team.", "presentation", "extension.", "reopening.")
"""Beginnings of acts after which somebody may be complete, or a date another."""

NO_PLACE = "noactivity"
"""The LMS has no such place any more."""
PASSING = ("notenrolled", "notallowed")
"""Why the LMS will not have something today, and may tomorrow: people are enrolled, courses and roles put right."""
MOST_AGAINS = 10
"""What is refused so often for a passing reason is told once more only if an admin wishes."""

TOGETHER = 3
"""So many persons' completions at once say of nobody which act was theirs."""

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=30)
NEEDS_SOMEBODY = timedelta(hours=1)
"""A refused token does not mend itself; but whoever mends it may not tell us."""
FORGET_TOLD_AFTER = timedelta(days=7)
GIVE_UP_AFTER = timedelta(days=14)
"""What could not be told for so long is nothing that a log needs any more."""
FORGET_ALL_AFTER = timedelta(days=60)

STALE = timedelta(days=2)
"""A companion is asked every night how it is."""
NUMBERS = re.compile(r"\d+(?:\.\d+)+\b")


class Moment(StrEnum):
    """When it is looked at who is complete."""

    ACT = "act"
    """Somebody has just done something."""
    HOUR = "hour"
    """The full hour."""
    NIGHT = "night"
    """Once a day."""


def may_tell_together(people: int, moment: Moment) -> bool:
    """
    Whether completions go out that would say, one by one, who did what was just told without a name.

    Those of so many *people* as :data:`TOGETHER` on the full hour; of fewer at night, so that they say no more than
    the day, which the pages say as well. See docs/decisions.
    """
    return moment is Moment.NIGHT or (moment is Moment.HOUR and people >= TOGETHER)


def is_moving(act: str) -> bool:
    """Whether completion and dates are to be looked at after *act*."""
    return act.startswith(MOVING)


def rest_after(failures: int, err: ServiceError) -> timedelta:
    """How long to leave a companion alone after so many *failures* in a row, the last of them *err*."""
    if not err.retryable:
        return NEEDS_SOMEBODY
    own = min(FIRST_REST * int(4 ** min(failures - 1, 10)), LONGEST_REST)
    asked = err.retry_after if isinstance(err, Throttled) else None
    return max(own, timedelta(seconds=asked or 0.0))


def batch(most: int, failures: int) -> int:
    """How many acts go into one call: fewer while calls fail, for one that is too long fails again and again."""
    return max(most >> min(failures, 10), 1)


class Hearing(StrEnum):
    """How it stands with a companion, the worst first."""

    PROBLEM = "problem"
    """The last call came to nothing."""
    PAUSED = "paused"
    STALE = "stale"
    """No word from it for days."""
    NOT_SENDING = "not_sending"
    """It tells us no events, and that does not mend itself."""
    REFUSED = "refused"
    OLD = "old"
    """It works, and there is a newer release."""
    NEW = "new"
    """It has heard nothing yet."""
    WELL = "well"


NOT_SENDING = ("none", "stopped", "moved")
"""States of its sending that need somebody."""


class Companion(Protocol):
    """What deciding needs of it; see :class:`webhooks.companions.pairing.Health`."""

    @property
    def problem(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def heard_at(self) -> datetime | None: ...
    @property
    def told_at(self) -> datetime | None: ...
    @property
    def receiver(self) -> str: ...
    @property
    def refused(self) -> int: ...
    @property
    def release(self) -> str: ...


def hearing(companion: Companion, *, newest: str, now: datetime) -> Hearing:
    """What to say of a companion of which *newest* is the newest release."""
    found = {
        Hearing.PROBLEM: bool(companion.problem),
        Hearing.PAUSED: companion.state == "paused",
        Hearing.STALE: is_stale(companion.heard_at, now=now),
        Hearing.NOT_SENDING: companion.receiver in NOT_SENDING,
        Hearing.REFUSED: bool(companion.refused),
        Hearing.OLD: is_older(companion.release, newest),
        Hearing.NEW: companion.told_at is None,
    }
    return next((each for each, holds in found.items() if holds), Hearing.WELL)


def is_stale(heard_at: datetime | None, *, now: datetime) -> bool:
    """Whether a companion has not answered for so long that somebody should look after it."""
    return heard_at is not None and now - heard_at > STALE


def is_older(told: str, newest: str) -> bool:
    """Whether the last release in *told* ("4.5.6, local_hearth 1.0.2") is older than *newest*. Not where none is."""
    found = NUMBERS.findall(told)
    return bool(found) and _numbers(found[-1]) < _numbers(newest)


def changed_completions(before: Mapping[int, str], complete: frozenset[int]) -> Mapping[int, str]:
    """By person, what is to be told now: *before* says what was told last."""
    finished = {id: "complete" for id in complete if before.get(id) != "complete"}
    lost = {id: "incomplete" for id, word in before.items() if word == "complete" and id not in complete}
    return {**finished, **lost}


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(each) for each in release.split(".") if each.isascii() and each.isdigit())
