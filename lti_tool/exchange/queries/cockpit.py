"""
What the cockpit reads: who is stuck and why, who could read what, and what staff have repaired.

A number of queries that does not grow with the class.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session, joinedload

from lti_tool.exchange import rules
from lti_tool.exchange.columns import main_column
from lti_tool.exchange.models import Exchange, Excusal, Repair, Seat
from lti_tool.exchange.queries.dates import Calendar, calendar_of
from lti_tool.exchange.queries.pairing import HAS_BEGUN
from lti_tool.exchange.queries.reach import owed_counts
from lti_tool.exchange.queries.teams import goes_by, made_together
from lti_tool.exchange.rules.stuck import Reader, Stuck, Whereabouts, best_readers, is_idle, why_stuck
from lti_tool.grades.models import Passback, State

Pair = tuple[int, int]

EVERYBODY = text(
    f"""
    select p.id as person_id, p.name, team.name as team, m.left_at, m.groups, m.sections, w.submitted_at,
           case when s.person_id is not null and {HAS_BEGUN}
                then greatest(s.joined_at, (select max(e.at) from exchange_pairing_event e
                                             where e.exchange_id = :exchange and e.kind = 'planned')) end as planned_at,
           coalesce(s.lacks, 0) as lacks,
           coalesce(o.given, 0) as given, coalesce(o.in_hand, 0) as in_hand, coalesce(o.lapsed, 0) as lapsed,
           greatest(w.submitted_at, o.last_at) as last_sign_at,
           coalesce(k.waiting, 0) as waiting
      from membership m
      join person p on p.id = m.person_id
      left join exchange_seat s on s.exchange_id = :exchange and s.person_id = p.id and s.left_at is null
      left join exchange_team_member mate on mate.exchange_id = :exchange and mate.person_id = p.id
      left join exchange_team team on team.id = mate.team_id
      left join exchange_submission w on w.id = coalesce(s.submission_id,
           (select own.id from exchange_submission own where own.exchange_id = :exchange and own.author_id = p.id))
      left join (select reviewer_id,
                        count(*) filter (where state = 'submitted') as given,
                        count(*) filter (where state in ('offered', 'started') and lease_until > :now) as in_hand,
                        count(*) filter (where state in ('offered', 'started') and lease_until <= :now) as lapsed,
                        max(greatest(offered_at, case when state = 'submitted' then ended_at end, draft.saved_at))
                            as last_at
                   from exchange_offer left join exchange_feedback_draft draft on draft.offer_id = id
                  where exchange_id = :exchange group by reviewer_id) o on o.reviewer_id = p.id
      left join (select reviewer_id, count(*) filter (where begun_at is null) as waiting
                   from exchange_pair where exchange_id = :exchange group by reviewer_id) k on k.reviewer_id = p.id
     where m.course_id = :course
       and ((m.role = 'learner' and m.staff_since is null and not m.is_test_user and m.left_at is null)
            or w.submitted_at is not null)
     order by lower(p.name), p.id
    """  # noqa: S608 - made of constants
)
KEPT_BY = text(
    """
    select p.reviewer_id, p.author_id from exchange_pair p
      left join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     where p.exchange_id = :exchange and p.reviewer_id = any(:people) and o.state is distinct from 'submitted'
    """
)
TAKEN = text(
    """
    select reviewer_id, author_id from exchange_pair
     where exchange_id = :exchange and (author_id = any(:authors) or reviewer_id = any(:readers))
    union
    select o.reviewer_id, s.person_id from exchange_offer o
      join exchange_seat s on s.submission_id = o.submission_id
     where o.exchange_id = :exchange and o.state <> 'expired'
       and (s.person_id = any(:authors) or o.reviewer_id = any(:readers))
    """
)
RULED = text("select reviewer_id, author_id, kind from exchange_pair_rule where exchange_id = :exchange")
LAST = text(
    """
    select p.reviewer_id from exchange_pair p join exchange_seat of on of.submission_id = p.submission_id
     where of.person_id = any(:authors) and p.exchange_id = (
           select max(s.exchange_id) from activity a join exchange_seat s on s.exchange_id = a.id
            where a.course_id = :course and a.id < :exchange)
    """
)
FLAGS = text(
    """
    select w.author_id, count(*) from exchange_flag f
      left join exchange_message g on g.id = f.message_id
      left join exchange_feedback k on k.id = coalesce(f.feedback_id, g.feedback_id)
      left join exchange_offer o on o.id = k.offer_id
      join exchange_submission w on w.id = coalesce(f.submission_id, o.submission_id)
     where f.exchange_id = :exchange
       and not exists (select from exchange_flag_act a where a.flag_id = f.id and a.act = any(:decisions))
     group by w.author_id
    """
)
RECENT = 20
"""Repairs that the page lists: what somebody may still want to undo."""


@dataclass(frozen=True, kw_only=True)
class StuckRow:
    """Somebody who is stuck."""

    person_id: int
    name: str
    has_left: bool
    team: str | None
    """Their group, where groups hand in: what their work lacks is told of the one by whom it goes."""
    where: Whereabouts
    why: tuple[Stuck, ...]

    def has(self, *reasons: str) -> bool:
        return any(each.why in reasons for each in self.why)


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """How the class stands, and who is stuck."""

    people: tuple[Whereabouts, ...]
    rows: tuple[StuckRow, ...]
    """Most urgent first."""
    counts: Mapping[str, int]
    """By reason: how many people."""
    unmet: int
    """Reviews for which nobody is found."""


def cockpit(session: Session, exchange: Exchange, *, now: datetime) -> Cockpit:
    """Everybody of the course, and why they are stuck, in at most eight queries."""
    everybody = _everybody(session, exchange, now)
    calendar = calendar_of(session, exchange)
    flagged = session.execute(FLAGS, {"exchange": exchange.id, "decisions": list(rules.DECISIONS)})
    flags = {author: count for author, count in flagged if author is not None}
    not_sent = _not_sent(session, exchange)
    owed = owed_counts(session, exchange, now=now)
    people = [_whereabouts(row, exchange, owed, flags=flags, not_sent=not_sent) for row in everybody]
    people = _with_the_plan(session, exchange, everybody, people, calendar=calendar, now=now)
    rows = []
    for row, where in zip(everybody, people, strict=True):
        # Whoever left owes nothing; their work is looked after on its own.
        why = why_stuck(where, calendar.of(row.person_id), now=now) if row.left_at is None else ()
        if exchange.keeps_counts_back:
            why = tuple(each for each in why if each.why not in rules.TELL_WHO_GAVE)
        if why:
            found = StuckRow(
                person_id=row.person_id, name=row.name, has_left=False, team=row.team, where=where, why=why
            )
            rows.append(found)
    rows.sort(key=lambda each: rules.REASONS.index(each.why[0].why))
    counts = Counter(each.why for row in rows for each in row.why)
    return Cockpit(
        people=tuple(people),
        rows=tuple(rows),
        counts={why: counts[why] for why in rules.REASONS if counts[why]},
        unmet=sum(max(row.where.lacks, 0) for row in rows),
    )


def readers_for(session: Session, exchange: Exchange, author: int, *, now: datetime) -> tuple[Reader, ...]:
    """Who may read a work and does not yet, in the order in which to ask them."""
    everybody = [row for row in _everybody(session, exchange, now) if row.left_at is None and row.planned_at]
    here = _bounds(session, exchange, everybody, authors=[author], readers=[])
    authors = list(here.mates.get(author, (author,)))
    facts = {"exchange": exchange.id, "course": exchange.course_id, "author": author, "authors": authors}
    last = set(session.scalars(LAST, facts)) if exchange.option(rules.PairingOptions).avoid_last else set()
    mutual = set(session.scalars(text("select author_id from exchange_pair where exchange_id = :exchange"
                                      " and reviewer_id = :author"), facts))  # fmt: skip
    calendar = calendar_of(session, exchange)
    owed = owed_counts(session, exchange, now=now)
    readers = [
        Reader(
            person_id=row.person_id,
            name=row.name,
            owes=owed.get(row.person_id, exchange.reviews),
            given=row.given,
            in_hand=row.in_hand + row.lapsed + row.waiting,
            is_idle=is_idle(_whereabouts(row, exchange, owed), calendar.of(row.person_id), now=now),
        )
        for row in everybody
        if here.allows(row.person_id, author)
    ]
    return tuple(best_readers(readers, author, seed=exchange.seed, avoids=lambda id: id in last or id in mutual))


def repairs(session: Session, exchange: Exchange) -> Sequence[Repair]:
    """What staff did last, newest first."""
    rows = (
        select(Repair)
        .where(Repair.exchange_id == exchange.id)
        .options(joinedload(Repair.person), joinedload(Repair.author), joinedload(Repair.by))
        .order_by(Repair.id.desc())
        .limit(RECENT)
    )
    return session.scalars(rows).all()


def excusal_of(session: Session, exchange: Exchange, person_id: int) -> Excusal | None:
    """That somebody owes less, and why."""
    return session.get(Excusal, (exchange.id, person_id))


def readers_lacking(session: Session, exchange: Exchange, person_id: int) -> int:
    """How many readers the plan has not found for somebody's work, or that of their group."""
    author = goes_by(session, exchange, person_id)
    lacks = select(Seat.lacks).where(Seat.exchange_id == exchange.id, Seat.person_id == author, Seat.left_at.is_(None))
    return max(session.scalar(lacks) or 0, 0)


