"""
Staff open one thing once more: somebody's work, or one review they gave. It can be taken back.
"""

import logging
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Reopening
from lti_tool.exchange.operations import acts, pairing

log = logging.getLogger(__name__)


def reopen_work(
    session: Session, exchange: Exchange, *, person: int, until: datetime, reason: str, by: int, now: datetime
) -> Reopening:
    """
    Let somebody hand in their work, once more or at last, until then: while it is reviewed, after its date
    and after closing, too. What reviewers have in hand stays as it is; they see what changes.
    """
    if person not in {each.id for each in queries.learners(session, exchange)}:
        raise errors.NoSuchPerson
    reopening = _reopen(session, exchange, person=person, until=until, reason=reason, by=by, now=now)
    notices.tell(session, exchange, "work_reopened", [person], now=now, key=str(reopening.id))
    return reopening


def reopen_review(
    session: Session, exchange: Exchange, *, feedback_id: int, until: datetime, reason: str, by: int, now: datetime
) -> Reopening:
    """Let the reviewer of a given feedback revise it until then, after closing, too. Its author hears of it."""
    found = session.execute(
        select(Offer.id, Offer.reviewer_id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .where(Feedback.id == feedback_id, Offer.exchange_id == exchange.id)
    ).one_or_none()
    # Who does not see who gave it cannot find out by opening it.
    if found is None or found.reviewer_id is None or not exchange.may_see(rules.STAFF, rules.REVIEWER):
        raise errors.NoSuchFeedback
    reopening = _reopen(
        session,
        exchange,
        person=found.reviewer_id,
        feedback_id=feedback_id,
        until=until,
        reason=reason,
        by=by,
        now=now,
    )
    notices.tell(
        session, exchange, "review_reopened", [found.reviewer_id], now=now, key=str(reopening.id), offer_id=found.id
    )
    return reopening


def close_again(session: Session, exchange: Exchange, *, reopening_id: int, by: int, now: datetime) -> Reopening:
    """Take it back. What was handed in or revised meanwhile stays. Doing so twice does it once."""
    reopening = session.scalars(
        select(Reopening)
        .where(Reopening.id == reopening_id, Reopening.exchange_id == exchange.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if reopening is None:
        raise errors.NoSuchReopening
    if reopening.ended_at is None:
        reopening.ended_at, reopening.ended_by_id = now, by
        session.flush()
        _record(session, exchange, "reopening.taken_back", reopening, by=by, now=now)
    return reopening


def _reopen(
    session: Session,
    exchange: Exchange,
    *,
    person: int,
    until: datetime,
    reason: str,
    by: int,
    now: datetime,
    feedback_id: int | None = None,
) -> Reopening:
    if until <= now:
        raise errors.NotAhead
    reason = acts.required_reason(reason)
    pairing.hold(session, exchange)
    # One at a time: the newest takes the place of those before.
    session.execute(
        update(Reopening)
        .where(
            Reopening.exchange_id == exchange.id,
            Reopening.person_id == person,
            Reopening.feedback_id.is_not_distinct_from(feedback_id),
            Reopening.ended_at.is_(None),
        )
        .values(ended_at=now, ended_by_id=by)
    )
    reopening = Reopening(
        exchange_id=exchange.id,
        person_id=person,
        feedback_id=feedback_id,
        until=until,
        reason=reason,
        by_id=by,
        at=now,
    )
    session.add(reopening)
    session.flush()
    session.refresh(exchange, ["has_own_dates"])
    _record(session, exchange, "reopening.made", reopening, by=by, now=now)
    log.info("reopening %s in exchange %s", reopening.id, exchange.id)
    return reopening


def _record(session: Session, exchange: Exchange, act: str, reopening: Reopening, *, by: int, now: datetime) -> None:
    # Of a review neither the reviewer nor the work: who reads the journal shall not learn who reviewed whom.
    whose = {"learner_id": reopening.person_id} if reopening.feedback_id is None else {}
    acts.record(session, exchange, act, by=by, now=now, reopening_id=reopening.id, **whose)
