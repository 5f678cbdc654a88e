"""
What is known of who gave how much, before and after an exchange is sealed; and who of the staff looked behind a mask.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Publication, SealedGiving, Sealing, Unmasking


def given_in_offers(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave, as long as that is written anywhere."""
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


def sealed_givings(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave in an exchange that is sealed."""
    rows = select(SealedGiving.person_id, SealedGiving.given).where(SealedGiving.exchange_id == exchange.id)
    if persons is not None:
        rows = rows.where(SealedGiving.person_id.in_(persons))
    return dict(session.execute(rows).all())


def last_given_at(session: Session, exchange: Exchange) -> datetime | None:
    """When the newest feedback was given."""
    rows = select(func.max(Feedback.given_at)).join(Offer).where(Offer.exchange_id == exchange.id)
    return session.scalar(rows)


def exchanges_to_seal(session: Session) -> Sequence[Exchange]:
    """Those that are to be sealed some day and are not yet."""
    return session.scalars(
        select(Exchange)
        .join(Publication, Publication.exchange_id == Exchange.activity_id)
        .where(Exchange.anonymity == rules.SEALED, ~exists().where(Sealing.exchange_id == Exchange.activity_id))
        .order_by(Exchange.activity_id)
    ).all()


def unmaskings(session: Session, exchange: Exchange, feedback_id: int) -> Sequence[Unmasking]:
    """Who of the staff asked who wrote a feedback, and why; oldest first."""
    if not exchange.asks_staff:
        return ()
    rows = select(Unmasking).where(Unmasking.feedback_id == feedback_id).options(joinedload(Unmasking.by))
    return session.scalars(rows.order_by(Unmasking.id)).all()


def unmasked_for(session: Session, exchange: Exchange, staff_id: int) -> frozenset[int]:
    """The feedback of which one member of staff knows who wrote it, although its reviewer is hidden."""
    if not exchange.asks_staff:
        return frozenset()
    rows = (
        select(Unmasking.feedback_id)
        .join(Feedback, Feedback.id == Unmasking.feedback_id)
        .join(Offer, Offer.id == Feedback.offer_id)
        .where(Offer.exchange_id == exchange.id, Unmasking.by_id == staff_id)
    )
    return frozenset(session.scalars(rows))


def writer_of(session: Session, feedback_id: int) -> Person | None:
    """Who wrote a feedback, for those who may know."""
    return session.scalars(
        select(Person)
        .join(Offer, Offer.reviewer_id == Person.id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .where(Feedback.id == feedback_id)
    ).one_or_none()
