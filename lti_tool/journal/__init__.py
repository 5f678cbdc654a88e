"""The journal's one verb."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

ENTRY = """
    insert into journal_entry (at, course_id, person_id, act, activity_id, particulars)
    values (:now, :course_id, :person_id, :act, :activity_id, cast(:particulars as jsonb))
"""
"""One entry, for statements that write more than the journal; its parameters are those of :func:`entry`."""

NEW_ENTRY = text(ENTRY)


def record(
    session: Session,
    act: str,
    *,
    course_id: int,
    person_id: int | None,
    now: datetime,
    activity_id: int | None = None,
    **particulars: Any,
) -> None:
    """
    Write down that *person_id* did *act* (such as ``feedback.given``) in a course.

    *particulars* are ids and plain facts as JSON; never names or anybody's words.
    """
    values = entry(act, course_id=course_id, person_id=person_id, now=now, activity_id=activity_id, **particulars)
    session.execute(NEW_ENTRY, values)


def entry(
    act: str,
    *,
    course_id: int,
    person_id: int | None,
    now: datetime,
    activity_id: int | None = None,
    **particulars: Any,
) -> dict[str, Any]:
    """The parameters of :data:`ENTRY`, by the same rules as :func:`record`."""
    return {
        "now": now,
        "course_id": course_id,
        "person_id": person_id,
        "act": act,
        "activity_id": activity_id,
        "particulars": json.dumps(particulars),
    }
