"""
What a work is worth when its reviewers differ in severity: the additive model, robust, as advice.

A share is taken as the class's mean, plus what the work is above it, plus how lenient the reviewer is,
plus chance. Moments say how much each of the three varies; Student-t weights keep a hostile review
from counting in full. No sampler, no randomness: each sweep costs one look at every review.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Work = TypeVar("Work", bound=Hashable)
Reviewer = TypeVar("Reviewer", bound=Hashable)

SWEEPS = 30
FREEDOM = 4.0
"""Of Student's t: how soon a review that stands apart counts for less."""
LEAST_SPREAD = 1e-4
"""Of shares; what varies less is taken as not varying at all."""
SURE = 1.96
"""Nineteen times in twenty."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What one work is worth, from 0 to 1."""

    value: float
    low: float
    high: float
    count: int
    """Of reviews. A single one is left as it is: there is nothing to hold it against."""

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, kw_only=True)
class Estimates(Generic[Reviewer, Work]):
    """What comes of a whole class."""

    works: Mapping[Work, Estimate]
    biases: Mapping[Reviewer, float]
    """How much more than others a reviewer gives, in shares; for staff alone."""


def estimate(reviews: Iterable[tuple[Reviewer, Work, float]]) -> Estimates[Reviewer, Work]:
    """
    Estimate every work from *reviews*: triples of reviewer, work and the share from 0 to 1 that was given.

    The order of the triples does not matter. What lies outside 0 and 1 is cut to it.
    """
    known = [(reviewer, work, min(max(share, 0.0), 1.0)) for reviewer, work, share in reviews]
    if not known:
        return Estimates(works={}, biases={})
    mean = math.fsum(share for _, _, share in known) / len(known)
    rest = [(reviewer, work, share - mean) for reviewer, work, share in known]
    of_works, of_reviewers, of_chance = _spreads(rest)
    values: dict[Work, float] = dict.fromkeys((work for _, work, _ in known), 0.0)
    biases: dict[Reviewer, float] = dict.fromkeys((reviewer for reviewer, _, _ in known), 0.0)
    weights: dict[Work, float] = {}
    if of_chance:
        for _ in range(SWEEPS):
            before = values
            weighted = [(r, w, y, _weight(y - values[w] - biases[r], of_chance)) for r, w, y in rest]
            values, weights = _settle(((w, y - biases[r], weight) for r, w, y, weight in weighted), of_works, of_chance)
            biases, _ = _settle(((r, y - values[w], weight) for r, w, y, weight in weighted), of_reviewers, of_chance)
            if max(abs(values[work] - before[work]) for work in values) < LEAST_SPREAD / 10:
                break
    counts = Counter(work for _, work, _ in known)
    single = {work: share for _, work, share in known if counts[work] == 1}
    return Estimates(
        works={
            work: _single(single[work])
            if work in single
            else _as_estimate(
                mean + value,
                half=SURE / math.sqrt(1 / of_works + weights[work] / of_chance) if of_chance else 0.0,
                count=counts[work],
            )
            for work, value in values.items()
        },
        biases=biases,
    )


def _weight(residual: float, of_chance: float) -> float:
    return (FREEDOM + 1) / (FREEDOM + residual * residual / of_chance)


def _settle(
    parts: Iterable[tuple[Work, float, float]], spread: float, of_chance: float
) -> tuple[dict[Work, float], dict[Work, float]]:
    """By key the weighted mean of *parts*, drawn to nothing where evidence is thin, and the weights behind it."""
    sums: dict[Work, list[float]] = defaultdict(list)
    weights: dict[Work, list[float]] = defaultdict(list)
    for key, rest, weight in parts:
        sums[key].append(weight * rest)
        weights[key].append(weight)
    totals = {key: math.fsum(each) for key, each in weights.items()}
    means = {
        key: math.fsum(each) / of_chance / (1 / spread + totals[key] / of_chance) if spread else 0.0
        for key, each in sums.items()
    }
    return means, totals


def _spreads(rest: list[tuple[Reviewer, Work, float]]) -> tuple[float, float, float]:
    """The variances of works, reviewers and chance, from pairs of reviews on one work and by one reviewer."""
    whole = math.fsum(y * y for _, _, y in rest) / len(rest)
    if whole < LEAST_SPREAD**2:
        return 0.0, 0.0, 0.0
    of_works = _from_pairs((work, y) for _, work, y in rest)
    of_reviewers = _from_pairs((reviewer, y) for reviewer, _, y in rest)
    # Works always differ somewhat: with none of it, everybody would be given the mean of the class.
    of_works = min(max(of_works, whole / 10), whole)
    of_reviewers = min(max(of_reviewers, 0.0), whole * 0.8)
    return of_works, of_reviewers, max(whole - of_works - of_reviewers, whole / 20)


def _from_pairs(parts: Iterable[tuple[Hashable, float]]) -> float:
    """The mean product of two that have the same key: what they share varies by so much."""
    by_key: dict[Hashable, list[float]] = defaultdict(list)
    for key, y in parts:
        by_key[key].append(y)
    products = [(math.fsum(each) ** 2 - math.fsum(y * y for y in each)) / 2 for each in by_key.values()]
    pairs = sum(len(each) * (len(each) - 1) // 2 for each in by_key.values())
    return math.fsum(products) / pairs if pairs else 0.0


def _as_estimate(value: float, *, half: float, count: int) -> Estimate:
    value = min(max(value, 0.0), 1.0)
    # A hair's breadth of arithmetic must not depend on the order in which reviews are listed.
    value, low, high = round(value, 9), round(max(value - half, 0.0), 9), round(min(value + half, 1.0), 9)
    return Estimate(value=value, low=low, high=high, count=count)


def _single(share: float) -> Estimate:
    return Estimate(value=share, low=0.0, high=1.0, count=1)
