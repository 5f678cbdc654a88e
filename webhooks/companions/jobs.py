"""
Jobs of companions: sorting what is new, telling what waits, asking at night how each is and whether anything was
missed.
"""

import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import config, db, http, jobs
from lti_tool.clock import now
from lti_tool.lti.errors import ServiceError
from lti_tool.vault import VaultError
from webhooks.companions import again, pairing, rules, sorting, telling
from webhooks.companions.models import Pairing

log = logging.getLogger(__name__)

SINCE_LAST_NIGHT = timedelta(hours=26)


@jobs.task(name="companions.sort", queue="companions")
def sort() -> None:
    """Sort what the database noted, and have each companion told what waits for it."""
    sorting.sort_all()
    with db.transaction() as session:
        for pairing_id in sorting.due_pairings(session):
            name = f"companion:{pairing_id}"
            jobs.defer(session, tell, once_as=name, in_turn=name, pairing_id=pairing_id)


@jobs.task(name="companions.tell", queue="companions")
def tell(pairing_id: int) -> None:
    """Tell one companion what waits for it, batch after batch, until nothing does or it has to be left alone."""
    settings = config.running()
    batch: telling.Batch | None = None
    try:
        while not jobs.stopping.is_set():
            with db.transaction() as session:
                batch = telling.take(session, pairing_id, settings=settings, now=now())
            if batch is None:
                return
            verdicts = telling.tell(batch) if batch.acts else []
            with db.transaction() as session:
                telling.settle(session, batch, verdicts, now=now())
            batch = None
    except ServiceError as err:
        with db.transaction() as session:
            telling.fail(session, pairing_id, err, batch, now=now())


def look_soon(session: Session) -> None:
    """Have every lively activity compared with what its companion knows: what one may hear has changed."""
    jobs.defer(session, look, once_as="companions.look", timestamp=0)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="companions.sweep", queue="companions", queueing_lock="companions.sweep")
def sweep(timestamp: int) -> None:
    """Find what nobody was rung for, and what waits to be tried again or may be had now."""
    with db.transaction() as session:
        again.after_changes(session, now=now())
    sort()


@jobs.periodic(cron="40 3 * * *")
@jobs.task(name="companions.ask", queue="companions", queueing_lock="companions.ask")
def ask(timestamp: int) -> None:
    """Ask every companion how it is, so that its silence or an old release is noticed before anybody misses it."""
    with db.transaction() as session:
        found = session.scalars(select(Pairing.id).where(Pairing.state == "active").order_by(Pairing.id)).all()
    for pairing_id in found:
        _ask(pairing_id)


def _ask(pairing_id: int) -> None:
    try:
        with db.transaction() as session:
            if (one := session.get(Pairing, pairing_id)) is not None:
                pairing.check(session, one, settings=config.running(), now=now())
    except ServiceError as err:
        with db.transaction() as session:
            telling.fail(session, pairing_id, err, None, now=now())
    except (pairing.WrongSite, http.ForbiddenAddress, VaultError) as err:
        # The page tells since when it has not answered, and asking there tells why.
        log.warning("companion %s cannot be asked: %s", pairing_id, type(err).__name__)


@jobs.periodic(cron="50 3 * * *")
@jobs.task(name="companions.look", queue="companions", queueing_lock="companions.look")
def look(timestamp: int) -> None:
    """Compare every lively activity with what its companion knows; forget what is old."""
    with db.transaction() as session:
        sorting.clear_old(session)
        if timestamp:
            again.at_night(session, now=now())
        found = sorting.activities_of(session)
    # Whoever changes what an LMS hears brings on this look, too, and no night.
    moment = rules.Moment.NIGHT if timestamp else rules.Moment.HOUR
    for activity_id, pairing_id in found:
        sorting.look_at(activity_id, pairing_id, moment=moment)
    sort()


@jobs.periodic(cron="0 * * * *")
@jobs.task(name="companions.tell_together", queue="companions", queueing_lock="companions.tell_together")
def tell_together(timestamp: int) -> None:
    """Tell of completions that wait until they are enough to say of nobody who did what."""
    with db.transaction() as session:
        found = sorting.activities_of(session, within=SINCE_LAST_NIGHT)
    for activity_id, pairing_id in found:
        sorting.look_at(activity_id, pairing_id, moment=rules.Moment.HOUR)
    sort()
