"""
Pure decisions about grades on their way: when to try again, when to give up, and what a refusal means.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_DETAIL = 300
MOST_SHARES = 10
MOST_ATTEMPTS = 30
"""With an hour between most of them: a platform may be away for a day before a person has to act."""

TOKEN_REFUSED = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "unsupported_grant_type"})
"""What a token endpoint says when it does not know us (RFC 6749 section 5.2)."""


class Problem(StrEnum):
    """Why a grade is not in the gradebook. ``words.py`` says it to people."""

    UNAVAILABLE = "unavailable"
    """No answer, or a 5xx; tried again."""
    THROTTLED = "throttled"
    """Too fast for the platform; tried again."""
    GAVE_UP = "gave_up"
    """Tried for a day."""
    NO_GRADEBOOK = "no_gradebook"
    """The platform offers this course no grade service."""
    NOT_GRANTED = "not_granted"
    """The platform does not let us write scores."""
    NO_COLUMN = "no_column"
    """The link has no line item, and we may not make one."""
    COLUMN_GONE = "column_gone"
    """The line item was there once and has been deleted."""
    NO_ACCESS = "no_access"
    """Our token is refused."""
    REFUSED = "refused"
    """The platform does not want this score: most often, the person is no graded student there."""
    CANNOT_CLEAR = "cannot_clear"
    """The platform has no way of taking a grade back."""
    PLATFORM_OFF = "platform_off"
    """Whoever runs Hearth has disabled the platform."""

    @property
    def passes(self) -> bool:
        """Whether it mends itself by waiting."""
        return self in (Problem.UNAVAILABLE, Problem.THROTTLED)


def next_timestamp(last: datetime | None, *, now: datetime) -> datetime:
    """
    The ``timestamp`` of the next score: later than the *last* one, also in whole seconds (AGS 2.0 section 3.4.7).
    """
    return now if last is None else max(now, last + timedelta(seconds=1))


def with_share(sent: Sequence[float], points: float | None, maximum: float) -> list[float]:
    """Which shares the gradebook took, now that it took *points* of *maximum*; None took the grade back."""
    if points is None or maximum <= 0:
        return list(sent)
    share = round(points / maximum, 6)
    return [*(each for each in sent if each != share), share][-MOST_SHARES:]


def wait_before(attempt: int, *, asked_for: float | None = None) -> timedelta:
    """
    How long to wait after *attempt* tries, at least the seconds the platform *asked_for* (RFC 9110 section 10.2.3).
    """
    own = min(FIRST_WAIT * int(3 ** min(attempt - 1, 10)), LONGEST_WAIT)
    asked = timedelta(seconds=min(max(asked_for or 0.0, 0.0), 24 * 3600))
    return max(own, asked)


def what_refusal_means(status: int, reason: str = "") -> Problem:
    """The problem behind a permanent refusal with this HTTP *status* and the platform's own *reason*."""
    if status in (401, 403) or reason in TOKEN_REFUSED:
        return Problem.NO_ACCESS
    if status in (404, 410):
        return Problem.COLUMN_GONE
    return Problem.REFUSED


def as_detail(said: str | None) -> str | None:
    """What a platform *said* about a refusal, as a row can keep it."""
    return said.replace("\x00", "")[:LONGEST_DETAIL] if said else None
