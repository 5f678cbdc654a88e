"""
Whose time is another than everybody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules import OwnDates, Windows

NEWEST = """
    select p.person_id,
           (array_agg(x.submit_by order by x.id desc) filter (where x.submit_by is not null))[1] as submit_by,
           (array_agg(x.review_by order by x.id desc) filter (where x.review_by is not null))[1] as review_by
      from exchange_extended p
      join exchange_extension x on x.id = p.extension_id
     where x.exchange_id = {exchange} and p.taken_back_at is null and {whose}
     group by p.person_id
"""
"""Of each person the newest date of each kind that was not taken back."""
REOPENED = """
    select r.person_id, max(r.until) as until from exchange_reopening r
     where r.exchange_id = {exchange} and r.feedback_id is null and r.ended_at is null and {whose}
     group by r.person_id
"""
OWN = """
    select coalesce(d.person_id, r.person_id) as person_id, d.submit_by, d.review_by, r.until as reopened_until
      from ({newest}) d full join ({reopened}) r on r.person_id = d.person_id
"""
"""The own dates of people in ``{exchange}``."""


def own_dates_sql(*, exchange: str, person: str | None = None) -> str:
    """A statement for :data:`OWN`: of one *person*, or of everybody; both are SQL."""
    newest = NEWEST.format(exchange=exchange, whose=f"p.person_id = {person}" if person else "true")
    reopened = REOPENED.format(exchange=exchange, whose=f"r.person_id = {person}" if person else "true")
    return OWN.format(newest=newest, reopened=reopened)


OF_ALL = text(own_dates_sql(exchange=":exchange"))
OF_ONE = text(own_dates_sql(exchange=":exchange", person=":person"))


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The windows of everybody in one exchange."""

    base: Windows
    own: Mapping[int, OwnDates] = field(default_factory=dict)

    def of(self, person_id: int | None) -> Windows:
        """The windows of one person; everybody's where they have none of their own."""
        own = self.own.get(person_id) if person_id is not None else None
        return self.base if own is None else self.base.for_person(own)


def windows_of(session: Session, exchange: Exchange, person_id: int) -> Windows:
    """The windows of one person: everybody's where they have none of their own."""
    if not exchange.has_own_dates:
        return exchange.windows
    row = session.execute(OF_ONE, {"exchange": exchange.id, "person": person_id}).one_or_none()
    return exchange.windows if row is None else exchange.windows.for_person(own_in(row))


def calendar_of(session: Session, exchange: Exchange) -> Calendar:
    """The windows of everybody, in one query and none where all have the same."""
    if not exchange.has_own_dates:
        return Calendar(base=exchange.windows)
    rows = session.execute(OF_ALL, {"exchange": exchange.id})
    return Calendar(base=exchange.windows, own={row.person_id: own_in(row) for row in rows})


def own_in(row: Row[Any]) -> OwnDates:
    """The own dates in a row of :func:`own_dates_sql`."""
    return OwnDates(**{name: getattr(row, name) for name in ("submit_by", "review_by", "reopened_until")})
