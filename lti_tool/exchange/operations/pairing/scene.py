"""
What steps of the standing plan share: the lock, who may read whom, and how a change is written down.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules.pairs import Change, Pair, draw

SPACE = 0x48_45_41
"""Ours among the advisory locks of the database."""

LOCK = text("select pg_advisory_xact_lock(:space, :exchange)")
LOCK_SHARED = text("select pg_advisory_xact_lock_shared(:space, :exchange)")

RULED = """
    select reviewer_id, author_id, kind as what, null::jsonb as groups, null::jsonb as sections from exchange_pair_rule
     where exchange_id = :exchange and (reviewer_id = any(:people) or author_id = any(:people))
"""
PAIRED = """
    select reviewer_id, author_id, 'taken', null, null from exchange_pair
     where exchange_id = :exchange and reviewer_id = any(:people) and author_id = any(:people)
"""
OFFERED = """
    select o.reviewer_id, s.person_id, 'taken', null, null
      from exchange_offer o join exchange_seat s on s.submission_id = o.submission_id
     where o.exchange_id = :exchange and o.reviewer_id = any(:people) and s.person_id = any(:people)
       and o.state <> 'expired'
"""
# The same for pairs on whose one side somebody of the centre is: a fraction of what lies between all people.
PAIRED_WITH = """
    select reviewer_id, author_id, 'taken', null, null from exchange_pair
     where exchange_id = :exchange and reviewer_id in (:one, :other) and author_id = any(:people)
    union all
    select p.reviewer_id, p.author_id, 'taken', null, null
      from exchange_seat s join exchange_pair p on p.submission_id = s.submission_id and p.author_id = s.person_id
     where s.exchange_id = :exchange and s.person_id in (:one, :other) and p.reviewer_id = any(:people)
"""
OFFERED_TO = """
    select o.reviewer_id, s.person_id, 'taken', null, null
      from exchange_offer o join exchange_seat s on s.submission_id = o.submission_id
     where o.exchange_id = :exchange and o.reviewer_id in (:one, :other) and s.person_id = any(:people)
       and o.state <> 'expired'
    union all
    select o.reviewer_id, s.person_id, 'taken', null, null
      from exchange_seat s join exchange_offer o on o.submission_id = s.submission_id
     where s.exchange_id = :exchange and s.person_id in (:one, :other) and o.reviewer_id = any(:people)
       and o.state <> 'expired'
"""
LAST_EXCHANGE = """
    (select a.id from activity a
      where a.course_id = :course and a.id < :exchange
        and (select true from exchange_seat s where s.exchange_id = a.id limit 1)
      order by a.id desc limit 1)
"""
# Whoever had a seat for a work then made it, alone or with a group.
LAST = f"""
    select p.reviewer_id, s.person_id, 'last', null, null
      from exchange_pair p join exchange_seat s on s.submission_id = p.submission_id
     where p.reviewer_id = any(:people) and p.exchange_id = {LAST_EXCHANGE}
"""  # noqa: S608 - made of constants
LAST_WITH = f"""
    select p.reviewer_id, s.person_id, 'last', null, null
      from exchange_pair p join exchange_seat s on s.submission_id = p.submission_id
     where p.reviewer_id in (:one, :other) and p.exchange_id = {LAST_EXCHANGE}
    union all
    select p.reviewer_id, s.person_id, 'last', null, null
      from exchange_seat s join exchange_pair p on p.submission_id = s.submission_id
     where s.person_id in (:one, :other) and s.exchange_id = {LAST_EXCHANGE}
"""  # noqa: S608 - made of constants
MEMBERS = """
    select person_id, null, 'member', groups, sections from membership
     where course_id = :course and person_id = any(:people) and left_at is null
"""
ALL_RULED = """
    select reviewer_id, author_id, kind as what, null::jsonb as groups, null::jsonb as sections from exchange_pair_rule
     where exchange_id = :exchange
"""
ALL_LAST = f"""
    select p.reviewer_id, s.person_id, 'last', null, null
      from exchange_seat s join exchange_pair p on p.submission_id = s.submission_id
     where s.exchange_id = {LAST_EXCHANGE}
"""  # noqa: S608 - made of constants
ALL_MEMBERS = """
    select person_id, null, 'member', groups, sections from membership
     where course_id = :course and left_at is null
