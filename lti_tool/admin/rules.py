"""
What of the figures of an institution needs somebody: pure, so that a thousand institutions can be made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

FEW = 3
"""So many launches refused for one reason within a week are no accident."""
MANY = 20
"""The same for what happens to people every day."""
EVERYDAY = frozenset({"platform_refused", "nonce_wrong", "id_token_missing", "token_expired", "token_too_old"})
"""Somebody was signed out of the LMS, pressed a button twice, or let the page lie."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """How often launches were refused for one reason, within some time."""

    reason: str
    """The ``code`` of an error of LTI, see :mod:`lti_tool.lti.errors`."""
    count: int
    last_at: datetime


def worst(refused: Sequence[Refused], *, launched_at: datetime | None) -> Refused | None:
    """
    The reason that somebody has to do something about, the most frequent where there are several; None for none.

    *launched_at* is when Hearth was last opened by anybody: what was refused after that may be refused to all.
    """
    serious = [each for each in refused if _needs_somebody(each, launched_at)]
    return max(serious, key=lambda each: (each.count, each.last_at), default=None)


def _needs_somebody(refused: Refused, launched_at: datetime | None) -> bool:
    if refused.reason in EVERYDAY:
        return refused.count >= MANY
    return refused.count >= FEW or launched_at is None or refused.last_at > launched_at
