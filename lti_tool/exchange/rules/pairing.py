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
