"""
How far an offer has come, and how long a work is kept for its reviewer.
"""

from datetime import timedelta
from enum import StrEnum

LEASE = timedelta(hours=48)
"""How long an offered work is kept for its reviewer; every saved draft begins it anew."""
PATIENCE = timedelta(days=2)
"""Without a due date: how long a reviewer waits for new work before sharing work that has enough reviewers."""

DECLINE_REASONS = ("cannot_open", "knows_author", "language", "other")
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
