"""
What companions were told of one person: handed out, and forgotten.
"""

from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.journal.models import Entry
from webhooks.companions.models import Telling


def export_person(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Of each act, each completion and each date of their own: what, when, and whether the LMS has heard of it."""
    rows = session.execute(
        select(Telling.at, Telling.completion, Telling.state, Entry.act, Activity.title)
        .join(Activity, Activity.id == Telling.activity_id)
        .outerjoin(Entry, Entry.id == Telling.entry_id)
        .where(or_(Telling.person_id == person_id, Entry.person_id == person_id))
        .order_by(Telling.id)
    )
    return [
        {
            "activity": row.title,
            "what": row.act or row.completion or "a date of their own",
            "at": row.at.isoformat(),
            "state": row.state,
        }
        for row in rows
    ]


def forget_person(session: Session, person_id: int) -> None:
    """Their completions and dates are told no more; acts on their way go out without the name, as in the journal."""
    session.execute(delete(Telling).where(Telling.person_id == person_id))
