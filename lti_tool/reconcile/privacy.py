"""
Which differences of somebody's grades were found. With the person they are gone, by their foreign key.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool.reconcile.models import Finding


def export_person(session: Session, person_id: int) -> list[dict[str, Any]]:
    """When a grade of theirs differed from what we had sent, and what became of it."""
    rows = (
        select(Finding)
        .where(Finding.person_id == person_id)
        .options(joinedload(Finding.run), joinedload(Finding.activity))
    )
    return [
        {
            "at": each.run.began_at.isoformat(),
            "activity": each.activity.title if each.activity else None,
            "kind": each.kind,
            "outcome": each.outcome,
            **each.facts,
        }
        for each in session.scalars(rows.order_by(Finding.id))
    ]
