"""
An author takes back what they handed in; whoever was reading it gets another work.
"""

import logging
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import Exchange, Offer, Release, Withdrawal
from lti_tool.exchange.operations import acts, handing_in, pairing, reviewing
from lti_tool.exchange.operations.work import own_work

log = logging.getLogger(__name__)


def withdraw_work(session: Session, exchange: Exchange, *, author: int, now: datetime) -> None:
    """
    Make the handed-in work of *author* a draft again. Doing it twice does it once.

    Feedback on it that was given stays. Who reads it at this moment keeps the words they wrote, is
    told, and gets another work where there is one; *author* goes on with what they read themselves.
    """
    # Only while it can be handed in again.
    acts.require_taken(queries.windows_of(session, exchange, author), now)
    pairing.hold(session, exchange)
    work = own_work(session, exchange, author=author)
    if work.submitted_at is None:
        return
    authors = queries.authors_of(session, exchange, work.id)
    is_graded = exists().where(Release.exchange_id == exchange.id, Release.person_id.in_(authors))
    if session.scalar(select(is_graded)):
        raise errors.GradeIsOut
    reading = _end_reading(session, work.id, now=now)
    work.submitted_at = None
    handing_in.tell_taken_back(session, exchange, work)
    session.add(Withdrawal(submission_id=work.id, withdrawn_at=now))
    session.flush()
    pairing.leave_seat(session, exchange, person=author, now=now, keeps_reading=True)
    another = {offer.id: _another(session, exchange, offer, now=now) for offer in reading}
    acts.record(session, exchange, "work.withdrawn", by=author, now=now, submission_id=work.id)
    notices.work_taken_back(session, exchange, another, now=now)
    log.info("work %s of exchange %s taken back", work.id, exchange.id)


def _end_reading(session: Session, work: int, *, now: datetime) -> list[Offer]:
    """End the offers of a work; answers those whose readers are at it now."""
    open_ones = session.scalars(
        select(Offer)
        .where(Offer.submission_id == work, Offer.state.in_(rules.OPEN_STATES))
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    live = [offer for offer in open_ones if offer.is_live_at(now)]
    for offer in open_ones:
        offer.state, offer.reason, offer.ended_at = rules.OfferState.EXPIRED, rules.WITHDRAWN, now
    session.flush()
    return live


def _another(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> int | None:
    """The offer in whose place another work comes; None while there is none."""
    if offer.reviewer_id is None:
        return None
    try:
        found = reviewing.next_offer(session, exchange, reviewer=offer.reviewer_id, now=now)
    except errors.WorkFirst:  # they have taken back their own, too
        return None
    return found.offer.id if found.offer is not None else None
