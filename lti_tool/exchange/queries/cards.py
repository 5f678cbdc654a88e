"""
What the course home says of many exchanges at once, in one query.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange
from lti_tool.exchange.queries.dates import own_dates_sql, own_in
from lti_tool.exchange.queries.pairing import HAS_WORK
from lti_tool.exchange.queries.reach import coming_sql, reach_in, reach_sql
from lti_tool.exchange.queries.release import IS_RELEASED
from lti_tool.exchange.rules import OwnDates

MINE = """
    (select coalesce((select team.submission_id from exchange_team_member mate
                        join exchange_team team on team.id = mate.team_id
                       where mate.exchange_id = e.activity_id and mate.person_id = :person),
                     (select alone.id from exchange_submission alone
                       where alone.exchange_id = e.activity_id and alone.author_id = :person)))
"""
"""The work of ``:person``, or of their group."""

STANDINGS = text(
    f"""
    select e.activity_id,
           (select w.submitted_at from exchange_submission w
             where w.id = {MINE}) as submitted_at,
           (select count(*) from exchange_offer o
             where o.exchange_id = e.activity_id and o.reviewer_id = :person and o.state = 'submitted')
           + coalesce((select g.given from exchange_sealed_giving g
                        where g.exchange_id = e.activity_id and g.person_id = :person), 0) as given,
           least((select x.owes from exchange_excusal x
                   where x.exchange_id = e.activity_id and x.person_id = :person), e.reviews) as owes,
           exists (select from exchange_offer o
                    where o.exchange_id = e.activity_id and o.reviewer_id = :person
                      and o.state in ('offered', 'started')) as is_reviewing,
           (select count(*) from exchange_staff_review r
             where r.submission_id = {MINE} and r.is_rescue) as rescued,
           received.count as received, received.unread as unread_feedback,
           own.submit_by, own.review_by, own.reopened_until,
           {IS_RELEASED.format(exchange="e.activity_id", person=":person")} as is_released,
           exists (select from exchange_rewrite_request q
                     join exchange_feedback f on f.id = q.feedback_id
                     join exchange_offer o on o.id = f.offer_id
                    where o.exchange_id = e.activity_id and o.reviewer_id = :person
                      and q.answered_at is null) as is_to_rewrite,
           {HAS_WORK.format(exchange="e.activity_id")} as has_work,
           {coming_sql(exchange="e.activity_id", course=":course")},
           {reach_sql(exchange="e.activity_id", course=":course", person=":person")}
      from exchange e
      cross join lateral (
           select count(*), count(*) filter (where f.read_at is null) as unread
             from exchange_feedback f
             join exchange_offer o on o.id = f.offer_id
             join exchange_submission w on w.id = o.submission_id
            where w.id = {MINE}) as received
      left join lateral ({own_dates_sql(exchange="e.activity_id", person=":person")}) as own on true
     where e.activity_id = any(:ids)
    """  # noqa: S608 - made of constants
)

TALLIES = text(
    """
    select e.activity_id,
           (select count(*) from exchange_submission w
             where w.exchange_id = e.activity_id and w.submitted_at is not null) as submitted,
           (select count(*) from exchange_offer o
             where o.exchange_id = e.activity_id and o.state = 'submitted') as given
      from exchange e
     where e.activity_id = any(:ids)
    """
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one learner stands in one exchange."""

    submitted_at: datetime | None
    given: int
    owes: int
    """Reviews in all: as many as everybody, or fewer where they are excused or no more can be had."""
    hopes: int
    """Reviews that they may hope for in all."""
    is_reviewing: bool
    received: int
    unread: int
    rescued: int
    """Reviews by staff in the place of a reader whom nobody found."""
    has_work: bool
    """Somebody's work still lacks a reviewer."""
    own: OwnDates
    is_released: bool
    """Staff showed them their feedback."""
    is_to_rewrite: bool = False
    """Staff ask them to write a feedback anew."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How one exchange stands as a whole."""

    submitted: int
    given: int


def exchanges_of(session: Session, ids: Collection[int]) -> Mapping[int, Exchange]:
    """The exchanges of these activities, without their criteria."""
    return {each.id: each for each in session.scalars(select(Exchange).where(Exchange.activity_id.in_(ids)))}


def standings(
    session: Session, exchanges: Mapping[int, Exchange], *, person_id: int, course_id: int, now: datetime
) -> Mapping[int, Standing]:
    """Where *person_id* stands, by exchange."""
    facts = {"ids": list(exchanges), "person": person_id, "course": course_id, "now": now}
    return {
        row.activity_id: _standing(row, exchanges[row.activity_id], now=now)
        for row in session.execute(STANDINGS, facts)
    }


def tallies(session: Session, ids: Collection[int]) -> Mapping[int, Tally]:
    """How these exchanges stand."""
    rows = session.execute(TALLIES, {"ids": list(ids)})
    return {row.activity_id: Tally(submitted=row.submitted, given=row.given) for row in rows}


def _standing(row: Row[Any], exchange: Exchange, *, now: datetime) -> Standing:
    reach = reach_in(row, exchange, now=now)
    return Standing(
        submitted_at=row.submitted_at,
        given=row.given,
        owes=reach.owed(exchange, row.owes, given=row.given),
        hopes=reach.hoped_for(exchange, received=row.received, rescued=row.rescued),
        is_reviewing=row.is_reviewing,
        received=row.received,
        unread=row.unread_feedback,
        rescued=row.rescued,
        has_work=row.has_work,
        own=own_in(row),
        is_released=row.is_released,
        is_to_rewrite=row.is_to_rewrite,
    )
