"""
What staff said about works themselves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.exchange.models import Exchange, StaffReview, Submission, author_of, authored_by, with_authors
from lti_tool.exchange.queries.student import Answered


@dataclass(frozen=True, kw_only=True)
class BySomebody:
    """A review by a teacher or assistant, as its author and other staff read it."""

    by_id: int | None
    name: str
    given_at: datetime
    edited_at: datetime | None
    is_rescue: bool
    answers: tuple[Answered, ...]
    to_author: tuple[str, ...]
    comment: str


def staff_reviews_of(session: Session, exchange: Exchange, author: int) -> tuple[BySomebody, ...]:
    """What staff said about somebody's work, in the order in which it came."""
    rows = session.scalars(
        select(StaffReview)
        .join(Submission, Submission.id == StaffReview.submission_id)
        .where(StaffReview.exchange_id == exchange.id, authored_by(exchange, author))
        .options(joinedload(StaffReview.by))
        .order_by(StaffReview.id)
        .execution_options(populate_existing=True)
    )
    return tuple(_shown(exchange, each) for each in rows)


def staff_review_by(session: Session, exchange: Exchange, author: int, by: int) -> StaffReview | None:
    """One's own review of somebody's work."""
    return session.scalars(
        select(StaffReview)
        .join(Submission, Submission.id == StaffReview.submission_id)
        .where(StaffReview.exchange_id == exchange.id, authored_by(exchange, author), StaffReview.by_id == by)
    ).one_or_none()


def handed_in_by(session: Session, exchange: Exchange, author: int) -> Submission | None:
    """What somebody handed in, alone or with their group: what staff can review."""
    return session.scalars(
        select(Submission).where(
            Submission.exchange_id == exchange.id,
            authored_by(exchange, author),
            Submission.submitted_at.is_not(None),
        )
    ).one_or_none()


def rescued(session: Session, exchange: Exchange, persons: Collection[int] | None = None) -> Mapping[int, int]:
    """By author: how many reviews by staff are in the place of a reader whom nobody found."""
    person = author_of(exchange)
    rows = (
        with_authors(select(person, func.count()).select_from(Submission), exchange)
        .join(StaffReview, StaffReview.submission_id == Submission.id)
        .where(StaffReview.exchange_id == exchange.id, StaffReview.is_rescue)
        .group_by(person)
    )
    if persons is not None:
        rows = rows.where(person.in_(persons))
    return {author: count for author, count in session.execute(rows) if author is not None}


def _shown(exchange: Exchange, review: StaffReview) -> BySomebody:
    words = review.said
    answers = [
        Answered(
            criterion=criterion,
            level=next((level for level in criterion.levels if level.id == said.level_id), None),
            comment=said.comment,
            number=said.number,
        )
        for criterion in exchange.criteria
        if (said := words.answers.get(criterion.id)) is not None
    ]
    # A criterion may be gone by now; what was written about it is not.
    known = {criterion.id for criterion in exchange.criteria}
    rest = [said.comment for id, said in words.answers.items() if id not in known and said.comment.strip()]
    return BySomebody(
        by_id=review.by_id,
        name=review.by.name if review.by is not None else "",
        given_at=review.given_at,
        edited_at=review.edited_at,
        is_rescue=review.is_rescue,
        answers=tuple(answers),
        to_author=words.to_author,
        comment="\n\n".join([words.comment, *rest]).strip(),
    )
