"""
What a grade is, and when it goes out by itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lti_tool.exchange.rules.windows import Windows


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one feedback says in points."""

    feedback_id: int
    points: float
    possible: float


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of the parts of a grade."""

    name: str
    weight: int
    value: float | None
    """From 0 to 1; None while nothing is known."""
    is_by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A grade and what it is made of."""

    score: float | None = None
    maximum: float | None = None
    shares: tuple[Share, ...] = ()
    """The feedback that counts."""
    none_because: str | None = None
    """Where there is no score: ungraded, not_submitted, no_feedback, no_points or no_parts."""
    parts: tuple[Part, ...] = ()


def grade(shares: Sequence[Share], *, maximum: float | None, is_submitted: bool) -> Grade:
    """
    Grade a work: the mean over its feedback of points got of points possible, times *maximum*.

    Each feedback weighs the same. One whose criteria give no points counts for nothing.
    """
    if maximum is None:
        return Grade(none_because="ungraded")
    if not is_submitted:
        return Grade(maximum=maximum, none_because="not_submitted")
    if not shares:
        return Grade(maximum=maximum, none_because="no_feedback")
    counted = tuple(share for share in shares if share.possible > 0)
    if not counted:
        return Grade(maximum=maximum, none_because="no_points")
    mean = math.fsum(share.points / share.possible for share in counted) / len(counted)
    return Grade(score=round(min(max(mean, 0.0), 1.0) * maximum, 2), maximum=maximum, shares=counted)


def why_release(
    computed: Grade, *, received: int, reviews: int, windows: Windows, now: datetime, is_all_done: bool = True
) -> str | None:
    """
    Why a computed grade goes to its learner and the gradebook by itself: enough, closed, due; None: not yet.

    *is_all_done* says whether what else counts is complete as well.
    """
    if computed.score is None:
        return None
    if received >= reviews and is_all_done:
        return "enough"
    if windows.closed_at is not None:
        return "closed"
    return "due" if windows.is_settled_at(now) else None
