"""
What a reviewer takes from a review for their own work: a line for themselves.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange, Offer, Takeaway
from lti_tool.exchange.operations import acts


def note_takeaway(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, body: str, now: datetime
) -> None:
    """
    Keep what *reviewer* takes from a review they gave; nothing takes the note away. The newest counts.

    It works after closing too, and no journal tells of it: it is nobody else's.
    """
    body = acts.clean(body).strip()
    if len(body) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    # The row is held, so that a person who is forgotten in this moment leaves no note behind.
    given = session.scalar(
        select(Offer.id)
        .where(
            Offer.id == offer_id,
            Offer.exchange_id == exchange.id,
            Offer.reviewer_id == reviewer,
            Offer.state == rules.OfferState.SUBMITTED,
        )
        .with_for_update()
    )
    if given is None:
        raise errors.NoSuchOffer
    if not body:
        session.execute(delete(Takeaway).where(Takeaway.offer_id == offer_id))
        return
    noted = {"body": body, "noted_at": now}
    session.execute(
        insert(Takeaway)
        .values(offer_id=offer_id, **noted)
        .on_conflict_do_update(index_elements=[Takeaway.offer_id], set_=noted)
    )