def owed_by(session: Session, exchange: Exchange, person_id: int) -> int:
    """How many reviews somebody owes in all."""
    owes = session.scalar(
        select(Excusal.owes).where(Excusal.exchange_id == exchange.id, Excusal.person_id == person_id)
    )
    return exchange.reviews if owes is None else min(owes, exchange.reviews)


def _everybody(session: Session, exchange: Exchange, now: datetime) -> Sequence[Row[Any]]:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "now": now}
    return session.execute(EVERYBODY, facts).all()


def _whereabouts(
    row: Row[Any],
    exchange: Exchange,
    owed: Mapping[int, int],
    *,
    flags: Mapping[int, int] | None = None,
    not_sent: Collection[int] = (),
) -> Whereabouts:
    return Whereabouts(
        person_id=row.person_id,
        submitted_at=row.submitted_at,
        planned_at=row.planned_at,
        owes=owed.get(row.person_id, exchange.reviews),
        given=row.given,
        in_hand=row.in_hand > 0,
        waiting=row.waiting + row.lapsed,
        last_sign_at=row.last_sign_at,
        lacks=max(row.lacks, 0),
        flags=(flags or {}).get(row.person_id, 0),
        is_not_sent=row.person_id in not_sent,
    )


def _with_the_plan(
    session: Session,
    exchange: Exchange,
    rows: Sequence[Row[Any]],
    people: Sequence[Whereabouts],
    *,
    calendar: Calendar,
    now: datetime,
) -> list[Whereabouts]:
    """The same with what only several people together show: idle readers, and who may read what."""
    idle = [each.person_id for each in people if is_idle(each, calendar.of(each.person_id), now=now)]
    idle_readers: Counter[int] = Counter()
    if idle:
        kept = session.execute(KEPT_BY, {"exchange": exchange.id, "people": idle})
        idle_readers.update(author for _, author in kept)
    seated = [row for row in rows if row.left_at is None and row.planned_at is not None]
    lacking = [row.person_id for row in seated if row.lacks > 0]
    empty_handed = [
        each.person_id
        for each in people
        if each.planned_at is not None and each.missing and not each.in_hand and not each.waiting
    ]
    unread: set[int] = set()
    without: set[int] = set()
    if lacking or empty_handed:
        here = _bounds(session, exchange, seated, authors=lacking, readers=empty_handed)
        ids = [row.person_id for row in seated]
        unread = {author for author in lacking if not any(here.allows(one, author) for one in ids)}
        without = {reader for reader in empty_handed if not any(here.allows(reader, one) for one in ids)}
    return [
        _replaced(each, idle_readers=idle_readers[each.person_id], unread=unread, without=without) for each in people
    ]


