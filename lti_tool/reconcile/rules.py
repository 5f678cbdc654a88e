"""
Whether a grade in the gradebook is ours, was ours, or is somebody else's.
"""

from collections.abc import Sequence
from enum import StrEnum

ROUNDING = 0.006
"""In points: gradebooks show two decimals."""
FINEST = 1e-4


class Verdict(StrEnum):
    """What a result is, beside what we sent."""

    AGREES = "agrees"
    MISSING = "missing"
    """There is none."""
    OLDER = "older"
    """One that we sent earlier: the LMS lost the last one, or was restored from a backup."""
    THEIRS = "theirs"
    """One that we never sent: a teacher's own, or what the LMS makes of ours by a rule of its own."""


def judge(*, sent: float | None, earlier: Sequence[float], found: float | None, maximum: float) -> Verdict:
    """
    What the gradebook shows beside what it took from us; all as shares of the maximum.

    *sent* None: we took the grade back. *earlier* are the shares it took before, *maximum* are its points.
    """
    if found is None:
        return Verdict.AGREES if sent is None else Verdict.MISSING
    if sent is not None and is_same(sent, found, maximum=maximum):
        return Verdict.AGREES
    was_ours = any(is_same(each, found, maximum=maximum) for each in earlier)
    return Verdict.OLDER if was_ours else Verdict.THEIRS


def is_same(one: float, other: float, *, maximum: float) -> bool:
    """Whether two shares are the same grade, as far as a gradebook tells."""
    return abs(one - other) <= max(FINEST, ROUNDING / maximum if maximum > 0 else FINEST)


def share(points: float | None, maximum: float | None) -> float | None:
    """Points as a share of the maximum; None where there are none, or no maximum to tell what they mean."""
    return points / maximum if points is not None and maximum else None
