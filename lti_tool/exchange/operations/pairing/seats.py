"""
Who sits in the standing plan: joining, leaving, beginning together, and what is mended by itself.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.exchange import queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing import scene
from lti_tool.exchange.operations.pairing.scene import pairs_of, scene_of
from lti_tool.exchange.rules.pairs import Change, Pair, draw, draw_for, filled, joining, leaving, regular_plan
from lti_tool.exchange.rules.standing import URN

log = logging.getLogger(__name__)

IS_ABSENT = """
    (((:is_over or greatest(s.planned_at, (select max(o.ended_at) from exchange_offer o
                                            where o.exchange_id = s.exchange_id and o.reviewer_id = s.person_id))
                   < :idle_since)
      and s.person_id <> all(cast(:spared as int[]))
      and not exists (select from exchange_offer o where o.exchange_id = s.exchange_id and o.reviewer_id = s.person_id
                         and o.state in ('offered', 'started') and o.lease_until > :now))
     or exists (select from exchange_repair r
                 where r.exchange_id = s.exchange_id and r.person_id = s.person_id and r.kind = 'freed'
                   and r.undone_at is null
                   and not exists (select from exchange_offer o where o.exchange_id = s.exchange_id
                                      and o.reviewer_id = s.person_id and o.offered_at > r.at)))
"""
"""Whoever does not come, or was freed by staff and gave no sign since: nothing new is kept for them."""
SIT = text(
    """
    insert into exchange_seat (exchange_id, person_id, submission_id, joined_at, lacks, idle)
    values (:exchange, :person, :work, :now, :reviews, :reviews)
    on conflict (exchange_id, person_id) do update
       set left_at = null, submission_id = excluded.submission_id, planned_at = null,
           begun = (select count(*) from exchange_pair p where p.exchange_id = :exchange
                       and p.submission_id = excluded.submission_id and p.begun_at is not null),
           lacks = :reviews - (select count(*) from exchange_pair p
                                where p.exchange_id = :exchange and p.submission_id = excluded.submission_id),
           idle = :reviews - (select count(*) from exchange_pair p
                               where p.exchange_id = :exchange and p.reviewer_id = :person)
     where exchange_seat.left_at is not null
    returning person_id
    """
)
IN_NEED = text(
    f"""
    (select person_id, 'lacking' as what from exchange_seat
      where exchange_id = :exchange and lacks > 0 and left_at is null and planned_at is not null
        and person_id <> :person
      order by lacks desc, joined_at, person_id limit :urn)
    union all
    (select person_id, 'idle' from exchange_seat s
      where exchange_id = :exchange and idle > 0 and left_at is null and planned_at is not null
        and person_id <> :person
        and (select count(*) from exchange_pair p
              where p.exchange_id = :exchange and p.reviewer_id = s.person_id)
            < least((select x.owes from exchange_excusal x
                      where x.exchange_id = :exchange and x.person_id = s.person_id), :reviews)
        and not {IS_ABSENT}
      order by joined_at, person_id limit :urn)
    """  # noqa: S608 - made of constants
)
IS_FREE = """
        not exists (select from exchange_pair_rule r where r.exchange_id = p.exchange_id and r.kind = 'must'
                       and r.reviewer_id = p.reviewer_id and r.author_id = p.author_id)
