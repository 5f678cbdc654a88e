"""
Reading a service's answer: what is trouble, how long to wait, where the next page is.
"""

import re
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from lti_tool import clock
from lti_tool.lti.errors import Rejected, Throttled, Unavailable

LONGEST_REASON = 300
LONGEST_WAIT = 24 * 3600.0
COME_AGAIN = frozenset({408, 421, 425})
"""Refusals that mean this attempt, not this request."""

LINK = re.compile(r"<([^<>]*)>([^<]*)")
# Some platforms set typographic quotes, and whoever reads headers as Latin-1 sees three signs for each.
RELATION = re.compile(r";\s*rel\s*=\s*([^;,]+)", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]+")


def raise_for_trouble(answer: requests.Response) -> None:
    """Raise the :class:`ServiceError` that an answer is, unless it is 2xx."""
    status = answer.status_code
    if 200 <= status < 300:
        return
    wait = retry_after(answer)
    if status == 429 or (status == 503 and wait is not None) or (status == 403 and _says_too_fast(answer)):
        raise Throttled(wait)
    # A redirect leads to a login or maintenance page: nothing of ours is there, but it passes.
    if status < 400 or status >= 500 or status in COME_AGAIN:
        raise Unavailable(f"status {status}", status=status)
    raise Rejected(status, reason(answer))


def retry_after(answer: requests.Response) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110 section 10.2.3), within a day."""
    given = answer.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - clock.now()).total_seconds(), 0.0), LONGEST_WAIT)


def reason(answer: requests.Response) -> str:
    """Why a platform refused, in its own words: from the status line, or a short body."""
    words = [str(answer.reason or "")]
    if "html" not in answer.headers.get("Content-Type", "").lower():
        words.append(answer.content[:LONGEST_REASON].decode("utf-8", errors="replace"))
    return " ".join(" ".join(words).replace("\x00", "").split())[:LONGEST_REASON]


def json_of(answer: requests.Response) -> Any:
    """The JSON of an answer; a page instead of it is trouble that passes."""
    try:
        return answer.json()
    except (ValueError, RecursionError) as err:
        raise Unavailable("not JSON", status=answer.status_code) from err


def next_page(answer: requests.Response, url: str) -> str | None:
    """
    The address of the page after the one at *url* (RFC 8288), exactly as written.

    Addresses are opaque and case-sensitive. Tolerates typographic quotes and ``&amp;``.
    """
    header = answer.headers.get("Link", "")
    for target, relations in _links(header):
        if "next" in relations:
            try:
                return urljoin(url, target.strip().replace("&amp;", "&"))
            except ValueError as err:
                raise Rejected(answer.status_code, "its next page has no address") from err
    return None


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have scheme, host and port in common: only then may a bearer follow."""
    return _origin(one) is not None and _origin(one) == _origin(other)


def _links(header: str) -> Iterator[tuple[str, set[str]]]:
    for target, parameters in LINK.findall(header):
        found = RELATION.search(parameters)
        yield target, {word.lower() for word in WORD.findall(found.group(1))} if found else set()


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or not port:
        return None
    return parts.scheme, parts.hostname, port


def _says_too_fast(answer: requests.Response) -> bool:
    """Whether a 403 is a throttle in disguise: some LMS says so in the body only."""
    return b"rate limit" in answer.content[:2000].lower() or answer.headers.get(
        "X-Rate-Limit-Remaining", ""
    ).startswith(("0", "-"))
