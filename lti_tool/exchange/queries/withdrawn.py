"""
Works that their authors took back, as those see them who were reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Offer


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What a reviewer wrote about a work that is no more to be read."""

    offer_id: int
    words: rules.Words
    ended_at: datetime | None


def taken_back_among(offers: Iterable[Offer]) -> tuple[TakenBack, ...]:
    """Those of *offers* whose author took the work back after something was written; newest first."""
    found = [
        TakenBack(offer_id=offer.id, words=rules.Words.from_dict(offer.draft.words), ended_at=offer.ended_at)
        for offer in offers
        if _is_taken_back(offer) and offer.draft is not None
    ]
    return tuple(reversed(found))


def is_taken_back(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> bool:
    """Whether *reviewer* had this work, and its author took it back."""
    mine = exists().where(
        Offer.id == offer_id,
        Offer.exchange_id == exchange.id,
        Offer.reviewer_id == reviewer,
        Offer.state == rules.OfferState.EXPIRED,
        Offer.reason == rules.WITHDRAWN,
    )
    return bool(session.scalar(select(mine)))


def _is_taken_back(offer: Offer) -> bool:
    return offer.state == rules.OfferState.EXPIRED and offer.reason == rules.WITHDRAWN
