"""
The standing plan in the database: seats, pairs, and the steps that lead from one plan to the next.

Reviewers who begin their works share the exchange's lock, and lock the pairs they move; everybody
else holds it. Each step is written down (:class:`models.PairingEvent`), so a plan can be derived
again from its seed and its steps, and the tallies of seats are what a recount says.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing.choosing import begin_reviewing, choose_pairing
from lti_tool.exchange.operations.pairing.guests import next_for_guest
from lti_tool.exchange.operations.pairing.repairs import (
    assign,
    be_away,
    free,
    owe,
    part,
    put_back,
    stand_in,
    step_back,
    unassign,
    want,
)
from lti_tool.exchange.operations.pairing.scene import hold
from lti_tool.exchange.operations.pairing.seats import (
    begin_together,
    follow_the_course,
    forget_seat,
    leave_seat,
    mend,
    mix_again,
    rescale,
    take_seat,
)
from lti_tool.exchange.operations.pairing.taking import (
    come_back,
    give_back,
    keep,
    next_work,
    release_late,
    stand_by,
)

__all__ = [
    "assign",
    "be_away",
    "begin_reviewing",
    "begin_together",
    "choose_pairing",
    "come_back",
    "follow_the_course",
    "forget_seat",
    "free",
    "give_back",
    "hold",
    "keep",
    "leave_seat",
    "mend",
    "mix_again",
    "next_for_guest",
    "next_work",
    "owe",
    "part",
    "put_back",
    "release_late",
    "rescale",
    "stand_by",
    "stand_in",
    "step_back",
    "take_seat",
    "tend",
    "unassign",
    "want",
]


def tend(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Look after a plan: who left or came back, who does not come, who still waits for a reviewer."""
    if exchange.submit_by is not None and exchange.submit_by <= now:
        begin_together(session, exchange, now=now)
    follow_the_course(session, exchange, now=now)
    release_late(session, exchange, now=now)
    if not exchange.windows.review_is_late(now):
        # When the time is over nobody is planned for any more: whoever comes takes what needs a reader.
        mend(session, exchange, now=now)
