"""
What the standing plan holds for somebody: whether there is work to review, and why there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Closure, Exchange, PairingEvent, Publication, Seat
from lti_tool.exchange.queries.reach import ALLOWED, is_more_expected

OWN_WAITING = """
    exists (select from exchange_pair p
              join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
              join membership m on m.person_id = p.author_id and m.course_id = :course and m.left_at is null
             where p.reviewer_id = :person and p.exchange_id = {exchange} and p.begun_at is null)
"""
IN_NEED = f"""
    exists (select from exchange_seat s
              join exchange ours on ours.activity_id = s.exchange_id
              join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
              join membership me on me.person_id = :person and me.course_id = :course
             where s.exchange_id = {{exchange}} and s.lacks > {{above}} and s.left_at is null
               and {ALLOWED.format(reviewer="me", author="m")}
               and s.person_id <> :person
               and not exists (select from exchange_seat mine where mine.exchange_id = s.exchange_id
                                  and mine.person_id = :person and mine.submission_id = s.submission_id)
               and not exists (select from exchange_pair p
                                where p.submission_id = s.submission_id and p.reviewer_id = :person)
               and not exists (select from exchange_offer o where o.submission_id = s.submission_id
                                  and o.reviewer_id = :person and o.state <> 'expired'))
"""  # noqa: S608 - made of constants
LAPSED = """
    exists (select from exchange_offer o
              join exchange_seat s on s.submission_id = o.submission_id and s.left_at is null
             where o.exchange_id = {exchange} and o.state = 'offered' and o.lease_until <= :now
               and o.reviewer_id <> :person and s.person_id <> :person
               and not exists (select from exchange_seat mine where mine.exchange_id = s.exchange_id
                                  and mine.person_id = :person and mine.submission_id = s.submission_id)
               and not exists (select from exchange_offer mine where mine.submission_id = o.submission_id
                                  and mine.reviewer_id = :person and mine.state <> 'expired'))
"""
HAS_BEGUN = """
    exists (select from exchange_pairing_event where exchange_id = :exchange and kind in ('planned', 'joined'))
