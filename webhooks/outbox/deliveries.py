"""
What went out, or did not: listed, searched, looked at, sent again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Select, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.config import Settings
from webhooks.outbox.bell import ring
from webhooks.outbox.endpoints import Owner, belongs_to
from webhooks.outbox.models import Delivery, Endpoint, State

PAGE = 50


def page(
    session: Session,
    *,
    of: Owner | None = None,
    endpoint_id: int | None = None,
    state: str = "",
    search: str = "",
    before: int | None = None,
) -> Sequence[Delivery]:
    """
    The newest :data:`PAGE` deliveries older than the one with the id *before*, with their endpoints.

    *search* finds a kind by a part of it, or the one message of an id (``msg_…``, or the bare UUID).
    """
    query = _within(of, endpoint_id).options(joinedload(Delivery.endpoint))
    if state:
        query = query.where(Delivery.state == state)
    if search:
        query = query.where(_matches(search.strip()))
    if before is not None:
        query = query.where(Delivery.id < before)
    return session.scalars(query.order_by(Delivery.id.desc()).limit(PAGE)).all()


def find(session: Session, id: int, *, of: Owner | None = None) -> Delivery | None:
    """One delivery with its endpoint and attempts; None, too, for one of another owner."""
    query = _within(of, None).where(Delivery.id == id)
    return session.scalars(query.options(joinedload(Delivery.endpoint), selectinload(Delivery.tries))).one_or_none()


def replay(
    session: Session,
    *,
    settings: Settings,
    now: datetime,
    endpoint_id: int | None = None,
    delivery_id: int | None = None,
) -> int:
    """
    Send again what was given up, of one endpoint or of all; one of any state by its id. Returns how many.

    Under the id they had, so that a receiver that has one already knows it. What was scrubbed cannot be sent again;
    what was emptied because of whom it named is sent again without the name.
    """
    again = update(Delivery).values(state=State.WAITING, attempts=0, next_attempt_at=now, problem="")
    if delivery_id is not None:
        again = again.where(Delivery.id == delivery_id, Delivery.state != State.SKIPPED)
    else:
        again = again.where(Delivery.state == State.DEAD)
        if endpoint_id is not None:
            again = again.where(Delivery.endpoint_id == endpoint_id)
    result = session.execute(
        again.where(
            or_(
                Delivery.body.is_not(None),
                Delivery.state == State.WAITING,
                and_(Delivery.entry_id.is_not(None), Delivery.occurred_at > _kept_since(settings, now)),
            )
        ),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - what an UPDATE gives
    if result.rowcount:
        ring(session)
    return result.rowcount


def may_be_sent_again(delivery: Delivery, *, settings: Settings, now: datetime) -> bool:
    """Whether :func:`replay` takes one that has come to its end."""
    if delivery.state not in (State.DELIVERED, State.DEAD):
        return False
    is_rewritten = delivery.entry_id is not None and delivery.occurred_at > _kept_since(settings, now)
    return delivery.body is not None or is_rewritten


def _kept_since(settings: Settings, now: datetime) -> datetime:
    return now - timedelta(days=settings.webhook_payload_days)


def _within(of: Owner | None, endpoint_id: int | None) -> Select[Delivery]:
    query = select(Delivery)
    if of is not None:
        query = query.where(Delivery.endpoint_id.in_(select(Endpoint.id).where(belongs_to(of))))
    if endpoint_id is not None:
        query = query.where(Delivery.endpoint_id == endpoint_id)
    return query


def _matches(search: str) -> ColumnElement[bool]:
    try:
        return Delivery.message_id == UUID(search.removeprefix("msg_"))
    except ValueError:
        return Delivery.kind.icontains(search.replace("\x00", ""), autoescape=True)
