"""
Who has not handed in, and until when they may.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Role
from lti_tool.exchange.models import Exchange, Submission, author_of, with_authors
from lti_tool.exchange.queries.dates import calendar_of
from lti_tool.exchange.rules import Windows
from lti_tool.notices.models import Notice

ONE_REMINDER = timedelta(hours=24)
"""A teacher reminds each person of their work no more often."""


def not_handed_in(session: Session, exchange: Exchange) -> dict[int, Windows]:
    """By learner who has handed in nothing, alone or with their group: their own windows."""
    author = author_of(exchange)
    has_work = with_authors(select(author).select_from(Submission), exchange).where(
        Submission.exchange_id == exchange.id, Submission.submitted_at.is_not(None), author.is_not(None)
    )
    people = session.scalars(
        select(Membership.person_id)
        .where(
            Membership.course_id == exchange.course_id,
            Membership.role == Role.LEARNER,
            Membership.staff_since.is_(None),
            ~Membership.is_test_user,
            Membership.left_at.is_(None),
            Membership.person_id.not_in(has_work),
        )
        .order_by(Membership.person_id)
    ).all()
    calendar = calendar_of(session, exchange)
    return {person: calendar.of(person) for person in people}


def to_remind_of_work(session: Session, exchange: Exchange, *, now: datetime) -> list[int]:
    """Who has not handed in, still may, and was not reminded of it by a teacher within a day."""
    reminded = set(
        session.scalars(
            select(Notice.person_id).where(
                Notice.activity_id == exchange.id,
                Notice.kind == "work_reminder",
                Notice.created_at > now - ONE_REMINDER,
            )
        )
    )
    return [
        person
        for person, windows in not_handed_in(session, exchange).items()
        if person not in reminded and windows.why_not_hand_in(now) is None
    ]
