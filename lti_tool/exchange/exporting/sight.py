"""
Whose name an export tells, and what it therefore leaves out.
"""

from dataclasses import dataclass

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What staff see of names."""

    authors: bool
    reviewers: bool

    @property
    def withheld(self) -> tuple[str, ...]:
        """What a file leaves out since it would say who somebody is."""
        hidden = tuple(
            name for name, is_seen in (("authors", self.authors), ("reviewers", self.reviewers)) if not is_seen
        )
        # A step of the plan that says who joined says whose work and whose reviews its pairs are; so do offers.
        return (*hidden, "pairing") if hidden else ()

    def of_reviewer(self, at: str | None) -> str | None:
        """A moment, in ISO 8601, at which a reviewer did something: of one who is not seen, the day alone."""
        return at if self.reviewers or at is None else at[:10]

    @property
    def is_whole(self) -> bool:
        return not self.withheld

    def author(self, id: int | None) -> int | None:
        return id if self.authors else None

    def reviewer(self, id: int | None) -> int | None:
        return id if self.reviewers else None

    def anybody(self, id: int | None) -> int | None:
        """Somebody of whom is not said which side they are on."""
        return id if self.is_whole else None

    def writer(self, side: str, id: int | None) -> int | None:
        """Who wrote a message from one *side*."""
        return {rules.AUTHOR: self.author, rules.REVIEWER: self.reviewer}.get(side, lambda each: each)(id)


def sight_of(exchange: Exchange) -> Sight:
    """What staff of *exchange* see of names now."""
    return Sight(
        authors=exchange.may_see(rules.STAFF, rules.AUTHOR), reviewers=exchange.may_see(rules.STAFF, rules.REVIEWER)
    )
