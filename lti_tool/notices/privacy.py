"""
What one person was told, handed out. It is forgotten along with the person.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Person
from lti_tool.notices.models import Delivery, Notice


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """Notices as plain facts, the address for mail, and how often mail is wanted, by course."""
    chosen = select(Membership.course_id, Delivery.rhythm).join(Delivery, Delivery.membership_id == Membership.id)
    return {
        "email": session.scalar(select(Person.email).where(Person.id == person_id)),
        "mail": [
            {"course": course_id, "rhythm": rhythm}
            for course_id, rhythm in session.execute(
                chosen.where(Membership.person_id == person_id).order_by(Membership.id)
            )
        ],
        "told": [
            {
                "course": each.course_id,
                "activity": each.activity_id,
                "kind": each.kind,
                "facts": each.facts,
                "at": each.created_at.isoformat(),
                "read_at": each.read_at.isoformat() if each.read_at else None,
                "mailed_at": each.mailed_at.isoformat() if each.mailed_at else None,
            }
            for each in session.scalars(select(Notice).where(Notice.person_id == person_id).order_by(Notice.id))
        ],
    }
