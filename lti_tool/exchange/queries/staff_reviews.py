"""
What staff said about works themselves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    Offer,
    StaffReview,
    Submission,
    author_of,
    authored_by,
    with_authors,
)
from lti_tool.exchange.queries.dialogue import Discussed
from lti_tool.exchange.queries.self_assessment import is_covered
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
    row: StaffReview
    """With its marks and messages."""


@dataclass(frozen=True, kw_only=True)
class StaffPart:
    """A review by staff, and which side of it somebody is on."""

    review: StaffReview
    side: str
    """``author`` or ``staff``."""
    version: int
    """Of the work, as handed in now."""

    @property
    def about(self) -> Discussed:
        return self.review


def staff_part_in(
    session: Session,
    exchange: Exchange,
    person_id: int,
    staff_review_id: int,
    *,
    is_staff: bool = False,
    lock: bool = False,
) -> StaffPart | None:
    """The review for its author or staff; None for anybody else, and for an author from whom it waits."""
    rows = (
        select(StaffReview, Submission.version, authored_by(exchange, person_id))
        .join(Submission, Submission.id == StaffReview.submission_id)
        .where(StaffReview.id == staff_review_id, StaffReview.exchange_id == exchange.id)
    )
    if lock:
        rows = rows.with_for_update(of=StaffReview)
    found = session.execute(rows.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        return None
    review, version, is_author = found
    if is_author:
        return (
            None
            if staff_waits(session, exchange, person_id)
            else StaffPart(review=review, side=rules.AUTHOR, version=version)
        )
    return StaffPart(review=review, side=rules.STAFF, version=version) if is_staff else None


def staff_waits(session: Session, exchange: Exchange, author_id: int) -> bool:
    """Whether what staff say waits, with the feedback that has come, until an author has looked at their own work."""
    if not is_covered(session, exchange, author_id):
        return False
    has_come = (
        exists()
        .where(Feedback.offer_id == Offer.id, Offer.submission_id == Submission.id)
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, author_id))
    )
    return bool(session.scalar(select(has_come)))


def staff_reviews_about(session: Session, exchange: Exchange, submission_id: int) -> tuple[BySomebody, ...]:
    """What staff said about one work, in the order in which it came."""
    return _reviews(session, exchange, StaffReview.submission_id == submission_id)


def staff_reviews_of(session: Session, exchange: Exchange, author: int) -> tuple[BySomebody, ...]:
    """What staff said about somebody's work, in the order in which it came."""
    return _reviews(session, exchange, authored_by(exchange, author))


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


def _reviews(session: Session, exchange: Exchange, condition: ColumnElement[bool]) -> tuple[BySomebody, ...]:
    rows = session.scalars(
        select(StaffReview)
        .join(Submission, Submission.id == StaffReview.submission_id)
        .where(StaffReview.exchange_id == exchange.id, condition)
        .options(
            joinedload(StaffReview.by),
            undefer(StaffReview.thread),
            undefer(StaffReview.files),
            selectinload(StaffReview.marks),
        )
        .order_by(StaffReview.id)
        .execution_options(populate_existing=True)
    )
    return tuple(_shown(exchange, each) for each in rows)


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
        row=review,
    )
