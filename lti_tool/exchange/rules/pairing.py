"""
Who may review whom, and when reviewing begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.pairs import Pair

ROLLING, TOGETHER = "rolling", "together"
ANY_GROUP, OTHER_GROUPS, OWN_GROUP = "any", "other", "own"


@dataclass(frozen=True, kw_only=True)
class PairingOptions(Options):
    """How reviewers and works find each other."""

    TOPIC: ClassVar[str] = "pairing"

    start: str = ROLLING
    """``rolling``: whoever has handed in may review; ``together``: everybody begins when the work is due."""
    groups: str = ANY_GROUP
    """``any``; ``other``: never somebody of one's own group; ``own``: only one's own group."""
    within_sections: bool = False
    """Only within one's own section."""
    avoid_last: bool = True
    """Not the pairs of the course's previous exchange."""
    guests: bool = False
    """Whoever has handed in nothing may give feedback where a reader is lacking."""

    @property
    def has_boundaries(self) -> bool:
        return self.groups != ANY_GROUP or self.within_sections


def may_meet(
    options: PairingOptions,
    *,
    groups: tuple[frozenset[str], frozenset[str]],
    sections: tuple[frozenset[str], frozenset[str]],
) -> bool:
    """
    Whether groups and sections of two people let one review the other.

    Whoever is in no group, or in no section, is kept apart from nobody: the LMS may not have told us.
    """
    share_group = not groups[0].isdisjoint(groups[1])
    if options.groups == OTHER_GROUPS and share_group:
        return False
    if options.groups == OWN_GROUP and all(groups) and not share_group:
        return False
    return not (options.within_sections and all(sections) and sections[0].isdisjoint(sections[1]))


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """
    What keeps people apart, and what brings them together.

    Where groups hand in, a work has several authors: whoever may not read one of them reads none of what they made.
    """

    options: PairingOptions
    groups: Mapping[int, frozenset[str]] = field(default_factory=dict)
    sections: Mapping[int, frozenset[str]] = field(default_factory=dict)
    never: frozenset[Pair] = frozenset()
    must: frozenset[Pair] = frozenset()
    last: frozenset[Pair] = frozenset()
    taken: frozenset[Pair] = frozenset()
    mates: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Where groups hand in together, by person: all who made the work of their group, and they themselves."""

    def allows(self, reviewer: int, author: int) -> bool:
        """Whether the teacher's rules and what went before let *reviewer* read *author*'s work."""
        authors = self.mates.get(author)
        if authors is None:
            return self._allows(reviewer, author)
        pairs = frozenset((reviewer, each) for each in authors)
        if reviewer in authors or not self.taken.isdisjoint(pairs) or not self.never.isdisjoint(pairs):
            return False
        return not self.must.isdisjoint(pairs) or all(self._may_meet(reviewer, each) for each in authors)

    def wants(self, reviewer: int, author: int) -> bool:
        """Whether the teacher wants *reviewer* to read *author*'s work."""
        return not self.must.isdisjoint(self._pairs(reviewer, author))

    def read_last(self, reviewer: int, author: int) -> bool:
        """Whether *reviewer* read somebody in the exchange before who made *author*'s work."""
        return not self.last.isdisjoint(self._pairs(reviewer, author))

    def _allows(self, reviewer: int, author: int) -> bool:
        pair = (reviewer, author)
        if reviewer == author or pair in self.taken or pair in self.never:
            return False
        return pair in self.must or self._may_meet(reviewer, author)

    def _may_meet(self, reviewer: int, author: int) -> bool:
        if not self.options.has_boundaries:
            return True
        nothing: frozenset[str] = frozenset()
        return may_meet(
            self.options,
            groups=(self.groups.get(reviewer, nothing), self.groups.get(author, nothing)),
            sections=(self.sections.get(reviewer, nothing), self.sections.get(author, nothing)),
        )

    def _pairs(self, reviewer: int, author: int) -> list[Pair]:
        return [(reviewer, each) for each in self.mates.get(author, (author,))]
