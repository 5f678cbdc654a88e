"""
Endpoints of an institution: made, changed, rotated, paused, tried, looked after.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from webhooks import signatures
from webhooks.outbox import caliper, rules
from webhooks.outbox.bell import ring
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.composing import PING, Told, standard_body
from webhooks.outbox.models import Delivery, Endpoint

OVERLAP = timedelta(days=2)
"""How long messages are signed with the secret before as well."""

Format: TypeAlias = Literal["standard", "caliper"]


class KindsNotOffered(Exception):
    """Some kinds cannot be told, or not in this format; ``kinds`` has them. Empty: none was chosen."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(", ".join(kinds))
        self.kinds = kinds


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose endpoints are meant: a deployment's, and those of the whole registration if it has no other."""

    platform_id: int
    deployment_id: int
    is_alone: bool


def belongs_to(owner: Owner) -> ColumnElement[bool]:
    """Which endpoints *owner* sees and changes."""
    own = Endpoint.deployment_id == owner.deployment_id
    if not owner.is_alone:
        return own
    return or_(own, and_(Endpoint.platform_id == owner.platform_id, Endpoint.deployment_id.is_(None)))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a new endpoint is to be."""

    url: str
    kinds: Collection[str]
    format: Format = "standard"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new endpoint. Its secret is shown once."""

    id: int
    secret: str


@dataclass(frozen=True, kw_only=True)
class Health:
    """How an endpoint is doing."""

    id: int
    platform_id: int
    platform: str
    name: str
    url: str
    format: str
    kinds: Sequence[str]
    state: str
    why: str
    """Of a disabled one: ``gone`` or ``failing``; of one that we paused: ``unreadable``."""
    changed_at: datetime
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    """None, too, where that is over."""
    old_secret_until: datetime | None
    """Until when messages are signed with the secret before as well; None once that is over."""
    last_delivered_at: datetime | None
    waiting: int
    dead: int
    delivered: int
    """Of what is still kept."""


def make(
    session: Session,
    platform: Platform,
    wanted: Wanted,
    *,
    deployment_id: int | None = None,
    settings: Settings,
    now: datetime,
) -> Made:
    """
    An endpoint for what happens in the courses of *platform*, or of one of its deployments, from now on.

    Raises :class:`lti_tool.http.ForbiddenAddress` or :class:`KindsNotOffered`.
    """
    rules.require_callable(wanted.url, settings)
    chosen = _require_offered(wanted.kinds, wanted.format)
    secret = signatures.new_secret()
    endpoint = Endpoint(
        platform_id=platform.id,
        deployment_id=deployment_id,
        name=wanted.name.replace("\x00", "")[: rules.LONGEST_NAME],
        url=wanted.url,
        format=wanted.format,
        kinds=chosen,
        secret=vault.encrypt(settings, secret),
        changed_at=now,
        created_at=now,
    )
    session.add(endpoint)
    session.flush()
    return Made(id=endpoint.id, secret=secret)


def change(
    session: Session,
    endpoint: Endpoint,
    *,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    name: str | None = None,
    settings: Settings,
) -> None:
    """Another address, other kinds, another name; what waits goes to the new address. Raises as :func:`make`."""
    if url is not None:
        rules.require_callable(url, settings)
        endpoint.url = url
    if kinds is not None:
        endpoint.kinds = _require_offered(kinds, endpoint.format)
    if name is not None:
        endpoint.name = name.replace("\x00", "")[: rules.LONGEST_NAME]
    session.flush()


def rotate(session: Session, endpoint: Endpoint, *, settings: Settings, now: datetime) -> str:
    """
    A new secret; for two days messages are signed with the one before, too.

    If that one could not be read, there is nothing to sign with, and what waited for it is sent.
    """
    secret = signatures.new_secret()
    if vault.is_readable(settings, endpoint.secret):
        endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + OVERLAP
    else:
        endpoint.old_secret, endpoint.old_secret_until = None, None
    endpoint.secret = vault.encrypt(settings, secret)
    session.flush()
    if endpoint.why == "unreadable":
        resume(session, endpoint, now=now)
    return secret


