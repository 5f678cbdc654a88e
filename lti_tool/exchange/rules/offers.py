"""
Who reviews what next, and how long a work is kept for its reviewer.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lti_tool.exchange.rules.windows import Windows

LEASE = timedelta(hours=48)
"""How long an offered work is kept for its reviewer; every saved draft begins it anew."""
PATIENCE = timedelta(days=2)
"""Without a due date: how long a reviewer waits for new work before sharing work that has enough reviewers."""

DECLINE_REASONS = ("cannot_open", "knows_author", "language", "other")


class OfferState(StrEnum):
    """How far an offer has come."""

    OFFERED = "offered"
    STARTED = "started"
    SUBMITTED = "submitted"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Lapsed before anything was written, and its place was taken by others."""


OPEN_STATES = (OfferState.OFFERED, OfferState.STARTED)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A work that a reviewer could be offered: handed in, not their own, not yet seen by them."""

    submission_id: int
    served: int
    """Feedback given plus live leases: who has it, not who once had it."""
    submitted_at: datetime
    is_reciprocal: bool
    """Its author reviews the work of this reviewer."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """Where a reviewer stands."""

    owed: int
    given: int
    work_submitted_at: datetime
    """When they handed in their own."""

    @property
    def is_done(self) -> bool:
        return self.given >= self.owed


def cap(need: Need, *, reviews: int, windows: Windows, now: datetime) -> int | None:
    """
    How many reviewers a work may have to be offered still; None: any number.

    Normally as many as each should get: whoever finds all works served waits for new ones, for
    they need reviewers too. When no new work is to be expected, who still owes shares a work that
    has enough. Who owes nothing helps only where help is needed.
    """
    if need.is_done:
        return reviews
    last_call = windows.submit_by or need.work_submitted_at + PATIENCE
    return None if now > last_call else reviews


def ranked(candidates: Iterable[Candidate], *, most: int | None, seed: int) -> list[Candidate]:
    """
    Order *candidates* by need: least served first, then not reciprocal, then the oldest, then by seed.

    Those already served by *most* are left out.
    """
    return sorted(
        (each for each in candidates if most is None or each.served < most),
        key=lambda each: (each.served, each.is_reciprocal, each.submitted_at, _draw(seed, each.submission_id)),
    )


def _draw(seed: int, number: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()