"""

CHANGE = text(
    """
    with new as (select * from unnest(cast(:new_reviewers as int[]), cast(:new_authors as int[]),
                                      cast(:new_draws as int[])) as each (reviewer_id, author_id, draw)),
         old as (select * from unnest(cast(:old_reviewers as int[]), cast(:old_authors as int[]))
                            as each (reviewer_id, author_id)),
         gone as (delete from exchange_pair p using old
                   where p.exchange_id = :exchange and p.reviewer_id = old.reviewer_id
                     and p.author_id = old.author_id
               returning p.reviewer_id, p.author_id, p.begun_at),
         come as (insert into exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw, begun_at)
                  select s.submission_id, new.reviewer_id, s.exchange_id, new.author_id, new.draw,
                         cast(:begun_at as timestamptz)
                    from new join exchange_seat s on s.exchange_id = :exchange and s.person_id = new.author_id
                      on conflict do nothing
               returning reviewer_id, author_id, begun_at),
         moved as (select author_id as person_id, -1 as lacks, 0 as idle, num_nonnulls(begun_at) as begun from come
                   union all select reviewer_id, 0, -1, 0 from come
                   union all select author_id, 1, 0, -num_nonnulls(begun_at) from gone
                   union all select reviewer_id, 0, 1, 0 from gone),
         summed as (select person_id, sum(lacks) as lacks, sum(idle) as idle, sum(begun) as begun from moved
                     group by person_id having sum(lacks) <> 0 or sum(idle) <> 0 or sum(begun) <> 0),
         locked as (select s.person_id, m.lacks, m.idle, m.begun
                      from summed m join exchange_seat s on s.exchange_id = :exchange and s.person_id = m.person_id
                     order by s.person_id for update of s),
         reckoned as (update exchange_seat s
                         set lacks = s.lacks + l.lacks, idle = s.idle + l.idle, begun = s.begun + l.begun
                        from locked l where s.exchange_id = :exchange and s.person_id = l.person_id),
         said as (insert into exchange_pairing_event (exchange_id, at, kind, facts)
                  values (:exchange, :now, :kind, cast(:facts as jsonb)))
    select (select count(*) from come) as come, (select count(*) from gone) as gone
    """
)
EVENT = text(
    """
    insert into exchange_pairing_event (exchange_id, at, kind, facts)
    values (:exchange, :now, :kind, cast(:facts as jsonb))
    """
)
RECKON = text(
    """
    update exchange_seat s set lacks = s.lacks + each.lacks, idle = s.idle + each.idle
      from unnest(cast(:people as int[]), cast(:lacks as int[]), cast(:idle as int[])) as each (person_id, lacks, idle)
     where s.exchange_id = :exchange and s.person_id = each.person_id
    """
)


def hold(session: Session, exchange: Exchange) -> None:
    """
    Nobody else changes the plan until this transaction ends; always taken before any row is locked.

    Reviewers who take work meanwhile wait a moment, and so do we for them. Never taken by who
    shares it already: two who do that wait for each other.
    """
    session.execute(LOCK, {"space": SPACE, "exchange": exchange.id})


def share(session: Session, exchange: Exchange) -> None:
    """
    Nobody joins or leaves until this transaction ends; other reviewers may begin their works at the same time.

    Whoever shares waits for rows in this order, and so for nobody who waits for them: their own
    pairs, a pair of others that is being made, and in one statement, by number, seats.
    """
    session.execute(LOCK_SHARED, {"space": SPACE, "exchange": exchange.id})


@dataclass(frozen=True, kw_only=True)
class Scene(rules.Bounds):
    """What is known of some people, to say who of them may read whom."""

    @property
    def is_bound(self) -> bool:
        """Whether a plan rests on more than people and seed: rules of the teacher, or the pairs of last time."""
        return self.options.has_boundaries or bool(self.never or self.must or self.last)

    def avoids(self, reviewer: int, author: int) -> bool:
        """What is better left out: two who review each other, and pairs of last time."""
        return (author, reviewer) in self.taken or self.read_last(reviewer, author)

    def free_to_go(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Those of *pairs* that may be split or traded: not what the teacher wants."""
        return [pair for pair in pairs if not self.wants(*pair)]


def scene_of(
    session: Session,
    exchange: Exchange,
    people: Collection[int],
    *,
    centre: tuple[int, int] | None = None,
    ignoring: Collection[Pair] = (),
) -> Scene:
    """
    Load what is to be known of *people*, or only of pairs that have one of the two of the *centre* on one side.

    *ignoring* names pairs that are about to go.
    """
    options = exchange.option(rules.PairingOptions)
    facts: dict[str, Any] = {"exchange": exchange.id, "course": exchange.course_id, "people": list(people)}
    mates = queries.made_together(session, exchange, people)
    facts["people"] = list({*people, *mates})
    # Groups are few, and who of them read whom last time is asked of all who made a work.
    is_centred = centre is not None and not exchange.has_teams
    if centre is not None and is_centred:
        facts |= {"one": centre[0], "other": centre[1]}
    statement = _facts_about_some(
        avoid_last=options.avoid_last,
        has_boundaries=options.has_boundaries,
        is_centred=is_centred,
    )
    return _scene(options, session.execute(statement, facts), mates=mates, ignoring=ignoring)


