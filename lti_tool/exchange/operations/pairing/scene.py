"""
What steps of the standing plan share: the lock, who may read whom, and how a change is written down.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules.pairs import Change, Pair, draw

SPACE = 0x48_45_41
"""Ours among the advisory locks of the database."""

LOCK = text("select pg_advisory_xact_lock(:space, :exchange)")
LOCK_SHARED = text("select pg_advisory_xact_lock_shared(:space, :exchange)")

PEOPLE = text(
    "select person_id, groups, sections from membership where course_id = :course and person_id = any(:people)"
)
RULES = text(
    """
    select reviewer_id, author_id, kind from exchange_pair_rule
     where exchange_id = :exchange and (reviewer_id = any(:people) or author_id = any(:people))
    """
)
LAST = text(
    """
    select p.reviewer_id, p.author_id from exchange_pair p
     where p.reviewer_id = any(:people)
       and p.exchange_id = (select max(s.exchange_id) from activity a join exchange_seat s on s.exchange_id = a.id
                             where a.course_id = :course and a.id < :exchange)
    """
)
PAIRS_BETWEEN = text(
    """
    select reviewer_id, author_id from exchange_pair
     where exchange_id = :exchange and reviewer_id = any(:people) and author_id = any(:people)
    """
)
OFFERED = text(
    """
    select o.reviewer_id, s.person_id from exchange_offer o join exchange_seat s on s.submission_id = o.submission_id
     where o.exchange_id = :exchange and o.reviewer_id = any(:people) and s.person_id = any(:people)
       and o.state <> 'expired'
    """
)

CHANGE = text(
    """
    with new as (select * from unnest(cast(:new_reviewers as int[]), cast(:new_authors as int[]),
                                      cast(:new_draws as int[])) as each (reviewer_id, author_id, draw)),
         old as (select * from unnest(cast(:old_reviewers as int[]), cast(:old_authors as int[]))
                            as each (reviewer_id, author_id)),
         gone as (delete from exchange_pair p using old
                   where p.exchange_id = :exchange and p.reviewer_id = old.reviewer_id
                     and p.author_id = old.author_id),
         come as (insert into exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw)
                  select s.submission_id, new.reviewer_id, s.exchange_id, new.author_id, new.draw
                    from new join exchange_seat s on s.exchange_id = :exchange and s.person_id = new.author_id
                      on conflict do nothing)
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
EVENT = text(
    """
    insert into exchange_pairing_event (exchange_id, at, kind, facts)
    values (:exchange, :now, :kind, cast(:facts as jsonb))
    """
)


def hold(session: Session, exchange: Exchange) -> None:
    """
    Nobody else changes the plan until this transaction ends; always taken before any row is locked.

    Reviewers who take work meanwhile wait a moment, and so do we for them.
    """
    session.execute(LOCK, {"space": SPACE, "exchange": exchange.id})


def share(session: Session, exchange: Exchange) -> None:
    """Nobody joins or leaves until this transaction ends; other reviewers may take work at the same time."""
    session.execute(LOCK_SHARED, {"space": SPACE, "exchange": exchange.id})


@dataclass(frozen=True)
class Scene:
    """What is known of some people, to say who of them may read whom."""

    options: rules.PairingOptions
    groups: dict[int, frozenset[str]] = field(default_factory=dict)
    sections: dict[int, frozenset[str]] = field(default_factory=dict)
    never: frozenset[Pair] = frozenset()
    must: frozenset[Pair] = frozenset()
    last: frozenset[Pair] = frozenset()
    taken: frozenset[Pair] = frozenset()

    @property
    def is_bound(self) -> bool:
        """Whether a plan rests on more than people and seed: rules of the teacher, or the pairs of last time."""
        return self.options.has_boundaries or bool(self.never or self.must or self.last)

    def allows(self, reviewer: int, author: int) -> bool:
        """Whether the teacher's rules and what went before let *reviewer* read *author*'s work."""
        pair = (reviewer, author)
        if reviewer == author or pair in self.taken or pair in self.never:
            return False
        if pair in self.must:
            return True
        return rules.may_meet(
            self.options,
            groups=(self.groups.get(reviewer, frozenset()), self.groups.get(author, frozenset())),
            sections=(self.sections.get(reviewer, frozenset()), self.sections.get(author, frozenset())),
        )

    def avoids(self, reviewer: int, author: int) -> bool:
        """What is better left out: two who review each other, and pairs of last time."""
        return (author, reviewer) in self.taken or (reviewer, author) in self.last


