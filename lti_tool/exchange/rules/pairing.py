"""
Who may review whom, and when reviewing begins.
"""

from dataclasses import dataclass
from typing import ClassVar

from lti_tool.exchange.rules.options import Options

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
