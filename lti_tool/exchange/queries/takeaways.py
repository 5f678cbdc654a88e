"""
What somebody took from their reviews for their own work, for themselves alone.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange, Offer, Takeaway


def takeaways_of(session: Session, exchange: Exchange, person_id: int) -> dict[int, str]:
    """By offer: the notes of one reviewer, in the order of their reviews."""
    rows = session.execute(
        select(Takeaway.offer_id, Takeaway.body)
        .join(Offer, Offer.id == Takeaway.offer_id)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id == person_id)
        .order_by(Offer.ended_at, Offer.id)
    )
    return {row.offer_id: row.body for row in rows}
