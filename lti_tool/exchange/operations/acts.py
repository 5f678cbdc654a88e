"""
What the verbs have in common: they ask whether the exchange is open, and write down what was done.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.exchange import errors, notices, rules
from lti_tool.exchange.models import Exchange


def require_open(exchange: Exchange, now: datetime) -> None:
    """Raise :class:`errors.NotOpen` unless people may take part now."""
    require(exchange.windows.why_not_open(now))


def require_taken(windows: rules.Windows, now: datetime) -> None:
    """Raise :class:`errors.NotOpen` unless work is taken now from whom these windows are for."""
    require(windows.why_not_hand_in(now))


def require_reviews_taken(windows: rules.Windows, now: datetime) -> None:
    """Raise :class:`errors.NotOpen` unless feedback is taken now from whom these windows are for."""
    require(windows.why_not_review(now))


def require(because: str | None) -> None:
    """Raise :class:`errors.NotOpen` where there is a reason not to take something."""
    if because is not None:
        raise errors.NotOpen(because)


def required_reason(words: str) -> str:
    """A reason as it is kept; raises :class:`errors.ReasonMissing` where there is none."""
    reason = clean(words).strip()[: rules.LONGEST_COMMENT]
    if not reason:
        raise errors.ReasonMissing
    return reason


def record(
    session: Session, exchange: Exchange, act: str, *, by: int | None, now: datetime, **particulars: object
) -> None:
    """Write into the journal that *by* did *act* in this exchange, and tell those whom it concerns."""
    journal.record(
        session,
        act,
        course_id=exchange.course_id,
        person_id=by,
        activity_id=exchange.id,
        now=now,
        **particulars,
    )
    notices.act_done(session, exchange, act, particulars, now=now)


def clean(text: str) -> str:
    """Words as we keep them: lines end with a line feed, and no character that the database refuses."""
    return text.replace("\r\n", "\n").replace("\x00", "")
