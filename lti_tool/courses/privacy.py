"""
What the house itself knows of a person, handed out and forgotten; each room does the same for its own.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Deployment, Membership, Person


def people_known_as(session: Session, platform_id: int, subject: str) -> list[Person]:
    """Everybody of a platform whom it calls *subject*: one for each of its deployments that ever launched them."""
    rows = select(Person).join(Deployment, Deployment.id == Person.deployment_id)
    return list(session.scalars(rows.where(Deployment.platform_id == platform_id, Person.sub == subject)))


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """Name, the LMS's number for them, and where they were in which role."""
    person = session.get_one(Person, person_id)
    rows = select(Membership).where(Membership.person_id == person_id).options(joinedload(Membership.course))
    return {
        "sub": person.sub,
        "name": person.name,
        "known_since": person.created_at.isoformat(),
        "courses": [
            {
                "course": each.course.title,
                "role": each.role,
                "sections": each.sections,
                "groups": each.groups,
                "joined_at": each.joined_at.isoformat(),
                "launched_at": _moment(each.launched_at),
                "left_at": _moment(each.left_at),
            }
            for each in session.scalars(rows.order_by(Membership.id))
        ],
    }


def forget_person(session: Session, person_id: int) -> None:
    """
    Delete the person with memberships, sessions and grades on their way; the journal forgets who acted.

    The rooms must have forgotten them before. Whoever the LMS lists or launches again is somebody new.
    """
    session.execute(delete(Person).where(Person.id == person_id))
    session.flush()


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
