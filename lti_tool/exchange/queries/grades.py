"""
What feedback and staff say in points.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    GradeOverride,
    Offer,
    Release,
    Submission,
)
from lti_tool.exchange.queries import scoring


def shares_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> dict[int, list[rules.Share]]:
    """By author of handed-in work: what each feedback on it says in points, none too."""
    said = scoring.points_by_feedback(exchange)
    rows = (
        select(
            Submission.author_id,
            Feedback.id,
            func.coalesce(said.c.points, 0.0),
            func.coalesce(said.c.possible, 0.0),
        )
        .outerjoin(Offer, and_(Offer.submission_id == Submission.id, Offer.state == rules.OfferState.SUBMITTED))
        .outerjoin(Feedback, Feedback.offer_id == Offer.id)
        .outerjoin(said, said.c.feedback_id == Feedback.id)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at.is_not(None),
            Submission.author_id.is_not(None),
        )
        .order_by(Submission.author_id, Feedback.id)
    )
    if persons is not None:
        rows = rows.where(Submission.author_id.in_(persons))
    found: dict[int, list[rules.Share]] = {}
    for author_id, feedback_id, points, possible in session.execute(rows):
        shares = found.setdefault(author_id, [])
        if feedback_id is not None:
            shares.append(rules.Share(feedback_id=feedback_id, points=points, possible=possible))
    return found


def grades_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> dict[int, rules.Grade]:
    """The computed grade of everybody who handed in."""
    shares = shares_of(session, exchange, persons=persons)
    return {id: rules.grade(each, maximum=exchange.points, is_submitted=True) for id, each in shares.items()}


def overrides_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> dict[int, GradeOverride]:
    """The overrides that count now: of each person the newest, unless it lifts those before."""
    newest = (
        select(func.max(GradeOverride.id))
        .where(GradeOverride.exchange_id == exchange.id)
        .group_by(GradeOverride.person_id)
    )
    rows = select(GradeOverride).where(GradeOverride.id.in_(newest), GradeOverride.score.is_not(None))
    if persons is not None:
        rows = rows.where(GradeOverride.person_id.in_(persons))
    return {each.person_id: each for each in session.scalars(rows)}


def due_exchanges(session: Session, *, now: datetime) -> list[int]:
    """Exchanges whose date for reviews has passed while a work with feedback has no grade out yet."""
    is_out = exists().where(Release.exchange_id == Submission.exchange_id, Release.person_id == Submission.author_id)
    has_ungraded = exists().where(
        Submission.exchange_id == Exchange.activity_id,
        Submission.author_id.is_not(None),
        Offer.submission_id == Submission.id,
        Offer.state == rules.OfferState.SUBMITTED,
        ~is_out,
    )
    rows = select(Exchange.activity_id).where(Exchange.review_by < now, Exchange.points.is_not(None), has_ungraded)
    return list(session.scalars(rows.order_by(Exchange.activity_id)))
