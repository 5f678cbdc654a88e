"""
Who owes reviews, until when; and who waits for work to review.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lti_tool.courses.models import Activity, Course, Membership, Role
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Closure,
    Commitment,
    Exchange,
    Excusal,
    Feedback,
    Offer,
    Publication,
    Submission,
    author_of,
    has_reader,
    with_authors,
)
from lti_tool.exchange.queries.dates import calendar_of
from lti_tool.exchange.rules import OfferState
from lti_tool.grades.models import Passback, State
from lti_tool.notices.models import Notice

ONE_REMINDER = timedelta(hours=24)
"""A teacher reminds each person no more often."""


def running_exchanges(session: Session, *, now: datetime) -> Sequence[Exchange]:
    """Those in which people may take part now, in courses that the LMS does not call over."""
    return session.scalars(
        select(Exchange)
        .join(Publication, Publication.exchange_id == Exchange.activity_id)
        .join(Activity, Activity.id == Exchange.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .where(
            Course.over_at.is_(None),
            ~exists().where(Closure.exchange_id == Exchange.activity_id),
            or_(Exchange.opens_at.is_(None), Exchange.opens_at <= now),
        )
        .order_by(Exchange.activity_id)
    ).all()


def who_owes(session: Session, exchange: Exchange) -> dict[int, int]:
    """By person: how many reviews are missing, of those who handed in and are still in the course."""
    author = author_of(exchange)
    given = func.count(Offer.id)
    # What is null is passed over: who is not excused owes what everybody owes.
    owed = func.least(Excusal.owes, exchange.reviews)
    rows = session.execute(
        with_authors(select(author, owed - given).select_from(Submission), exchange)
        .join(
            Membership,
            (Membership.person_id == author) & (Membership.course_id == exchange.course_id),
        )
        .outerjoin(
            Offer,
            (Offer.exchange_id == exchange.id) & (Offer.reviewer_id == author) & (Offer.state == OfferState.SUBMITTED),
        )
        .outerjoin(Excusal, (Excusal.exchange_id == exchange.id) & (Excusal.person_id == author))
        .where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at.is_not(None),
            Membership.role == Role.LEARNER,
            Membership.staff_since.is_(None),
            ~Membership.is_test_user,
            Membership.left_at.is_(None),
        )
        .group_by(author, Excusal.owes)
        .having(given < owed)
    )
    return {person: count for person, count in rows if person is not None}


def review_due(session: Session, exchange: Exchange, people: Collection[int]) -> dict[int, datetime]:
    """By person: when their reviews are due, by their own date where they have one. Without a date: nobody."""
    calendar = calendar_of(session, exchange)
    found = {person: calendar.of(person).review_by for person in people}
    return {person: due for person, due in found.items() if due is not None}


def reminded_by_teacher(session: Session, exchange: Exchange, *, now: datetime) -> Collection[int]:
    """Whom a teacher reminded within a day."""
    return set(
        session.scalars(
            select(Notice.person_id).where(
                Notice.activity_id == exchange.id, Notice.kind == "reminder", Notice.created_at > now - ONE_REMINDER
            )
        )
    )


def commitment_of(session: Session, exchange: Exchange, person_id: int) -> Commitment | None:
    """What somebody promised themselves."""
    return session.get(Commitment, (exchange.id, person_id))


def commitments_near(session: Session, exchange: Exchange, *, after: datetime, until: datetime) -> dict[int, datetime]:
    """By person: their own date, where it nears."""
    rows = session.execute(
        select(Commitment.person_id, Commitment.by).where(
            Commitment.exchange_id == exchange.id, Commitment.by > after, Commitment.by <= until
        )
    )
    return {person: by for person, by in rows}  # noqa: C416 - a dict of rows would not be typed


def leases_ending(
    session: Session, exchange: Exchange, *, after: datetime, until: datetime
) -> Sequence[tuple[int, int, datetime]]:
    """Offer, reviewer and end of each lease of a work that nobody has begun to write about."""
    rows = session.execute(
        select(Offer.id, Offer.reviewer_id, Offer.lease_until).where(
            Offer.exchange_id == exchange.id,
            Offer.state == OfferState.OFFERED,
            Offer.reviewer_id.is_not(None),
            Offer.lease_until > after,
            Offer.lease_until <= until,
        )
    )
    return [(id, reviewer, ends) for id, reviewer, ends in rows if reviewer is not None]


def who_waited_for(session: Session, exchange: Exchange, submission_id: int, *, now: datetime) -> list[int]:
    """
    Who owes reviews, had nothing to review until this work came, and may review it: as many as it needs.

    Who waits longest is told first, so that nobody runs for a work that has its reviewers.
    """
    author = author_of(exchange)
    other = aliased(Submission)
    had_offer = aliased(Offer)
    open_offer = aliased(Offer)
    served = (
        select(func.count())
        .where(Offer.submission_id == other.id, or_(Offer.state == OfferState.SUBMITTED, has_reader(other.id, now)))
        .correlate(other)
        .scalar_subquery()
    )
    had_choice = exists().where(
        other.exchange_id == exchange.id,
        other.id != submission_id,
        other.id != Submission.id,
        other.submitted_at.is_not(None),
        served < exchange.reviews,
        ~exists().where(had_offer.submission_id == other.id, had_offer.reviewer_id == author),
    )
    owing = who_owes(session, exchange)
    waiting = session.scalars(
        with_authors(select(author).select_from(Submission), exchange)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.id != submission_id,
            author.in_(owing),
            ~exists().where(
                open_offer.exchange_id == exchange.id,
                open_offer.reviewer_id == author,
                open_offer.state.in_(rules.OPEN_STATES),
            ),
            ~had_choice,
        )
        .order_by(Submission.submitted_at, Submission.id)
        .limit(exchange.reviews)
    )
    return [person for person in waiting if person is not None]


def unread_works(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """Works handed in a while ago that have neither feedback nor a reader."""
    count = session.scalar(
        select(func.count()).where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at < now - rules.PATIENCE,
            ~exists().where(has_reader(Submission.id, now)),
            ~exists().where(Feedback.offer_id == Offer.id, Offer.submission_id == Submission.id),
        )
    )
    return count or 0


def failed_grades(session: Session, *, since: datetime) -> Sequence[tuple[int, int, datetime]]:
    """Activity, how many grades failed there for good, and the latest time, where one did so since *since*."""
    latest = func.max(Passback.next_attempt_at)
    rows = session.execute(
        select(Passback.activity_id, func.count(), latest)
        .where(Passback.state == State.FAILED)
        .group_by(Passback.activity_id)
        .having(latest > since)
    )
    return [(activity, count, at) for activity, count, at in rows]
