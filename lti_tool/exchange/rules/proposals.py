"""
What students may propose for the class's own rules of feedback, and how it is told.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from lti_tool.exchange.rules.charter import MOST_RULES

MOST_OPEN_EACH = 3
"""Proposals of one person that wait for an answer."""
MOST_OPEN = 40
"""In one exchange."""
ADOPTED, DECLINED = "adopted", "declined"
ANSWERS = (ADOPTED, DECLINED)


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A proposal as far as its place in the list goes."""

    id: int
    support: int


def same_rule(one: str, other: str) -> bool:
    """Whether two rules say the same in the same words, whatever their case, spaces and full stop."""
    return _plain(one) == _plain(other)


def is_known(rule: str, rules: Collection[str]) -> bool:
    """Whether *rules* have it already."""
    return any(same_rule(rule, each) for each in rules)


def has_room(rules: Collection[str]) -> bool:
    """Whether one more rule fits into a charter that people still read."""
    return len(rules) < MOST_RULES


def by_support(seed: int, proposals: Collection[Proposed]) -> list[int]:
    """The ids by support, and where that is equal shuffled: when something came would say from whom it is."""
    return [
        each.id
        for each in sorted(
            proposals, key=lambda each: (-each.support, sha256(f"{seed} proposal {each.id}".encode()).digest())
        )
    ]


def _plain(rule: str) -> str:
    return " ".join(rule.split()).casefold().rstrip(".!").strip()
