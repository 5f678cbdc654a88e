"""
The standing plan in the database: seats, pairs, and the steps that lead from one plan to the next.

Joining, leaving and planning hold the exchange's lock; reviewers who take work share it, and lock
the pairs they move. Each step is written down (:class:`models.PairingEvent`), so a plan can be
derived again from its seed and its steps.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing.repairs import (
    assign,
    free,
    part,
    put_back,
    stand_in,
    step_back,
    unassign,
    want,
)
from lti_tool.exchange.operations.pairing.scene import hold, share
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
from lti_tool.exchange.operations.pairing.taking import come_back, give_back, keep, next_work, release_late

__all__ = [
    "assign",
    "begin_together",
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
    "next_work",
    "part",
    "put_back",
    "release_late",
    "rescale",
    "share",
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
    mend(session, exchange, now=now)
