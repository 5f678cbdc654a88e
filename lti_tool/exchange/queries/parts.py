"""
What the parts of a grade rest on, for a whole class in a few statements.

Where a function answers None nobody keeps count, and the part is left out.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Integer, exists, func, null, select, union_all
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Answer,
    Exchange,
    Exclusion,
    Feedback,
    Hiding,
    Mark,
    Offer,
    SelfAssessment,
    Submission,
)
from lti_tool.exchange.queries.dialogue import held_back


def given_counts(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave."""
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


def owed_counts(_session: Session, _exchange: Exchange) -> Mapping[int, int]:
    """By person: how many reviews they owe, where that is not what everybody owes."""
    return {}


def used_counts(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> Mapping[int, tuple[int, int]]:
    """
    By person: how many of the comments they received they marked as used, and of how many.

    Comments that they disagree with, saying why, are left out, and so is what staff hide or leave out, and
    whatever is still held back: nobody loses points by a reason, or by what they could not read.
    """
    said = union_all(
        select(Answer.feedback_id, Answer.criterion_id).where(func.trim(Answer.comment) != ""),
        select(Feedback.id, null().cast(Integer)).where(func.trim(Feedback.comment) != ""),
    ).subquery("said")
    feedback_id, criterion_id = said.c
    is_this = (Mark.feedback_id == feedback_id) & Mark.criterion_id.is_not_distinct_from(criterion_id)
    rows = (
        select(
            Submission.author_id,
            func.count().filter(Mark.mark == rules.USE),
            func.count().filter(Mark.mark.is_distinct_from(rules.DISAGREE)),
        )
        .select_from(said)
        .join(Feedback, Feedback.id == feedback_id)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .outerjoin(Mark, is_this)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.author_id.is_not(None),
            ~exists().where(Hiding.feedback_id == feedback_id),
            ~exists().where(Exclusion.feedback_id == feedback_id),
        )
        .group_by(Submission.author_id)
    )
    if persons is not None:
        rows = rows.where(Submission.author_id.in_(persons))
    waiting = held_back(session, exchange, persons=persons)
    return {id: (used, of) for id, used, of in session.execute(rows) if id is not None and id not in waiting}


def self_assessed(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> Collection[int] | None:
    """Who has assessed their own work; None where nobody is asked to."""
    if not exchange.option(rules.SelfAssessmentOptions).is_on:
        return None
    rows = (
        select(Submission.author_id)
        .join(SelfAssessment, SelfAssessment.submission_id == Submission.id)
        .where(Submission.exchange_id == exchange.id, SelfAssessment.assessed_at.is_not(None))
    )
    if persons is not None:
        rows = rows.where(Submission.author_id.in_(persons))
    return {id for id in session.scalars(rows) if id is not None}


def flagged(_session: Session, _exchange: Exchange) -> Collection[int]:
    """Whose received reviews somebody has flagged to staff, and nobody has settled."""
    return ()
