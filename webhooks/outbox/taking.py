"""
Taking what is due out of the outbox, with what it says.

Whether whoever did it may be named is asked before every attempt, not only before the first: a message may
wait for days, and an exchange become more anonymous meanwhile. As long as it may say what it said, every
attempt sends the same bytes.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.config import Settings
from webhooks.outbox import caliper, rules, settling
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.composing import Composed, Told, compose, standard_body
from webhooks.outbox.rules import Problem
from webhooks.outbox.turns import Turn

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""Longer than a delivery can take from its taking to its settling."""
SHARE = 0.75
"""Of all threads; no endpoint gets more, so that one who hangs does not hold up the others."""


@dataclass(frozen=True, kw_only=True)
class _Written:
    """What a delivery says, and whom it names. No body: it has nothing to say."""

    body: str | None
    person_id: int | None = None
    is_secret: bool = False
    """Not even that it happened may be told."""


def take(
    session: Session, *, settings: Settings, now: datetime, limit: int, busy: Mapping[int, int] | None = None
) -> list[Turn]:
    """
    Take up to *limit* deliveries that are due, none of an endpoint that rests, and write down what they say.

    *busy* has how many deliveries are underway already, by endpoint. What cannot be sent for a reason of its own
    holds up no other: a message that cannot be written is put off, an endpoint whose secret cannot be read is paused.
    """
    busy = busy or {}
    values = {
        "now": now,
        "limit": limit,
        "share": max(1, int(settings.webhook_concurrency * SHARE)),
        "breaks": rules.BREAKS_AFTER,
        "lease": LEASE,
        "busy": list(busy),
        "counts": list(busy.values()),
    }
    # Where nothing of what was due can be sent, what is due next is looked at.
    while limit > 0 and (rows := session.execute(TAKE, values).all()):
        if probed := [row.endpoint_id for row in rows if row.is_probe]:
            session.execute(PROBE, {"ids": probed, "until": now + LEASE})
        rows = _without_spent(session, _without_unreadable(session, rows, settings=settings, now=now))
        bodies = _bodies(session, rows, settings=settings, now=now)
        if turns := [_turn(row, bodies[row.id], settings=settings, now=now) for row in rows if row.id in bodies]:
            return turns
    return []


def _without_unreadable(session: Session, rows: Sequence[Any], *, settings: Settings, now: datetime) -> list[Any]:
    """Pause endpoints whose secret cannot be read, as if nothing of theirs had been taken."""
    readable = {row.endpoint_id: vault.is_readable(settings, row.secret) for row in rows}
    if unreadable := [id for id, is_readable in readable.items() if not is_readable]:
        session.execute(PAUSE, {"ids": unreadable, "now": now})
        session.execute(LET_GO, {"ids": [row.id for row in rows if not readable[row.endpoint_id]], "now": now})
        log.error("endpoints %s are paused: their secrets cannot be read", unreadable)
    return [row for row in rows if readable[row.endpoint_id]]


def _without_spent(session: Session, rows: Sequence[Any]) -> list[Any]:
    """Give up what was never settled: whoever took it died each time."""
    most = len(rules.SCHEDULE) + 1
    if spent := [row.id for row in rows if row.attempts > most]:
        session.execute(GIVE_UP, {"ids": spent, "problem": Problem.GAVE_UP})
    return [row for row in rows if row.attempts <= most]


def _bodies(session: Session, rows: Sequence[Any], *, settings: Settings, now: datetime) -> Mapping[int, str]:
    """What each is to say, by id; what has nothing to say, or cannot be written, is not in it."""
    # A test is no act of anybody's, and says the same for ever.
    bodies = {row.id: row.body for row in rows if row.entry_id is None and row.body is not None}
    written = _written(session, [row for row in rows if row.id not in bodies], settings=settings, now=now)
    fresh: dict[int, _Written] = {}
    for row in rows:
        said = written.get(row.id)
        if said is None or said.body is None:
            continue
        is_still_right = row.body is not None and row.person_id in (None, said.person_id)
        bodies[row.id] = row.body if is_still_right else said.body
        if not is_still_right:
            fresh[row.id] = said
    if fresh:
        values = {
            "ids": list(fresh),
            "bodies": [each.body for each in fresh.values()],
            "people": [each.person_id for each in fresh.values()],
        }
        session.execute(WRITE, values)
    if secret := [id for id, said in written.items() if said.is_secret]:
        session.execute(DROP, {"ids": secret})
    if silent := [id for id, said in written.items() if said.body is None and not said.is_secret]:
        session.execute(SKIP, {"ids": silent})
    return bodies


