"""
What a delivery may say.

Whether whoever did it may be named is asked now, not when it happened: an exchange may have become
more anonymous meanwhile, and a person forgotten. It never becomes less anonymous.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.journal.kinds import Kind
from webhooks.outbox.catalogue import catalogue

PING = "hearth.ping"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One act as it may be told: what is not in here goes nowhere."""

    id: uuid.UUID
    kind: str
    occurred_at: datetime
    issuer: str
    client_id: str
    deployment: str = ""
    course: str = ""
    """As the LMS calls it."""
    activity: uuid.UUID | None = None
    activity_kind: str = ""
    person: str | None = None
    """The LMS's id (``sub``) of who did it; None where they stay unknown."""
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A body, and whom it names."""

    delivery_id: int
    told: Told | None
    """None: there is nothing that may be told."""
    person_id: int | None
    is_secret: bool = False
    """Not even that it happened may be told, nor when."""


def compose(session: Session, deliveries: Sequence[int]) -> list[Composed]:
    """What *deliveries*, by id, may tell; in one statement, and one for each answer to who may be named."""
    rows = session.execute(FACTS, {"ids": list(deliveries)}).all()
    kinds = {row.kind: catalogue.get(row.kind) for row in rows}
    naming: dict[str, Mapping[int, bool]] = {}
    for act, kind in kinds.items():
        if kind is not None and kind.names_in is not None:
            activities = {row.activity_id for row in rows if row.kind == act and row.activity_id is not None}
            naming[act] = kind.names_in(session, activities)
    return [_composed(row, kinds[row.kind], naming.get(row.kind, {})) for row in rows]


def _composed(row: Any, kind: Kind | None, naming: Mapping[int, bool]) -> Composed:
    may_name = True if kind is None or kind.names_in is None else naming.get(row.activity_id)
    if kind is None or may_name is None or row.is_test_user:
        return Composed(delivery_id=row.id, told=None, person_id=None, is_secret=may_name is None)
    tells_activity = kind.tells_activity and row.public_id is not None
    told = Told(
        id=row.message_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        issuer=row.issuer,
        client_id=row.client_id,
        deployment=row.deployment,
        course=row.course,
        activity=row.public_id if tells_activity else None,
        activity_kind=row.activity_kind if tells_activity else "",
        person=row.sub if may_name else None,
        facts={name: row.particulars[name] for name in kind.facts if name in row.particulars} if may_name else {},
    )
    return Composed(delivery_id=row.id, told=told, person_id=row.person_id if may_name else None)


def standard_body(told: Told) -> str:
    """The body of Standard Webhooks: type, timestamp, data."""
    data: dict[str, Any] = {"platform": {"issuer": told.issuer, "client_id": told.client_id}}
    if told.course:
        data["course"] = {"id": told.course, "deployment_id": told.deployment}
    if told.activity:
        data["activity"] = {"id": str(told.activity), "kind": told.activity_kind}
    if told.kind != PING:
        data["person"] = {"id": told.person} if told.person else None
    if told.facts:
        data["facts"] = dict(told.facts)
    document = {"type": told.kind, "timestamp": as_moment(told.occurred_at), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def as_moment(at: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


FACTS = text(
    """
    select d.id, d.message_id, d.kind, d.occurred_at, p.issuer, p.client_id, dep.deployment_id as deployment,
           c.context_id as course, a.id as activity_id, a.public_id, a.kind as activity_kind,
           who.id as person_id, who.sub, j.particulars, coalesce(m.is_test_user, false) as is_test_user
      from webhook_delivery d
      join journal_entry j on j.id = d.entry_id
      join course c on c.id = j.course_id
      join deployment dep on dep.id = c.deployment_id
      join platform p on p.id = dep.platform_id
      left join activity a on a.id = j.activity_id
      left join person who on who.id = j.person_id
      left join membership m on m.course_id = c.id and m.person_id = who.id
     where d.id = any(:ids)
     order by d.id
    """
)
