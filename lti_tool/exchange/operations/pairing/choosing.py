"""
The teacher chooses who may review whom, and when reviewing begins; also once it has begun.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import acts, options
from lti_tool.exchange.operations.pairing import scene, seats


def choose_pairing(
    session: Session,
    exchange: Exchange,
    chosen: rules.PairingOptions,
    *,
    by: int,
    now: datetime,
    base: str | None = None,
) -> None:
    """
    Keep *chosen*, and let the plan follow: what has begun stays, the rest is planned by the new rules.
    """
    # Before any row, as everybody who takes both.
    scene.hold(session, exchange)
    before = exchange.option(rules.PairingOptions)
    options.set_options(session, exchange, chosen, by=by, now=now, base=base)
    if not seats.has_begun(session, exchange):
        if chosen.start == rules.ROLLING:
            seats.begin_with_those_who_wait(session, exchange, now=now)
    elif replace(chosen, start=before.start, guests=before.guests) != before:
        seats.mix_again(session, exchange, now=now)


def begin_reviewing(session: Session, exchange: Exchange, *, by: int, now: datetime) -> int:
    """
    Everybody who has handed in begins to review, though no date says so yet. Doing it twice does it once.

    Returns for how many it begins: for nobody where they have begun, or while there are not two works.
    """
    acts.require_open(exchange, now)
    scene.hold(session, exchange)
    if not seats.is_before_the_beginning(session, exchange):
        return 0
    count = seats.begin_together(session, exchange, now=now)
    if count:
        acts.record(session, exchange, "reviewing.begun", by=by, now=now, count=count)
    return count
