"""
The standing plan where groups hand in together: every member reads, and each work is read for its group.

Each member has a seat, all of them for the one work of their group. What the work lacks is counted
on the seat of the member by whom it goes. Whatever changes, everything that nobody has begun is
shared out anew (:func:`rules.shared_plan`): no one sees what waits, so nobody misses it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import notices, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing import scene
from lti_tool.exchange.rules.pairs import Change, Pair

SIT = text(
    """
    insert into exchange_seat (exchange_id, person_id, submission_id, joined_at, lacks, idle)
    select :exchange, mate.person_id, :work, :now, 0, 0
      from exchange_team team
      join exchange_team_member mate on mate.team_id = team.id
      join membership m on m.person_id = mate.person_id and m.course_id = :course and m.left_at is null
     where team.submission_id = :work
     order by mate.person_id
        on conflict (exchange_id, person_id) do update
       set left_at = null, away_at = null, submission_id = excluded.submission_id, begun = 0
     where exchange_seat.left_at is not null or exchange_seat.submission_id <> excluded.submission_id
    returning person_id
    """
)
SEATS = text(
    """
    select s.person_id, s.submission_id, w.author_id, s.away_at, least(x.owes, :reviews) as owes
      from exchange_seat s join exchange_submission w on w.id = s.submission_id
      left join exchange_excusal x on x.exchange_id = s.exchange_id and x.person_id = s.person_id
     where s.exchange_id = :exchange and s.left_at is null
     order by s.joined_at, s.person_id
    """
)
PAIRS = text(
    "select reviewer_id, author_id, begun_at is not null as is_begun from exchange_pair"
    " where exchange_id = :exchange order by reviewer_id, author_id"
)
RECKON = text(
    """
    update exchange_seat s set lacks = each.lacks, idle = each.idle, begun = each.begun
      from unnest(cast(:people as int[]), cast(:lacks as int[]), cast(:idle as int[]), cast(:begun as int[]))
           as each (person_id, lacks, idle, begun)
     where s.exchange_id = :exchange and s.person_id = each.person_id
    """
)
LEAVE = text(
    """
    update exchange_seat set left_at = :now
     where exchange_id = :exchange and person_id = any(:people) and left_at is null returning person_id
    """
)
MATES = text(
    """
    select s.person_id, s.submission_id from exchange_seat s
      join exchange_seat mine on mine.exchange_id = s.exchange_id and mine.submission_id = s.submission_id
     where mine.exchange_id = :exchange and mine.person_id = :person and s.left_at is null
     order by s.joined_at, s.person_id
    """
)
STOP_READING = text(
    """
    with over as (update exchange_offer
                     set state = 'expired', ended_at = :now,
                         reason = case when submission_id = :work then 'author_left' else 'reviewer_left' end
                   where exchange_id = :exchange and state in ('offered', 'started')
                     and ((reviewer_id = any(:readers)) or (:work_goes and submission_id = :work)))
    delete from exchange_pair p
     where p.exchange_id = :exchange
       and (p.reviewer_id = any(:people) or (:work_goes and p.submission_id = :work))
       and not exists (select from exchange_offer o
                        where o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
                          and (o.state = 'submitted'
                               or (o.state in ('offered', 'started') and o.reviewer_id <> all(:readers)
                                   and not (:work_goes and o.submission_id = :work))))
    returning p.reviewer_id, p.author_id
    """
)
HAND_OVER = text(
    """
    with named as (update exchange_submission set author_id = :to where id = :work)
    update exchange_pair set author_id = :to where submission_id = :work
    returning reviewer_id, begun_at is not null as is_begun
    """
)


def seat(session: Session, exchange: Exchange, *, work: int, now: datetime) -> None:
    """A group has handed in, or somebody joined one that has: its members take their places. The lock is held."""
    facts = {"exchange": exchange.id, "course": exchange.course_id, "work": work, "now": now}
    newcomers = list(session.scalars(SIT, facts))
    for person in newcomers:
        scene.note(session, exchange, "joined", now=now, person=person)
    if newcomers:
        _name(session, exchange, work, now=now)


def leave(
    session: Session, exchange: Exchange, *, person: int, now: datetime, keeps_reading: bool, moves: bool
) -> None:
    """
    Somebody leaves the plan, or *moves* to another group; otherwise *keeps_reading* says that their whole group takes
    its work back. Who moves or takes back goes on with what they are reading.

    Of those who stay one lends the work their name where it went by that of who left.
    """
    facts = {"exchange": exchange.id, "person": person, "now": now}
    mates = session.execute(MATES, facts).all()
    if person not in {each.person_id for each in mates}:
        return
    work = mates[0].submission_id
    gone = [each.person_id for each in mates] if keeps_reading and not moves else [person]
    staying = [each.person_id for each in mates if each.person_id not in gone]
    session.execute(LEAVE, facts | {"people": gone})
    removed = session.execute(
        STOP_READING,
        facts
        | {"people": gone, "readers": [] if keeps_reading or moves else gone, "work": work, "work_goes": not staying},
    ).all()
    scene.note(
        session,
        exchange,
        "left",
        now=now,
        person=person,
        removed=[[each.reviewer_id, each.author_id] for each in removed],
    )
    _name(session, exchange, work, now=now)
    notices.work_is_gone(session, exchange, work, now=now)


def _name(session: Session, exchange: Exchange, work: int, *, now: datetime) -> None:
    """Let the work go by a member who is there, then share everything out."""
    rows = session.execute(SEATS, {"exchange": exchange.id, "reviews": exchange.reviews}).all()
    mine = [each for each in rows if each.submission_id == work]
    if mine and mine[0].author_id not in {each.person_id for each in mine}:
        _hand_over(session, exchange, work, before=mine[0].author_id, to=mine[0].person_id, now=now)
    share_out(session, exchange, now=now)


def _hand_over(session: Session, exchange: Exchange, work: int, *, before: int, to: int, now: datetime) -> None:
    """The same readers, by another name."""
    read = session.execute(HAND_OVER, {"work": work, "to": to}).all()
    scene.note(
        session,
        exchange,
        "handed_over",
        now=now,
        person=to,
        removed=[[each.reviewer_id, before] for each in read],
        added=[[each.reviewer_id, to] for each in read],
        begun=[[each.reviewer_id, to] for each in read if each.is_begun],
    )


def share_out(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Plan everything anew that nobody has begun, around what the teacher wants. The lock is held."""
    if exchange.sealing is not None:
        # Who read what is forgotten, and nobody is to read any more.
        return
    rows = session.execute(SEATS, {"exchange": exchange.id, "reviews": exchange.reviews}).all()
    works: dict[int, list[int]] = {}
    for each in rows:
        works.setdefault(each.author_id, []).append(each.person_id)
    standing = session.execute(PAIRS, {"exchange": exchange.id}).all()
    begun = {(each.reviewer_id, each.author_id) for each in standing if each.is_begun}
    waiting = {(each.reviewer_id, each.author_id) for each in standing if not each.is_begun}
    people = [each.person_id for each in rows]
    owes = {each.person_id: each.owes for each in rows}
    resting = [each.person_id for each in rows if each.away_at is not None]
    here = scene.scene_of(session, exchange, people, ignoring=waiting)
    # Who did not come keeps what they were asked for, and is asked for nothing more.
    wanted = {pair for pair in _wanted(here, works) if pair in waiting or pair[0] not in resting}
    shared = rules.shared_plan(
        works,
        exchange.reviews,
        seed=exchange.seed,
        excused=owes,
        fixed=begun | wanted,
        resting=resting,
        allows=here.allows,
        avoids=here.read_last,
    )
    new = wanted.union(shared)
    change = Change(added=tuple(sorted(new - waiting)), removed=tuple(sorted(waiting - new)))
    if change.added or change.removed:
        scene.write(session, exchange, change, kind="shared", now=now)
    reads = _counted(begun | new, 0)
    read_by = _counted(begun | new, 1)
    begun_by = _counted(begun, 1)
    others = len(works) - 1
    least = sum(min(each, others) for each in owes.values()) // len(works) if others > 0 else 0
    session.execute(
        RECKON,
        {
            "exchange": exchange.id,
            "people": people,
            "lacks": [max(least - read_by[id], 0) if id in works else 0 for id in people],
            "idle": [max(owes[id] - reads[id], 0) for id in people],
            "begun": [begun_by[id] for id in people],
        },
    )


def _wanted(here: scene.Scene, works: Mapping[int, Collection[int]]) -> set[Pair]:
    """What the teacher wants and nobody has begun, by whom each work goes."""
    of = {person: author for author, members in works.items() for person in members}
    named = {(reviewer, of[author]) for reviewer, author in here.must if reviewer in of and author in of}
    return {pair for pair in named if here.allows(*pair)}


def _counted(pairs: Iterable[Pair], side: int) -> Counter[int]:
    return Counter(pair[side] for pair in pairs)
