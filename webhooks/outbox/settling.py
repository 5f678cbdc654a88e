"""
What came of attempts, written down: to deliveries, to endpoints, to the list of attempts.
"""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from webhooks.outbox import rules
from webhooks.outbox.bell import ring
from webhooks.outbox.rules import Problem
from webhooks.outbox.turns import Outcome, Turn

log = logging.getLogger(__name__)

SOON = timedelta(minutes=1)
"""What is due within a minute is rung for; the rest is found by the sweep."""


def settle(session: Session, done: Sequence[tuple[Turn, Outcome]], *, now: datetime) -> None:
    """Write down what came of some attempts."""
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


def put_off(
    session: Session,
    delivery_id: int,
    problem: Problem,
    *,
    attempts: int,
    asked: float | None = None,
    now: datetime,
) -> datetime | None:
    """A delivery that came to nothing after so many *attempts*: when it is tried again, or None: it is given up."""
    wait = rules.wait_before(attempts, chance=random.random(), asked=asked)  # noqa: S311 - no secret
    due = now + wait if wait is not None and problem.passes else None
    state = "dead" if due is None else None
    session.execute(FAILED, {"id": delivery_id, "problem": problem, "due": due, "now": now, "state": state})
    return due


def _fail(session: Session, turn: Turn, outcome: Outcome, problem: Problem, *, now: datetime) -> datetime | None:
    """Returns when it is tried again, if it is."""
    due = put_off(session, turn.delivery_id, problem, attempts=turn.attempts, asked=outcome.asked, now=now)
    values = {
        "id": turn.endpoint_id,
        "now": now,
        "is_probe": turn.is_probe,
        "is_reached": rules.is_reached(outcome.status),
    }
    endpoint = session.execute(UNHEALTHY, values).one_or_none()
    if endpoint is None:
        return due
    if problem is Problem.GONE or rules.is_given_up(endpoint.failing_since, failures=endpoint.failures, now=now):
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
       set failing_since = case when :is_reached then null else coalesce(failing_since, :now) end,
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
