"""
What the answers of a class say about the criteria themselves.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FAR_APART, ALL_SAME = "far_apart", "all_same"
FEWEST_WORKS = 5
"""Below these, chance alone makes reviewers agree or not."""
FEWEST_ANSWERS = 10
WIDE = 0.25
"""Reviewers of the same work who are typically a quarter of the scale from its mean see different things."""
SAME = 0.9
"""Where nine of ten answers are the same, the criterion tells no work from another."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """How one criterion works."""

    criterion_id: int
    answers: int
    works: int
    """Those with two reviews or more: only they show whether reviewers agree."""
    spread: float | None
    """How far reviewers of the same work are from each other (pooled standard deviation), as a part of the scale."""
    mean: float | None
    commonest: float
    """The part of all answers that are the commonest one."""
    advice: str | None
    """far_apart, all_same, or None: it works, or nothing can be said yet."""


def diagnose(criterion_id: int, works: Sequence[Sequence[float]]) -> Diagnosis:
    """
    How a criterion works, by the answers on each of *works*, each from 0 to 1.

    Rewriting what reviewers understand differently brought the median error of peer grades from 12.4 %
    to 9.9 % (Kulkarni and others 2013, section 5.3).
    """
    said = [answer for work in works for answer in work]
    shared = [work for work in works if len(work) > 1]
    spread = _pooled(shared) if shared else None
    commonest = max(Counter(round(each, 6) for each in said).values()) / len(said) if said else 0.0
    advice = None
    if spread is not None and len(shared) >= FEWEST_WORKS and spread >= WIDE:
        advice = FAR_APART
    elif len(said) >= FEWEST_ANSWERS and commonest >= SAME:
        advice = ALL_SAME
    return Diagnosis(
        criterion_id=criterion_id,
        answers=len(said),
        works=len(shared),
        spread=spread,
        mean=math.fsum(said) / len(said) if said else None,
        commonest=commonest,
        advice=advice,
    )


def cumulated(counts: Mapping[int, int], last: int) -> list[int]:
    """From how many on each day, how many until each day: from day 0 to *last*."""
    found, until = [], 0
    for day in range(last + 1):
        until += counts.get(day, 0)
        found.append(until)
    return found


def _pooled(works: Sequence[Sequence[float]]) -> float:
    squares, freedom = 0.0, 0
    for work in works:
        mean = math.fsum(work) / len(work)
        squares += math.fsum((each - mean) ** 2 for each in work)
        freedom += len(work) - 1
    return math.sqrt(squares / freedom)
