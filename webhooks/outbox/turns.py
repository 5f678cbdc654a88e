"""
A delivery whose turn it is, and what came of an attempt.
"""

from dataclasses import dataclass
from datetime import datetime

from webhooks.outbox.rules import Problem


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A delivery taken for sending."""

    delivery_id: int
    endpoint_id: int
    message_id: str
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempts: int
    """This one included."""
    is_probe: bool
    """The one that finds out whether an endpoint that rested is back."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attempt. No problem: delivered."""

    at: datetime
    took_ms: int
    status: int | None = None
    problem: Problem | None = None
    asked: float | None = None
    """Seconds the receiver wants to be left alone."""
