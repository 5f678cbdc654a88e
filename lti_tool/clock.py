"""
The one place that asks what time it is.

Everything else is told: operations and rules take ``now`` as an argument.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