"""
"""Whether anything is planned yet in ``:exchange``."""
HAS_WORK = f"({OWN_WAITING} or {IN_NEED.format(exchange='{exchange}', above='0')} or {LAPSED})"
"""Whether there is work for ``:person`` in ``{exchange}`` of course ``:course`` at ``:now``."""

AVAILABLE = text(
    f"""
    select {OWN_WAITING} as is_own, {IN_NEED.format(exchange=":exchange", above="0")} or {LAPSED} as is_needed,
           {HAS_BEGUN} and {IN_NEED.format(exchange=":exchange", above=f"-{rules.MOST_REVIEWS}")} as is_any,
           (select joined_at from exchange_seat
             where exchange_id = :exchange and person_id = :person) as joined_at
    """.format(exchange=":exchange")  # noqa: S608 - made of constants
)
FOR_GUEST = text(f"select {IN_NEED.format(exchange=':exchange', above='0')} and {HAS_BEGUN}")
REVIEWER = text(
    """
    select exists (select from exchange_submission w
                    where w.submitted_at is not null
                      and w.id = coalesce((select team.submission_id from exchange_team_member mate
                                             join exchange_team team on team.id = mate.team_id
                                            where mate.exchange_id = :exchange and mate.person_id = :person),
                                          (select alone.id from exchange_submission alone
                                            where alone.exchange_id = :exchange and alone.author_id = :person)))
           as has_work,
           coalesce(bool_or(state in ('offered', 'started')), false) as has_open,
           count(*) filter (where state = 'submitted') as given,
           least((select x.owes from exchange_excusal x
                   where x.exchange_id = :exchange and x.person_id = :person),
                 (select e.reviews from exchange e where e.activity_id = :exchange)) as owes
      from exchange_offer where exchange_id = :exchange and reviewer_id = :person
    """
)
WHY_NONE = text(
    f"""
    select exists (select from exchange_seat s where s.exchange_id = :exchange and s.person_id <> :person
                      and not exists (select from exchange_seat mine where mine.exchange_id = s.exchange_id
                                         and mine.person_id = :person
                                         and mine.submission_id = s.submission_id)) as has_others,
           {IN_NEED.format(exchange=":exchange", above=f"-{rules.MOST_REVIEWS}")} as has_unseen,
           not {HAS_BEGUN} as is_early
    """  # noqa: S608 - made of constants
)
IN_NEED_OF_A_READER = text(
    """
    select s.person_id, s.submission_id, s.lacks, s.begun, p.name, w.submitted_at
      from exchange_seat s
      join person p on p.id = s.person_id
      join exchange_submission w on w.id = s.submission_id
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.lacks > 0 and s.left_at is null
     order by s.lacks desc, s.joined_at limit 500
    """
)


@dataclass(frozen=True, kw_only=True)
class InNeed:
    """A work for which the plan found too few reviewers."""

    person_id: int
    name: str
    submission_id: int
    lacks: int
    begun: int
    submitted_at: datetime


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """Where somebody stands who asks for a work."""

    has_work: bool
    """They have handed in their own."""
    has_open: bool
    """They have a work at hand."""
    given: int
    owes: int
    """Reviews in all: fewer than everybody where they are excused."""


def reviewer_of(session: Session, exchange: Exchange, person_id: int) -> Reviewer:
    """All of it in one way to the database: a class asks at once."""
    return Reviewer(
        **session.execute(REVIEWER, {"exchange": exchange.id, "person": person_id}).one()._mapping,
    )


def available(
    session: Session, exchange: Exchange, person_id: int, *, owes: int, now: datetime
) -> tuple[str | None, str | None]:
    """
    Whether there is work to review: ``own`` while some is owed, then ``extra`` where help is needed; else None and why.
    """
    facts = {"exchange": exchange.id, "course": exchange.course_id, "person": person_id, "now": now}
    row = session.execute(AVAILABLE, facts).one()
    last_call = exchange.submit_by or (row.joined_at + rules.PATIENCE if row.joined_at else None)
    is_last_call = last_call is not None and now > last_call
    if row.is_own or row.is_needed or (row.is_any and owes > 0 and is_last_call):
        return ("own" if owes > 0 else "extra"), None
    return None, why_no_work(session, exchange, reviewer=person_id)


def available_to_guest(
    session: Session, exchange: Exchange, person_id: int, *, owes: int, now: datetime
) -> tuple[str | None, str | None]:
    """
    ``guest`` where a work lacks a reader that somebody may read who has handed in nothing, once no more are expected.

    They read no more than others *owe*. Whether the plan can spare the work is found out when they take it.
    """
    if not exchange.takes_guests or owes <= 0 or is_more_expected(session, exchange, now=now):
        return None, None
    facts = {"exchange": exchange.id, "course": exchange.course_id, "person": person_id}
    return ("guest" if session.scalar(FOR_GUEST, facts) else None), None


def why_no_work(session: Session, exchange: Exchange, *, reviewer: int) -> str:
    """Why nothing can be offered: not_begun, no_work_yet, all_served or reviewed_all."""
    facts = {"exchange": exchange.id, "course": exchange.course_id, "person": reviewer}
    row = session.execute(WHY_NONE, facts).one()
    if row.is_early and exchange.option(rules.PairingOptions).start == rules.TOGETHER:
        return "not_begun"
    if not row.has_others:
        return "no_work_yet"
    return "all_served" if row.has_unseen else "reviewed_all"


def waits_to_begin(session: Session, exchange: Exchange) -> bool:
    """Whether everybody is to begin reviewing together, and has not."""
    if exchange.has_teams or exchange.option(rules.PairingOptions).start != rules.TOGETHER:
        return False
    return not session.scalar(text(f"select {HAS_BEGUN}"), {"exchange": exchange.id})


def in_need_of_a_reader(session: Session, exchange: Exchange) -> Sequence[InNeed]:
    """The works that early finishers, and then staff, are asked to read; most in need first."""
    rows = session.execute(IN_NEED_OF_A_READER, {"exchange": exchange.id, "course": exchange.course_id})
    return [InNeed(**row._mapping) for row in rows]


def exchanges_to_tend(session: Session, *, now: datetime) -> list[int]:
    """The exchanges whose plan may need looking after: published, begun and not closed."""
    has_seats = exists().where(Seat.exchange_id == Exchange.activity_id)
    rows = (
        select(Exchange.activity_id)
        .where(
            has_seats,
            exists().where(Publication.exchange_id == Exchange.activity_id, Publication.published_at <= now),
            ~exists().where(Closure.exchange_id == Exchange.activity_id),
        )
        .order_by(Exchange.activity_id)
    )
    return list(session.scalars(rows))


def pairing_events(session: Session, exchange: Exchange) -> list[dict[str, Any]]:
    """Every step of the plan, in order, as :func:`rules.standing.replayed` reads them."""
    rows = session.execute(
        select(PairingEvent.kind, PairingEvent.at, PairingEvent.facts)
        .where(PairingEvent.exchange_id == exchange.id)
        .order_by(PairingEvent.id)
    )
    return [{"kind": kind, "at": at.isoformat(), **facts} for kind, at, facts in rows]
