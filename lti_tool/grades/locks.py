"""
Many grades at once, locked in the order in which they are set and sent, so that nobody waits in a circle.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.grades.models import Passback

ORDER = (Passback.resource_link_id, Passback.column, Passback.person_id)


def lock_column(session: Session, resource_link_id: int, column: str) -> None:
    """Hold every grade of one column until the transaction ends."""
    rows = select(Passback.id).where(Passback.resource_link_id == resource_link_id, Passback.column == column)
    session.execute(rows.order_by(*ORDER).with_for_update()).all()
