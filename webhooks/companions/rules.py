"""
What a companion hears of, and how long it is left alone after a call that came to nothing.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

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


def changed_completions(before: Mapping[int, str], complete: frozenset[int]) -> Mapping[int, str]:
    """By person, what is to be told now: *before* says what was told last."""
    finished = {id: "complete" for id in complete if before.get(id) != "complete"}
    lost = {id: "incomplete" for id, word in before.items() if word == "complete" and id not in complete}
    return {**finished, **lost}
