"""
From what waits to a companion, in three steps: take a batch, tell it, settle what came of each.

No transaction is open while the LMS is spoken to. ``next_attempt_at`` is the lease: whoever took an act
has until then. One whose worker died is told again under the same key, by which the companion knows it.
"""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.config import Settings
from lti_tool.courses import operations as courses
from lti_tool.lms.companion import OFF, Act, Companion, Completion, Entry, Verdict
from lti_tool.lti.errors import ServiceError
from webhooks.companions import again, rules
from webhooks.companions import pairing as pairings
from webhooks.companions.models import Pairing, State
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.rules import wait_before

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""Longer than a call can take, one by one where Moodle wants none of a batch."""
LONGEST_DETAIL = 300


class Unreadable(ServiceError):
    """Our key to the companion was encrypted with another ``SECRET_KEY``."""

    code = "key_unreadable"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Acts taken for telling."""

    pairing_id: int
    client_id: str
    companion: Companion
    acts: Sequence[Act]
    places: Mapping[str, int] = field(default_factory=dict)
    """By key, the id of the link at which each was told."""


def take(session: Session, pairing_id: int, *, settings: Settings, now: datetime) -> Batch | None:
    """
    Take what is due, if the companion is to be spoken to. Raises :class:`Unreadable`.
    """
    pairing = session.get(Pairing, pairing_id)
    if pairing is None or pairing.state != "active" or pairing.platform.state != "active":
        return None
    if pairing.rests_until is not None and pairing.rests_until > now:
        return None
    try:
        companion = pairings.companion_of(pairing, settings=settings)
    except vault.VaultError as err:
        raise Unreadable from err
    limit = rules.batch(companion.most_at_once, pairing.failures)
    rows = session.execute(TAKE, {"pairing": pairing_id, "now": now, "until": now + LEASE, "limit": limit}).all()
    if not rows:
        return None
    naming = _naming(session, rows)
    untold = [
        row.key
        for row in rows
        if row.is_placeless or (row.act is not None and (row.act, row.activity_id) not in naming)
    ]
    if untold:
        session.execute(DROP, {"keys": untold})
    acts = [
        _act(row, may_name=naming.get((row.act, row.activity_id), False))
        for row in sorted(rows, key=lambda row: row.id)
        if row.key not in untold
    ]
    return Batch(
        pairing_id=pairing_id,
        client_id=pairing.platform.client_id,
        companion=companion,
        acts=acts,
        places={str(row.key): row.place for row in rows if row.place is not None},
    )


def tell(batch: Batch) -> Sequence[Verdict]:
    """Speak to the companion. Raises :class:`ServiceError`: then nobody knows which acts it heard."""
    return batch.companion.record(batch.client_id, batch.acts)


