"""
The dates of an exchange in the calendar of the LMS: those that everybody has, while learners may see them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from lti_tool.calendars import jobs as calendars
from lti_tool.exchange import queries
from lti_tool.exchange.models import Exchange
from lti_tool.web.rooms import DueDate


def due_dates(exchange: Exchange) -> Sequence[DueDate]:
    """When work and reviews are due, for who has no time of their own."""
    return _dates(exchange, exchange.submit_by, exchange.review_by)


def own_due_dates(session: Session, exchange: Exchange) -> Mapping[int, Sequence[DueDate]]:
    """By person, those dates that are other ones for them than for everybody."""
    calendar = queries.calendar_of(session, exchange)
    everybodys = {each.ref: each.at for each in due_dates(exchange)}
    found: dict[int, Sequence[DueDate]] = {}
    for person_id in calendar.own:
        windows = calendar.of(person_id)
        dates = _dates(exchange, windows.submit_by, windows.review_by)
        found[person_id] = [each for each in dates if each.at != everybodys.get(each.ref)]
    return found


def _dates(exchange: Exchange, submit_by: datetime | None, review_by: datetime | None) -> Sequence[DueDate]:
    if not exchange.is_published:
        return ()
    title = exchange.activity.title
    submit = _("Sign up: %(title)s", title=title) if exchange.is_live else _("Hand in: %(title)s", title=title)
    dates = (
        ("submit", submit, submit_by),
        ("review", _("Give feedback: %(title)s", title=title), review_by),
    )
    return [DueDate(ref=ref, words=words, at=at) for ref, words, at in dates if at is not None]


def show_dates(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Let the calendar of the LMS follow, where it is connected."""
    calendars.follow(session, exchange.id, due_dates(exchange), now=now)


def take_dates_away(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """The exchange is going to be deleted: take its dates out of the calendar of the LMS."""
    calendars.follow(session, exchange.id, (), now=now)
