"""
Which grades a person should look at, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lti_tool.exchange.rules.estimates import Estimate

FEWEST = 2
WIDE = 0.5
"""An interval of half the scale says little."""
APART = 0.5
"""Two reviewers half the scale apart have seen different works."""
CONTRADICTS = 0.25


@dataclass(frozen=True, kw_only=True)
class Look:
    """One reason to look."""

    why: str
    """too_few, wide, apart, contradicted or flagged."""
    facts: tuple[float, ...] = ()
    """What the sentence is made of."""


def reasons_to_look(
    said: Sequence[float],
    *,
    estimate: Estimate | None,
    reviews: int,
    is_settled: bool,
    by_hand: float | None = None,
    is_flagged: bool = False,
) -> tuple[Look, ...]:
    """
    Why somebody should look at a grade that rests on *said*, the shares of its reviews.

    *by_hand* is what staff set instead, as a share. As long as reviews may still come, few are no reason.
    """
    found = []
    if is_flagged:
        found.append(Look(why="flagged"))
    # One review each was all the teacher asked for, so one is not too few.
    if is_settled and len(said) < min(max(FEWEST, reviews - 1), reviews):
        found.append(Look(why="too_few", facts=(len(said), reviews)))
    if len(said) > 1 and max(said) - min(said) >= APART:
        found.append(Look(why="apart", facts=(min(said), max(said))))
    elif estimate is not None and len(said) > 1 and estimate.width >= WIDE:
        found.append(Look(why="wide", facts=(estimate.low, estimate.high)))
    if by_hand is not None and said and abs(by_hand - sum(said) / len(said)) >= CONTRADICTS:
        found.append(Look(why="contradicted", facts=(by_hand, sum(said) / len(said))))
    return tuple(found)
