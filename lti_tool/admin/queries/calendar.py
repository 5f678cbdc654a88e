"""
The calendar of the institution's LMS: whether it is connected, and what of the dates stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.calendars.models import UNREADABLE, AccountState, CalendarAccount, CalendarEntry, State
from lti_tool.web.institution import Finding, Tenant

MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A date that the LMS would not have."""

    title: str
    at: datetime
    problem: str


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """How the connection is doing."""

    state: str
    """"" where there is none."""
    is_unreadable: bool
    """Its key was encrypted with another ``SECRET_KEY``."""
    address: str
    client_id: str
    connected_at: datetime | None
    written: int
    waiting: int
    failed: int
    refused: Sequence[Refused]


def calendar(session: Session, mine: Tenant) -> Calendar:
    """The calendar of an institution, in three statements."""
    found = session.get(CalendarAccount, mine.platform_id)
    rows = session.execute(
        select(CalendarEntry.state, func.count())
        .where(CalendarEntry.platform_id == mine.platform_id)
        .group_by(CalendarEntry.state)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in rows}
    refused = session.scalars(
        select(CalendarEntry)
        .where(CalendarEntry.platform_id == mine.platform_id, CalendarEntry.state == State.FAILED)
        .order_by(CalendarEntry.id.desc())
        .limit(MOST_SHOWN)
    )
    return Calendar(
        state=found.state if found else "",
        is_unreadable=found is not None and found.problem == UNREADABLE,
        address=found.address if found else "",
        client_id=found.client_id if found else "",
        connected_at=found.connected_at if found else None,
        written=counted.get(State.WRITTEN, 0),
        waiting=counted.get(State.WAITING, 0) + counted.get(State.SENDING, 0),
        failed=counted.get(State.FAILED, 0),
        refused=[Refused(title=each.title, at=each.at, problem=each.problem) for each in refused],
    )


def look(session: Session, mine: Tenant, _now: datetime) -> Sequence[Finding]:
    """Nothing where nobody wanted a calendar."""
    row = session.execute(
        select(
            CalendarAccount.state,
            CalendarAccount.problem,
            select(func.count())
            .select_from(CalendarEntry)
            .where(CalendarEntry.platform_id == mine.platform_id, CalendarEntry.state == State.FAILED)
            .scalar_subquery()
            .label("failed"),
        ).where(CalendarAccount.platform_id == mine.platform_id)
    ).one_or_none()
    if row is None or not mine.is_alone:
        return ()
    name, endpoint = _("Calendar"), "admin.calendar"
    if row.problem == UNREADABLE:
        return (
            Finding(
                name=name,
                is_good=False,
                sentence=_("Hearth cannot read the key to your LMS's calendar any more."),
                advice=_("Connect it again."),
                endpoint=endpoint,
            ),
        )
    if row.state != AccountState.CONNECTED:
        return (
            Finding(
                name=name,
                is_good=False,
                sentence=_("Your LMS does not let Hearth write into its calendar."),
                advice=_("Somebody of your LMS has to consent."),
                endpoint=endpoint,
            ),
        )
    if row.failed:
        said = ngettext("One date was refused.", "%(num)s dates were refused.", row.failed)
        return (
            Finding(name=name, is_good=False, sentence=said, advice=_("Look why, and try again."), endpoint=endpoint),
        )
    return (
        Finding(name=name, is_good=True, sentence=_("Dates appear in the calendars of courses."), endpoint=endpoint),
    )
