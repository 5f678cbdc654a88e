"""
When authors see the feedback they got.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from lti_tool.exchange.rules.options import Options

SHOWN_AT_ONCE, AFTER_GIVING, ON_DATE, BY_HAND = "at_once", "after_giving", "on_date", "by_hand"
RELEASES = (SHOWN_AT_ONCE, AFTER_GIVING, ON_DATE, BY_HAND)


@dataclass(frozen=True, kw_only=True)
class ReleaseOptions(Options):
    """When authors see the feedback they got."""

    TOPIC: ClassVar[str] = "release"
    MOMENTS: ClassVar[frozenset[str]] = frozenset({"on"})

    when: str = SHOWN_AT_ONCE
    """``at_once``; ``after_giving`` so many reviews; ``on_date``; ``by_hand`` of staff."""
    after: int = 1
    on: datetime | None = None

    def for_copy(self, now: datetime) -> Self:
        """A date that has passed says nothing of a copy: there, staff release by hand until they choose another."""
        has_passed = self.when == ON_DATE and (self.on is None or self.on <= now)
        return replace(self, when=BY_HAND, on=None) if has_passed else self


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Why somebody does not see their feedback yet."""

    why: str
    """``giving``: they owe *more* reviews before; ``date``: it comes *until*; ``hand``: staff release it;
    ``few``: a single one would give its reviewer away."""
    more: int = 0
    until: datetime | None = None


def why_waits(
    options: ReleaseOptions, *, given: int, owed: int, is_released: bool, is_closed: bool, now: datetime
) -> Waiting | None:
    """
    Why feedback is not shown to an author who has *given* so many of the reviews they owe; None: it is shown.

    Staff can release it earlier, to all or to one. Nobody must give more than they owe, and once the
    exchange is closed and nobody can give any more, nobody waits for having given too little.
    """
    if is_released:
        return None
    if options.when == AFTER_GIVING:
        more = min(options.after, owed) - given
        return Waiting(why="giving", more=more) if more > 0 and not is_closed else None
    if options.when == ON_DATE:
        return Waiting(why="date", until=options.on) if options.on is not None and now < options.on else None
    return Waiting(why="hand") if options.when == BY_HAND else None
