"""
What a person was told.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Membership, Person
from lti_tool.notices.models import Delivery, Notice
from lti_tool.notices.rules import Rhythm

MOST = 100
"""On one page or in one mail."""


def notices_of(session: Session, *, person_id: int, course_id: int) -> Sequence[Notice]:
    """The newest notices of one person in one course, with their activities."""
    rows = select(Notice).where(Notice.person_id == person_id, Notice.course_id == course_id)
    return session.scalars(
        rows.options(joinedload(Notice.activity, innerjoin=True))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(MOST)
    ).all()


def notice_of(session: Session, *, person_id: int, course_id: int, id: int) -> Notice | None:
    """One notice, if it is theirs."""
    return session.scalars(
        select(Notice)
        .where(Notice.id == id, Notice.person_id == person_id, Notice.course_id == course_id)
        .options(joinedload(Notice.activity, innerjoin=True))
    ).one_or_none()


def rhythm_of(session: Session, membership_id: int) -> Rhythm:
    """How often a member wants mail: never, unless they said so."""
    found = session.scalar(select(Delivery.rhythm).where(Delivery.membership_id == membership_id))
    return Rhythm(found) if found else Rhythm.NEVER


def deliveries_due(session: Session, *, now: datetime, gaps: dict[Rhythm, datetime]) -> Sequence[int]:
    """Who has unread notices that no mail told of, and may be mailed again: *gaps* says since when, by rhythm."""
    is_time = or_(
        *(
            (Delivery.rhythm == rhythm) & or_(Delivery.mailed_at.is_(None), Delivery.mailed_at <= since)
            for rhythm, since in gaps.items()
        )
    )
    has_news = exists().where(
        Notice.person_id == Membership.person_id,
        Notice.course_id == Membership.course_id,
        Notice.read_at.is_(None),
        Notice.mailed_at.is_(None),
    )
    return session.scalars(
        select(Delivery.membership_id)
        .join(Membership, Membership.id == Delivery.membership_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            is_time,
            has_news,
            or_(Delivery.retry_at.is_(None), Delivery.retry_at <= now),
            Person.email.is_not(None),
            Membership.left_at.is_(None),
        )
        .order_by(Delivery.membership_id)
    ).all()


def unmailed(session: Session, *, person_id: int, course_id: int) -> Sequence[Notice]:
    """What the next digest tells: unread, in no mail yet, oldest first."""
    return session.scalars(
        select(Notice)
        .where(
            Notice.person_id == person_id,
            Notice.course_id == course_id,
            Notice.read_at.is_(None),
            Notice.mailed_at.is_(None),
        )
        .options(joinedload(Notice.activity, innerjoin=True))
        .order_by(Notice.created_at, Notice.id)
        .limit(MOST)
    ).all()