def scene_of(
    session: Session, exchange: Exchange, people: Collection[int], *, ignoring: Collection[Pair] = ()
) -> Scene:
    """Load what is to be known of *people*; *ignoring* names pairs that are about to go."""
    options = exchange.option(rules.PairingOptions)
    facts = {"exchange": exchange.id, "course": exchange.course_id, "people": list(people)}
    groups: dict[int, frozenset[str]] = {}
    sections: dict[int, frozenset[str]] = {}
    if options.has_boundaries:
        for id, in_groups, in_sections in session.execute(PEOPLE, facts):
            groups[id], sections[id] = frozenset(in_groups), frozenset(in_sections)
    ruled = session.execute(RULES, facts).all()
    taken = {(one, other) for one, other in session.execute(PAIRS_BETWEEN, facts)}
    taken |= {(one, other) for one, other in session.execute(OFFERED, facts)}
    last = {(one, other) for one, other in session.execute(LAST, facts)} if options.avoid_last else set()
    return Scene(
        options=options,
        groups=groups,
        sections=sections,
        never=frozenset((one, other) for one, other, kind in ruled if kind == "never"),
        must=frozenset((one, other) for one, other, kind in ruled if kind == "must"),
        last=frozenset(last),
        taken=frozenset(taken - set(ignoring)),
    )


def write(session: Session, exchange: Exchange, change: Change, *, kind: str, now: datetime, **facts: Any) -> None:
    """
    Make *change* the plan, and write the step down.

    The tallies of seats follow: what a work lacks, and whom the plan owes a work. Whoever calls
    holds the lock, except for a trade, which changes no tally.
    """
    said = {"added": [list(pair) for pair in change.added], "removed": [list(pair) for pair in change.removed]}
    session.execute(
        CHANGE,
        {
            "exchange": exchange.id,
            "now": now,
            "kind": kind,
            "facts": json.dumps(facts | said),
            "new_reviewers": [pair[0] for pair in change.added],
            "new_authors": [pair[1] for pair in change.added],
            "new_draws": [draw(exchange.seed, *pair) for pair in change.added],
            "old_reviewers": [pair[0] for pair in change.removed],
            "old_authors": [pair[1] for pair in change.removed],
        },
    )
    lacks, idle = _tally(change)
    reckon(session, exchange, lacks=lacks, idle=idle)


def reckon(session: Session, exchange: Exchange, *, lacks: dict[int, int], idle: dict[int, int]) -> None:
    """Add to what seats lack and to how idle they are."""
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
    """Write down a step that changes no pair but how far one has come."""
    session.execute(EVENT, {"exchange": exchange.id, "now": now, "kind": kind, "facts": json.dumps(facts)})


def _tally(change: Change) -> tuple[dict[int, int], dict[int, int]]:
    lacks: dict[int, int] = {}
    idle: dict[int, int] = {}
    for sign, pairs in ((-1, change.added), (1, change.removed)):
        for reviewer, author in pairs:
            lacks[author] = lacks.get(author, 0) + sign
            idle[reviewer] = idle.get(reviewer, 0) + sign
    return lacks, idle


def pairs_of(rows: Iterable[Sequence[Any]]) -> list[Pair]:
    """The first two columns of *rows*."""
    return [(row[0], row[1]) for row in rows]
