"""
The addresses that LMSs send their events to: made, renamed, rotated, paused, removed, looked after.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, func, select, text, update
from sqlalchemy.orm import Session

from lti_tool import jobs, lms, vault
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.lms.events import Proof
from webhooks import signatures
from webhooks.jobs import drain
from webhooks.models import Event, Refusal, RemovedSource, Source

OVERLAP = timedelta(days=2)
"""How long the secret before is still taken."""
WITH_SECRET = ("standard", "token")
LONGEST_NAME = 80


class ProofNotOffered(Exception):
    """This LMS cannot prove itself that way; ``offered`` has the ways it can."""

    def __init__(self, offered: Sequence[Proof]) -> None:
        super().__init__(", ".join(offered))
        self.offered = offered


class MadeByHearth(Exception):
    """Hearth gave this address to the LMS for its notices by itself, and would give it another: it can be paused."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new source. Its secret is shown once."""

    id: int
    address: str
    proof: str
    secret: str | None


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What goes when a source is removed, counted in events."""

    kept: int
    """All that are still known, those that were read, too."""
    unread: int
    """Wait, or failed and would have been tried again."""
    given_up: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a source is doing."""

    id: int
    platform: str
    name: str
    address: str
    proof: str
    state: str
    last_received_at: datetime | None
    waiting: int
    failed: int
    """Will be tried again, or were given up."""
    refused: int
    """In the last seven days."""
    site: str | None
    """Which site spoke here first; None where nobody has, or where that does not matter."""


def make(
    session: Session, platform: Platform, *, proof: Proof | None, name: str, settings: Settings, now: datetime
) -> Made:
    """A source for *platform*, with the safest proof its LMS has unless *proof* says otherwise."""
    offered = lms.for_family(platform.family).event_proofs()
    chosen = proof or offered[0]
    if chosen not in offered:
        raise ProofNotOffered(offered)
    secret = signatures.new_secret() if chosen in WITH_SECRET else None
    source = Source(
        public_id=secrets.token_urlsafe(24),
        platform_id=platform.id,
        name=_storable(name),
        proof=chosen,
        secret=vault.encrypt(settings, secret) if secret else None,
        created_at=now,
    )
    session.add(source)
    session.flush()
    return Made(id=source.id, address=address_of(source, settings), proof=chosen, secret=secret)


def rename(session: Session, source: Source, name: str) -> None:
    """Another name, for whoever reads the list; "": none."""
    source.name = _storable(name)
    session.flush()


def rotate(session: Session, source: Source, *, settings: Settings, now: datetime) -> str:
    """A new secret; the one before is taken for two more days, if it can be read. Only for a source that has one."""
    secret = signatures.new_secret()
    if source.secret is not None and vault.is_readable(settings, source.secret):
        source.old_secret, source.old_secret_until = source.secret, now + OVERLAP
    else:
        source.old_secret, source.old_secret_until = None, None
    source.secret = vault.encrypt(settings, secret)
    session.flush()
    return secret


def unbind(session: Session, source: Source) -> bool:
    """Forget which site spoke here first; the next one that does is believed. False where none was remembered."""
    if source.site is None:
        return False
    source.site = None
    session.flush()
    return True


def what_is_lost(session: Session, source: Source) -> Lost:
    """What :func:`remove` would take along, to be told before."""
    row = session.execute(LOSING, {"source": source.id}).one()
    return Lost(kept=row.kept, unread=row.unread, given_up=row.given_up)


def remove(session: Session, source: Source, *, now: datetime) -> Lost:
    """
    Take an address away for good, and its secret and refusals with it; the night clears its events away.

    Whoever still sends there is told that it is gone, and is counted. Raises :class:`MadeByHearth`.
    """
    if source.proof == "notice":
        raise MadeByHearth
    lost = what_is_lost(session, source)
    session.add(
        RemovedSource(public_id=source.public_id, platform_id=source.platform_id, name=source.name, removed_at=now)
    )
    session.delete(source)
    session.flush()
    return lost


def address_of(source: Source, settings: Settings) -> str:
    """Where its LMS sends events to."""
    return source.address(settings.public_url)


def health(session: Session, *, settings: Settings, now: datetime) -> list[Health]:
    """Every source and how it is doing, in three statements."""
    sources = session.execute(
        select(Source, Platform.name, Platform.issuer)
        .join(Platform, Platform.id == Source.platform_id)
        .order_by(Source.id)
    ).all()
    counted = {row.source_id: row for row in session.execute(COUNTED)}
    week = select(Refusal.source_id, func.sum(Refusal.count)).where(Refusal.day > (now - timedelta(days=7)).date())
    refused = {id: int(count) for id, count in session.execute(week.group_by(Refusal.source_id))}
    return [
        Health(
            id=source.id,
            platform=name or issuer,
            name=source.name,
            address=address_of(source, settings),
            proof=source.proof,
            state=source.state,
            last_received_at=counted[source.id].last_at if source.id in counted else None,
            waiting=counted[source.id].waiting if source.id in counted else 0,
            failed=counted[source.id].failed if source.id in counted else 0,
            refused=refused.get(source.id, 0),
            site=source.site,
        )
        for source, name, issuer in sources
    ]


def replay(session: Session, *, source_id: int | None = None, event_id: int | None = None) -> int:
    """Let events that failed or were given up be read again; one of any state by its id. Returns how many."""
    again = update(Event).values(state="new", attempts=0, next_attempt_at=None).where(Event.payload.is_not(None))
    if event_id is not None:
        again = again.where(Event.id == event_id)
    else:
        again = again.where(Event.state.in_(("failed", "dead")))
        if source_id is not None:
            again = again.where(Event.source_id == source_id)
    result = session.execute(again, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)  # noqa: S101 - what an UPDATE gives
    if result.rowcount:
        jobs.defer(session, drain, once_as=drain.name)
    return result.rowcount


def _storable(name: str) -> str:
    return name.replace("\x00", "")[:LONGEST_NAME]


LOSING = text(
    """
    select (select count(*) from webhook_event where source_id = :source) as kept,
           (select count(*) from webhook_event where source_id = :source and state in ('new', 'failed')) as unread,
           (select count(*) from webhook_event
             where source_id = :source and state in ('failed', 'dead') and state = 'dead') as given_up
    """
)
COUNTED = text(
    """
    select source_id, max(received_at) as last_at,
           count(*) filter (where state = 'new') as waiting,
           count(*) filter (where state in ('failed', 'dead')) as failed
      from webhook_event group by source_id
    """
)
