"""
What a grade is made of: parts with weights, each from 0 to 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from lti_tool.exchange.rules.grades import Grade, Part, Share
from lti_tool.exchange.rules.options import Options

MEAN, MEDIAN, ROBUST = "mean", "median", "robust"
ONE_COLUMN, COLUMN_PER_PART = "one", "parts"
WORK, GIVING, USING, SELF_ASSESSMENT, COMPLETION = "work", "giving", "using", "self_assessment", "completion"
PARTS = (WORK, GIVING, USING, SELF_ASSESSMENT, COMPLETION)


@dataclass(frozen=True, kw_only=True)
class GradingOptions(Options):
    """How a grade is made: what it rests on, and how much each part weighs."""

    TOPIC: ClassVar[str] = "grading"

    method: str = MEAN
    """How several reviews become one: ``mean``, ``median``, or ``robust``, the estimate."""
    work: int = 100
    giving: int = 0
    using: int = 0
    self_assessment: int = 0
    completion: int = 0
    staff: bool = False
    """Whether reviews by staff count as those of classmates do."""
    columns: str = ONE_COLUMN
    """``one``: the whole goes to the link's own column; ``parts``: each part to a column of its own."""

    @property
    def weights(self) -> dict[str, int]:
        """Of the parts that count, in their order."""
        return {name: getattr(self, name) for name in PARTS if getattr(self, name) > 0}

    @property
    def rests_on_doing(self) -> bool:
        """Whether what somebody does for others counts too, not their work alone."""
        return any(name != WORK for name in self.weights)

    @property
    def is_giving_alone(self) -> bool:
        """Whether a grade says how much somebody gave and nothing else: then guests have one."""
        return self.weights.keys() == {GIVING}

    @property
    def is_usual(self) -> bool:
        """Whether the grade is the mean over the reviews and nothing else."""
        return self.method == MEAN and not self.rests_on_doing


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of one person who handed in."""

    shares: tuple[Share, ...] = ()
    """Of the reviews that count."""
    estimate: float | None = None
    """Of the work, where the class is estimated as a whole."""
    given: int = 0
    owed: int = 0
    used: tuple[int, int] | None = None
    """So many comments are used, of so many; None: nobody keeps count."""
    has_assessed: bool | None = None
    """Whether they assessed themselves; None: nobody asks for it."""
    set_by_hand: Mapping[str, float] | None = None
    """Parts that staff have set, from 0 to 1."""


def parts_of(evidence: Evidence, options: GradingOptions) -> tuple[Part, ...]:
    """The parts that count, each with what it says now. One that nothing is known of has no value."""
    by_hand = evidence.set_by_hand or {}
    return tuple(
        Part(
            name=name,
            weight=weight,
            value=by_hand[name] if name in by_hand else _value(name, evidence, options),
            is_by_hand=name in by_hand,
        )
        for name, weight in options.weights.items()
    )


def grade_in_parts(evidence: Evidence, options: GradingOptions, *, maximum: float | None, is_submitted: bool) -> Grade:
    """
    The grade of one person: the weighted mean over the parts, times *maximum*.

    While the work has no review that counts there is no grade. Another part without a value is left
    out, and the others weigh the more: nobody loses points by what could not be measured.
    """
    if maximum is None:
        return Grade(none_because="ungraded")
    if not is_submitted:
        return Grade(maximum=maximum, none_because="not_submitted")
    parts = parts_of(evidence, options)
    counted = tuple(share for share in evidence.shares if share.possible > 0)
    if any(part.name == WORK and part.value is None for part in parts):
        return Grade(maximum=maximum, none_because="no_points" if evidence.shares else "no_feedback", parts=parts)
    whole = sum(part.weight for part in parts if part.value is not None)
    if not whole:
        return Grade(maximum=maximum, none_because="no_parts", parts=parts)
    # Weights as parts of the whole: one part alone weighs exactly 1, so that it is rounded as it would be by itself.
    share = math.fsum(part.weight / whole * part.value for part in parts if part.value is not None)
    return Grade(score=round(share * maximum, 2), maximum=maximum, shares=counted, parts=parts)


def points_of(parts: Sequence[Part], *, maximum: float) -> dict[str, tuple[float | None, float]]:
    """By part: its points and how many it may bring, for a column each. Without a value there are no points."""
    whole = sum(part.weight for part in parts)
    most = {part.name: round(maximum * part.weight / whole, 2) for part in parts}
    return {
        part.name: (None if part.value is None else round(part.value * most[part.name], 2), most[part.name])
        for part in parts
    }


def _value(name: str, evidence: Evidence, options: GradingOptions) -> float | None:
    if name == WORK:
        return _work(evidence, options)
    has_given_all = evidence.given >= evidence.owed
    if name == GIVING:
        # Whoever is excused from all reviews has this part left out: no credit without work, and no loss.
        if not evidence.owed:
            return 1.0 if evidence.given else None
        return 1.0 if has_given_all else evidence.given / evidence.owed
    if name == COMPLETION:
        return float(has_given_all)
    if name == USING:
        return min(evidence.used[0] / evidence.used[1], 1.0) if evidence.used and evidence.used[1] else None
    return None if evidence.has_assessed is None else float(evidence.has_assessed)


def _work(evidence: Evidence, options: GradingOptions) -> float | None:
    said = [share.points / share.possible for share in evidence.shares if share.possible > 0]
    if not said:
        return None
    if options.method == ROBUST and evidence.estimate is not None:
        value = evidence.estimate
    elif options.method == MEDIAN:
        value = median(said)
    else:
        value = math.fsum(said) / len(said)
    return min(max(value, 0.0), 1.0)