"""
"""What the teacher wants together is neither split nor traded."""
DRAWN = text(
    f"""
    (select reviewer_id, author_id from exchange_pair p
      where exchange_id = :exchange and begun_at is null and draw >= :start and {IS_FREE}
      order by draw, reviewer_id, author_id limit :urn)
    union all
    (select reviewer_id, author_id from exchange_pair p
      where exchange_id = :exchange and begun_at is null and draw < :start and {IS_FREE}
      order by draw, reviewer_id, author_id limit :urn)
    """  # noqa: S608 - made of constants
)
PLANNED = text("update exchange_seat set planned_at = :now where exchange_id = :exchange and person_id = any(:people)")
WAITING_FOR_THE_BEGINNING = text(
    """
    select s.person_id from exchange_seat s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.left_at is null and s.planned_at is null
     order by s.joined_at, s.person_id
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
HAS_BEGUN = text("select exists (select from exchange_seat where exchange_id = :exchange and planned_at is not null)")
LEAVE = text(
    """
    update exchange_seat set left_at = :now
     where exchange_id = :exchange and person_id = :person and left_at is null returning submission_id
    """
)
AROUND = text(
    """
    select p.reviewer_id, p.author_id, p.begun_at is not null as is_begun, o.state
      from exchange_pair p
      left join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     where p.exchange_id = :exchange and (p.reviewer_id = :person or p.author_id = :person)
       and exists (select from exchange_seat s where s.exchange_id = :exchange and s.person_id = p.reviewer_id)
     order by p.reviewer_id, p.author_id
    """
)
"""Without the places that staff took: what they wrote is given."""
END_OFFERS = text(
    """
    update exchange_offer o set state = 'expired', ended_at = :now
      from exchange_seat s
     where o.exchange_id = :exchange and o.state in ('offered', 'started')
       and s.exchange_id = o.exchange_id and s.submission_id = o.submission_id
       and ((o.reviewer_id = :person and not :keeps_reading) or s.person_id = :person)
    """
)
FORGET_PAIRS = text(
    """
    delete from exchange_pair where exchange_id = :exchange and (reviewer_id = :person or author_id = :person)
    returning reviewer_id, author_id
    """
)
FORGET_SEAT = text("delete from exchange_seat where exchange_id = :exchange and person_id = :person")
LESS_BEGUN = text(
    "update exchange_seat set begun = begun - 1 where exchange_id = :exchange and person_id = any(:people)"
)
EVERYBODY = text(
    f"""
    select s.person_id, s.lacks, s.idle as tally, least(x.owes, :reviews) - count(p.submission_id) as idle,
           {IS_ABSENT} as is_absent
      from exchange_seat s
      left join exchange_pair p on p.exchange_id = s.exchange_id and p.reviewer_id = s.person_id
      left join exchange_excusal x on x.exchange_id = s.exchange_id and x.person_id = s.person_id
     where s.exchange_id = :exchange and s.left_at is null and s.planned_at is not null
     group by s.exchange_id, s.person_id, x.owes
     order by s.joined_at, s.person_id
    """  # noqa: S608 - made of constants
)
EXCUSED = text("select owes from exchange_excusal where exchange_id = :exchange and person_id = :person")
MUST = text(
    """
    select r.reviewer_id, r.author_id from exchange_pair_rule r
      join exchange_seat one on one.exchange_id = r.exchange_id and one.person_id = r.reviewer_id
       and one.left_at is null and one.planned_at is not null
      join exchange_seat other on other.exchange_id = r.exchange_id and other.person_id = r.author_id
       and other.left_at is null and other.planned_at is not null
     where r.exchange_id = :exchange and r.kind = 'must'
     order by r.reviewer_id, r.author_id
    """
)
ALL_WAITING = text(
    "select reviewer_id, author_id from exchange_pair where exchange_id = :exchange and begun_at is null"
    " order by reviewer_id, author_id"
)


def lateness(session: Session, exchange: Exchange, now: datetime) -> dict[str, object]:
    """
    When a reviewer is one who does not come: past the date for reviews, or after days without a sign.

    Until the date there is time, for some longer than for others; where there is none, days without a
    sign are the sign.
    """
    is_over = exchange.windows.review_is_late(now)
    calendar = queries.calendar_of(session, exchange)
    spared = [id for id in calendar.own if is_over and not calendar.of(id).review_is_late(now)]
    idle_since = now - rules.PATIENCE if exchange.review_by is None else datetime.min.replace(tzinfo=now.tzinfo)
    return {"now": now, "is_over": is_over, "idle_since": idle_since, "spared": spared}


def take_seat(session: Session, exchange: Exchange, *, person: int, work: int, now: datetime) -> None:
    """
    Whoever hands in joins the plan. Handing in again changes nothing. The lock is held already.
    """
    is_early = is_before_the_beginning(session, exchange)
    # Before the beginning nothing is owed yet, so planning for everybody writes no tallies.
    reviews = 0 if is_early else exchange.reviews
    facts = {"exchange": exchange.id, "person": person, "work": work, "now": now, "reviews": reviews}
    if session.execute(SIT, facts).one_or_none() is not None and not is_early:
        _join(session, exchange, person, now=now)


