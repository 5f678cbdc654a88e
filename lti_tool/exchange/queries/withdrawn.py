"""
Works that are gone, as those see them who were reading: taken back by their authors, or gone with who left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Offer


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What a reviewer wrote about a work that is no more to be read."""

    offer_id: int
    words: rules.Words
    ended_at: datetime | None
    reason: str
    """One of :data:`rules.WORK_IS_GONE`."""


def taken_back_among(offers: Iterable[Offer]) -> tuple[TakenBack, ...]:
    """Those of *offers* whose work went after something was written; newest first."""
    found = [
        TakenBack(
            offer_id=offer.id,
            words=rules.Words.from_dict(offer.draft.words),
            ended_at=offer.ended_at,
            reason=offer.reason,
        )
        for offer in offers
        if _is_taken_back(offer) and offer.draft is not None
    ]
    return tuple(reversed(found))


def why_gone(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> str | None:
    """Why a work that *reviewer* had is gone, one of :data:`rules.WORK_IS_GONE`; None where it is not."""
    return session.scalars(
        select(Offer.reason).where(
            Offer.id == offer_id,
            Offer.exchange_id == exchange.id,
            Offer.reviewer_id == reviewer,
            Offer.state == rules.OfferState.EXPIRED,
            Offer.reason.in_(rules.WORK_IS_GONE),
        )
    ).one_or_none()


def _is_taken_back(offer: Offer) -> bool:
    return offer.state == rules.OfferState.EXPIRED and offer.reason in rules.WORK_IS_GONE
