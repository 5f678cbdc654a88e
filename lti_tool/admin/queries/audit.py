"""
The audit log, newest first, a page at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Person
from lti_tool.journal.models import Audit
from lti_tool.web.institution import Tenant

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One act."""

    id: int
    at: datetime
    by: str
    who: str
    """The admin's name; "" where they were forgotten, and for operator and Hearth."""
    person_id: int | None
    act: str
    particulars: dict[str, Any]


def entries(
    session: Session, tenant: Tenant, *, act: str = "", person_id: int | None = None, before: int | None = None
) -> tuple[Sequence[Entry], int | None]:
    """One page of acts, and the id to ask with as *before* for what is older; None where there is nothing."""
    rows = (
        select(Audit, Person.name)
        .outerjoin(Person, Person.id == Audit.person_id)
        .where(Audit.deployment_id == tenant.deployment_id)
        .order_by(Audit.id.desc())
    )
    if act:
        rows = rows.where(Audit.act == act)
    if person_id is not None:
        rows = rows.where(Audit.person_id == person_id)
    if before is not None:
        rows = rows.where(Audit.id < before)
    found = session.execute(rows.limit(PAGE + 1)).all()
    shown = [
        Entry(
            id=row.id,
            at=row.at,
            by=row.by,
            who=name or "",
            person_id=row.person_id,
            act=row.act,
            particulars=row.particulars,
        )
        for row, name in found[:PAGE]
    ]
    return shown, shown[-1].id if len(found) > PAGE else None


def admins(session: Session, tenant: Tenant) -> list[tuple[int, str]]:
    """Who has done something here, by name: for the filter."""
    rows = (
        select(Person.id, Person.name)
        .where(Person.id.in_(select(Audit.person_id).where(Audit.deployment_id == tenant.deployment_id)))
        .order_by(Person.name, Person.id)
    )
    return [(row.id, row.name) for row in session.execute(rows)]
