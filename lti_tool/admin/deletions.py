"""
Somebody was deleted in the LMS, or so it says: who is forgotten for it, who is kept, and who is for an admin to decide.

Forgetting cannot be taken back, and the LMS may say so by mistake, or of one of two accounts that it made into one
and whose number lives on. So nobody is forgotten before some days have passed, in which an admin can keep them, nor
while any list of people of the LMS has them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from lti_tool.admin import operations
from lti_tool.admin.models import Request
from lti_tool.courses.jobs import ask_for_roster
from lti_tool.courses.models import Course, Membership, Person
from lti_tool.journal import audit

log = logging.getLogger(__name__)

GRACE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What is known of somebody since the LMS said that they were deleted there."""

    came: bool
    """They opened Hearth."""
    is_listed: bool
    """A list of people that was read since has them."""
    is_member: bool
    """They are in a course, as far as is known."""
    was_looked: bool
    """A list of people of one of their courses was read since, whole."""


def decide(traces: Traces) -> Literal["keep", "forget", "ask"]:
    """What becomes of them when the days are over; ``ask``: an admin has to say."""
    if traces.came or traces.is_listed:
        return "keep"
    return "forget" if traces.was_looked and not traces.is_member else "ask"


def announce(session: Session, person: Person, *, now: datetime) -> Request | None:
    """
    Write down that the LMS has deleted *person*, and have the lists of people read. None where it is known already.
    """
    # So that two events make one request.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    known = exists().where(Request.person_id == person.id, Request.kind == "erasure", Request.state == "waiting")
    if session.scalar(select(known)):
        return None
    made = Request(
        deployment_id=person.deployment_id,
        person_id=person.id,
        kind="erasure",
        reason="",
        asked_at=now,
        due_at=now + GRACE,
    )
    session.add(made)
    session.flush()
    _write_down(session, made, "erasure.announced", by=None, now=now)
    _look(session, person.id)
    log.info("person %s was deleted in the LMS, and is forgotten on %s", person.id, made.due_at)
    return made


def stop(session: Session, asked: Request, *, by: int | None, now: datetime) -> bool:
    """Keep whom the LMS has deleted, and write down *by* whom; see :func:`keep`."""
    is_kept = keep(session, asked, now=now)
    if is_kept:
        _write_down(session, asked, "erasure.stopped", by=by, now=now)
    return is_kept


def keep(session: Session, asked: Request, *, now: datetime) -> bool:
    """Forget nobody for this request. False where that is done already, or was asked by an admin."""
    session.refresh(asked, with_for_update=True)
    if asked.state != "waiting" or asked.due_at is None:
        return False
    asked.state, asked.done_at = "stopped", now
    session.flush()
    return True


def due(session: Session, *, now: datetime) -> list[int]:
    """The requests whose days are over."""
    rows = select(Request.id).where(Request.state == "waiting", Request.due_at <= now)
    return list(session.scalars(rows.order_by(Request.id)))


def settle(session: Session, request_id: int, *, now: datetime) -> None:
    """Forget or keep somebody whose days are over; where nothing tells, have the lists read again, and wait."""
    asked = session.scalars(select(Request).where(Request.id == request_id).with_for_update()).one_or_none()
    if asked is None or asked.state != "waiting" or asked.due_at is None:
        return
    if asked.person_id is None:
        asked.state, asked.done_at = "done", now
        return
    match decide(_traces(session, asked)):
        case "forget":
            operations.carry_out(session, request_id, now=now)
        case "keep":
            stop(session, asked, by=None, now=now)
        case "ask":
            _look(session, asked.person_id)


def _traces(session: Session, asked: Request) -> Traces:
    row = session.execute(TRACES, {"person": asked.person_id, "since": asked.asked_at}).one()
    return Traces(came=row.came, is_listed=row.is_listed, is_member=row.is_member, was_looked=row.was_looked)


def _look(session: Session, person_id: int) -> None:
    of_theirs = select(Membership.course_id).where(Membership.person_id == person_id)
    readable = select(Course.id).where(Course.id.in_(of_theirs), Course.roster_url.is_not(None))
    for course_id in session.scalars(readable.order_by(Course.id)):
        ask_for_roster(session, course_id)


def _write_down(session: Session, asked: Request, act: str, *, by: int | None, now: datetime) -> None:
    audit.record(session, act, deployment_id=asked.deployment_id, person_id=by, now=now, request=asked.id)


TRACES = text(
    """
    select coalesce(bool_or(m.launched_at > :since), false) as came,
           coalesce(bool_or(m.left_at is null and m.in_roster and c.roster_synced_at > :since), false) as is_listed,
           coalesce(bool_or(m.left_at is null), false) as is_member,
           coalesce(bool_or(c.roster_synced_at > :since), false) as was_looked
      from membership m
      join course c on c.id = m.course_id
     where m.person_id = :person
    """
)
