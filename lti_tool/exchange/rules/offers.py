"""
How far an offer has come, and how long a work is kept for its reviewer.
"""

from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(hours=48)
"""How long an offered work is kept for its reviewer at most; every saved draft begins it anew."""
SHORTEST_LEASE = timedelta(minutes=10)
PATIENCE = timedelta(days=2)
"""How long at most nothing is heard of somebody, or of new work, before others step in."""

DECLINE_REASONS = ("cannot_open", "knows_author", "language", "other")
MADE_IT = "made_it"
"""Why a work never comes to who was in the group that made it, and is in another now: as if they had declined it."""
WITHDRAWN = "withdrawn"
"""Why an offer is over whose author took the work back."""
AUTHOR_LEFT = "author_left"
"""Why an offer is over whose author left the course. No page says so: who left is often known, and whose work it was
is not."""
REVIEWER_LEFT = "reviewer_left"
"""Why an offer is over whose reviewer left, and may come back."""
WORK_IS_GONE = (WITHDRAWN, AUTHOR_LEFT, REVIEWER_LEFT)
"""Over, and not because the reviewer gave it back: they keep what they wrote."""


class OfferState(StrEnum):
    """How far an offer has come."""

    OFFERED = "offered"
    STARTED = "started"
    SUBMITTED = "submitted"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Lapsed before anything was written, and its place was taken by others."""


OPEN_STATES = (OfferState.OFFERED, OfferState.STARTED)


def lease_at(now: datetime, *, review_by: datetime | None) -> timedelta:
    """
    How long a work is kept for who takes it now, or writes about it: a third of the time that is left for reviews.

    So in a round of an hour it does not lie for two days, and in one of weeks nobody need hurry.
    """
    if review_by is None or review_by <= now:
        return LEASE
    return _within(review_by - now, LEASE)


def patience_in(window: timedelta | None) -> timedelta:
    """How long nothing need be heard of somebody in a round with so much time for reviews: a third of it."""
    return PATIENCE if window is None else _within(window, PATIENCE)


def _within(window: timedelta, most: timedelta) -> timedelta:
    return min(max(window / 3, SHORTEST_LEASE), most)