def is_before_the_beginning(session: Session, exchange: Exchange) -> bool:
    """Whether everybody still waits to begin together."""
    if exchange.option(rules.PairingOptions).start != rules.TOGETHER:
        return False
    return not session.execute(HAS_BEGUN, {"exchange": exchange.id}).scalar_one()


def begin_together(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Plan for everybody who has handed in, at once. Returns for how many; who comes later joins them.
    """
    scene.hold(session, exchange)
    if not is_before_the_beginning(session, exchange):
        return 0
    facts = {"exchange": exchange.id, "course": exchange.course_id}
    people = list(session.scalars(WAITING_FOR_THE_BEGINNING, facts))
    if len(people) < 2:
        return 0
    here = scene_of(session, exchange, people)
    pairs = _whole_plan(exchange, people, here)
    _copy_in(session, exchange, pairs)
    session.execute(PLANNED, facts | {"people": people, "now": now})
    given = _counted(pairs, 0)
    received = _counted(pairs, 1)
    scene.reckon(
        session,
        exchange,
        lacks={id: exchange.reviews - received.get(id, 0) for id in people},
        idle={id: exchange.reviews - given.get(id, 0) for id in people},
    )
    # What follows from the seed alone is not written down: half a million pairs for a class of 100,000.
    by_rules = {"added": [list(pair) for pair in pairs]} if here.is_bound else {}
    facts_of_it = {"people": people, "seed": exchange.seed, "reviews": exchange.reviews, **by_rules}
    scene.note(session, exchange, "planned", now=now, **facts_of_it)
    log.info("exchange %s planned for %s people, %s pairs", exchange.id, len(people), len(pairs))
    return len(people)


def leave_seat(
    session: Session, exchange: Exchange, *, person: int, now: datetime, keeps_reading: bool = False
) -> None:
    """
    Somebody leaves the course, or takes their work back: those around them close the gap.

    Feedback that was given stays. What they had begun to read is looked after by others, unless they
    go on with it, and whoever had begun to read their work gets another.
    """
    scene.hold(session, exchange)
    facts = {"exchange": exchange.id, "person": person, "now": now, "keeps_reading": keeps_reading}
    if session.execute(LEAVE, facts).one_or_none() is None:
        return
    around = session.execute(AROUND, facts).all()
    gone = [
        row
        for row in around
        if row.state != rules.OfferState.SUBMITTED
        and not (keeps_reading and row.reviewer_id == person and row.state in rules.OPEN_STATES)
    ]
    reviewers = [row.reviewer_id for row in gone if row.author_id == person]
    authors = [row.author_id for row in gone if row.reviewer_id == person]
    begun = [row.author_id for row in gone if row.is_begun and row.reviewer_id == person]
    if begun:
        session.execute(LESS_BEGUN, facts | {"people": begun})
    session.execute(END_OFFERS, facts)
    removed = tuple(pairs_of(gone))
    here = scene_of(session, exchange, [*reviewers, *authors, person], ignoring=removed)
    added = leaving(reviewers, authors, allows=here.allows, avoids=here.avoids)
    scene.write(session, exchange, Change(added=added, removed=removed), kind="left", now=now, person=person)


def forget_seat(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """Somebody leaves and nothing here says any more where they sat, nor whose work they read."""
    leave_seat(session, exchange, person=person, now=now)
    scene.hold(session, exchange)
    facts = {"exchange": exchange.id, "person": person}
    removed = pairs_of(session.execute(FORGET_PAIRS, facts))
    session.execute(FORGET_SEAT, facts)
    scene.note(session, exchange, "forgotten", now=now, person=person, removed=[list(pair) for pair in sorted(removed)])


def rescale(session: Session, exchange: Exchange, *, before: int, now: datetime) -> None:
    """Another number of reviews is asked for: what has begun stays, and the rest is planned anew."""
    more = exchange.reviews - before
    if not more:
        return
    scene.hold(session, exchange)
    people = [row.person_id for row in session.execute(EVERYBODY, _facts_of_all(session, exchange, now))]
    scene.reckon(session, exchange, lacks=dict.fromkeys(people, more), idle=dict.fromkeys(people, more))
    mix_again(session, exchange, now=now)


def mix_again(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Plan everything anew that nobody has begun: after other rules, or another number of reviews."""
    scene.hold(session, exchange)
    removed = pairs_of(session.execute(ALL_WAITING, {"exchange": exchange.id}))
    scene.write(session, exchange, Change(removed=tuple(removed)), kind="mixed", now=now)
    bring_together(session, exchange, now=now)
    mend(session, exchange, now=now)


def bring_together(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """Make the pairs that the teacher wants, as far as both people are here. Returns how many are new."""
    wanted = pairs_of(session.execute(MUST, {"exchange": exchange.id}))
    if not wanted:
        return 0
    here = scene_of(session, exchange, {person for pair in wanted for person in pair})
    added = tuple(pair for pair in wanted if pair not in here.taken)
    if added:
        scene.write(session, exchange, Change(added=added), kind="wanted", now=now)
    return len(added)


def mend(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Bring those together whom the plan owes a work and those whom it owes a reviewer. Returns how many pairs.
    """
    scene.hold(session, exchange)
    rows = session.execute(EVERYBODY, _facts_of_all(session, exchange, now)).all()
    # Who helped, or gave a work back for which nobody would trade, could not count it without waiting for others.
    scene.reckon(session, exchange, lacks={}, idle={row.person_id: row.idle - row.tally for row in rows})
    gives = {row.person_id: row.idle for row in rows if row.idle > 0 and not row.is_absent}
    gets = {row.person_id: row.lacks for row in rows if row.lacks > 0}
    if not gives or not gets:
        return 0
    here = scene_of(session, exchange, {*gives, *gets})
    added = filled(gives, gets, seed=exchange.seed, allows=here.allows, avoids=here.avoids)
    if added:
        scene.write(session, exchange, Change(added=tuple(added)), kind="mended", now=now)
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


def _facts_of_all(session: Session, exchange: Exchange, now: datetime) -> dict[str, object]:
    return {"exchange": exchange.id, "reviews": exchange.reviews, **lateness(session, exchange, now)}


def _join(session: Session, exchange: Exchange, person: int, *, now: datetime) -> None:
    facts = {"exchange": exchange.id, "person": person, "urn": URN, "reviews": exchange.reviews}
    in_need = session.execute(IN_NEED, facts | lateness(session, exchange, now)).all()
    drawn = pairs_of(session.execute(DRAWN, facts | {"start": draw_for(exchange.seed, person)}))[:URN]
    lacking = [row.person_id for row in in_need if row.what == "lacking"]
    idle = [row.person_id for row in in_need if row.what == "idle"]
    people = {person, *lacking, *idle, *(id for pair in drawn for id in pair)}
    here = scene_of(session, exchange, people)
    change = joining(
        person,
        exchange.reviews,
        reads=session.execute(EXCUSED, facts | {"person": person}).scalar_one_or_none(),
        wanted=sorted(pair for pair in here.must if person in pair and pair not in here.taken),
        lacking=lacking,
        idle=idle,
        waiting=drawn,
        allows=here.allows,
        avoids=here.avoids,
    )
    session.execute(PLANNED, {"exchange": exchange.id, "people": [person], "now": now})
    scene.write(session, exchange, change, kind="joined", now=now, person=person)


def _whole_plan(exchange: Exchange, people: Sequence[int], here: scene.Scene) -> list[Pair]:
    wanted = sorted(pair for pair in here.must if set(pair) <= set(people))
    if not wanted:
        is_free = not here.options.has_boundaries and not here.never
        return regular_plan(
            people,
            exchange.reviews,
            seed=exchange.seed,
            allows=None if is_free else here.allows,
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


def _copy_in(session: Session, exchange: Exchange, pairs: Sequence[Pair]) -> None:
    """Many pairs by COPY: a row each by a statement each would take ten times as long."""
    seats = session.execute(
        text("select person_id, submission_id from exchange_seat where exchange_id = :exchange"),
        {"exchange": exchange.id},
    )
    works = {row.person_id: row.submission_id for row in seats}
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


def _counted(pairs: Sequence[Pair], side: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for pair in pairs:
        counts[pair[side]] = counts.get(pair[side], 0) + 1
    return counts
