"""
From the outbox to the endpoints, many at a time: take, compose, post, settle.

One thread speaks to the database, many wait for receivers; no transaction is open while anybody is spoken
to. ``next_attempt_at`` is the lease: a delivery whose worker died is due again afterwards, under the
same id and with the same words.
"""

import logging
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

import requests

from lti_tool import db, http, jobs
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.lti.wire import retry_after
from webhooks import signatures
from webhooks.outbox import rules
from webhooks.outbox.bell import hush, ring
from webhooks.outbox.rules import Problem
from webhooks.outbox.settling import settle
from webhooks.outbox.taking import take
from webhooks.outbox.turns import Outcome, Turn

log = logging.getLogger(__name__)

DEADLINE = 15.0
"""Seconds for a receiver to answer; Standard Webhooks recommends 15 to 30."""
ANSWER_LIMIT = 64 * 1024
LOOK_AGAIN = 0.5
"""Seconds until somebody looks whether more has come while all wait for receivers."""


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
            if done:
                # By itself: whatever goes wrong with the next, what became of these is written down.
                with db.transaction() as session:
                    settle(session, done, now=now())
            taken = _take(underway, settings=settings, limit=threads - len(underway.turns))
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


def _take(underway: _Underway, *, settings: Settings, limit: int) -> list[Turn]:
    if jobs.stopping.is_set():
        return []
    with db.transaction() as session:
        # They ring for what is committed, and the next statement looks at all that is.
        hush(session)
        return take(session, settings=settings, now=now(), limit=limit, busy=underway.of_endpoints())


def deliver(turn: Turn, settings: Settings) -> Outcome:
    """Post it, once. Touches no database and raises nothing."""
    at, began = now(), time.monotonic()

    def outcome(problem: Problem | None, *, status: int | None = None, asked: float | None = None) -> Outcome:
        took = int((time.monotonic() - began) * 1000)
        return Outcome(at=at, took_ms=took, status=status, problem=problem, asked=asked)

    try:
        rules.require_callable(turn.url, settings)
        networks = settings.webhook_private_networks
        client = http.client(settings, networks=networks, pool=settings.webhook_concurrency)
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


def _what_trouble(err: requests.RequestException) -> Problem:
    if isinstance(err, http.ForbiddenAddress) or http.leads_inside(err):
        return Problem.FORBIDDEN
    if isinstance(err, requests.exceptions.SSLError):
        return Problem.CERTIFICATE
    if isinstance(err, requests.Timeout):
        return Problem.TOO_SLOW
    return Problem.NO_ANSWER
