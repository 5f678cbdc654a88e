"""
What the parts of a grade rest on, for a whole class in a few statements.

Two parts rest on what other topics keep: comments marked as used, and self-assessments. Each comes
through one function below; None says that nobody keeps count, and the part is left out.
"""

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange
from lti_tool.exchange.queries import sealing


def given_counts(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave."""
    if exchange.sealing is not None:
        return sealing.sealed_givings(session, exchange, persons=persons)
    return sealing.given_in_offers(session, exchange, persons=persons)


def owed_counts(_session: Session, _exchange: Exchange) -> Mapping[int, int]:
    """By person: how many reviews they owe, where that is not what everybody owes."""
    return {}


def used_counts(
    _session: Session, _exchange: Exchange, *, persons: Collection[int] | None = None
) -> Mapping[int, tuple[int, int]] | None:
    """By person: how many of the comments they received they marked as used, and of how many."""
    del persons
    return None


def self_assessed(
    _session: Session, _exchange: Exchange, *, persons: Collection[int] | None = None
) -> Collection[int] | None:
    """Who has assessed their own work."""
    del persons
    return None


def flagged(_session: Session, _exchange: Exchange) -> Collection[int]:
    """Whose received reviews somebody has flagged to staff, and nobody has settled."""
    return ()
