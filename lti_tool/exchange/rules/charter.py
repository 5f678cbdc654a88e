"""
A class's own rules of feedback: agreed to before the first review, and what received feedback is looked at by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lti_tool.exchange.rules.options import Options

FEWEST_RULES, MOST_RULES = 3, 7
LONGEST_RULE = 200

YES, PARTLY, NO = "yes", "partly", "no"
VERDICTS = (YES, PARTLY, NO)

AT_ONCE, SETTLED = "at_once", "settled"


@dataclass(frozen=True, kw_only=True)
class CharterOptions(Options):
    """The rules, and what is done with them."""

    TOPIC: ClassVar[str] = "charter"

    enabled: bool = False
    rules: tuple[str, ...] = ()
    appraise: bool = True
    """Authors say of each feedback how far it keeps the rules."""
    proposals: bool = False
    """Students propose rules, and support those of others."""
    shown: str = AT_ONCE
    """When reviewers see that: ``at_once``, or ``settled``, when no more is to come."""

    @property
    def is_on(self) -> bool:
        return self.enabled and bool(self.rules)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        return super().from_dict({**kept, "rules": tuple(kept.get("rules", ()))})


def may_see_appraisals(options: CharterOptions, *, appraised: Sequence[bool], is_settled: bool) -> bool:
    """
    Whether a reviewer sees what authors said of their feedback.

    *appraised* says of each feedback they gave whether its author looked at it. With ``settled`` it is kept
    back until all are in.
    """
    return options.shown == AT_ONCE or is_settled or (bool(appraised) and all(appraised))
