"""
The dates of an exchange in the calendar of the LMS: those that everybody has, while learners may see them.
"""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from lti_tool.calendars import jobs as calendars
from lti_tool.exchange.models import Exchange
from lti_tool.web.rooms import DueDate


def due_dates(exchange: Exchange) -> Sequence[DueDate]:
    """When work and reviews are due, for who has no time of their own."""
    if not exchange.is_published:
        return ()
    title = exchange.activity.title
    submit = _("Sign up: %(title)s", title=title) if exchange.is_live else _("Hand in: %(title)s", title=title)
    dates = (
        ("submit", submit, exchange.submit_by),
        ("review", _("Give feedback: %(title)s", title=title), exchange.review_by),
    )
    return [DueDate(ref=ref, words=words, at=at) for ref, words, at in dates if at is not None]


def show_dates(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Let the calendar of the LMS follow, where it is connected."""
    calendars.follow(session, exchange.id, due_dates(exchange), now=now)


def take_dates_away(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """The exchange is going to be deleted: take its dates out of the calendar of the LMS."""
    calendars.follow(session, exchange.id, (), now=now)
