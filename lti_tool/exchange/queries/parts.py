"""
What the parts of a grade rest on, for a whole class in a few statements.

Two parts rest on what other topics keep: comments marked as used, and self-assessments. Each comes
through one function below; None says that nobody keeps count, and the part is left out.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Excusal, Offer


def given_counts(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave."""
    rows = (
        select(Offer.reviewer_id, func.count())
        .where(
            Offer.exchange_id == exchange.id,
            Offer.state == rules.OfferState.SUBMITTED,
            Offer.reviewer_id.is_not(None),
        )
        .group_by(Offer.reviewer_id)
    )
    if persons is not None:
        rows = rows.where(Offer.reviewer_id.in_(persons))
    return {id: count for id, count in session.execute(rows) if id is not None}


def owed_counts(session: Session, exchange: Exchange) -> Mapping[int, int]:
    """By person: how many reviews they owe, where that is not what everybody owes."""
    rows = session.execute(
        select(Excusal.person_id, func.least(Excusal.owes, exchange.reviews)).where(Excusal.exchange_id == exchange.id)
    )
    return {person: owes for person, owes in rows}  # noqa: C416 - a dict of rows would not be typed


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
