"""
The letterbox from inside: take out what is there, tell it to whom it concerns, mark it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import db, lms
from lti_tool.clock import now
from lti_tool.lms import notices
from lti_tool.lms.events import IncomingEvent, LmsEvent

log = logging.getLogger(__name__)

Handler = Callable[[Session, int, Sequence[Any], datetime], None]
"""
Takes a session, the platform's id, events of one class in the order they occurred, and the moment.
Must bear the same event twice and events in the wrong order.
"""

BATCH = 500
MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)


class Subscriptions:
    """Which handlers hear of which class of events. The application fills it in; see ``subscriptions.py``."""

    def __init__(self) -> None:
        self._table: Mapping[type[LmsEvent], Sequence[Handler]] = {}

    def install(self, table: Mapping[type[LmsEvent], Sequence[Handler]]) -> None:
        """From now on, *table* holds."""
        self._table = table

    def of(self, kind: type[LmsEvent]) -> Sequence[Handler]:
        """The handlers of one class of events."""
        return self._table.get(kind, ())


subscriptions = Subscriptions()


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A row that is ours until the end of the transaction."""

    id: int
    platform_id: int
    family: str
    proof: str
    event: IncomingEvent


def drain_all() -> int:
    """Read everything that is due, a batch in each transaction. Returns how many events were read."""
    total = 0
    while count := _drain_batch():
        total += count
    return total


def _drain_batch() -> int:
    taken: list[_Taken] = []
    try:
        with db.transaction() as session:
            taken = _take(session, BATCH)
            if taken:
                _settle(session, taken)
            return len(taken)
    except Exception:
        # One of them is the culprit: each for itself finds out which, and the others are not held up.
        log.exception("a batch of events failed")
    for each in taken:
        _drain_one(each.id)
    return len(taken)


def _drain_one(id: int) -> None:
    try:
        with db.transaction() as session:
            _settle(session, _take(session, 1, id=id))
    except Exception as err:
        log.exception("event %s failed", id)
        with db.transaction() as session:
            session.execute(FAIL, {"id": id, "error": type(err).__name__[:100], **_retrying()})


def _take(session: Session, limit: int, *, id: int | None = None) -> list[_Taken]:
    rows = session.execute(TAKE, {"now": now(), "limit": limit, "id": id})
    return [
        _Taken(
            id=row.id,
            platform_id=row.platform_id,
            family=row.family,
            proof=row.proof,
            event=IncomingEvent(key=row.key, name=row.name, occurred_at=row.occurred_at, payload=row.payload or {}),
        )
        for row in rows
    ]


def _settle(session: Session, taken: Sequence[_Taken]) -> None:
    """Translate, hand over by platform and class, and mark."""
    heard: set[int] = set()
    by_kind: dict[tuple[int, type[LmsEvent]], list[LmsEvent]] = {}
    for each in taken:
        brand = notices if each.proof == "notice" else lms.for_family(each.family)
        for event in brand.translate(each.event):
            is_believed = each.proof != "address" or not event.needs_proof
            if is_believed and subscriptions.of(type(event)):
                heard.add(each.id)
                by_kind.setdefault((each.platform_id, type(event)), []).append(event)
    for (platform_id, kind), events in by_kind.items():
        events.sort(key=lambda event: event.occurred_at)
        for handle in subscriptions.of(kind):
            handle(session, platform_id, events, now())
    ids = [each.id for each in taken]
    session.execute(MARK, {"ids": ids, "heard": list(heard), "now": now()})


def _retrying() -> dict[str, Any]:
    return {
        "most": MOST_ATTEMPTS,
        "now": now(),
        "first": FIRST_WAIT,
        "longest": LONGEST_WAIT,
    }


TAKE = text(
    """
    select e.id, e.key, e.name, e.occurred_at, e.payload, s.platform_id, s.proof, p.family
      from webhook_event e
      join webhook_source s on s.id = e.source_id
      join platform p on p.id = s.platform_id
     where e.state in ('new', 'failed') and (e.next_attempt_at is null or e.next_attempt_at <= :now)
       and (cast(:id as bigint) is null or e.id = :id)
     order by e.id
     limit :limit
       for update of e skip locked
    """
)
MARK = text(
    """
    update webhook_event
       set state = case when id = any(:heard) then 'done' else 'skipped' end,
           attempts = attempts + 1, next_attempt_at = null, error = '', done_at = :now
     where id = any(:ids)
    """
)
FAIL = text(
    """
    update webhook_event
       set attempts = attempts + 1, error = :error,
           state = case when attempts + 1 >= :most then 'dead' else 'failed' end,
           next_attempt_at = cast(:now as timestamptz)
               + least(cast(:first as interval) * (2 ^ attempts), cast(:longest as interval))
     where id = :id
    """
)
