"""
The standing plan, derived from its seed and its steps, beside the one that is kept.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange, PairingEvent, PlannedPair, Seat
from lti_tool.exchange.queries.pairing import pairing_events
from lti_tool.exchange.rules.pairs import Pair
from lti_tool.exchange.rules.standing import Difference, Standing, differences, replayed


def kept_plan(session: Session, exchange: Exchange) -> tuple[dict[Pair, bool], frozenset[int]]:
    """The pairs, True where the review has begun, and who has a seat that the plan knows."""
    pairs = session.execute(
        select(PlannedPair.reviewer_id, PlannedPair.author_id, PlannedPair.begun_at.is_not(None)).where(
            PlannedPair.exchange_id == exchange.id
        )
    )
    seats = session.scalars(
        select(Seat.person_id).where(
            Seat.exchange_id == exchange.id,
            Seat.left_at.is_(None),
            exists().where(PairingEvent.exchange_id == exchange.id, PairingEvent.kind.in_(("planned", "joined"))),
        )
    )
    return {(reviewer, author): is_begun for reviewer, author, is_begun in pairs}, frozenset(seats)


def derived_plan(session: Session, exchange: Exchange) -> Standing:
    """The plan as its seed and its steps make it, without a look at what is kept."""
    empty = Standing(seed=exchange.seed, reviews=exchange.reviews)
    return replayed(pairing_events(session, exchange), empty)


def replay(session: Session, exchange: Exchange) -> tuple[Difference, ...]:
    """Where the plan that is kept is not what its steps lead to; empty where all agrees."""
    pairs, seats = kept_plan(session, exchange)
    return differences(derived_plan(session, exchange), pairs=pairs, seats=seats)
