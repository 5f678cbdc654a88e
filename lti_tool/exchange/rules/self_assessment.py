"""
Looking at one's own work: when, and how it compares with what others see in it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lti_tool.exchange.rules.criteria import OPTIONAL, REQUIRED, WORDS, Asked, worth
from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.words import Words

NEVER, BEFORE, BESIDE = "never", "before", "beside"
SELF_ASSESSMENTS = (NEVER, BEFORE, BESIDE)

ALIKE = 0.15
"""Up to so much of what there is to be reached, two views of a work are called alike."""
APART = 0.4
"""From so much on, reviewers are said to differ among themselves."""


@dataclass(frozen=True, kw_only=True)
class SelfAssessmentOptions(Options):
    """Whether authors assess their own work by the same criteria, and when."""

    TOPIC: ClassVar[str] = "self-assessment"

    when: str = NEVER
    """``before`` they see what others say, or with that ``beside``."""

    @property
    def is_on(self) -> bool:
        return self.when in (BEFORE, BESIDE)


@dataclass(frozen=True, kw_only=True)
class View:
    """One criterion, seen by the author and by those who reviewed the work: from 0 to 1."""

    criterion_id: int
    own: float | None
    others: tuple[float, ...]
    """From low to high, so that nothing tells whose is which."""

    @property
    def mean(self) -> float | None:
        return math.fsum(self.others) / len(self.others) if self.others else None

    @property
    def verdict(self) -> str | None:
        """``alike``, ``kinder`` (the author sees more in it) or ``stricter``; None where nothing can be compared."""
        if self.own is None or self.mean is None:
            return None
        if abs(self.own - self.mean) <= ALIKE or self.others[0] <= self.own <= self.others[-1]:
            return "alike"
        return "kinder" if self.own > self.mean else "stricter"

    @property
    def groups(self) -> tuple[tuple[float, int], ...]:
        """Each value that others gave, from low to high, with how many gave it."""
        return tuple(sorted(Counter(self.others).items()))

    @property
    def is_split(self) -> bool:
        """The reviewers differ among themselves."""
        return len(self.others) > 1 and self.others[-1] - self.others[0] >= APART


def compared(criteria: Mapping[int, Asked], own: Words, others: Sequence[Words]) -> tuple[View, ...]:
    """How the author and the others see the work, for each of *criteria* that can be measured, in their order."""
    return tuple(
        View(
            criterion_id=id,
            own=_reached(asked, own, id),
            others=tuple(sorted(each for words in others if (each := _reached(asked, words, id)) is not None)),
        )
        for id, asked in criteria.items()
        if asked.kind != WORDS
    )


def asked_of_author(asked: Asked) -> Asked:
    """What a criterion asks of the author: where there is something to choose, the words are left to them."""
    if asked.kind == WORDS:
        return replace(asked, comment=REQUIRED, words=0)
    return replace(asked, comment=OPTIONAL if asked.comment == REQUIRED else asked.comment, words=0)


def covers(options: SelfAssessmentOptions, *, has_acted: bool, is_closed: bool) -> bool:
    """
    Whether feedback waits until its author has looked at their own work, or said that they would rather not.

    When the exchange is closed nothing waits any more.
    """
    return options.when == BEFORE and not has_acted and not is_closed


def is_due(options: SelfAssessmentOptions, *, has_acted: bool, received: int, has_unread: bool) -> bool:
    """Whether looking at one's own work is what comes next: before any feedback, or once that has been read."""
    if has_acted or not options.is_on:
        return False
    return options.when == BEFORE or (received > 0 and not has_unread)


def may_assess_again(options: SelfAssessmentOptions, *, has_seen: bool) -> bool:
    """Whether a self-assessment may still change: one made before seeing feedback stays once that is seen."""
    return options.when == BESIDE or not has_seen


def _reached(asked: Asked, words: Words, id: int) -> float | None:
    said = words.answers.get(id)
    return worth(asked, level_id=said.level_id, number=said.number) if said is not None else None
