"""
Everything that people owe in an exchange, each by their own time.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from lti_tool.courses.models import Membership, Role
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    ComparingRound,
    Exchange,
    Feedback,
    Hiding,
    Offer,
    SelfAssessment,
    SideBySide,
    Submission,
    author_of,
    with_authors,
)
from lti_tool.exchange.queries.dates import Calendar, calendar_of
from lti_tool.exchange.queries.owing import reminded_by_teacher
from lti_tool.exchange.queries.practice import who_practises
from lti_tool.exchange.queries.presenting import to_review_by_now
from lti_tool.exchange.queries.reach import who_owes
from lti_tool.exchange.queries.release import held_back
from lti_tool.exchange.rules import Owed


def all_owed(
    session: Session,
    exchange: Exchange,
    *,
    now: datetime,
    by_date: bool = False,
    missing: Mapping[int, int] | None = None,
) -> dict[int, Owed]:
    """
    By person what they owe and may give by now; nobody who has done it all, or who has left. What is shown live is
    reviewed once it was shown.

    With *by_date* only what has a date: a round of comparing that begins when reviews are over has none.
    A query or two for each thing that this exchange asks for. *missing* is what :func:`who_owes` says, where that
    is known already.
    """
    calendar = calendar_of(session, exchange)
    reviews = {
        person: count
        for person, count in (who_owes(session, exchange) if missing is None else missing).items()
        if calendar.of(person).why_not_review(now) is None
    }
    if exchange.is_live:
        shown = to_review_by_now(session, exchange, now=now)
        reviews = {person: min(count, shown[person]) for person, count in reviews.items() if person in shown}
    practising = who_practises(session, exchange, reviews)
    pairs = _pairs(session, exchange, calendar, now=now, by_date=by_date)
    assessing = _assessing(session, exchange, calendar, now=now)
    return {
        person: Owed(
            reviews=reviews.get(person, 0),
            is_to_practise=person in practising,
            pairs=pairs.get(person, 0),
            is_to_assess=person in assessing,
        )
        for person in sorted(reviews.keys() | pairs.keys() | assessing)
    }


def to_remind(
    session: Session, exchange: Exchange, *, now: datetime, missing: Mapping[int, int] | None = None
) -> dict[int, Owed]:
    """Who owes something, and was not reminded by a teacher within a day."""
    reminded = reminded_by_teacher(session, exchange, now=now)
    found = all_owed(session, exchange, now=now, missing=missing)
    return {person: owed for person, owed in found.items() if person not in reminded}


def _pairs(session: Session, exchange: Exchange, calendar: Calendar, *, now: datetime, by_date: bool) -> dict[int, int]:
    """By person: how many pairs of works wait for them. What its author took back is compared no more."""
    if not exchange.option(rules.ComparingOptions).is_on:
        return {}
    left, right = aliased(Submission), aliased(Submission)
    rows = session.execute(
        select(SideBySide.reviewer_id, ComparingRound.begun_at, func.count())
        .join(ComparingRound, ComparingRound.id == SideBySide.round_id)
        .join(left, left.id == SideBySide.left_id)
        .join(right, right.id == SideBySide.right_id)
        .where(
            ComparingRound.exchange_id == exchange.id,
            SideBySide.given_at.is_(None),
            SideBySide.reviewer_id.in_(_learners(exchange)),
            left.submitted_at.is_not(None),
            right.submitted_at.is_not(None),
        )
        .group_by(SideBySide.reviewer_id, ComparingRound.id)
    )
    found: dict[int, int] = {}
    for person, begun_at, count in rows:
        windows = calendar.of(person)
        has_date = windows.review_by is not None and not windows.review_is_late(begun_at)
        if person is not None and windows.why_not_compare(now, begun_at=begun_at) is None and (has_date or not by_date):
            found[person] = found.get(person, 0) + count
    return found


def _assessing(session: Session, exchange: Exchange, calendar: Calendar, *, now: datetime) -> set[int]:
    """Whose next step it is, or would be, to look at their own work; what is held back from them they have not got."""
    options = exchange.option(rules.SelfAssessmentOptions)
    if not options.is_on:
        return set()
    author = author_of(exchange)
    got = (
        select(func.count(Feedback.id))
        .join(Offer, Offer.id == Feedback.offer_id)
        .where(Offer.submission_id == Submission.id, ~exists().where(Hiding.feedback_id == Feedback.id))
        .correlate(Submission)
    )
    rows = session.execute(
        with_authors(
            select(
                author,
                SelfAssessment.submission_id,
                SelfAssessment.assessed_at,
                got.scalar_subquery(),
                got.where(Feedback.read_at.is_(None)).scalar_subquery(),
            ).select_from(Submission),
            exchange,
        )
        .outerjoin(SelfAssessment, SelfAssessment.submission_id == Submission.id)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at.is_not(None),
            author.in_(_learners(exchange)),
        )
    )
    held = held_back(session, exchange, now=now)
    return {
        person
        for person, acted, assessed_at, received, unread in rows
        if person is not None
        and calendar.of(person).why_not_assess(now) is None
        and rules.is_due(
            options,
            has_acted=assessed_at is not None or (options.when == rules.BEFORE and acted is not None),
            received=0 if person in held else received,
            has_unread=unread > 0,
        )
    }


def _learners(exchange: Exchange) -> Select[int]:
    """Who takes part now."""
    return select(Membership.person_id).where(
        Membership.course_id == exchange.course_id,
        Membership.role == Role.LEARNER,
        Membership.staff_since.is_(None),
        ~Membership.is_test_user,
        Membership.left_at.is_(None),
    )