def _written(session: Session, rows: Sequence[Any], *, settings: Settings, now: datetime) -> Mapping[int, _Written]:
    """What each may say now, by id. One that makes trouble is put off by itself."""
    if not rows:
        return {}
    try:
        with session.begin_nested():
            return _write(session, rows, settings=settings, now=now)
    except Exception:
        # One of them is the culprit: each for itself finds out which, and the others are not held up.
        log.exception("some messages could not be written")
    found: dict[int, _Written] = {}
    for row in rows:
        try:
            with session.begin_nested():
                found |= _write(session, [row], settings=settings, now=now)
        except Exception:
            log.exception("delivery %s could not be written", row.id)
            settling.put_off(session, row.id, Problem.UNWRITTEN, attempts=row.attempts, now=now)
    return found


def _write(session: Session, rows: Sequence[Any], *, settings: Settings, now: datetime) -> Mapping[int, _Written]:
    formats = {row.id: row.format for row in rows}
    composed = {each.delivery_id: each for each in compose(session, list(formats))}

    def said(id: int, each: Composed | None) -> _Written:
        if each is None or each.told is None:
            return _Written(body=None, is_secret=each is not None and each.is_secret)
        body = _body(each.told, formats[id], settings=settings, now=now)
        return _Written(body=body, person_id=each.person_id)

    return {id: said(id, composed.get(id)) for id in formats}


def _body(told: Told, format: str, *, settings: Settings, now: datetime) -> str | None:
    if format == "standard":
        return standard_body(told)
    kind = catalogue.get(told.kind)
    if kind is None or kind.caliper is None:
        return None
    return caliper.body(told, kind.caliper, hearth=settings.public_url, now=now)


def _turn(row: Any, body: str, *, settings: Settings, now: datetime) -> Turn:
    is_old_used = row.old_secret is not None and row.old_secret_until is not None and row.old_secret_until > now
    stored = [row.secret]
    if is_old_used and vault.is_readable(settings, row.old_secret):
        stored.append(row.old_secret)
    return Turn(
        delivery_id=row.id,
        endpoint_id=row.endpoint_id,
        message_id=f"msg_{row.message_id}",
        url=row.url,
        secrets=tuple(vault.decrypt(settings, each) for each in stored),
        body=body.encode(),
        attempts=row.attempts,
        is_probe=row.is_probe,
    )


TAKE = text(
    """
    with busy as (
        select * from unnest(cast(:busy as int[]), cast(:counts as int[])) as b (endpoint_id, count)
    ), due as (
        select d.id, e.id as endpoint_id, e.url, e.format, e.secret, e.old_secret, e.old_secret_until,
               e.failures >= :breaks as is_probe
          from webhook_endpoint e
          left join busy b on b.endpoint_id = e.id
          cross join lateral (
              select id, next_attempt_at from webhook_delivery
               where endpoint_id = e.id and state = 'waiting' and next_attempt_at <= :now
               order by next_attempt_at, id
               limit greatest(0, case when e.failures >= :breaks then 1 else :share end - coalesce(b.count, 0))
                 for update skip locked
          ) d
         where e.state = 'active' and (e.rests_until is null or e.rests_until <= :now)
         order by e.failures, d.next_attempt_at, d.id
         limit :limit
    )
    update webhook_delivery d
       set attempts = d.attempts + 1, next_attempt_at = cast(:now as timestamptz) + :lease
      from due
     where d.id = due.id
    returning d.id, d.message_id, d.entry_id, d.body, d.person_id, d.attempts, due.endpoint_id, due.url, due.format,
              due.secret, due.old_secret, due.old_secret_until, due.is_probe
    """
)
PROBE = text("update webhook_endpoint set rests_until = :until where id = any(:ids)")
GIVE_UP = text("update webhook_delivery set state = 'dead', problem = :problem where id = any(:ids)")
# What happens meanwhile is kept for them: with the right SECRET_KEY all of it can be told.
PAUSE = text(
    """
    update webhook_endpoint set state = 'paused', why = 'unreadable', changed_at = :now
     where id = any(:ids) and state = 'active'
    """
)
LET_GO = text("update webhook_delivery set attempts = attempts - 1, next_attempt_at = :now where id = any(:ids)")
WRITE = text(
    """
    update webhook_delivery d set body = c.body, person_id = c.person_id
      from unnest(cast(:ids as bigint[]), cast(:bodies as text[]), cast(:people as int[])) as c (id, body, person_id)
     where d.id = c.id
    """
)
SKIP = text("update webhook_delivery set state = 'skipped', body = null, person_id = null where id = any(:ids)")
DROP = text("delete from webhook_delivery where id = any(:ids)")
