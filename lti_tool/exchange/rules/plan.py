"""
The settings of an exchange as its form says them, and what makes no exchange.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime

from lti_tool.exchange.rules.anonymity import ANONYMITIES, MASKED
from lti_tool.exchange.rules.criteria import (
    COMMENTS,
    KINDS,
    LEVELS,
    MOST_WEIGHT,
    MOST_WORDS,
    NO_COMMENT,
    NUMBER,
    OPTIONAL,
    REQUIRED,
    WORDS,
    Guide,
    Scale,
    kind_without_a_word,
)
from lti_tool.exchange.rules.limits import (
    FEWEST_REVIEWS,
    LONGEST_BODY,
    LONGEST_TITLE,
    MOST_CRITERIA,
    MOST_LEVELS,
    MOST_POINTS,
    MOST_REVIEWS,
)


@dataclass(frozen=True, kw_only=True)
class LevelPlan:
    """One step of a criterion; without an id it is new."""

    title: str
    points: float
    description: str = ""
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CriterionPlan:
    """One thing to look at; without an id it is new."""

    title: str
    description: str = ""
    prompt: str = ""
    levels: tuple[LevelPlan, ...] = ()
    id: int | None = None
    kind: str = ""
    """One of :data:`KINDS`; where nothing is said, levels if there are any, else words."""
    scale: Scale | None = None
    """Of numbers."""
    weight: float = 1.0
    """0: for the author alone, it counts for nothing."""
    comment: str = ""
    """One of :data:`COMMENTS`; where nothing is said, required if words are all there is, else optional."""
    guide: Guide = field(default_factory=Guide)

    def __post_init__(self) -> None:
        kind = self.kind or kind_without_a_word(self.levels)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "comment", self.comment or (REQUIRED if kind == WORDS else OPTIONAL))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All settings of an exchange, as its form says them."""

    title: str
    instructions: str = ""
    reviews: int = 3
    points: float | None = None
    opens_at: datetime | None = None
    submit_by: datetime | None = None
    review_by: datetime | None = None
    anonymity: str = MASKED
    criteria: tuple[CriterionPlan, ...] = ()


def problem_of(plan: Plan) -> tuple[str, str] | None:
    """The first field of *plan* that makes no exchange and a code of its problem; None when all is well."""
    checks = (
        ("title", "missing", not plan.title.strip()),
        ("title", "too_long", len(plan.title) > LONGEST_TITLE),
        ("instructions", "too_long", len(plan.instructions) > LONGEST_BODY),
        ("reviews", "out_of_range", not FEWEST_REVIEWS <= plan.reviews <= MOST_REVIEWS),
        ("points", "out_of_range", plan.points is not None and not _is_within(plan.points, least=0.01)),
        ("anonymity", "unknown", plan.anonymity not in ANONYMITIES),
        ("dates", "out_of_order", not _in_order(plan.opens_at, plan.submit_by, plan.review_by)),
        ("criteria", "too_many", len(plan.criteria) > MOST_CRITERIA),
    )
    for name, problem, is_wrong in checks:
        if is_wrong:
            return name, problem
    return next(filter(None, map(_criterion_problem, plan.criteria)), None)


def as_new(plan: Plan) -> Plan:
    """The same for another exchange: its criteria and levels are new ones."""
    criteria = tuple(
        replace(each, id=None, levels=tuple(replace(level, id=None) for level in each.levels)) for each in plan.criteria
    )
    return replace(plan, criteria=criteria)


def _criterion_problem(criterion: CriterionPlan) -> tuple[str, str] | None:
    checks = (
        ("title_missing", not criterion.title.strip()),
        ("kind_unknown", criterion.kind not in KINDS or criterion.comment not in COMMENTS),
        ("one_level", len(criterion.levels) == 1),
        ("no_levels", criterion.kind == LEVELS and not criterion.levels),
        ("levels_elsewhere", criterion.kind != LEVELS and bool(criterion.levels)),
        ("scale", (criterion.kind == NUMBER) != (criterion.scale is not None and criterion.scale.is_sound)),
        ("no_answer", criterion.kind == WORDS and criterion.comment == NO_COMMENT),
        ("weight", not (math.isfinite(criterion.weight) and 0 <= criterion.weight <= MOST_WEIGHT)),
        ("words", not 0 <= criterion.guide.words <= MOST_WORDS),
    )
    for problem, is_wrong in checks:
        if is_wrong:
            return "criteria", problem
    if len(criterion.levels) > MOST_LEVELS:
        return "criteria", "too_many_levels"
    if any(not level.title.strip() for level in criterion.levels):
        return "criteria", "level_title_missing"
    if any(not _is_within(level.points, least=0) for level in criterion.levels):
        return "criteria", "points_out_of_range"
    return None


def _is_within(points: float, *, least: float) -> bool:
    return math.isfinite(points) and least <= points <= MOST_POINTS


def _in_order(*moments: datetime | None) -> bool:
    known = [moment for moment in moments if moment is not None]
    return known == sorted(known)
