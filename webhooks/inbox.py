"""
The letterbox from outside: prove, keep once, ring for somebody to read it.
"""

import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import psycopg
from psycopg.rows import dict_row

from lti_tool import http, lms, vault
from lti_tool.config import Settings, is_loopback_host
from lti_tool.lms.events import IncomingEvent, UnreadableEvent
from lti_tool.lms.notices import as_event
from lti_tool.lms.port import Lms
from lti_tool.lti.errors import KeySetUnavailable, LtiError
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.notices import Listener, RefusedNotice, believe, tokens_in
from webhooks import signatures

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

ALGORITHM = "RS256"
ZERO = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""Not where the backslash is itself a character."""
KNOWN_FOR = timedelta(seconds=5)
"""Within so many seconds a pause, or the end of an old secret, is noticed."""
MOST_AT_ONCE = 1_000
"""Events in one body; what a sender wants to say beyond that comes in the next."""


class Refused(Exception):
    """Not proven to come from where it says. Counted; the body is not kept."""


class CannotTell(Exception):
    """
    Not to be proven just now: the key set of its LMS does not answer, or we cannot read the secret. Its sender should
    try again.
    """


class Unreadable(Exception):
    """Proven, and none of the shapes its LMS is known for."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A source as receiving needs it: one row, no entities."""

    id: int
    family: str
    proof: str
    secrets: tuple[str, ...]
    """In clear."""
    is_locked: bool = False
    """Its secret was encrypted with another ``SECRET_KEY``: nothing that comes can be proven until that is mended."""
    sites: frozenset[str] = frozenset()
    """
    The sites that are believed: what the companion that is paired with the platform calls its LMS, or else those that
    launches came from, or else the one that the first event of the source named. Empty where nothing tells.
    """
    own_keys_url: str = ""
    """The key set that its events are signed with, where that is not the one of its brand."""
    listener: Listener | None = None
    """Whom the notices that come here are for; only for those."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of a body."""

    fresh: int
    """Events that were not here before."""
    relies_on_bell: bool
    """A job that reads was waiting already, so none was deferred."""


