"""
From the outbox to the endpoints, many at a time: take, compose, post, settle.

One thread speaks to the database, many wait for receivers; no transaction is open while anybody is spoken
to. ``next_attempt_at`` is the lease: a delivery whose worker died is due again afterwards, under the
same id and with the same words.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import db, http, jobs, vault
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.lti.wire import retry_after
from webhooks import signatures
from webhooks.outbox import caliper, rules
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.composing import compose, standard_body
from webhooks.outbox.rules import Problem

log = logging.getLogger(__name__)

DEADLINE = 15.0
"""Seconds for a receiver to answer; Standard Webhooks recommends 15 to 30."""
ANSWER_LIMIT = 64 * 1024
LEASE = timedelta(seconds=90)
"""Longer than a delivery can take from its taking to its settling."""
SHARE = 0.75
"""Of all threads; no endpoint gets more, so that one who hangs does not hold up the others."""
LOOK_AGAIN = 0.5
"""Seconds until somebody looks whether more has come while all wait for receivers."""
SOON = timedelta(minutes=1)
"""What is due within a minute is rung for; the rest is found by the sweep."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A delivery taken for sending."""

    delivery_id: int
    endpoint_id: int
    message_id: str
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempts: int
    """This one included."""
    is_probe: bool
    """The one that finds out whether an endpoint that rested is back."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attempt. No problem: delivered."""

    at: datetime
    took_ms: int
    status: int | None = None
    problem: Problem | None = None
    asked: float | None = None
    """Seconds the receiver wants to be left alone."""


@dataclass
class _Underway:
    turns: dict["Future[Outcome]", Turn] = field(default_factory=dict)

    def of_endpoints(self) -> Counter[int]:
        return Counter(each.endpoint_id for each in self.turns.values())


