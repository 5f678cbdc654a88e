"""
What an exchange is made from again: its settings and criteria, without people, posts or dates.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.plan import CriterionPlan, Plan, as_new

SCHEMA = "hearth-settings/1"
"""Of the file. Grows with the first change after which a reader of the one before would misread."""

MOST_TEMPLATES = 100
"""That one person, or one course, keeps."""
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of an exchange that another one can begin with."""

    plan: Plan
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further settings by topic, as far as somebody chose: :meth:`Options.as_dict`."""

    def as_dict(self) -> dict[str, Any]:
        """As a file and a kept template say it."""
        return {
            "schema": SCHEMA,
            "title": self.plan.title,
            "instructions": self.plan.instructions,
            "reviews": self.plan.reviews,
            "points": self.plan.points,
            "anonymity": self.plan.anonymity,
            "criteria": [_criterion(each) for each in self.plan.criteria],
            "options": {topic: dict(chosen) for topic, chosen in self.options.items()},
        }


def recipe_of(plan: Plan, options: Collection[Options], *, now: datetime | None = None) -> Recipe:
    """
    What can be taken from an exchange: with *now*, its dates that lie ahead too, else none.

    *options* are those topics of which somebody chose something.
    """
    moment = now or datetime.max.replace(tzinfo=UTC)
    return Recipe(
        plan=replace(
            as_new(plan),
            opens_at=_ahead(plan.opens_at, moment),
            submit_by=_ahead(plan.submit_by, moment),
            review_by=_ahead(plan.review_by, moment),
        ),
        options={each.TOPIC: each.for_copy(moment).as_dict() for each in options},
    )


def _criterion(each: CriterionPlan) -> dict[str, Any]:
    scale = each.scale
    return {
        "title": each.title,
        "description": each.description,
        "prompt": each.prompt,
        "kind": each.kind,
        "weight": each.weight,
        "comment": each.comment,
        "scale": None if scale is None else {"lowest": scale.lowest, "highest": scale.highest, "step": scale.step},
        "guide": each.guide.as_dict(),
        "levels": [
            {"title": level.title, "description": level.description, "points": level.points} for level in each.levels
        ],
    }


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None
