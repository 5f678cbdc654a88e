"""
The teacher chooses who may review whom, and when reviewing begins; also once it has begun.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import options
from lti_tool.exchange.operations.pairing import scene, seats


def choose_pairing(
    session: Session, exchange: Exchange, chosen: rules.PairingOptions, *, by: int, now: datetime
) -> None:
    """
    Keep *chosen*, and let the plan follow: what has begun stays, the rest is planned by the new rules.
    """
    # Before any row, as everybody who takes both.
    scene.hold(session, exchange)
    before = exchange.option(rules.PairingOptions)
    options.set_options(session, exchange, chosen, by=by, now=now)
    if not seats.has_begun(session, exchange):
        if chosen.start == rules.ROLLING:
            seats.begin_with_those_who_wait(session, exchange, now=now)
    elif replace(chosen, start=before.start) != before:
        seats.mix_again(session, exchange, now=now)