class Addresses:
    """The sources of this process, each known for some seconds: events come in floods, and sources change seldom."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Address, datetime]] = {}

    def find(self, connection: Connection, public_id: str, *, settings: Settings, now: datetime) -> Address | None:
        """The source at an address; None for an unknown, a paused, or one whose platform is switched off."""
        found, until = self._known.get(public_id, (None, now))
        if found is not None and now < until:
            return found
        found = _find(connection, public_id, settings=settings, now=now)
        if found is not None:
            self._known[public_id] = (found, now + KNOWN_FOR)
        else:
            self._known.pop(public_id, None)
        return found

    def forget(self) -> None:
        """Know nothing again."""
        self._known.clear()


addresses = Addresses()
"""Those of this process."""


def _find(connection: Connection, public_id: str, *, settings: Settings, now: datetime) -> Address | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(FIND, (public_id,)).fetchone()
    if row is None:
        return None
    is_old_taken = row["old_secret_until"] is not None and row["old_secret_until"] > now
    stored = [each for each in (row["secret"], row["old_secret"] if is_old_taken else None) if each is not None]
    secrets = tuple(vault.decrypt(settings, each) for each in stored if vault.is_readable(settings, each))
    listener = None
    if row["proof"] == "notice":
        listener = Listener(
            issuer=row["issuer"],
            client_id=row["client_id"],
            jwks_url=row["jwks_url"],
            deployments=frozenset(row["deployments"] or ()),
        )
    return Address(
        id=row["id"],
        family=row["family"],
        proof=row["proof"],
        secrets=secrets,
        is_locked=bool(stored) and not secrets,
        sites=frozenset(filter(None, [row["paired"]] if row["paired"] else row["launching"] or [row["bound"]])),
        own_keys_url=own_keys_url(row["jwks_url"], settings),
        listener=listener,
    )


def own_keys_url(jwks_url: str, settings: Settings) -> str:
    """
    A pretend LMS on this machine cannot sign with its brand's key, and signs with that of its launches.

    "" for every other, and wherever platforms on this machine are not allowed.
    """
    is_pretend = settings.allow_loopback_platforms and is_loopback_host(urlsplit(jwks_url).hostname or "")
    return jwks_url if is_pretend else ""


def read(
    address: Address, headers: Mapping[str, str], body: bytes, *, settings: Settings, now: datetime
) -> Sequence[IncomingEvent]:
    """
    The events in a body, once it is proven to come from *address*.

    Raises :class:`Refused`, :class:`CannotTell` or :class:`Unreadable`.
    """
    if address.is_locked:
        raise CannotTell("its secret cannot be read")
    if address.listener is not None:
        return _notices(address.listener, body, settings=settings, now=now)
    brand = lms.for_family(address.family)
    document, message_id = _proven(brand, address, headers, body, settings=settings, now=now)
    try:
        events = brand.read_events(document, message_id=message_id)
    except UnreadableEvent as err:
        raise Unreadable(str(err)) from err
    if len(events) > MOST_AT_ONCE:
        raise Unreadable(f"more than {MOST_AT_ONCE} events at once")
    if address.sites and any(each.site is not None and each.site not in address.sites for each in events):
        # A copy of the LMS for trying things has the secret, too; and one key may sign for many schools.
        raise Refused("another site than the paired one")
    return events


def remember_site(connection: Connection, address: Address, events: Sequence[IncomingEvent]) -> None:
    """
    Bind a source to the site that its first events name, where the LMS signs for all its sites with one key.

    Only until a launch tells which sites are meant.
    """
    named = next((each.site for each in events if each.site), None)
    if address.proof == "jwt" and not address.sites and named is not None:
        connection.execute(BIND, {"source": address.id, "site": named})


def keep(connection: Connection, address: Address, events: Sequence[IncomingEvent], *, now: datetime) -> Kept:
    """Keep what is new and ring for a job to read it, in one statement: both are there, or neither."""
    values = {
        "source": address.id,
        "now": now,
        "events": _storable(
            [
                {"key": each.key, "name": each.name, "at": each.occurred_at.isoformat(), "payload": each.payload}
                for each in events
            ]
        ),
    }
    fresh, rung = connection.execute(KEEP, values).fetchone() or (0, 0)
    return Kept(fresh=fresh, relies_on_bell=fresh > 0 and rung == 0)


def ring_again(connection: Connection) -> None:
    """
    After the commit: see that the job which :func:`keep` relied upon still waits, or defer another.

    Between its looking and our commit the job may have begun, and ended without seeing our events. A job
    that still waits now begins after our commit, and will see them.
    """
    connection.execute(RING)


def count_late(connection: Connection, public_id: str, *, now: datetime) -> bool:
    """Something came to an address that was removed: count it. False where there never was such an address."""
    return connection.execute(COUNT_LATE, {"public_id": public_id, "now": now}).rowcount > 0


def count_refusal(connection: Connection, address: Address, reason: str, *, now: datetime) -> None:
    """One more refusal of the day."""
    connection.execute(COUNT, {"source": address.id, "day": now.date(), "reason": reason[:100], "now": now})
    log.info("source %s was refused: %s", address.id, reason)


FIND = """
    select s.id, p.family, s.proof, s.secret, s.old_secret, s.old_secret_until, p.issuer, p.client_id, p.jwks_url,
           c.site_id as paired, s.site as bound,
           (select jsonb_agg(distinct each.site)
              from deployment d, jsonb_array_elements_text(d.sites) as each (site)
             where d.platform_id = p.id) as launching,
           case when s.proof = 'notice'
                then (select jsonb_agg(d.deployment_id) from deployment d where d.platform_id = p.id) end as deployments
      from webhook_source s
      join platform p on p.id = s.platform_id
      left join companion c on c.platform_id = p.id
     where s.public_id = %s and s.state = 'active' and p.state = 'active'
"""
BIND = "update webhook_source set site = %(site)s where id = %(source)s and site is null"
# What `jobs.defer` does, as a part of another statement: a letterbox has no time for two. One job that waits will do.
BELL = """
    insert into procrastinate_jobs (queue_name, task_name, queueing_lock, priority, args, status)
    select 'webhooks', 'webhooks.drain', 'webhooks.drain', 0, '{{}}'::jsonb, 'todo' {where}
    on conflict (queueing_lock) where status = 'todo' do nothing
    returning 1
