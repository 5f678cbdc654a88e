"""
What the outbox keeps of a person: which messages name them. Handed out, and forgotten.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webhooks.outbox.models import Delivery, Endpoint


def export_person(session: Session, person_id: int) -> list[dict[str, Any]]:
    """What was told about a person, and to which address."""
    rows = session.execute(
        select(Delivery, Endpoint.url)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.person_id == person_id)
        .order_by(Delivery.id)
    )
    return [
        {"to": url, "what": each.kind, "at": each.occurred_at.isoformat(), "state": each.state, "message": each.body}
        for each, url in rows
    ]


def forget_person(session: Session, person_id: int) -> None:
    """
    Messages that named them say nothing any more; those still on their way go out without the name.

    What a receiver has already is theirs to forget: its institution has asked us to.
    """
    session.execute(update(Delivery).where(Delivery.person_id == person_id).values(body=None, person_id=None))