def settle(session: Session, batch: Batch, verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """Write down what became of each act. One that was changed meanwhile has another key, and goes on waiting."""
    off = [each.key for each in verdicts if each.state == "kept" and each.reason == OFF]
    kept = [each.key for each in verdicts if each.state == "kept" and each.reason != OFF]
    for keys, problem in ((kept, ""), (off, OFF)):
        if keys:
            session.execute(KEPT, {"keys": keys, "now": now, "problem": problem})
    if kept:
        again.follow(session, kept, now=now)
    gone = [each.key for each in verdicts if each.state == "refused" and _has_lost_its_place(each, batch)]
    if gone:
        _let_places_go(session, batch, gone, now=now)
    for each in verdicts:
        if each.state == "refused" and each.key not in gone:
            values = {"key": each.key, "problem": each.reason[:100] or "refused", "now": now}
            session.execute(REFUSED, values)
            log.info("companion %s refused an act: %s", batch.pairing_id, each.reason)
        elif each.state == "failed":
            _try_later(session, each, now=now)
    if verdicts:
        session.execute(WELL, {"pairing": batch.pairing_id})


def fail(session: Session, pairing_id: int, err: ServiceError, batch: Batch | None, *, now: datetime) -> None:
    """The call came to nothing: leave the companion alone for a while. What was taken waits for it."""
    if batch is not None:
        session.execute(LET_GO, {"keys": [each.key for each in batch.acts], "now": now})
    pairing = session.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    if pairing is None:
        return
    pairing.failures += 1
    pairing.rests_until = now + rules.rest_after(pairing.failures, err)
    pairing.problem, pairing.detail = err.code, err.detail.replace("\x00", "")[:LONGEST_DETAIL]
    log.warning("companion %s rests until %s: %s", pairing_id, pairing.rests_until, err.code)


def _has_lost_its_place(verdict: Verdict, batch: Batch) -> bool:
    return verdict.reason == rules.NO_PLACE and verdict.key in batch.places


def _let_places_go(session: Session, batch: Batch, keys: Sequence[str], *, now: datetime) -> None:
    """The LMS knows these places no more: an act is told at another one, what belonged to the place ends with it."""
    links = {batch.places[key] for key in keys}
    courses.lose_links(session, links, now=now)
    session.execute(FORGET_PLACES, {"links": list(links)})
    session.execute(LET_GO, {"keys": list(keys), "now": now})
    log.info("companion %s knows %s places no more", batch.pairing_id, len(links))


def _try_later(session: Session, verdict: Verdict, *, now: datetime) -> None:
    attempts = session.execute(FAILED, {"key": verdict.key}).scalar_one_or_none()
    if attempts is None:
        return
    wait = wait_before(attempts, chance=random.random())  # noqa: S311 - no secret
    state = State.WAITING if wait is not None else State.DEAD
    due = now + (wait or timedelta())
    session.execute(
        LATER, {"key": verdict.key, "state": state, "due": due, "problem": verdict.reason[:100] or "failed"}
    )


def _naming(session: Session, rows: Sequence[Any]) -> Mapping[tuple[str, int], bool]:
    """
    By act and activity: whether whoever did it may be named. What may not be told at all is not in it.

    Asked now and not when it happened: an exchange may have become more anonymous, and never becomes less.
    """
    found: dict[tuple[str, int], bool] = {}
    by_act: dict[str, set[int]] = {}
    for row in rows:
        if row.act is not None:
            by_act.setdefault(row.act, set()).add(row.activity_id)
    for act, activities in by_act.items():
        kind = catalogue.get(act)
        if kind is not None:
            may = dict.fromkeys(activities, True) if kind.names_in is None else kind.names_in(session, activities)
            found |= {(act, activity): named for activity, named in may.items()}
    return found


def _act(row: Any, *, may_name: bool) -> Act:
    if row.act is not None:
        return Act(
            key=str(row.key),
            course=row.course,
            link=row.link or "",
            kind=row.act,
            person=(row.doer or "") if may_name else "",
            at=row.at,
        )
    return Act(
        key=str(row.key),
        course=row.course,
        link=row.link or "",
        # A date is nothing that somebody did; whose it is, it says itself.
        person=(row.person or "") if row.completion else "",
        at=row.at,
        completion=cast(Completion, row.completion),
        entries=(_entry(row.entry, row.person or ""),) if row.entry else (),
    )


def _entry(kept: Mapping[str, Any], person: str) -> Entry:
    starts = kept["starts_at"]
    return Entry(
        ref=kept["ref"],
        title=kept["title"],
        starts_at=datetime.fromisoformat(starts) if starts else None,
        slot=kept.get("slot", ""),
        person=person,
    )


# Acts and states in calls of their own: who is complete never comes along with what was done without a name.
TAKE = text(
    """
    with due as (
        select id from companion_telling
         where pairing_id = :pairing and state = 'waiting' and next_attempt_at <= :now
           and (slot is null) = (select slot is null from companion_telling
                                  where pairing_id = :pairing and state = 'waiting' and next_attempt_at <= :now
                                  order by id limit 1)
         order by id
         limit :limit
           for update skip locked
    ), taken as (
        update companion_telling t set next_attempt_at = :until from due where t.id = due.id returning t.*
    )
    select t.id, t.key, t.activity_id, t.at, t.completion, t.entry, j.act, c.context_id as course,
           who.sub as person, case when m.is_test_user then null else doer.sub end as doer,
           place.id as place, place.lti_id as link,
           -- What had a place, and has none any more, concerns the course no more either.
           place.id is null and exists (select from resource_link l
                                         where l.id = t.link_id
                                            or t.link_id is null and l.activity_id = a.id and l.course_id = c.id)
               as is_placeless
      from taken t
      join activity a on a.id = t.activity_id
      join course c on c.id = a.course_id
      left join lateral (select l.id, l.lti_id from resource_link l
                          where l.gone_at is null
                            and (l.id = t.link_id
                                 or t.link_id is null and l.activity_id = a.id and l.course_id = c.id)
                          order by l.id desc limit 1) place on true
      left join journal_entry j on j.id = t.entry_id
      left join person doer on doer.id = j.person_id
      left join membership m on m.course_id = c.id and m.person_id = doer.id
      left join person who on who.id = t.person_id
    """
)
DROP = text("delete from companion_telling where key = any(:keys)")
KEPT = text(
    """
    update companion_telling set state = 'told', told_at = :now, problem = :problem
     where key = any(cast(:keys as uuid[])) and state = 'waiting'
    """
)
REFUSED = text(
    """
    update companion_telling set state = 'refused', problem = :problem, told_at = :now where key = cast(:key as uuid)
    """
)
FORGET_PLACES = text("delete from companion_telling where link_id = any(:links)")
FAILED = text("update companion_telling set attempts = attempts + 1 where key = cast(:key as uuid) returning attempts")
LATER = text(
    """
    update companion_telling set state = :state, next_attempt_at = :due, problem = :problem
     where key = cast(:key as uuid)
    """
)
LET_GO = text(
    "update companion_telling set next_attempt_at = :now where key = any(cast(:keys as uuid[])) and state = 'waiting'"
)
WELL = text(
    """
    update companion set failures = 0, rests_until = null, problem = '', detail = ''
     where id = :pairing and (failures > 0 or problem <> '')
    """
)
