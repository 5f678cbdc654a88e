"""
What an answer means, when to try again, when to leave somebody in peace, and which addresses may be one of an endpoint.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from lti_tool import http
from lti_tool.config import Settings, is_loopback_host

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits before the second attempt, the third… (Standard Webhooks 1.0.0, "Deliverability and reliability")."""
JITTER = 0.2
LONGEST_ASKED = timedelta(hours=24)
"""However long a receiver asks to be left alone."""

BREAKS_AFTER = 5
"""Failures in a row."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(hours=1)
GIVES_UP_AFTER = timedelta(days=5)
"""An endpoint that nothing reached for so long, however often it was tried, is disabled."""

PASSING = frozenset({408, 409, 425, 429})
"""Client errors that are none of the message's: worth another try."""
SLOW_DOWN = frozenset({429, 502, 503, 504})
LONGEST_URL = 1_000
LONGEST_NAME = 200


class Problem(StrEnum):
    """Why an attempt failed; the pages put it into words."""

    SERVER = "server"
    """5xx, or a client error that passes."""
    THROTTLED = "throttled"
    REDIRECTED = "redirected"
    """3xx: never followed, or it could lead anywhere."""
    REFUSED = "refused"
    """Another 4xx: trying again would change nothing."""
    GONE = "gone"
    """410: the endpoint wants no more, ever."""
    NO_ANSWER = "no_answer"
    """Nobody there, or the connection broke."""
    TOO_SLOW = "too_slow"
    CERTIFICATE = "certificate"
    FORBIDDEN = "forbidden"
    """The address leads into a private network, or is none that we call."""
    UNWRITTEN = "unwritten"
    """We could not say what happened: a mistake of ours, which the log tells of."""
    GAVE_UP = "gave_up"
    """The worker died with it again and again."""

    @property
    def passes(self) -> bool:
        """Whether waiting may mend it."""
        return self not in (Problem.REFUSED, Problem.GONE, Problem.GAVE_UP)


def what_answer_means(status: int) -> Problem | None:
    """The problem behind an HTTP *status*; None for success, which only 2xx is."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return Problem.GONE
    if status == 429:
        return Problem.THROTTLED
    if 300 <= status < 400:
        return Problem.REDIRECTED
    if 400 <= status < 500 and status not in PASSING:
        return Problem.REFUSED
    return Problem.SERVER


def wait_before(attempts: int, *, chance: float, asked: float | None = None) -> timedelta | None:
    """
    How long to wait after so many *attempts*; None where there were enough.

    *chance*, from 0 to 1, spreads those that failed together. At least the seconds that the receiver *asked* for
    (``Retry-After``, RFC 9110 section 10.2.3), up to a day.
    """
    if attempts > len(SCHEDULE):
        return None
    own = SCHEDULE[attempts - 1] * (1 + JITTER * chance)
    return max(own, min(timedelta(seconds=asked or 0.0), LONGEST_ASKED))


def rest_after(failures: int) -> timedelta | None:
    """How long an endpoint rests after so many *failures* in a row; None as long as it need not."""
    if failures < BREAKS_AFTER:
        return None
    doublings = min(failures - BREAKS_AFTER, 10)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)


def is_reached(status: int | None) -> bool:
    """Whether somebody was there and answered, be it that they refused; *status* None where nobody answered."""
    return status is not None and status < 500


def is_given_up(failing_since: datetime | None, *, failures: int, now: datetime) -> bool:
    """
    Whether an endpoint is disabled: nothing reached it for days, and it failed more than now and then.

    Where little happens, two attempts may be days apart.
    """
    return failing_since is not None and now - failing_since >= GIVES_UP_AFTER and failures >= BREAKS_AFTER


def ports(settings: Settings) -> Collection[int]:
    """The ports that endpoints may listen on."""
    return [int(each) for each in settings.webhook_ports.split(",")]


def require_callable(url: str, settings: Settings) -> None:
    """
    Raise :class:`lti_tool.http.ForbiddenAddress` unless *url* may be an endpoint's, by its looks.

    Where it leads is checked when it is called, and what was checked is what is connected to.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise http.ForbiddenAddress("not an address")
    http.check_url(url, allow_loopback=settings.allow_loopback_platforms)
    parts = urlsplit(url)
    if is_loopback_host(parts.hostname or ""):
        return
    if (parts.port or 443) not in ports(settings):
        raise http.ForbiddenAddress("this port is not called")
