"""
From whom the feedback they got is held back, and why.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, cast, exists, or_, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, FeedbackRelease
from lti_tool.exchange.queries.reach import owed_counts
from lti_tool.exchange.queries.self_assessment import is_covered
from lti_tool.exchange.queries.teams import authors_of
from lti_tool.exchange.rules import Waiting

IS_RELEASED = """
    exists (select from exchange_feedback_release r
             where r.exchange_id = {exchange} and (r.person_id is null or r.person_id = {person}))
"""
AUTHORS = text(
    f"""
    select a.person_id, count(f.id) as received, max(f.read_at) as read_at,
           (select count(*) from exchange_offer g
             where g.exchange_id = :exchange and g.reviewer_id = a.person_id and g.state = 'submitted')
           + coalesce((select g.given from exchange_sealed_giving g
                        where g.exchange_id = :exchange and g.person_id = a.person_id), 0) as given,
           {IS_RELEASED.format(exchange=":exchange", person="a.person_id")} as is_released
      from (select w.id, coalesce(mate.person_id, w.author_id) as person_id
              from exchange_submission w
              left join exchange_team team on team.submission_id = w.id
              left join exchange_team_member mate on mate.team_id = team.id
             where w.exchange_id = :exchange) a
      left join exchange_offer o on o.submission_id = a.id and o.state = 'submitted'
      left join exchange_feedback f on f.offer_id = o.id
     where a.person_id is not null
       and (cast(:persons as int[]) is null or a.person_id = any(cast(:persons as int[])))
     group by a.person_id
     order by a.person_id
    """  # noqa: S608 - made of constants
)


@dataclass(frozen=True, kw_only=True)
class Author:
    """What decides whether somebody sees their feedback."""

    person_id: int
    received: int
    given: int
    is_released: bool
    """By staff, to all or to them."""
    read_at: datetime | None
    """When they last read something new."""
    owed: int
    """Reviews in all; told apart from what everybody owes only where feedback waits for them."""

    def waits(self, exchange: Exchange, *, now: datetime, is_closed: bool | None = None) -> Waiting | None:
        """Why they do not see it now, or would not if the exchange were closed or not."""
        return exchange.waits(
            received=self.received,
            given=self.given,
            owed=self.owed,
            is_released=self.is_released,
            now=now,
            is_closed=is_closed,
        )


def authors(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None, now: datetime
) -> Sequence[Author]:
    """Everybody who has a work, alone or with a group; or those of *persons* who have one."""
    facts = {"exchange": exchange.id, "persons": list(persons) if persons is not None else None}
    owed = _owed(session, exchange, persons=persons, now=now)
    rows = session.execute(AUTHORS, facts)
    return [Author(**row._mapping, owed=owed.get(row.person_id, exchange.reviews)) for row in rows]


def is_held_back(session: Session, exchange: Exchange, author_id: int, *, now: datetime) -> bool:
    """
    Whether an author does not see what they got yet: it waits, or they have not looked at their own work.

    Costs nothing where everybody sees it at once.
    """
    is_waiting = bool(held_back(session, exchange, persons=(author_id,), now=now))
    return is_waiting or is_covered(session, exchange, author_id)


def held_back(
    session: Session, exchange: Exchange, *, now: datetime, persons: Collection[int] | None = None
) -> Collection[int]:
    """The authors from whom their feedback is held back. Costs nothing where none can be."""
    if not exchange.can_hold_back:
        return ()
    return {
        each.person_id for each in authors(session, exchange, persons=persons, now=now) if each.waits(exchange, now=now)
    }


def is_let_out(session: Session, exchange: Exchange, submission_id: int, *, now: datetime) -> bool:
    """
    Whether one of those who made a work sees the feedback on it, as far as it does not wait for their own look at it.

    What one of a group has read may be known to all of them. Costs nothing where everybody sees it at once.
    """
    if not exchange.can_hold_back:
        return True
    people = authors_of(session, exchange, submission_id)
    return not people or not set(people).issubset(held_back(session, exchange, persons=people, now=now))


def waiting_of(
    session: Session, exchange: Exchange, person_id: int, *, received: int, given: int, owed: int, now: datetime
) -> Waiting | None:
    """Why one author does not see it yet, where it is known how much they got, gave and owe."""
    waiting = exchange.waits(received=received, given=given, owed=owed, is_released=False, now=now)
    if waiting is None or waiting.why == "few" or not is_released_to(session, exchange, person_id):
        return waiting
    return exchange.waits(received=received, given=given, owed=owed, is_released=True, now=now)


def is_released_to(session: Session, exchange: Exchange, person_id: int) -> bool:
    """Whether staff released it to somebody, or to all."""
    is_theirs = or_(FeedbackRelease.person_id.is_(None), FeedbackRelease.person_id == person_id)
    return bool(session.scalar(select(exists().where(FeedbackRelease.exchange_id == exchange.id, is_theirs))))


def feedback_release(session: Session, exchange: Exchange, *, person_id: int | None = None) -> FeedbackRelease | None:
    """What staff said about all, or about one person alone."""
    return session.scalars(
        select(FeedbackRelease).where(
            FeedbackRelease.exchange_id == exchange.id, FeedbackRelease.person_id.is_not_distinct_from(person_id)
        )
    ).one_or_none()


def released_between(session: Session, *, after: datetime, until: datetime) -> Sequence[Exchange]:
    """The exchanges whose date for showing feedback came then."""
    on = cast(Exchange.options["release"]["on"].astext, DateTime(timezone=True))
    when = Exchange.options["release"]["when"].astext
    rows = select(Exchange).where(when == rules.ON_DATE, on > after, on <= until).order_by(Exchange.activity_id)
    return session.scalars(rows).all()


def _owed(session: Session, exchange: Exchange, *, persons: Collection[int] | None, now: datetime) -> Mapping[int, int]:
    """What some owe who owe less than everybody. Costs nothing where feedback does not wait for that."""
    if exchange.option(rules.ReleaseOptions).when != rules.AFTER_GIVING:
        return {}
    return owed_counts(session, exchange, now=now, persons=persons)
