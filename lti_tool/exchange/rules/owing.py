"""
What somebody owes, and may hope for, where the class is too small or rules leave fewer works than were asked for.
"""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.exchange.rules.offers import PATIENCE
from lti_tool.exchange.rules.windows import Windows


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What is known of the works that are still to come."""

    last_date: datetime | None = None
    """When the last of those who have not handed in is due, grace and own dates counted; None: there is no date."""
    newest_at: datetime | None = None
    """When the newest work came; None while there are fewer than two."""
    is_everybody_in: bool = False
    """Everybody whom the roster names has handed in."""

    def is_expected(self, windows: Windows, now: datetime) -> bool:
        """
        Whether further works are to be expected: until everybody has handed in, or the date has passed.

        Where there is no date for the work, that for reviews ends it, or days in which nothing came.
        """
        if windows.closed_at is not None or self.is_everybody_in:
            return False
        if self.last_date is not None:
            return now <= self.last_date
        has_gone_quiet = self.newest_at is not None and now > self.newest_at + PATIENCE
        return not (has_gone_quiet or windows.review_is_late(now))


def reviews_owed(usual: int, *, given: int, unread: int, is_more_expected: bool = False, forgets: bool = False) -> int:
    """
    How many reviews somebody owes in all who is asked for so many as *usual*, and has *given* some.

    *unread* works are there that they may read and have not reviewed. Nobody owes what cannot be had, once no more
    works are expected. Where nothing says whom somebody read (*forgets*), *unread* holds what they have reviewed too.
    """
    if is_more_expected:
        return usual
    return min(usual, max(given, unread) if forgets else given + unread)


def hoped_for(usual: int, *, received: int, readers: int, is_more_expected: bool = False) -> int:
    """How many reviews somebody may hope for in all, of whom so many *readers* may read the work."""
    return usual if is_more_expected else max(received, min(usual, readers))