"""
# Nothing has occurred in the future: a sender whose clock is ahead would outlive all that is told later.
KEEP = f"""
    with kept as (
        insert into webhook_event (source_id, key, name, occurred_at, received_at, payload)
        select %(source)s, e.key, e.name, least(e.at, %(now)s), %(now)s, e.payload
          from jsonb_to_recordset(%(events)s::jsonb) as e (key text, name text, at timestamptz, payload jsonb)
        on conflict (source_id, key) do nothing
        returning 1
    ), bell as ({BELL.format(where="where exists (select from kept)")})
    select (select count(*) from kept), (select count(*) from bell)
"""  # noqa: S608 - our own words
RING = BELL.format(where="where exists (select from webhook_event where state = 'new')")
COUNT = """
    insert into webhook_refusal (source_id, day, reason, count, last_at)
    values (%(source)s, %(day)s, %(reason)s, 1, %(now)s)
    on conflict (source_id, day, reason) do update
       set count = webhook_refusal.count + 1, last_at = excluded.last_at
"""
COUNT_LATE = """
    update webhook_removed_source set count = count + 1, last_at = %(now)s
     where public_id = %(public_id)s
"""


def _proven(
    brand: Lms, address: Address, headers: Mapping[str, str], body: bytes, *, settings: Settings, now: datetime
) -> tuple[Any, str]:
    """The parsed body, and the id its sender gave it."""
    if address.proof == "standard":
        try:
            message_id = signatures.verify(address.secrets, headers, body, now=now)
        except signatures.BadSignature as err:
            raise Refused(str(err)) from err
        return _parsed(body), message_id
    if address.proof == "jwt":
        return _signed(address.own_keys_url or brand.event_keys_url(), body, settings=settings, now=now), ""
    document = _parsed(body)
    if address.proof == "token":
        token = brand.event_token(document)
        if not any(hmac.compare_digest(token.encode("utf-8", "replace"), each.encode()) for each in address.secrets):
            raise Refused("wrong token")
    return document, ""


def _notices(listener: Listener, body: bytes, *, settings: Settings, now: datetime) -> list[IncomingEvent]:
    """Each notice stands for itself: one that is refused keeps no other out, since no platform sends it again."""
    try:
        tokens = tokens_in(_parsed(body))
    except ValueError as err:
        raise Unreadable(str(err)) from err
    kept: list[IncomingEvent] = []
    refused: list[str] = []
    for token in tokens:
        try:
            kept.append(as_event(believe(token, listener, client=http.client(settings), now=now)))
        except KeySetUnavailable as err:
            raise CannotTell("its key set does not answer") from err
        except (RefusedNotice, UnreadableEvent) as err:
            refused.append(str(err))
            log.info("a notice was refused: %s", err)
    if not kept:
        raise Refused(f"notice: {refused[0]}")
    return kept


def _signed(keys_url: str, body: bytes, *, settings: Settings, now: datetime) -> Any:
    """The payload of a compact token that is the whole body (RFC 7515), signed with the LMS's key."""
    try:
        token = body.decode("ascii").strip()
        kid = jwt.get_unverified_header(token).get("kid")
    except (UnicodeDecodeError, jwt.InvalidTokenError) as err:
        raise Refused("not a signed token") from err
    if not isinstance(kid, str) or not kid:
        raise Refused("no key id")
    try:
        key = key_sets.key(keys_url, kid, client=http.client(settings), now=now)
    except KeySetUnavailable as err:
        raise CannotTell("its key set does not answer") from err
    except LtiError as err:
        raise Refused(f"key: {err.code}") from err
    checks = {"verify_aud": False, "verify_iat": False}
    try:
        return jwt.decode(token, key, algorithms=[ALGORITHM], options=checks)  # type: ignore[arg-type]
    except jwt.InvalidTokenError as err:
        raise Refused("wrong signature") from err


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as err:
        raise Unreadable("not JSON") from err


def _storable(events: Sequence[Mapping[str, Any]]) -> str:
    """One parameter for all of them: it is written and read faster than lists of texts."""
    told = json.dumps(events)
    # PostgreSQL keeps no zero character, and JSON may hold it in this form only.
    return ZERO.sub(r"\1", told) if "\\u0000" in told else told