def scene_of_all(session: Session, exchange: Exchange) -> Scene:
    """The same for everybody, before anything is planned; without a list of people as long as the course."""
    options = exchange.option(rules.PairingOptions)
    facts = {"exchange": exchange.id, "course": exchange.course_id}
    statement = _facts_about_all(avoid_last=options.avoid_last, has_boundaries=options.has_boundaries)
    mates = queries.made_together(session, exchange)
    return _scene(options, session.execute(statement, facts), mates=mates)


def write(
    session: Session,
    exchange: Exchange,
    change: Change,
    *,
    kind: str,
    now: datetime,
    begun: bool = False,
    **facts: Any,
) -> None:
    """
    Make *change* the plan, *begun* already or waiting, and write the step down.

    The tallies of seats follow what was really done. Raises :class:`errors.PlanMoved` where that is not
    all of it: somebody else was faster.
    """
    said: dict[str, Any] = {
        "added": [list(pair) for pair in change.added],
        "removed": [list(pair) for pair in change.removed],
    }
    if begun:
        said["begun"] = said["added"]
    done = session.execute(
        CHANGE,
        {
            "exchange": exchange.id,
            "now": now,
            "kind": kind,
            "facts": json.dumps(facts | said),
            "begun_at": now if begun else None,
            "new_reviewers": [pair[0] for pair in change.added],
            "new_authors": [pair[1] for pair in change.added],
            "new_draws": [draw(exchange.seed, *pair) for pair in change.added],
            "old_reviewers": [pair[0] for pair in change.removed],
            "old_authors": [pair[1] for pair in change.removed],
        },
    ).one()
    if (done.come, done.gone) != (len(change.added), len(change.removed)):
        raise errors.PlanMoved


def reckon(session: Session, exchange: Exchange, *, lacks: dict[int, int], idle: dict[int, int]) -> None:
    """Add to what seats lack and to how idle they are. Whoever calls holds the lock."""
    people = sorted({*(id for id, each in lacks.items() if each), *(id for id, each in idle.items() if each)})
    if people:
        session.execute(
            RECKON,
            {
                "exchange": exchange.id,
                "people": people,
                "lacks": [lacks.get(id, 0) for id in people],
                "idle": [idle.get(id, 0) for id in people],
            },
        )


def note(session: Session, exchange: Exchange, kind: str, *, now: datetime, **facts: Any) -> None:
    """Write down a step that changes no pair one by one."""
    session.execute(EVENT, {"exchange": exchange.id, "now": now, "kind": kind, "facts": json.dumps(facts)})


def pairs_of(rows: Iterable[Sequence[Any]]) -> list[Pair]:
    """The first two columns of *rows*."""
    return [(row[0], row[1]) for row in rows]


@cache
def _facts_about_some(*, avoid_last: bool, has_boundaries: bool, is_centred: bool) -> TextClause:
    paired, offered, last = (PAIRED_WITH, OFFERED_TO, LAST_WITH) if is_centred else (PAIRED, OFFERED, LAST)
    asked = {last: avoid_last, MEMBERS: has_boundaries}
    return text(" union all ".join([RULED, paired, offered, *(part for part, is_asked in asked.items() if is_asked)]))


@cache
def _facts_about_all(*, avoid_last: bool, has_boundaries: bool) -> TextClause:
    parts = [ALL_RULED, *([ALL_LAST] if avoid_last else []), *([ALL_MEMBERS] if has_boundaries else [])]
    return text(" union all ".join(parts))


def _scene(
    options: rules.PairingOptions,
    rows: Iterable[Any],
    *,
    mates: Mapping[int, frozenset[int]],
    ignoring: Collection[Pair] = (),
) -> Scene:
    pairs: dict[str, set[Pair]] = {"never": set(), "must": set(), "last": set(), "taken": set()}
    groups: dict[int, frozenset[str]] = {}
    sections: dict[int, frozenset[str]] = {}
    for one, other, what, in_groups, in_sections in rows:
        if what == "member":
            groups[one], sections[one] = frozenset(in_groups), frozenset(in_sections)
        else:
            pairs[what].add((one, other))
    return Scene(
        options=options,
        groups=groups,
        sections=sections,
        never=frozenset(pairs["never"]),
        must=frozenset(pairs["must"]),
        last=frozenset(pairs["last"]),
        taken=frozenset(pairs["taken"].difference(ignoring)),
        mates=mates,
    )
