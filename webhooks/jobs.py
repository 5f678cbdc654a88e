"""
Jobs of the letterbox: reading, looking whether anything was left lying, throwing away what is old.
"""

from datetime import timedelta

from sqlalchemy import text

from lti_tool import config, db, jobs
from lti_tool.clock import now
from webhooks.drain import drain_all
from webhooks.notices import look_after, subscribe_due

KEEP_KEYS = timedelta(days=60)
"""LMSs repeat an event within hours; a restored backup of theirs may do so later."""
KEEP_REMOVED = timedelta(days=60)
"""So long after the last thing came to an address that was removed, nobody sends there any more."""

MADE_UP_FOR = timedelta(days=3)
KEEP_SPEECH = timedelta(days=28)
"""Four weeks tell what is usual, weekends and all."""


@jobs.task(name="webhooks.drain", queue="webhooks")
def drain() -> None:
    """Read what has come."""
    drain_all()


@jobs.periodic(cron="* * * * *")
@jobs.task(name="webhooks.sweep", queue="webhooks", queueing_lock="webhooks.sweep")
def sweep(timestamp: int) -> None:
    """Read what nobody was rung for, and what waits to be tried again."""
    drain_all()


@jobs.periodic(cron="* * * * *")
@jobs.task(name="webhooks.subscribe", queue="webhooks", queueing_lock="webhooks.subscribe", lock="webhooks.subscribe")
def subscribe(timestamp: int) -> None:
    """Ask platforms for their notices, where a launch offered them."""
    subscribe_due(config.running())


@jobs.periodic(cron="10 4 * * *")
@jobs.task(name="webhooks.look_after_notices", queue="webhooks", queueing_lock="webhooks.look_after_notices")
def look_after_notices(timestamp: int) -> None:
    """See whether platforms still send the notices that they promised."""
    look_after(config.running())


@jobs.periodic(cron="5 0 * * *")
@jobs.task(name="webhooks.note_speech", queue="webhooks", queueing_lock="webhooks.note_speech")
def note_speech(timestamp: int) -> None:
    """Note on which of the last days each source spoke; the nights that a worker slept are made up for."""
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    with db.transaction() as session:
        session.execute(NOTE_SPEECH, {"since": today - MADE_UP_FOR, "today": today})
        session.execute(FORGET_SPEECH, {"before": today - KEEP_SPEECH})


@jobs.periodic(cron="20 4 * * *")
@jobs.task(name="webhooks.scrub", queue="webhooks", queueing_lock="webhooks.scrub")
def scrub(timestamp: int) -> None:
    """Throw away what events said after some days, and that they came after some weeks."""
    kept = timedelta(days=config.running().webhook_payload_days)
    with db.transaction() as session:
        session.execute(SCRUB, {"before": now() - kept})
        session.execute(DELETE, {"before": now() - max(KEEP_KEYS, kept)})
        session.execute(FORGET_REFUSALS, {"before": now() - max(KEEP_KEYS, kept)})
        session.execute(FORGET_REMOVED, {"before": now() - KEEP_REMOVED})


SCRUB = text(
    "update webhook_event set payload = null where received_at < :before and payload is not null"
    " and state in ('done', 'skipped', 'dead')"
)
FORGET_REFUSALS = text("delete from webhook_refusal where day < cast(:before as date)")
NOTE_SPEECH = text(
    """
    insert into webhook_speech (source_id, day, count)
    select e.source_id, (e.received_at at time zone 'UTC')::date, count(*)
      from webhook_event e join webhook_source s on s.id = e.source_id
     where e.received_at >= :since and e.received_at < :today
     group by 1, 2
    on conflict (source_id, day) do update set count = excluded.count
    """
)
FORGET_SPEECH = text("delete from webhook_speech where day < cast(:before as date)")
FORGET_REMOVED = text("delete from webhook_removed_source where coalesce(last_at, removed_at) < :before")
DELETE = text(
    """
    delete from webhook_event e
     where received_at < :before and state in ('done', 'skipped', 'dead')
        or not exists (select from webhook_source s where s.id = e.source_id)
    """
)
