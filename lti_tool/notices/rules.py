"""
When a digest may go out: pure.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

KEPT = timedelta(days=180)
"""How long a notice stays."""

LONGEST_WAIT = timedelta(hours=24)
FIRST_WAIT = timedelta(minutes=10)


class Rhythm(StrEnum):
    """How often somebody wants mail."""

    NEVER = "never"
    DAILY = "daily"
    WAITING = "waiting"
    """When something waits, and not again for some hours."""


GAPS = {Rhythm.DAILY: timedelta(hours=22), Rhythm.WAITING: timedelta(hours=4)}
"""From one digest to the next, at least. A day has a little less, or the digest would come later each day."""


def is_quiet(now: datetime, *, hours: tuple[time, time], zone: ZoneInfo) -> bool:
    """Whether nobody is to be mailed now. Hours that end where they begin are none."""
    begin, end = hours
    here = now.astimezone(zone).time()
    return begin <= here < end if begin <= end else here >= begin or here < end


def wait_before(failures: int) -> timedelta:
    """How long to leave the mail server alone after so many failures in a row."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures, 10)
    return min(doubled, LONGEST_WAIT)
