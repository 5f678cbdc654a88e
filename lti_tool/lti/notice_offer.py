"""
Which notices a platform has and we listen to (LTI-PNS 1.0). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

CONTEXT_COPY = "LtiContextCopyNotice"
HELLO = "LtiHelloWorldNotice"
TYPES = (CONTEXT_COPY, HELLO)
"""What we listen to. The second is how a platform's admin tries the line."""
VERSION = "1.0"


@dataclass(frozen=True, kw_only=True)
class NoticeOffer:
    """The claim of a launch that says where notices are to be had."""

    url: str
    types: tuple[str, ...]
    """Those that we listen to, in our order."""


def offer_of(url: str, types: Sequence[str], versions: Sequence[str]) -> NoticeOffer | None:
    """What of an offer is of use to us; None where nothing is."""
    wanted = tuple(each for each in TYPES if each in types)
    return NoticeOffer(url=url, types=wanted) if wanted and (not versions or VERSION in versions) else None