def _replaced(
    each: Whereabouts, *, idle_readers: int, unread: Collection[int], without: Collection[int]
) -> Whereabouts:
    if not idle_readers and each.person_id not in unread and each.person_id not in without:
        return each
    return Whereabouts(
        **vars(each)
        | {
            "idle_readers": idle_readers,
            "may_be_read": each.person_id not in unread,
            "may_read": each.person_id not in without,
        }
    )


def _bounds(
    session: Session,
    exchange: Exchange,
    rows: Iterable[Row[Any]],
    *,
    authors: Collection[int],
    readers: Collection[int],
) -> rules.Bounds:
    """Who may read whom, for some works and some readers among many people."""
    options = exchange.option(rules.PairingOptions)
    mates = made_together(session, exchange)
    authors = {mate for author in authors for mate in mates.get(author, (author,))}
    ruled = session.execute(RULED, {"exchange": exchange.id}).all()
    facts = {"exchange": exchange.id, "authors": list(authors), "readers": list(readers)}
    return rules.Bounds(
        options=options,
        groups={row.person_id: frozenset(row.groups) for row in rows} if options.has_boundaries else {},
        sections={row.person_id: frozenset(row.sections) for row in rows} if options.has_boundaries else {},
        never=frozenset((one, other) for one, other, kind in ruled if kind == "never"),
        must=frozenset((one, other) for one, other, kind in ruled if kind == "must"),
        taken=frozenset((one, other) for one, other in session.execute(TAKEN, facts)),
        mates=mates,
    )


def _not_sent(session: Session, exchange: Exchange) -> set[int]:
    if exchange.points is None:
        return set()
    rows = select(Passback.person_id).where(
        Passback.activity_id == exchange.id, Passback.column == main_column(exchange), Passback.state == State.FAILED
    )
    return set(session.scalars(rows))
