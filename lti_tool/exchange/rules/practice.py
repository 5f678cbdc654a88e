"""
Practice: reviewing works that staff have reviewed too, before reviewing those of others.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lti_tool.exchange.rules.criteria import REQUIRED, Asked
from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.self_assessment import View, compared
from lti_tool.exchange.rules.words import Words

OFF, OFFERED, DEMANDED = "off", "offered", "required"
PRACTICES = (OFF, OFFERED, DEMANDED)

CLOSE, NEAR, FAR = "close", "near", "far"
CLOSENESS = (FAR, NEAR, CLOSE)
"""How far a trial is from what staff see, worst first."""
CLOSE_FROM, NEAR_FROM = 0.85, 0.65
"""From how much agreement on, where 1 is the same."""

MOST_EXAMPLES = 5
MOST_TRIES = 2
FEWEST_TRIED = 3
"""What the class sees in an example is told to staff from so many trials on."""


@dataclass(frozen=True, kw_only=True)
class PracticeOptions(Options):
    """Whether people practise before their first review, and how far they should come."""

    TOPIC: ClassVar[str] = "practice"

    when: str = OFF
    """``required`` before the first review, or ``offered``."""
    mark: str = ""
    """How near a first try should be so that no second is asked for: ``near``, ``close``, or nothing."""

    @property
    def is_on(self) -> bool:
        return self.when in (OFFERED, DEMANDED)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A trial beside what staff see in the same work."""

    views: tuple[View, ...]
    """``own`` is the trial's, the only other one that of staff."""
    agreement: float | None
    """From 0 to 1, each criterion as it weighs; None where nothing can be measured."""

    @property
    def closeness(self) -> str | None:
        if self.agreement is None:
            return None
        return CLOSE if self.agreement >= CLOSE_FROM else NEAR if self.agreement >= NEAR_FROM else FAR


def beside_staff(criteria: Mapping[int, Asked], trial: Words, staff: Words) -> Comparison:
    """Compare a trial with what staff see, criterion by criterion."""
    views = compared(criteria, trial, [staff])
    told = [
        (1 - abs(view.own - view.mean), criteria[view.criterion_id].weight)
        for view in views
        if view.own is not None and view.mean is not None
    ]
    whole = math.fsum(weight for _, weight in told)
    agreement = math.fsum(near * weight for near, weight in told) / whole if whole > 0 else None
    return Comparison(views=views, agreement=agreement)


def asked_of_staff(asked: Asked) -> Asked:
    """What staff say about an example: an answer, and always the reason, for that is what people learn from."""
    return replace(asked, comment=REQUIRED, words=0)


def is_tried(options: PracticeOptions, closeness: Sequence[str | None]) -> bool:
    """
    Whether somebody is done with an example, having come so close with each try.

    Nobody is kept from going on for long: after the second try all is well, however it went.
    """
    if not closeness:
        return False
    if len(closeness) >= MOST_TRIES or not options.mark or closeness[-1] is None:
        return True
    return CLOSENESS.index(closeness[-1]) >= CLOSENESS.index(options.mark)


def is_practice_due(options: PracticeOptions, *, untried: Collection[object], has_begun: bool) -> bool:
    """Whether somebody practises before anything else: where it is required, until their first review."""
    return options.when == DEMANDED and bool(untried) and not has_begun