def wake(session: Session, *, settings: Settings, now: datetime) -> None:
    """Send again where a secret could not be read and can be now: somebody has put the right ``SECRET_KEY`` back."""
    for each in session.scalars(select(Endpoint).where(Endpoint.why == "unreadable").with_for_update()):
        if vault.is_readable(settings, each.secret):
            resume(session, each, now=now)


def pause(session: Session, endpoint: Endpoint, *, now: datetime) -> None:
    """Send nothing; what happens meanwhile is kept for it."""
    endpoint.state, endpoint.why, endpoint.changed_at = "paused", "", now
    session.flush()


def resume(session: Session, endpoint: Endpoint, *, now: datetime) -> None:
    """Send again, as if it had never failed; what waited goes first."""
    endpoint.state, endpoint.why, endpoint.changed_at = "active", "", now
    endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    session.flush()
    ring(session)


def remove(session: Session, endpoint: Endpoint) -> None:
    """Tell it nothing any more, and forget what it was told."""
    session.delete(endpoint)
    session.flush()


def ping(session: Session, endpoint: Endpoint, *, settings: Settings, now: datetime) -> Delivery:
    """A message that says nothing, to see whether it arrives."""
    platform = session.get_one(Platform, endpoint.platform_id)
    delivery = Delivery(endpoint_id=endpoint.id, kind=PING, occurred_at=now, next_attempt_at=now)
    session.add(delivery)
    session.flush()
    told = Told(
        id=delivery.message_id,
        kind=PING,
        occurred_at=now,
        issuer=platform.issuer,
        client_id=platform.client_id,
        facts={},
    )
    delivery.body = (
        caliper.body(told, caliper.PINGED, hearth=settings.public_url, now=now)
        if endpoint.format == "caliper"
        else standard_body(told)
    )
    session.flush()
    ring(session)
    return delivery


def find(session: Session, endpoint_id: int, *, of: Owner) -> Endpoint | None:
    """An endpoint, if it is *of* them."""
    return session.scalars(select(Endpoint).where(Endpoint.id == endpoint_id, belongs_to(of))).one_or_none()


def health(session: Session, *, now: datetime, of: Owner | None = None, endpoint_id: int | None = None) -> list[Health]:
    """Every endpoint, or those of one owner, or one of them, and how they are doing; in two statements."""
    query = select(Endpoint, Platform.name, Platform.issuer).join(Platform, Platform.id == Endpoint.platform_id)
    if of is not None:
        query = query.where(belongs_to(of))
    if endpoint_id is not None:
        query = query.where(Endpoint.id == endpoint_id)
    rows = session.execute(query.order_by(Endpoint.id)).all()
    counted = {row.endpoint_id: row for row in session.execute(COUNTED, {"ids": [each.id for each, *_ in rows]})}
    return [_health(each, name or issuer, counted.get(each.id), now=now) for each, name, issuer in rows]


def _health(endpoint: Endpoint, platform: str, counts: object, *, now: datetime) -> Health:
    def until(moment: datetime | None) -> datetime | None:
        return moment if moment is not None and moment > now else None

    return Health(
        id=endpoint.id,
        platform_id=endpoint.platform_id,
        platform=platform,
        name=endpoint.name,
        url=endpoint.url,
        format=endpoint.format,
        kinds=endpoint.kinds,
        state=endpoint.state,
        why=endpoint.why,
        changed_at=endpoint.changed_at,
        failures=endpoint.failures,
        failing_since=endpoint.failing_since,
        rests_until=until(endpoint.rests_until),
        old_secret_until=until(endpoint.old_secret_until),
        last_delivered_at=getattr(counts, "last_at", None),
        waiting=getattr(counts, "waiting", 0),
        dead=getattr(counts, "dead", 0),
        delivered=getattr(counts, "delivered", 0),
    )


def _require_offered(kinds: Collection[str], format: str) -> list[str]:
    offered = [each.act for each in catalogue.offered(format)]
    unknown = [each for each in kinds if each not in offered]
    if unknown or not kinds:
        raise KindsNotOffered(unknown)
    return [each for each in offered if each in kinds]


COUNTED = text(
    """
    select endpoint_id, max(delivered_at) as last_at,
           count(*) filter (where state = 'waiting') as waiting,
           count(*) filter (where state = 'dead') as dead,
           count(*) filter (where state = 'delivered') as delivered
      from webhook_delivery where endpoint_id = any(:ids) group by endpoint_id
    """
)
