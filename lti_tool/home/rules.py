"""
How a list is arranged: pure.
"""

from collections.abc import Sequence
from typing import Literal

Direction = Literal["up", "down"]


def moved(ids: Sequence[int], one: int, direction: Direction) -> list[int]:
    """
    *ids* with *one* a place nearer to the top or the bottom; at the end it stays where it is.
    """
    arranged = list(ids)
    here = arranged.index(one)
    there = max(here - 1, 0) if direction == "up" else min(here + 1, len(arranged) - 1)
    arranged[here], arranged[there] = arranged[there], arranged[here]
    return arranged
