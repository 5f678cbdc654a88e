"""
What courses and people make of events of the LMS.

Whom and what an event concerns is looked for within the platform it came from, whatever it says.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from lti_tool.courses.jobs import ask_for_roster
from lti_tool.courses.models import Course, Deployment
from lti_tool.lms.events import CourseChanged, PersonChanged, RosterChanged


def roster_changed(session: Session, platform_id: int, events: Sequence[RosterChanged], now: datetime) -> None:
    """
    Ask the LMS for the roster of each course, once however many events tell of it.

    Who is in the course now is what counts, and an event may be hours old.
    """
    concerned = (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(
            Deployment.platform_id == platform_id,
            _is_called(Course.lms_id, Course.context_id, {each.course for each in events} - {""}),
            Course.roster_url.is_not(None),
        )
    )
    for course_id in session.scalars(concerned.order_by(Course.id)).all():
        ask_for_roster(session, course_id)


def course_changed(session: Session, platform_id: int, events: Sequence[CourseChanged], now: datetime) -> None:
    """Take over a course's title, unless a younger event told another."""
    _apply(session, RETITLE, platform_id, [(each.course, each.title, each.occurred_at) for each in events])


def person_changed(session: Session, platform_id: int, events: Sequence[PersonChanged], now: datetime) -> None:
    """Take over somebody's name, unless a younger event told another."""
    _apply(session, RENAME, platform_id, [(each.person, each.name, each.occurred_at) for each in events])


def _is_called(lms_id: Any, lti_id: Any, ids: Collection[str]) -> ColumnElement[bool]:
    """Where no launch told the LMS's own id, it is LTI's: some LMSs have one only."""
    return or_(lms_id.in_(ids), and_(lms_id == "", lti_id.in_(ids)))


def _apply(session: Session, statement: str, platform_id: int, told: Sequence[tuple[str, str, datetime]]) -> None:
    """The last word on each id, written in one statement; what says nothing is left out."""
    last = {id: (words, at) for id, words, at in told if id and words}
    if not last:
        return
    session.execute(
        text(statement),
        {
            "platform": platform_id,
            "ids": list(last),
            "words": [words for words, _ in last.values()],
            "moments": [at for _, at in last.values()],
        },
    )


TOLD = "unnest(cast(:ids as text[]), cast(:words as text[]), cast(:moments as timestamptz[])) as e (id, words, at)"
RETITLE = f"""
    update course c set title = e.words, told_at = e.at
      from {TOLD}, deployment d
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.id or c.lms_id = '' and c.context_id = e.id)
       and (c.told_at is null or c.told_at < e.at) and c.title <> e.words
"""  # noqa: S608 - our own words
RENAME = f"""
    update person p set name = e.words, told_at = e.at
      from {TOLD}, deployment d
     where d.platform_id = :platform and d.id = p.deployment_id and (p.lms_id = e.id or p.lms_id = '' and p.sub = e.id)
       and (p.told_at is null or p.told_at < e.at) and p.name <> '' and p.name <> e.words
"""  # noqa: S608 - our own words
