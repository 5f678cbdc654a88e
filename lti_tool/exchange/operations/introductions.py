"""
Author and reviewer who are hidden show each other their names, when both want to.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Introduction
from lti_tool.exchange.operations import acts


def offer_name(session: Session, exchange: Exchange, *, person: int, feedback_id: int, now: datetime) -> Feedback:
    """Offer one's name to the other side of a feedback; once both did, both see them there."""
    part = _part(session, exchange, person, feedback_id, now=now)
    feedback = part.feedback
    introduction = session.get(Introduction, feedback.id, populate_existing=True)
    if introduction is None:
        introduction = feedback.introduction = Introduction(feedback_id=feedback.id)
    if introduction.is_offered_by(part.side):
        return feedback
    if part.side == rules.AUTHOR:
        introduction.author_at = now
    else:
        introduction.reviewer_at = now
    session.flush()
    acts.record(session, exchange, "name.offered", by=person, now=now, feedback_id=feedback.id, side=part.side)
    return feedback


def withdraw_name(session: Session, exchange: Exchange, *, person: int, feedback_id: int, now: datetime) -> None:
    """Take the offer back. Once both agreed there is nothing to take back: they know."""
    part = _part(session, exchange, person, feedback_id, now=now)
    introduction = session.get(Introduction, feedback_id, populate_existing=True)
    if introduction is None or introduction.is_agreed or not introduction.is_offered_by(part.side):
        return
    session.delete(introduction)
    session.flush()
    session.expire(part.feedback, ["introduction"])
    acts.record(session, exchange, "name.withdrawn", by=person, now=now, feedback_id=feedback_id, side=part.side)


def _part(session: Session, exchange: Exchange, person: int, feedback_id: int, *, now: datetime) -> queries.Part:
    """The feedback, held until the end of the transaction: both may press at once."""
    part = (
        queries.part_in(session, exchange, person, feedback_id, now=now, lock=True) if exchange.may_introduce else None
    )
    if part is None:
        raise errors.NoSuchFeedback
    return part
