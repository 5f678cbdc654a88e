"""
Who sits in the standing plan: joining, leaving, beginning together, and what is mended by itself.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.exchange import notices, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing import scene, teams
from lti_tool.exchange.operations.pairing.scene import Scene, pairs_of, scene_of
from lti_tool.exchange.queries.pairing import HAS_BEGUN
from lti_tool.exchange.rules.pairs import Change, Pair, draw, draw_for, filled, joining, leaving, regular_plan
from lti_tool.exchange.rules.standing import URN

log = logging.getLogger(__name__)

MANY = 10_000
"""From so many pairs at once on, the database is told to look anew at what it has."""

IS_BEGUN = text(f"select {HAS_BEGUN}")
OWES = (
    "least((select x.owes from exchange_excusal x where x.exchange_id = :exchange and x.person_id = :person), :reviews)"
)
"""What a newcomer gives; what is null is passed over. Whoever came as a guest has begun with it."""
SIT = text(
    f"""
    insert into exchange_seat (exchange_id, person_id, submission_id, joined_at, lacks, idle)
    values (:exchange, :person, :work, :now, :reviews,
            {OWES} - (select count(*) from exchange_pair p
                       where p.exchange_id = :exchange and p.reviewer_id = :person))
    on conflict (exchange_id, person_id) do update
       set left_at = null, away_at = null, submission_id = excluded.submission_id,
           (lacks, begun) = (select :reviews - count(*), count(p.begun_at) from exchange_pair p
                              where p.exchange_id = :exchange and p.submission_id = excluded.submission_id
                                and p.author_id = :person),
           idle = {OWES} - (select count(*) from exchange_pair p
                             where p.exchange_id = :exchange and p.reviewer_id = :person)
     where exchange_seat.left_at is not null
    returning lacks, idle
    """  # noqa: S608 - made of constants
)
AROUND_A_NEWCOMER = text(
    """
    (select person_id as one, 0 as other, 'lacking' as what from exchange_seat
      where exchange_id = :exchange and lacks > 0 and left_at is null and person_id <> :person
      order by lacks desc, joined_at, person_id limit :urn)
    union all
    (select person_id, 0, 'idle' from exchange_seat
      where exchange_id = :exchange and idle > 0 and left_at is null and away_at is null and person_id <> :person
      order by joined_at, person_id limit :urn)
    union all
    (select d.reviewer_id, d.author_id,
            case when exists (select from exchange_pair back
                               where back.exchange_id = :exchange
                                 and back.reviewer_id = d.author_id and back.author_id = d.reviewer_id)
                 then 'mutual' else 'waiting' end
       from (
        (select reviewer_id, author_id from exchange_pair
          where exchange_id = :exchange and begun_at is null and draw >= :start
          order by draw, reviewer_id, author_id limit :urn)
        union all
        (select reviewer_id, author_id from exchange_pair
          where exchange_id = :exchange and begun_at is null and draw < :start
          order by draw, reviewer_id, author_id limit :urn)
       ) d limit :urn)
    """
)
DRAWN = text(
    """
    (select reviewer_id, author_id from exchange_pair
      where exchange_id = :exchange and begun_at is null and draw >= :start
      order by draw, reviewer_id, author_id limit :urn)
    union all
    (select reviewer_id, author_id from exchange_pair
      where exchange_id = :exchange and begun_at is null and draw < :start
      order by draw, reviewer_id, author_id limit :urn)
    """
)
SEATED = text(
    "select person_id from exchange_seat where exchange_id = :exchange and left_at is null and person_id = any(:people)"
)
LEFT_UNNOTICED = text(
    """
    update exchange_seat s set left_at = :now
     where s.exchange_id = :exchange and s.left_at is null
       and not exists (select from membership m where m.person_id = s.person_id and m.course_id = :course
                          and m.left_at is null)
    """
)
WAITING_FOR_THE_BEGINNING = text(
    """
    select person_id, submission_id from exchange_seat where exchange_id = :exchange and left_at is null
     order by joined_at, person_id
    """
)
LEFT_THE_COURSE = text(
    """
    select s.person_id from exchange_seat s
      left join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.left_at is null and m.id is null
     order by s.person_id
    """
)
CAME_BACK = text(
    """
    select s.person_id, s.submission_id from exchange_seat s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
      join exchange_submission w on w.id = s.submission_id and w.submitted_at is not null
     where s.exchange_id = :exchange and s.left_at is not null
     order by s.person_id
    """
)
LEAVE = text(
    """
    update exchange_seat set left_at = :now
     where exchange_id = :exchange and person_id = :person and left_at is null returning submission_id
    """
)
AROUND = text(
    """
    select p.reviewer_id, p.author_id, o.state,
           exists (select from exchange_seat s where s.exchange_id = :exchange and s.person_id = p.reviewer_id
                      and s.left_at is null) as is_seated
      from (select reviewer_id, author_id, submission_id from exchange_pair
             where reviewer_id = :person and exchange_id = :exchange
            union all
            select reviewer_id, author_id, submission_id from exchange_pair r
             where submission_id = :work and author_id = :person
               and (exists (select from exchange_seat s where s.exchange_id = :exchange
                               and s.person_id = r.reviewer_id)
                    or exists (select from exchange_offer held where held.submission_id = :work
                                  and held.reviewer_id = r.reviewer_id))) p
      left join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     order by p.reviewer_id, p.author_id
    """
)
"""Without the places that staff took: what they wrote is given. Guests are among them, and get no other work for it."""
END_OFFERS = text(
    """
    update exchange_offer
       set state = 'expired', ended_at = :now,
           reason = case when submission_id = :work then 'author_left' else 'reviewer_left' end
     where state in ('offered', 'started') and exchange_id = :exchange
       and (reviewer_id = :person and not :keeps_reading
            or submission_id = :work
               and (reviewer_id = any(:readers)
                    or not exists (select from exchange_seat s where s.submission_id = :work and s.left_at is null)))
    """
)
FORGET_PAIRS = text(
    """
    delete from exchange_pair where exchange_id = :exchange and (reviewer_id = :person or author_id = :person)
    returning reviewer_id, author_id
    """
)
UNFINISHED = text(
    """
    select p.reviewer_id, p.author_id from exchange_pair p
      join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     where p.exchange_id = :exchange and p.reviewer_id = :person and o.state in ('offered', 'started')
    """
)
FORGET_SEAT = text("delete from exchange_seat where exchange_id = :exchange and person_id = :person")
EXCUSED = text("select person_id, owes from exchange_excusal where exchange_id = :exchange")
WAITING_FOR = text(
    "select reviewer_id, author_id from exchange_pair where exchange_id = :exchange and begun_at is null"
    " and reviewer_id = :person order by draw, author_id"
)
EVERYBODY = text("select person_id from exchange_seat where exchange_id = :exchange and left_at is null")
IS_IN_NEED = text(
    """
    select exists (select from exchange_seat where exchange_id = :exchange and lacks > 0 and left_at is null)
       and exists (select from exchange_seat
                    where exchange_id = :exchange and idle > 0 and left_at is null and away_at is null)
    """
)
IN_NEED = text(
    """
    select person_id, lacks, case when away_at is null then idle else 0 end as idle from exchange_seat
     where exchange_id = :exchange and left_at is null and (lacks > 0 or idle > 0 and away_at is null)
     order by joined_at, person_id
    """
)
ALL_WAITING = text(
    "select reviewer_id, author_id from exchange_pair where exchange_id = :exchange and begun_at is null"
    " order by reviewer_id, author_id"
)


def take_seat(session: Session, exchange: Exchange, *, person: int, work: int, now: datetime) -> None:
    """
    Whoever hands in joins the plan. Handing in again changes nothing. The lock is held already.
    """
    if exchange.has_teams:
        teams.seat(session, exchange, work=work, now=now)
        return
    is_early = is_before_the_beginning(session, exchange)
    # Before the beginning nothing is owed yet, so planning for everybody writes no tallies.
    reviews = 0 if is_early else exchange.reviews
    facts = {"exchange": exchange.id, "person": person, "work": work, "now": now, "reviews": reviews}
    seat = session.execute(SIT, facts).one_or_none()
    if seat is not None and not is_early:
        _join(session, exchange, person, needs=(seat.idle, seat.lacks), now=now)


def has_begun(session: Session, exchange: Exchange) -> bool:
    """Whether anything is planned yet."""
    return bool(session.execute(IS_BEGUN, {"exchange": exchange.id}).scalar_one())


def is_before_the_beginning(session: Session, exchange: Exchange) -> bool:
    """Whether everybody still waits to begin together."""
    # Groups are planned for as they come: everything that waits is shared out anew with each of them.
    if exchange.has_teams or exchange.option(rules.PairingOptions).start != rules.TOGETHER:
        return False
    return not has_begun(session, exchange)


def begin_together(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Plan for everybody who has handed in, at once. Returns for how many; who comes later joins them.
    """
    scene.hold(session, exchange)
    if exchange.has_teams or has_begun(session, exchange):
        return 0
    facts = {"exchange": exchange.id, "course": exchange.course_id, "now": now}
    session.execute(LEFT_UNNOTICED, facts)
    works = {row[0]: row[1] for row in session.execute(WAITING_FOR_THE_BEGINNING, facts)}
    if len(works) < 2:
        return 0
    people = list(works)
    here = scene.scene_of_all(session, exchange)
    pairs = _whole_plan(exchange, people, here)
    _copy_in(session, exchange, pairs, works)
    given, received = _counted(pairs, 0), _counted(pairs, 1)
    owed = owed_by_the_excused(session, exchange)
    scene.reckon(
        session,
        exchange,
        lacks={id: exchange.reviews - received.get(id, 0) for id in people},
        idle={id: owed.get(id, exchange.reviews) - given.get(id, 0) for id in people},
    )
    # What follows from the seed alone is not written down: half a million pairs for a class of 100,000.
    said = {"added": pairs} if here.is_bound else {}
    scene.note(
        session, exchange, "planned", now=now, people=people, seed=exchange.seed, reviews=exchange.reviews, **said
    )
    for person in sorted(owed.keys() & given.keys()):
        waiting = pairs_of(session.execute(WAITING_FOR, facts | {"person": person}))
        beyond = tuple(waiting[owed[person] :])
        if beyond:
            scene.write(session, exchange, Change(removed=beyond), kind="excused", now=now, person=person)
    notices.reviewing_begun(session, exchange)
    log.info("exchange %s planned for %s people, %s pairs", exchange.id, len(people), len(pairs))
    return len(people)


