"""
What the admin room knows of a person: requests about them, and what they did there as an admin.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.admin.models import Request
from lti_tool.journal import audit


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """Requests about somebody, without the exports themselves; and their own acts."""
    rows = select(Request).where(Request.person_id == person_id).order_by(Request.id)
    return {
        "requests": [
            {"kind": each.kind, "asked_at": each.asked_at.isoformat(), "reason": each.reason, "state": each.state}
            for each in session.scalars(rows)
        ],
        "acts": audit.export_person(session, person_id),
    }


def forget_person(session: Session, person_id: int) -> None:
    """
    Exports of theirs go, and the reasons for them. That and why they were forgotten stays, without their name.
    """
    of_them = update(Request).where(Request.person_id == person_id).execution_options(synchronize_session=False)
    session.execute(of_them.values(result=None))
    session.execute(of_them.where(Request.kind == "export").values(reason=""))
