"""
Two works side by side: who compares which, and what all comparisons together say, as advice.
"""

import math
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.pairs import Allows, regular_plan
from lti_tool.exchange.rules.teams import shared_plan
from lti_tool.exchange.rules.words import Lack, Words

LEFT, BOTH, RIGHT = -1, 0, 1
PICKS = (LEFT, BOTH, RIGHT)
"""Which of two works does a criterion better; both: they do it alike."""

MOST_PAIRS = 5
FEWEST_WORKS = 3
"""With fewer there are no two works of others."""
SHUFFLES = 20

SURE = 1.645
"""Standard errors on each side of an estimate: nine in ten lie within."""
STEPS = 500


@dataclass(frozen=True, kw_only=True)
class ComparingOptions(Options):
    """Whether people compare works two at a time, and what authors learn of it."""

    TOPIC: ClassVar[str] = "comparing"

    pairs: int = 0
    """How many pairs each compares; 0: none."""
    tells: bool = False
    """Authors learn how often their work was seen to do a criterion better, not only what was written to them."""

    @property
    def is_on(self) -> bool:
        return self.pairs > 0


@dataclass(frozen=True)
class Pairing:
    """Two works for one reviewer, by their authors."""

    reviewer: int
    left: int
    right: int

    @property
    def works(self) -> frozenset[int]:
        return frozenset((self.left, self.right))


def side_by_side(
    people: Sequence[int],
    pairs: int,
    *,
    seed: int,
    allows: Allows | None = None,
    known: Mapping[int, Collection[frozenset[int]]] | None = None,
) -> list[Pairing]:
    """
    Give each of *people*, who have a work each, up to *pairs* pairs of works of others.

    Random and made once, from *seed*: what comes first never decides what is compared next, for adaptive
    pairs make an order look surer than it is (Bramley & Vitello 2018). Where *allows* leaves a way each
    work is seen equally often. Nobody meets the same work twice, nor a pair of *known* again.
    """
    each = min(pairs, (len(people) - 1) // 2)
    if each < 1:
        return []
    return _two_by_two(people, regular_plan(people, 2 * each, seed=seed, allows=allows), seed=seed, known=known or {})


def side_by_side_of_groups(
    works: Mapping[int, Collection[int]],
    pairs: int,
    *,
    seed: int,
    allows: Allows | None = None,
    known: Mapping[int, Collection[frozenset[int]]] | None = None,
) -> list[Pairing]:
    """
    The same where groups make *works*, each of which goes by one member and names them all.

    Every member compares works of other groups. A work is seen as often as any other, give or take one,
    wherever the groups leave a way.
    """
    each = min(pairs, (len(works) - 1) // 2)
    if each < 1:
        return []
    people = [person for members in works.values() for person in members]
    return _two_by_two(people, shared_plan(works, 2 * each, seed=seed, allows=allows), seed=seed, known=known or {})


def lacks_of_comparison(
    criteria: Collection[int], picks: Mapping[int, int], left: Words, right: Words
) -> tuple[Lack, ...]:
    """What a comparison lacks: a pick for each criterion, and some words to each author."""
    lacks = [Lack(part="answer", criterion_id=id, problem="missing") for id in criteria if picks.get(id) not in PICKS]
    lacks += [
        Lack(part=side, criterion_id=None, problem="missing")
        for side, words in (("left", left), ("right", right))
        if not words.comment.strip() and not any(said.comment.strip() for said in words.answers.values())
    ]
    return tuple(lacks)


def share_of_left(picks: Iterable[int]) -> float:
    """How far a comparison is for the left work, from 0 to 1: over all criteria, alike for both alike."""
    said = [(1 - pick) / 2 for pick in picks]
    return math.fsum(said) / len(said) if said else 0.5


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How one work does beside a middling one of the same class: a chance from 0 to 1, and how sure that is."""

    work_id: int
    value: float
    low: float
    """Nine times in ten it lies between this and ``high``."""
    high: float
    count: int
    """Of comparisons."""


def strengths(results: Iterable[tuple[int, int, float]]) -> tuple[Strength, ...]:
    """
    Order works by comparisons ``(left, right, share of left)``, best first: Bradley-Terry, as advice alone.

    Each work is thought to have met a middling one once and done alike, so that few comparisons say little
    and a work that always did better is not beyond all measure.
    """
    played = [(left, right, share) for left, right, share in results if left != right]
    works = sorted({work for left, right, _ in played for work in (left, right)})
    won = dict.fromkeys(works, 0.5)
    met: dict[int, dict[int, int]] = {work: {} for work in works}
    for left, right, share in played:
        won[left] += share
        won[right] += 1 - share
        met[left][right] = met[left].get(right, 0) + 1
        met[right][left] = met[right].get(left, 0) + 1
    strong = _settled(won, met)
    found = []
    for work in works:
        own = math.log(strong[work])
        known = sum(count * _spread(strong[work], strong[other]) for other, count in met[work].items())
        error = SURE / math.sqrt(known + _spread(strong[work], 1.0))
        found.append(
            Strength(
                work_id=work,
                value=_chance(own),
                low=_chance(own - error),
                high=_chance(own + error),
                count=sum(met[work].values()),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.value, each.work_id)))


def _two_by_two(
    people: Sequence[int],
    reads: Iterable[tuple[int, int]],
    *,
    seed: int,
    known: Mapping[int, Collection[frozenset[int]]],
) -> list[Pairing]:
    """What each of *people* was given, ``(reviewer, work)``, put together at random."""
    mine: dict[int, list[int]] = {}
    for reviewer, work in reads:
        mine.setdefault(reviewer, []).append(work)
    whims = random.Random(seed)  # noqa: S311 - a plan to be made again from its seed, no secret
    found = []
    for reviewer in people:
        before = frozenset(known.get(reviewer, ()))
        found += [Pairing(reviewer, *two) for two in _paired(mine.get(reviewer, []), before, whims)]
    return found


def _paired(works: list[int], before: frozenset[frozenset[int]], whims: random.Random) -> list[tuple[int, int]]:
    """*works* two by two, none of the pairs among those *before*; where that cannot be, fewer."""
    best: list[tuple[int, int]] = []
    for _ in range(SHUFFLES):
        whims.shuffle(works)
        pairs = list(zip(works[::2], works[1::2], strict=False))
        new = [pair for pair in pairs if frozenset(pair) not in before]
        if len(new) > len(best):
            best = new
        if len(new) == len(pairs):
            break
    return best


def _settled(won: Mapping[int, float], met: Mapping[int, Mapping[int, int]]) -> dict[int, float]:
    """The strengths under which what happened is most likely, by minorising and maximising (Hunter 2004)."""
    strong = dict.fromkeys(won, 1.0)
    for _ in range(STEPS):
        new = {
            work: won[work]
            / (
                1 / (strong[work] + 1)
                + math.fsum(count / (strong[work] + strong[other]) for other, count in met[work].items())
            )
            for work in won
        }
        moved = max((abs(new[work] - strong[work]) / strong[work] for work in won), default=0.0)
        strong = new
        if moved < 1e-9:
            break
    return strong


def _spread(one: float, other: float) -> float:
    return one * other / (one + other) ** 2


def _chance(log: float) -> float:
    return 1 / (1 + math.exp(-log))
