"""
One event as an admin reads it: what it tells, whom it is about, and whether Hearth knows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from lti_tool import lms
from lti_tool.courses.models import Course, Deployment, Person
from lti_tool.lms import notices
from lti_tool.lms.events import IncomingEvent, LmsEvent
from webhooks.models import Event, Source


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What Hearth makes of an event. Ids are the LMS's; "" where it is about none."""

    kind: type[LmsEvent] | None
    """What it tells; None where Hearth has no word for it, or what it said was thrown away."""
    is_believed: bool = True
    """Not where only the address proves it, and that is too little for what it tells."""
    course: str = ""
    title: str | None = None
    """Of the course; None where Hearth does not know it."""
    person: str = ""
    is_known: bool = False
    """The person, to Hearth."""
    group: str = ""


def read(session: Session, source: Source, event: Event) -> Reading:
    """What *event* tells, read anew: nothing of it is done."""
    told = _told(source, event)
    if told is None:
        return Reading(kind=None)
    course = getattr(told, "course", "") or getattr(told, "context", "")
    person = getattr(told, "person", "")
    of_theirs = select(Deployment.id).where(Deployment.platform_id == source.platform_id)
    return Reading(
        kind=type(told),
        is_believed=source.proof != "address" or not told.needs_proof,
        course=course,
        title=session.scalars(
            select(Course.title).where(
                Course.deployment_id.in_(of_theirs), _is_called(Course.lms_id, Course.context_id, course)
            )
        ).first()
        if course
        else None,
        person=person,
        is_known=bool(person)
        and session.scalars(
            select(Person.id).where(Person.deployment_id.in_(of_theirs), _is_called(Person.lms_id, Person.sub, person))
        ).first()
        is not None,
        group=getattr(told, "group", ""),
    )


def _told(source: Source, event: Event) -> LmsEvent | None:
    if event.payload is None:
        return None
    incoming = IncomingEvent(key=event.key, name=event.name, occurred_at=event.occurred_at, payload=event.payload)
    brand = notices if source.proof == "notice" else lms.for_family(source.platform.family)
    try:
        told: Sequence[LmsEvent] = brand.translate(incoming)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # That is why it was given up; the page has the rest to show.
        return None
    return told[0] if told else None


def _is_called(lms_id: Any, lti_id: Any, id: str) -> ColumnElement[bool]:
    """By the LMS's own id or LTI's: notices have the one, events the other, some LMSs both the same."""
    return or_(and_(lms_id != "", lms_id == id), lti_id == id)
