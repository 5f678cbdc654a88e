"""
What the parts of a grade rest on, for a whole class in a few statements.

Where a function answers None nobody keeps count, and the part is left out.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import Integer, column, exists, func, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Exclusion,
    Feedback,
    Flag,
    FlagAct,
    Hiding,
    Mark,
    Offer,
    SelfAssessment,
    Submission,
    author_of,
    with_authors,
)
from lti_tool.exchange.queries import sealing
from lti_tool.exchange.queries.release import held_back

AFTER_ALL_DATES = datetime.max.replace(tzinfo=UTC)

COMMENTS = text(
    """
    select feedback_id, criterion_id, null::int as note from exchange_answer where trim(comment) <> ''
    union all
    select id, null, null from exchange_feedback where trim(comment) <> ''
    union all
    select f.id, null, (n ->> 'id')::int from exchange_feedback f, jsonb_array_elements(f.notes) n
    """
).columns(column("feedback_id", Integer), column("criterion_id", Integer), column("note", Integer))
"""Every comment that an author can mark: on a criterion, on the whole, and each note."""


def given_counts(session: Session, exchange: Exchange, *, persons: Collection[int] | None = None) -> dict[int, int]:
    """By person: how many reviews they gave."""
    if exchange.sealing is not None:
        return sealing.sealed_givings(session, exchange, persons=persons)
    return sealing.given_in_offers(session, exchange, persons=persons)


def used_counts(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> Mapping[int, tuple[int, int]]:
    """
    By person: how many of the comments they received they marked as used, and of how many; a group does it together.

    Comments that they disagree with, saying why, are left out, and so is what staff hide or leave out, and
    whatever is still held back: nobody loses points by a reason, or by what they could not read.
    """
    said = COMMENTS.subquery("said")
    feedback_id, criterion_id, note = said.c
    is_this = (
        (Mark.feedback_id == feedback_id)
        & Mark.criterion_id.is_not_distinct_from(criterion_id)
        & Mark.note.is_not_distinct_from(note)
    )
    author = author_of(exchange)
    rows = (
        select(
            author,
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
            author.is_not(None),
            ~exists().where(Hiding.feedback_id == feedback_id),
            ~exists().where(Exclusion.feedback_id == feedback_id),
        )
        .group_by(author)
    )
    rows = with_authors(rows, exchange)
    if persons is not None:
        rows = rows.where(author.in_(persons))
    # Until a date comes on which all see their feedback no such grade goes out: here it counts as come.
    waiting = held_back(session, exchange, persons=persons, now=AFTER_ALL_DATES)
    return {id: (used, of) for id, used, of in session.execute(rows) if id is not None and id not in waiting}


def self_assessed(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> Collection[int] | None:
    """Who has assessed their own work, alone or by one of their group; None where nobody is asked to."""
    if not exchange.option(rules.SelfAssessmentOptions).is_on:
        return None
    author = author_of(exchange)
    rows = (
        with_authors(select(author).select_from(Submission), exchange)
        .join(SelfAssessment, SelfAssessment.submission_id == Submission.id)
        .where(Submission.exchange_id == exchange.id, SelfAssessment.assessed_at.is_not(None))
    )
    if persons is not None:
        rows = rows.where(author.in_(persons))
    return {id for id in session.scalars(rows) if id is not None}


def flagged(session: Session, exchange: Exchange) -> Collection[int]:
    """
    Whose received reviews somebody has flagged to staff, and nobody has settled.

    Flags about works, and about what is said in the thread or by who compared, move no grade.
    """
    author = author_of(exchange)
    rows = (
        with_authors(select(author).select_from(Submission), exchange)
        .join(Offer, Offer.submission_id == Submission.id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .join(Flag, Flag.feedback_id == Feedback.id)
        .where(
            Flag.exchange_id == exchange.id,
            Submission.exchange_id == exchange.id,
            ~exists().where(FlagAct.flag_id == Flag.id, FlagAct.act.in_(rules.DECISIONS)),
        )
        .distinct()
    )
    return {id for id in session.scalars(rows) if id is not None}
