"""
What somebody still owes in an exchange.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Reviews, and what further settings ask for beside them; all of it by the date of the reviews."""

    reviews: int = 0
    is_to_practise: bool = False
    """Before the first of their reviews."""
    pairs: int = 0
    """Pairs of works to compare."""
    is_to_assess: bool = False
    """To look at their own work."""

    def __bool__(self) -> bool:
        return bool(self.facts)

    @property
    def facts(self) -> dict[str, Any]:
        """What a notice keeps of it: only what is owed."""
        said = {
            "count": self.reviews,
            "practise": self.is_to_practise,
            "pairs": self.pairs,
            "assess": self.is_to_assess,
        }
        return {name: value for name, value in said.items() if value}
