"""
Staff learn who wrote a feedback, for a reason that whoever wrote it reads.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Unmasking
from lti_tool.exchange.operations import acts


def unmask(session: Session, exchange: Exchange, *, by: int, feedback_id: int, reason: str, now: datetime) -> Unmasking:
    """Let *by*, of the staff, see who wrote a feedback. Once each; the reviewer is told of it."""
    reason = acts.clean(reason).strip()
    if not reason:
        raise errors.ReasonMissing
    if len(reason) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    part = queries.part_in(session, exchange, by, feedback_id, now=now, is_staff=True, lock=True)
    if part is None or part.side != rules.STAFF or not exchange.asks_staff:
        raise errors.NoSuchFeedback
    found = session.scalars(
        select(Unmasking).where(Unmasking.feedback_id == feedback_id, Unmasking.by_id == by)
    ).one_or_none()
    if found is not None:
        return found
    made = Unmasking(feedback_id=feedback_id, by_id=by, reason=reason, at=now)
    session.add(made)
    session.flush()
    acts.record(session, exchange, "feedback.unmasked", by=by, now=now, feedback_id=feedback_id)
    return made
