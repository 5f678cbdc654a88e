"""
Jobs of the outbox, in a queue that has a part of the worker to itself: slow receivers hold up nobody's grades.
"""

from sqlalchemy import text

from lti_tool import config, db, jobs
from lti_tool.clock import now
from webhooks.outbox import endpoints, hiding, sending

QUEUE = "outbox"


@jobs.task(name="outbox.send", queue=QUEUE)
def send() -> None:
    """Send what is due."""
    sending.send_all(config.running())


@jobs.periodic(cron="* * * * *")
@jobs.task(name="outbox.sweep", queue=QUEUE, queueing_lock="outbox.sweep")
def sweep(timestamp: int) -> None:
    """Send what waits to be tried again, and what a worker died with."""
    settings = config.running()
    with db.transaction() as session:
        endpoints.wake(session, settings=settings, now=now())
    sending.send_all(settings)


@jobs.periodic(cron="40 4 * * *")
@jobs.task(name="outbox.scrub", queue="house", queueing_lock="outbox.scrub")
def scrub(timestamp: int) -> None:
    """Throw away what was said after some days, and that it was said after some weeks."""
    days = config.running().webhook_payload_days
    with db.transaction() as session:
        hiding.hide_everywhere(session, now=now())
        session.execute(SCRUB, {"now": now(), "days": days})
        session.execute(DELETE, {"now": now(), "days": max(days, KEEP_DAYS)})


KEEP_DAYS = 60
SCRUB = text(
    """
    update webhook_delivery set body = null, person_id = null
     where body is not null and state in ('delivered', 'dead')
       and occurred_at < cast(:now as timestamptz) - make_interval(days => :days)
    """
)
# What waits for an endpoint that nobody brought back in all that time will not be missed.
DELETE = text(
    """
    delete from webhook_delivery
     where occurred_at < cast(:now as timestamptz) - make_interval(days => :days)
    """
)