def send_all(settings: Settings) -> int:
    """Send what is due, until nothing is, or the worker is to stop. Returns how many attempts were made."""
    threads = settings.webhook_concurrency
    underway = _Underway()
    total = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="outbox") as pool:
        done: list[tuple[Turn, Outcome]] = []
        while True:
            taken = _settle_and_take(done, underway, settings=settings, threads=threads)
            for turn in taken:
                underway.turns[pool.submit(deliver, turn, settings)] = turn
            total += len(taken)
            if not underway.turns:
                break
            ended, _ = wait(underway.turns, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            done = [(underway.turns.pop(each), each.result()) for each in ended]
    if jobs.stopping.is_set():
        with db.transaction() as session:
            ring(session)
    return total


def _settle_and_take(
    done: Sequence[tuple[Turn, Outcome]], underway: _Underway, *, settings: Settings, threads: int
) -> list[Turn]:
    with db.transaction() as session:
        if done:
            settle(session, done, now=now())
        if jobs.stopping.is_set():
            return []
        session.execute(HUSH)
        return take(session, settings=settings, now=now(), limit=threads - len(underway.turns), busy=underway)


def take(
    session: Session, *, settings: Settings, now: datetime, limit: int, busy: _Underway | None = None
) -> list[Turn]:
    """Take up to *limit* deliveries that are due, none of an endpoint that rests, and compose those that are new."""
    if limit <= 0:
        return []
    counted = busy.of_endpoints() if busy else Counter[int]()
    values = {
        "now": now,
        "limit": limit,
        "share": max(1, int(settings.webhook_concurrency * SHARE)),
        "breaks": rules.BREAKS_AFTER,
        "lease": LEASE,
        "busy": list(counted),
        "counts": list(counted.values()),
    }
    rows = session.execute(TAKE, values).all()
    probed = [row.endpoint_id for row in rows if row.is_probe]
    if probed:
        session.execute(PROBE, {"ids": probed, "until": now + LEASE})
    bodies = _compose_new(session, [row for row in rows if row.body is None], settings=settings, now=now)
    spent = [row.id for row in rows if row.attempts > len(rules.SCHEDULE) + 1]
    if spent:
        # Never settled: whoever took it died each time.
        session.execute(GIVE_UP, {"ids": spent, "problem": Problem.GAVE_UP})
    return [
        _turn(row, row.body or bodies[row.id], settings=settings, now=now)
        for row in rows
        if (row.body or row.id in bodies) and row.id not in spent
    ]


def _turn(row: Any, body: str, *, settings: Settings, now: datetime) -> Turn:
    is_old_used = row.old_secret is not None and row.old_secret_until is not None and row.old_secret_until > now
    stored = [row.secret, row.old_secret] if is_old_used else [row.secret]
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


def _compose_new(session: Session, rows: Sequence[Any], *, settings: Settings, now: datetime) -> Mapping[int, str]:
    if not rows:
        return {}
    formats = {row.id: row.format for row in rows}
    bodies: dict[int, str] = {}
    named: dict[int, int | None] = {}
    for each in compose(session, list(formats)):
        if each.told is None:
            continue
        kind = catalogue.get(each.told.kind)
        if formats[each.delivery_id] == "standard":
            bodies[each.delivery_id] = standard_body(each.told)
        elif kind is not None and kind.caliper is not None:
            bodies[each.delivery_id] = caliper.body(each.told, kind.caliper, hearth=settings.public_url, now=now)
        named[each.delivery_id] = each.person_id
    if bodies:
        ids = list(bodies)
        session.execute(
            COMPOSED, {"ids": ids, "bodies": [bodies[id] for id in ids], "people": [named[id] for id in ids]}
        )
    silent = [id for id in formats if id not in bodies]
    if silent:
        session.execute(SKIP, {"ids": silent})
    return bodies


def deliver(turn: Turn, settings: Settings) -> Outcome:
    """Post it, once. Touches no database and raises nothing."""
    at, began = now(), time.monotonic()

    def outcome(problem: Problem | None, *, status: int | None = None, asked: float | None = None) -> Outcome:
        took = int((time.monotonic() - began) * 1000)
        return Outcome(at=at, took_ms=took, status=status, problem=problem, asked=asked)

    try:
        rules.require_callable(turn.url, settings)
        client = http.client(settings, pool=settings.webhook_concurrency)
        answer = client.post(
            turn.url, headers=headers(turn, at=at), data=turn.body, deadline=DEADLINE, limit=ANSWER_LIMIT
        )
    except http.BodyTooLarge as err:
        # The status has come; what else they wanted to say does not matter.
        if err.response is None:
            return outcome(Problem.NO_ANSWER)
        answer = err.response
    except requests.RequestException as err:
        return outcome(_what_trouble(err))
    except Exception:
        log.exception("delivery %s failed in a way that nobody thought of", turn.delivery_id)
        return outcome(Problem.NO_ANSWER)
    status = answer.status_code
    return outcome(rules.what_answer_means(status), status=status, asked=retry_after(answer))


def headers(turn: Turn, *, at: datetime) -> dict[str, str]:
    """Those of Standard Webhooks 1.0.0: the id stays, the timestamp is the attempt's; each valid secret signs."""
    signed = [signatures.sign(each, message_id=turn.message_id, at=at, body=turn.body) for each in turn.secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": turn.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }


def settle(session: Session, done: Sequence[tuple[Turn, Outcome]], *, now: datetime) -> None:
    """Write down what came of some attempts, to deliveries, endpoints and the list of attempts."""
    session.execute(
        LOG,
        [
            {
                "delivery": turn.delivery_id,
                "at": outcome.at,
                "took": outcome.took_ms,
                "status": outcome.status,
                "problem": outcome.problem or "",
            }
            for turn, outcome in done
        ],
    )
    delivered = [turn for turn, outcome in done if outcome.problem is None]
    if delivered:
        session.execute(DELIVERED, {"ids": [turn.delivery_id for turn in delivered], "now": now})
        session.execute(HEALTHY, {"ids": list({turn.endpoint_id for turn in delivered})})
        session.execute(BACK, {"ids": [turn.endpoint_id for turn in delivered if turn.is_probe]})
    due = [
        _fail(session, turn, outcome, outcome.problem, now=now) for turn, outcome in done if outcome.problem is not None
    ]
    soon = [each for each in due if each is not None and each - now <= SOON]
    if soon:
        ring(session, at=min(soon))


def _fail(session: Session, turn: Turn, outcome: Outcome, problem: Problem, *, now: datetime) -> datetime | None:
    """Returns when it is tried again, if it is."""
    wait = rules.wait_before(turn.attempts, chance=random.random(), asked=outcome.asked)  # noqa: S311 - no secret
    due = now + wait if wait is not None and problem.passes else None
    session.execute(
        FAILED,
        {"id": turn.delivery_id, "problem": problem, "due": due, "now": now, "state": "dead" if due is None else None},
    )
    endpoint = session.execute(UNHEALTHY, {"id": turn.endpoint_id, "now": now, "is_probe": turn.is_probe}).one_or_none()
    if endpoint is None:
        return due
    if problem is Problem.GONE or rules.is_given_up(endpoint.failing_since, now=now):
        why = "gone" if problem is Problem.GONE else "failing"
        session.execute(DISABLE, {"id": turn.endpoint_id, "why": why, "now": now})
        log.warning("endpoint %s is disabled: %s", turn.endpoint_id, why)
    rest = rules.rest_after(endpoint.failures)
    if outcome.status in rules.SLOW_DOWN and outcome.asked:
        rest = max(rest or timedelta(), min(timedelta(seconds=outcome.asked), rules.LONGEST_REST))
    if rest is not None:
        session.execute(REST, {"id": turn.endpoint_id, "until": now + rest, "is_probe": turn.is_probe})
        log.info("endpoint %s rests for %s", turn.endpoint_id, rest)
    return due


def _what_trouble(err: requests.RequestException) -> Problem:
    if isinstance(err, http.ForbiddenAddress) or http.leads_inside(err):
        return Problem.FORBIDDEN
    if isinstance(err, requests.exceptions.SSLError):
        return Problem.CERTIFICATE
    if isinstance(err, requests.Timeout):
        return Problem.TOO_SLOW
    return Problem.NO_ANSWER


def ring(session: Session, *, at: datetime | None = None) -> None:
    """Let a worker look into the outbox, now or *at* a moment."""
    session.execute(BELL, {"at": at})


BELL = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, args, status, scheduled_at)
    values ('outbox', 'outbox.send', 0, '{}', 'todo', :at)
    """
)
# They ring for what is committed, and the next statement looks at all that is.
HUSH = text(
    """
    delete from procrastinate_jobs
     where id in (select id from procrastinate_jobs
                   where queue_name = 'outbox' and task_name = 'outbox.send' and status = 'todo'
                     and (scheduled_at is null or scheduled_at <= now())
                     for update skip locked)
    """
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
    returning d.id, d.message_id, d.body, d.attempts, due.endpoint_id, due.url, due.format, due.secret,
              due.old_secret, due.old_secret_until, due.is_probe
    """
)
PROBE = text("update webhook_endpoint set rests_until = :until where id = any(:ids)")
GIVE_UP = text("update webhook_delivery set state = 'dead', problem = :problem where id = any(:ids)")
COMPOSED = text(
    """
    update webhook_delivery d set body = c.body, person_id = c.person_id
      from unnest(cast(:ids as bigint[]), cast(:bodies as text[]), cast(:people as int[])) as c (id, body, person_id)
     where d.id = c.id
    """
)
SKIP = text("update webhook_delivery set state = 'skipped' where id = any(:ids)")
LOG = text(
    """
    insert into webhook_attempt (delivery_id, at, took_ms, status, problem)
    select id, :at, :took, :status, :problem from webhook_delivery where id = :delivery
    """
)
DELIVERED = text(
    """
    update webhook_delivery set state = 'delivered', delivered_at = :now, problem = '' where id = any(:ids)
    """
)
HEALTHY = text(
    """
    update webhook_endpoint set failures = 0, failing_since = null
     where id = any(:ids) and (failures > 0 or failing_since is not null)
    """
)
# Others that got through were on their way before it asked to be left alone.
BACK = text("update webhook_endpoint set rests_until = null where id = any(:ids)")
FAILED = text(
    """
    update webhook_delivery
       set state = coalesce(:state, state), problem = :problem,
           next_attempt_at = coalesce(:due, cast(:now as timestamptz))
     where id = :id and state = 'waiting'
    """
)
# Of many that fail while it rests already, only the probe counts: they say nothing new.
UNHEALTHY = text(
    """
    update webhook_endpoint
       set failing_since = coalesce(failing_since, :now),
           failures = failures + case when :is_probe or rests_until is null or rests_until <= :now then 1 else 0 end
     where id = :id
    returning failures, failing_since, rests_until
    """
)
REST = text(
    """
    update webhook_endpoint
       set rests_until = case when :is_probe then :until else greatest(coalesce(rests_until, :until), :until) end
     where id = :id
    """
)
DISABLE = text("update webhook_endpoint set state = 'disabled', why = :why, changed_at = :now where id = :id")
