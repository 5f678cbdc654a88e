"""
What a criterion asks of a reviewer, and what an answer to it is worth.
"""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from lti_tool.exchange.rules.limits import MOST_POINTS

LEVELS, NUMBER, YES_NO, WORDS = "levels", "number", "yes_no", "words"
KINDS = (LEVELS, NUMBER, YES_NO, WORDS)
NO_COMMENT, OPTIONAL, REQUIRED = "none", "optional", "required"
COMMENTS = (NO_COMMENT, OPTIONAL, REQUIRED)

MOST_WEIGHT = MOST_POINTS
MOST_STEPS = 1_000
"""Of a scale of numbers, from end to end."""
BUTTONS = 11
"""A scale of at most so many numbers is shown as buttons, a longer one as a field to type into."""
MOST_WORDS = 500
"""That a comment may be asked to have."""

_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")
"""Scripts that put no spaces between words: each sign counts as one."""


@dataclass(frozen=True, kw_only=True)
class Guide:
    """What a criterion says to whoever answers it. Words only: all of it may be improved at any time."""

    low: str = ""
    """What the lower end of a scale means."""
    high: str = ""
    yes: str = ""
    """What yes means."""
    words: int = 0
    """How many words a comment should have; 0: as many as it takes."""
    purpose: str = ""
    """What so many words are for."""
    insists: bool = False
    """Whether feedback is given only with so many words."""
    good: str = ""
    """What good feedback on this looks like."""
    example: str = ""
    why: str = ""
    """Why the example is good."""
    starters: str = ""
    """Beginnings of sentences, one a line."""

    def as_dict(self) -> dict[str, Any]:
        """As a criterion keeps it: what says nothing is left out."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; what is not known is forgotten."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    @property
    def starting_lines(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.starters.splitlines() if line.strip())


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Numbers from one end to the other, in steps."""

    lowest: float
    highest: float
    step: float

    @property
    def is_sound(self) -> bool:
        if not all(math.isfinite(each) for each in (self.lowest, self.highest, self.step)):
            return False
        if self.step <= 0 or self.lowest >= self.highest:
            return False
        steps = (self.highest - self.lowest) / self.step
        # The upper end is a step too, or nobody could give all that there is.
        return steps <= MOST_STEPS and math.isclose(steps, round(steps), abs_tol=1e-6)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Every number of it."""
        count = round((self.highest - self.lowest) / self.step)
        return tuple(round(self.lowest + place * self.step, 6) for place in range(count + 1))

    @property
    def is_short(self) -> bool:
        return (self.highest - self.lowest) / self.step < BUTTONS

    def problem_of(self, number: float) -> str | None:
        """Why *number* is none of the scale: out_of_range, off_step; None where it is one."""
        if not self.lowest <= number <= self.highest:
            return "out_of_range"
        steps = (number - self.lowest) / self.step
        return None if math.isclose(steps, round(steps), abs_tol=1e-6) else "off_step"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A criterion as far as an answer to it is right or wrong, and worth something."""

    kind: str = WORDS
    levels: Mapping[int, float] = field(default_factory=dict)
    """What each level is worth, by id."""
    scale: Scale | None = None
    comment: str = REQUIRED
    words: int = 0
    """How many words the comment must have, 0 where it is left to the reviewer."""
    starters: tuple[str, ...] = ()
    """Beginnings that say nothing by themselves."""
    weight: float = 1.0


def worth(asked: Asked, *, level_id: int | None, number: float | None) -> float | None:
    """
    What an answer reaches of what there is to be reached, from 0 to 1; None where it says nothing in points.
    """
    if asked.kind == LEVELS and level_id is not None and level_id in asked.levels:
        most = max(asked.levels.values())
        return asked.levels[level_id] / most if most > 0 else None
    if number is None:
        return None
    if asked.kind == NUMBER and asked.scale is not None:
        return (number - asked.scale.lowest) / (asked.scale.highest - asked.scale.lowest)
    return number if asked.kind == YES_NO else None


def without(lines: Collection[str], text: str) -> str:
    """*text* without those of its lines that stand in *lines* as they are."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in lines) if lines else text


def count_words(text: str) -> int:
    """How many words *text* has. A word said again at once is said once."""
    count, last = 0, ""
    for word in _WORD.findall(text.casefold()):
        if word != last:
            count += max(len(_WITHOUT_SPACES.findall(word)), 1)
        last = word
    return count


def is_filler(text: str) -> bool:
    """
    Whether *text* only fills a field: nothing but signs, or one letter or one word over and over.
    """
    said = _WORD.findall(text.casefold())
    if len({letter for word in said for letter in word}) <= 1:
        return True
    return len(said) > 2 and len(set(said)) == 1


def kind_without_a_word(levels: Collection[object]) -> str:
    """What kind a criterion is of which only the levels are known."""
    return LEVELS if levels else WORDS
