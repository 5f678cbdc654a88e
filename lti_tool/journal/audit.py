"""
The audit log: who did what to the institution's own things, such as keys, addresses for events and requests.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Deployment
from lti_tool.journal.models import Audit


def record(
    session: Session, act: str, *, deployment_id: int, person_id: int | None, now: datetime, **particulars: Any
) -> None:
    """
    Write down that the admin *person_id* did *act*; None: Hearth did, in a job.

    *particulars* are ids and plain facts as JSON; never names, words of others, or secrets.
    """
    by = "hearth" if person_id is None else "admin"
    session.add(
        Audit(at=now, deployment_id=deployment_id, person_id=person_id, by=by, act=act, particulars=particulars)
    )
    session.flush()


def record_operator(session: Session, act: str, *, platform_id: int | None, now: datetime, **particulars: Any) -> None:
    """
    Write down that the operator did *act* to a registration: each of its deployments reads it in its log.

    With None as *platform_id* it concerns everybody.
    """
    concerned = select(Deployment.id)
    if platform_id is not None:
        concerned = concerned.where(Deployment.platform_id == platform_id)
    session.add_all(
        Audit(at=now, deployment_id=each, by="operator", act=act, particulars=particulars)
        for each in session.scalars(concerned)
    )
    session.flush()


def export_person(session: Session, person_id: int) -> list[dict[str, Any]]:
    """What somebody did as an admin, the oldest first. Forgetting them leaves the acts without their name."""
    rows = select(Audit).where(Audit.person_id == person_id).order_by(Audit.id)
    return [
        {"at": each.at.isoformat(), "act": each.act, "particulars": each.particulars} for each in session.scalars(rows)
    ]