def begin_with_those_who_wait(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Nobody waits for a common beginning any more: who has handed in begins. Nothing is planned yet, the lock held."""
    if begin_together(session, exchange, now=now):
        return
    owed = owed_by_the_excused(session, exchange)
    for alone in session.scalars(EVERYBODY, {"exchange": exchange.id}).all():
        owes = owed.get(alone, exchange.reviews)
        scene.reckon(session, exchange, lacks={alone: exchange.reviews}, idle={alone: owes})
        _join(session, exchange, alone, needs=(owes, exchange.reviews), now=now)


def owed_by_the_excused(session: Session, exchange: Exchange) -> dict[int, int]:
    """By person who owes less than everybody: how many reviews in all."""
    rows = session.execute(EXCUSED, {"exchange": exchange.id})
    return {row.person_id: min(row.owes, exchange.reviews) for row in rows}


def leave_seat(
    session: Session,
    exchange: Exchange,
    *,
    person: int,
    now: datetime,
    keeps_reading: bool = False,
    moves: bool = False,
) -> None:
    """
    Somebody leaves the course, or takes their work back: those around them close the gap.

    Feedback that was given stays. What they had begun to read is looked after by others, unless they
    go on with it, and whoever had begun to read their work gets another. Of a group only who *moves* leaves.
    """
    scene.hold(session, exchange)
    if exchange.has_teams:
        teams.leave(session, exchange, person=person, now=now, keeps_reading=keeps_reading, moves=moves)
        return
    facts = {"exchange": exchange.id, "person": person, "now": now, "keeps_reading": keeps_reading}
    work = session.execute(LEAVE, facts).scalar_one_or_none()
    if work is None:
        return
    around = session.execute(AROUND, facts | {"work": work}).all()
    gone = [
        row
        for row in around
        if row.state != rules.OfferState.SUBMITTED
        and not (keeps_reading and row.reviewer_id == person and row.state in rules.OPEN_STATES)
    ]
    readers = [row.reviewer_id for row in gone if row.author_id == person]
    reviewers = [row.reviewer_id for row in gone if row.author_id == person and row.is_seated]
    authors = [row.author_id for row in gone if row.reviewer_id == person]
    session.execute(END_OFFERS, facts | {"work": work, "readers": readers})
    removed = tuple(pairs_of(gone))
    here = scene_of(session, exchange, [*reviewers, *authors, person], ignoring=removed)
    added = leaving(reviewers, authors, allows=here.allows, avoids=here.avoids)
    scene.write(session, exchange, Change(added=added, removed=removed), kind="left", now=now, person=person)
    notices.work_is_gone(session, exchange, work, now=now)


def forget_seat(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """
    Somebody leaves and nothing here says any more where they sat, nor whose work they read.

    What they gave counts as it did: the tallies of others stay.
    """
    leave_seat(session, exchange, person=person, now=now)
    scene.hold(session, exchange)
    facts = {"exchange": exchange.id, "person": person}
    unfinished = tuple(pairs_of(session.execute(UNFINISHED, facts)))
    if unfinished:
        scene.write(session, exchange, Change(removed=unfinished), kind="released", now=now)
    removed = pairs_of(session.execute(FORGET_PAIRS, facts))
    session.execute(FORGET_SEAT, facts)
    scene.note(session, exchange, "forgotten", now=now, person=person, removed=[list(pair) for pair in sorted(removed)])


def rescale(session: Session, exchange: Exchange, *, before: int, now: datetime) -> None:
    """Another number of reviews is asked for: what has begun stays, and the rest is planned anew."""
    more = exchange.reviews - before
    if not more:
        return
    scene.hold(session, exchange)
    if is_before_the_beginning(session, exchange):
        return
    people = list(session.scalars(EVERYBODY, {"exchange": exchange.id}))
    excused = {row.person_id: row.owes for row in session.execute(EXCUSED, {"exchange": exchange.id})}
    idle = {
        id: min(excused.get(id, exchange.reviews), exchange.reviews) - min(excused.get(id, before), before)
        for id in people
    }
    scene.reckon(session, exchange, lacks=dict.fromkeys(people, more), idle=idle)
    mix_again(session, exchange, now=now)


def mix_again(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Plan everything anew that nobody has begun: after other rules, or another number of reviews."""
    scene.hold(session, exchange)
    if exchange.has_teams:
        teams.share_out(session, exchange, now=now)
        return
    removed = pairs_of(session.execute(ALL_WAITING, {"exchange": exchange.id}))
    if removed:
        scene.write(session, exchange, Change(removed=tuple(removed)), kind="mixed", now=now)
    ruled = scene.scene_of_all(session, exchange).must
    if ruled:
        people = {id for pair in ruled for id in pair}
        wanted = _wanted(session, exchange, scene_of(session, exchange, people), people)
        scene.write(session, exchange, Change(added=tuple(wanted)), kind="ruled", now=now)
    mend(session, exchange, now=now)


def mend(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Bring those together whom the plan owes a work and those whom it owes a reviewer. Returns how many pairs.
    """
    # Most of the time there is nothing to mend, and nobody need wait for that to be found out.
    if not session.scalar(IS_IN_NEED, {"exchange": exchange.id}):
        return 0
    scene.hold(session, exchange)
    rows = session.execute(IN_NEED, {"exchange": exchange.id}).all()
    gives = {row.person_id: row.idle for row in rows if row.idle > 0}
    gets = {row.person_id: row.lacks for row in rows if row.lacks > 0}
    here = scene_of(session, exchange, {*gives, *gets})
    added = filled(gives, gets, seed=exchange.seed, allows=here.allows, avoids=here.avoids)
    if added:
        scene.write(session, exchange, Change(added=tuple(added)), kind="mended", now=now)
    if len(added) > MANY:
        _tell_the_database(session)
    return len(added)


def follow_the_course(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """Let those leave the plan who left the course, and those come back who are in it again. Returns how many."""
    facts = {"exchange": exchange.id, "course": exchange.course_id}
    gone = list(session.scalars(LEFT_THE_COURSE, facts))
    back = session.execute(CAME_BACK, facts).all()
    if gone or back:
        scene.hold(session, exchange)
    for person in gone:
        leave_seat(session, exchange, person=person, now=now)
    for row in back:
        take_seat(session, exchange, person=row.person_id, work=row.submission_id, now=now)
    return len(gone) + len(back)


def _join(session: Session, exchange: Exchange, person: int, *, needs: tuple[int, int], now: datetime) -> None:
    facts = {"exchange": exchange.id, "person": person, "urn": URN, "start": draw_for(exchange.seed, person)}
    rows = session.execute(AROUND_A_NEWCOMER, facts).all()
    lacking = [row.one for row in rows if row.what == "lacking"]
    idle = [row.one for row in rows if row.what == "idle"]
    # Where two review each other, one of their pairs is split first.
    waiting = [pair for what in ("mutual", "waiting") for pair in pairs_of(row for row in rows if row.what == what)]
    people = {person, *lacking, *idle, *(id for pair in waiting for id in pair)}
    here = scene_of(session, exchange, people, centre=(person, person))
    if here.must:
        here = scene_of(session, exchange, people | {id for pair in here.must for id in pair}, centre=(person, person))
    change = joining(
        person,
        needs,
        wanted=_wanted(session, exchange, here, {person}),
        lacking=lacking,
        idle=idle,
        waiting=here.free_to_go(waiting),
        allows=here.allows,
        avoids=here.avoids,
    )
    scene.write(session, exchange, change, kind="joined", now=now, person=person)


def _wanted(session: Session, exchange: Exchange, here: Scene, people: Collection[int]) -> list[Pair]:
    """What the teacher wants for one of *people* and is not there yet, where both have handed in."""
    wanted = sorted(pair for pair in here.must if pair not in here.taken and not {*pair}.isdisjoint(people))
    if not wanted:
        return []
    who = {id for pair in wanted for id in pair}
    seated = set(session.scalars(SEATED, {"exchange": exchange.id, "people": list(who)}))
    return [pair for pair in wanted if seated.issuperset(pair)]


def _whole_plan(exchange: Exchange, people: Sequence[int], here: Scene) -> list[Pair]:
    wanted = sorted(pair for pair in here.must if set(pair) <= set(people))
    if not wanted:
        return regular_plan(
            people,
            exchange.reviews,
            seed=exchange.seed,
            allows=here.allows if here.options.has_boundaries or here.never else None,
            avoids=here.last,
        )
    given, received = _counted(wanted, 0), _counted(wanted, 1)
    gives = {person: exchange.reviews - given.get(person, 0) for person in people}
    gets = {person: exchange.reviews - received.get(person, 0) for person in people}
    chosen = set(wanted)
    rest = filled(
        gives,
        gets,
        seed=exchange.seed,
        allows=lambda one, other: (one, other) not in chosen and here.allows(one, other),
        avoids=here.avoids,
    )
    return [*wanted, *rest]


def _copy_in(session: Session, exchange: Exchange, pairs: Sequence[Pair], works: Mapping[int, int]) -> None:
    """Many pairs by COPY: a row each by a statement each would take ten times as long."""
    connection = db.driver_connection(session)
    with (
        connection.cursor() as cursor,
        cursor.copy("copy exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw) from stdin") as copy,
    ):
        id, seed = exchange.id, exchange.seed
        for start in range(0, len(pairs), 20_000):
            copy.write(
                "".join(
                    f"{works[author]}\t{reviewer}\t{id}\t{author}\t{draw(seed, reviewer, author)}\n"
                    for reviewer, author in pairs[start : start + 20_000]
                )
            )
    if len(pairs) > MANY:
        _tell_the_database(session)


def _tell_the_database(session: Session) -> None:
    """Much has come at once: what was found out about the table, and how it is read best, no longer holds."""
    session.execute(text("analyze exchange_pair"))


def _counted(pairs: Sequence[Pair], side: int) -> dict[int, int]:
    return Counter(map(itemgetter(side), pairs))
