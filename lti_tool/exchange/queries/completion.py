"""
Who did all that an exchange asks: handed in, and gave as many reviews as they owe.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Role
from lti_tool.exchange.models import Exchange, Submission, author_of, with_authors
from lti_tool.exchange.queries.parts import given_counts
from lti_tool.exchange.queries.reach import owed_counts


def completed(session: Session, exchange: Exchange, *, now: datetime) -> frozenset[int] | None:
    """By id, of the learners of the course; None as long as that would tell who wrote what just came."""
    if exchange.keeps_counts_back:
        return None
    author = author_of(exchange)
    authors = session.scalars(
        with_authors(select(author).select_from(Submission), exchange)
        .join(Membership, (Membership.person_id == author) & (Membership.course_id == exchange.course_id))
        .where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at.is_not(None),
            Membership.role == Role.LEARNER,
            Membership.staff_since.is_(None),
            ~Membership.is_test_user,
        )
    ).all()
    given, owed = given_counts(session, exchange), owed_counts(session, exchange, now=now)
    return frozenset(each for each in authors if given.get(each, 0) >= owed.get(each, exchange.reviews))
