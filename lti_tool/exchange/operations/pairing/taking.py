"""
A reviewer takes the next work of the standing plan, gives it back, or helps out where the plan found nobody.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Offer
from lti_tool.exchange.operations.pairing import scene, seats
from lti_tool.exchange.operations.pairing.scene import pairs_of, scene_of
from lti_tool.exchange.rules.pairs import Change, Pair, draw, draw_for, swapping
from lti_tool.exchange.rules.standing import FEW, URN

ROUNDS = 8
"""How often to look again when others took what we were about to take."""

OWN = text(
    """
    select p.author_id, p.submission_id, s.begun
      from exchange_pair p
      join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
      join membership m on m.person_id = p.author_id and m.course_id = :course and m.left_at is null
     where p.reviewer_id = :reviewer and p.exchange_id = :exchange and p.begun_at is null
     order by s.begun, s.joined_at, p.draw
       for update of p
    """
)
GONE = text(
    """
    select p.author_id from exchange_pair p
      left join membership m on m.person_id = p.author_id and m.course_id = :course and m.left_at is null
     where p.reviewer_id = :reviewer and p.exchange_id = :exchange and p.begun_at is null and m.id is null
     order by p.author_id
    """
)
NEEDIER = text(
    """
    select w.reviewer_id, w.author_id
      from (select person_id, begun, joined_at from exchange_seat
             where exchange_id = :exchange and left_at is null and begun < :begun and person_id <> :reviewer
             order by begun, joined_at limit :few) s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
      join exchange_pair w on w.exchange_id = :exchange and w.author_id = s.person_id and w.begun_at is null
       and w.submission_id = (select submission_id from exchange_seat x
                               where x.exchange_id = :exchange and x.person_id = s.person_id)
     where w.reviewer_id <> :reviewer
       and not exists (select from exchange_pair_rule r where r.exchange_id = :exchange and r.kind = 'must'
                          and r.reviewer_id = w.reviewer_id and r.author_id = w.author_id)
     order by s.begun, s.joined_at, w.draw limit :few
       for update of w skip locked
    """
)
BEGIN = text(
    """
    with begun as (update exchange_pair set begun_at = :now
                    where exchange_id = :exchange and reviewer_id = :reviewer and author_id = :author
                returning submission_id),
         counted as (update exchange_seat set begun = begun + 1
                      where exchange_id = :exchange and person_id = :author)
    insert into exchange_offer (exchange_id, submission_id, reviewer_id, state, offered_at, lease_until, reason, note,
                                version)
    select :exchange, w.id, :reviewer, 'offered', :now, :until, '', '', w.version
      from begun join exchange_submission w on w.id = begun.submission_id
        on conflict (submission_id, reviewer_id) do update
       set state = 'offered', offered_at = excluded.offered_at, lease_until = excluded.lease_until, ended_at = null,
           version = excluded.version, reason = ''
     where exchange_offer.state = 'expired'
    returning id
    """
)
IN_NEED = """
    select s.person_id from exchange_seat s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.lacks > :above and s.left_at is null and s.planned_at is not null
       and s.person_id <> :reviewer
       and not exists (select from exchange_offer o where o.submission_id = s.submission_id
                          and o.reviewer_id = :reviewer and (o.state <> 'expired' or :above < 0))
       and not exists (select from exchange_pair p
                        where p.submission_id = s.submission_id and p.reviewer_id = :reviewer)
     order by s.lacks desc, s.joined_at, s.person_id
"""
IN_NEED_NOW = text(f"{IN_NEED} limit :few for update of s skip locked")
IN_NEED_PATIENTLY = text(f"{IN_NEED} limit :few for update of s")
IS_IN_NEED = text(f"{IN_NEED} limit :few")
PAIR_UP = text(
    """
    insert into exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw)
    select submission_id, :reviewer, exchange_id, person_id, :draw from exchange_seat
     where exchange_id = :exchange and person_id = :author
        on conflict do nothing returning submission_id
    """
)
PART = text(
    """
    delete from exchange_pair where exchange_id = :exchange and submission_id = :work and reviewer_id = :reviewer
    returning author_id, begun_at is not null as is_begun
    """
)
LAPSED = text(
    """
    select o.id, o.reviewer_id, p.author_id, o.submission_id
      from exchange_offer o
      join exchange_pair p on p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id
      join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
     where o.exchange_id = :exchange and o.state = 'offered' and o.lease_until <= :now
       and o.reviewer_id <> :reviewer and p.author_id <> :reviewer
       and not exists (select from exchange_offer mine where mine.submission_id = o.submission_id
                          and mine.reviewer_id = :reviewer and mine.state <> 'expired')
     order by o.lease_until limit :few
       for update of o, p skip locked
    """
)
LATE = text(
    """
    delete from exchange_pair p
     using exchange_seat r
     where p.exchange_id = :exchange and p.begun_at is null and p.reviewer_id <> all(cast(:spared as int[]))
       and r.exchange_id = p.exchange_id and r.person_id = p.reviewer_id
       and (:is_over or greatest(r.planned_at,
            (select max(o.ended_at) from exchange_offer o
              where o.exchange_id = p.exchange_id and o.reviewer_id = p.reviewer_id)) < :idle_since)
       and not exists (select from exchange_offer o where o.exchange_id = p.exchange_id
                          and o.reviewer_id = p.reviewer_id and o.state in ('offered', 'started')
                          and o.lease_until > :now)
       and not exists (select from exchange_pair_rule a where a.exchange_id = p.exchange_id and a.kind = 'must'
                          and a.reviewer_id = p.reviewer_id and a.author_id = p.author_id and a.at > :asked_since)
    returning p.reviewer_id, p.author_id
    """
)

ABANDONED = text(
    """
    with parted as (delete from exchange_pair p using exchange_offer o
                     where o.exchange_id = :exchange and o.state = 'started' and o.lease_until < :idle_since
                       and p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id
                 returning p.reviewer_id, p.author_id, p.exchange_id),
         counted as (update exchange_seat s set begun = s.begun - each.many
                       from (select author_id, count(*) as many from parted group by author_id) each
                      where s.exchange_id = :exchange and s.person_id = each.author_id)
    select reviewer_id, author_id from parted
    """
)
COME_BACK = text(
    """
    with back as (insert into exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw, begun_at)
                  select s.submission_id, :reviewer, s.exchange_id, s.person_id, 0, :now from exchange_seat s
                   where s.exchange_id = :exchange and s.submission_id = :work
                   order by s.lacks desc limit 1
                      on conflict do nothing returning author_id)
    update exchange_seat s set begun = s.begun + 1, lacks = s.lacks - 1 from back
     where s.exchange_id = :exchange and s.person_id = back.author_id
    returning s.person_id
    """
)


def next_work(session: Session, exchange: Exchange, *, reviewer: int, owes: int, now: datetime) -> bool:
    """
    Offer *reviewer* the work that most needs them: of their own pairs, by a trade, or where a reviewer is lacking.

    Who owes nothing helps only where help is needed. False where there is none.
    """
    if seats.is_before_the_beginning(session, exchange):
        due = exchange.submit_by
        if due is None or due > now or not seats.begin_together(session, exchange, now=now):
            return False
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer}
    for author in session.scalars(GONE, facts).all():
        # The roster says that they left; those around them are looked after at once.
        seats.leave_seat(session, exchange, person=author, now=now)
    scene.share(session, exchange)
    return _planned(session, exchange, reviewer, now=now) or _rescued(session, exchange, reviewer, owes=owes, now=now)


def give_back(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """
    *offer*'s reviewer cannot read the work: somebody trades with them, so both works keep their reviewers.
    """
    scene.share(session, exchange)
    author = _part(session, exchange, offer)
    if author is None or offer.reviewer_id is None:
        return
    pair = (offer.reviewer_id, author)
    drawn = _drawn(session, exchange, offer.reviewer_id)
    here = scene_of(session, exchange, {*pair, *(id for each in drawn for id in each)})
    other = swapping(*pair, drawn, allows=here.allows, avoids=here.avoids)
    if other is None:
        # Their own tally of works is counted when it is asked for: two who help each other must not wait in a circle.
        scene.reckon(session, exchange, lacks={author: 1}, idle={})
        scene.note(session, exchange, "given_back", now=now, removed=[list(pair)])
        return
    change = Change(added=((pair[0], other[1]), (other[0], author)), removed=(pair, other))
    scene.write(session, exchange, change, kind="traded", now=now)


def keep(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> bool:
    """Whether a lapsed offer is still in the plan, or can be again because nobody else took the work."""
    scene.share(session, exchange)
    facts = {"exchange": exchange.id, "work": offer.submission_id, "reviewer": offer.reviewer_id}
    is_planned = text(
        "select exists (select from exchange_pair where submission_id = :work and reviewer_id = :reviewer)"
    )
    if session.execute(is_planned, facts).scalar_one():
        return True
    author = session.scalar(
        text(
            "select person_id from exchange_seat where exchange_id = :exchange and submission_id = :work"
            " and lacks > 0 and left_at is null for update"
        ),
        facts,
    )
    if author is None:
        return False
    reviewer = offer.reviewer_id or 0
    _pair_up(session, exchange, reviewer, author, now=now, kind="kept")
    session.execute(
        text("update exchange_pair set begun_at = :now where submission_id = :work and reviewer_id = :reviewer"),
        facts | {"now": now},
    )
    session.execute(
        text("update exchange_seat set begun = begun + 1 where exchange_id = :exchange and person_id = :author"),
        facts | {"author": author},
    )
    scene.note(session, exchange, "begun", now=now, begun=[[reviewer, author]])
    return True


def come_back(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """A reviewer gives what they wrote after the plan had let them go: the work has one more reviewer again."""
    author = session.scalar(
        COME_BACK,
        {"exchange": exchange.id, "work": offer.submission_id, "reviewer": offer.reviewer_id, "now": now},
    )
    if author is not None:
        pair = [[offer.reviewer_id, author]]
        scene.note(session, exchange, "came_back", now=now, added=pair, begun=pair)


def release_late(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Free what is kept for reviewers who do not come: after the date for reviews, or after days without a sign.

    They may still come, and then read what needs them. Returns how many works look for another reviewer.
    """
    scene.hold(session, exchange)
    # Whoever was asked by staff a moment ago has as long as others had.
    facts = {"exchange": exchange.id, "asked_since": now - rules.PATIENCE, **seats.lateness(session, exchange, now)}
    late = pairs_of(session.execute(LATE, facts))
    for row in session.execute(LAPSED, facts | {"reviewer": 0, "few": 10_000}).all():
        late.append(_expire(session, exchange, row.id, (row.reviewer_id, row.author_id), now=now))
    late += pairs_of(session.execute(ABANDONED, facts | {"idle_since": now - rules.PATIENCE}))
    if late:
        lacks: dict[int, int] = {}
        for _reviewer, author in late:
            lacks[author] = lacks.get(author, 0) + 1
        scene.reckon(session, exchange, lacks=lacks, idle={})
        scene.note(session, exchange, "released", now=now, removed=[list(pair) for pair in late])
    return len(late)


def _planned(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> bool:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer}
    # Whoever trades with us at this moment leaves us another work, which only a second look can see.
    own = session.execute(OWN, facts).all() or session.execute(OWN, facts).all()
    if not own:
        return False
    mine = own[0].author_id
    if own[0].begun > 0:
        mine = _traded(session, exchange, (reviewer, mine), begun=own[0].begun, now=now)
    return _begin(session, exchange, reviewer, mine, now=now, kind="begun")


def _traded(session: Session, exchange: Exchange, pair: Pair, *, begun: int, now: datetime) -> int:
    """Trade with somebody whose work to read needs a reader more. Returns the author it now is."""
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": pair[0], "begun": begun, "few": FEW}
    waiting = pairs_of(session.execute(NEEDIER, facts))
    if not waiting:
        return pair[1]
    here = scene_of(session, exchange, {*pair, *(id for each in waiting for id in each)}, ignoring=[pair])
    if pair in here.must:
        return pair[1]
    other = swapping(*pair, waiting, allows=here.allows, avoids=here.avoids)
    if other is None:
        return pair[1]
    change = Change(added=((pair[0], other[1]), (other[0], pair[1])), removed=(pair, other))
    scene.write(session, exchange, change, kind="traded", now=now)
    return other[1]


def _rescued(session: Session, exchange: Exchange, reviewer: int, *, owes: int, now: datetime) -> bool:
    """A work that lacks a reviewer; for who still owes and waits for nothing more, any work."""
    for is_patient in _patience():
        author = _in_need(session, exchange, reviewer, above=0, is_patient=is_patient)
        if author is None and not is_patient:
            author = _lapsed(session, exchange, reviewer, now=now)
        if author is None and owes > 0 and is_last_call(session, exchange, reviewer, now=now):
            author = _in_need(session, exchange, reviewer, above=-rules.MOST_REVIEWS, is_patient=is_patient)
        if author is not None:
            return _pair_up(session, exchange, reviewer, author, now=now, kind="rescued") and _begin(
                session, exchange, reviewer, author, now=now, kind="begun"
            )
        if is_patient and not _is_any_in_need(session, exchange, reviewer):
            break
    return False


def is_last_call(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> bool:
    """Whether no further work is to be expected: past the due date, or days after one's own."""
    if exchange.submit_by is not None:
        return now > exchange.submit_by
    joined = session.scalar(
        text("select joined_at from exchange_seat where exchange_id = :exchange and person_id = :reviewer"),
        {"exchange": exchange.id, "reviewer": reviewer},
    )
    return joined is not None and now > joined + rules.PATIENCE


def _in_need(session: Session, exchange: Exchange, reviewer: int, *, above: int, is_patient: bool) -> int | None:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer, "above": above}
    statement = IN_NEED_PATIENTLY if is_patient else IN_NEED_NOW
    # Whoever waits for others holds one work at most, so two who wait cannot wait for each other.
    authors = list(session.scalars(statement, facts | {"few": 1 if is_patient else FEW}))
    if not authors:
        return None
    here = scene_of(session, exchange, {reviewer, *authors})
    suiting = [author for author in authors if here.allows(reviewer, author)]
    liked = [author for author in suiting if not here.avoids(reviewer, author)]
    return next(iter(liked or suiting), None)


def _is_any_in_need(session: Session, exchange: Exchange, reviewer: int) -> bool:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer, "above": 0, "few": 1}
    return session.execute(IS_IN_NEED, facts).first() is not None


def _lapsed(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> int | None:
    """A work that somebody took and let lie, with nothing written: its place is free again."""
    facts = {"exchange": exchange.id, "reviewer": reviewer, "now": now, "few": FEW}
    rows = session.execute(LAPSED, facts).all()
    if not rows:
        return None
    here = scene_of(session, exchange, {reviewer, *(row.author_id for row in rows)})
    for row in rows:
        if here.allows(reviewer, row.author_id):
            pair = _expire(session, exchange, row.id, (row.reviewer_id, row.author_id), now=now)
            scene.reckon(session, exchange, lacks={row.author_id: 1}, idle={})
            scene.note(session, exchange, "released", now=now, removed=[list(pair)])
            return int(row.author_id)
    return None


def _expire(session: Session, exchange: Exchange, offer_id: int, pair: Pair, *, now: datetime) -> Pair:
    session.execute(
        text(
            """
            with parted as (delete from exchange_pair where exchange_id = :exchange
                               and reviewer_id = :reviewer and author_id = :author),
                 counted as (update exchange_seat set begun = begun - 1
                              where exchange_id = :exchange and person_id = :author)
            update exchange_offer set state = 'expired', ended_at = :now where id = :offer
            """
        ),
        {"exchange": exchange.id, "reviewer": pair[0], "author": pair[1], "offer": offer_id, "now": now},
    )
    return pair


def _pair_up(session: Session, exchange: Exchange, reviewer: int, author: int, *, now: datetime, kind: str) -> bool:
    facts = {
        "exchange": exchange.id,
        "reviewer": reviewer,
        "author": author,
        "draw": draw(exchange.seed, reviewer, author),
    }
    if session.execute(PAIR_UP, facts).one_or_none() is None:
        return False
    scene.reckon(session, exchange, lacks={author: -1}, idle={})
    scene.note(session, exchange, kind, now=now, added=[[reviewer, author]])
    return True


def _begin(session: Session, exchange: Exchange, reviewer: int, author: int, *, now: datetime, kind: str) -> bool:
    facts = {
        "exchange": exchange.id,
        "reviewer": reviewer,
        "author": author,
        "now": now,
        "until": now + rules.LEASE,
    }
    made = session.execute(BEGIN, facts).scalar_one_or_none()
    scene.note(session, exchange, kind, now=now, begun=[[reviewer, author]])
    return made is not None


def _part(session: Session, exchange: Exchange, offer: Offer) -> int | None:
    """Take a begun pair out of the plan. Returns whose work it was."""
    row = session.execute(
        PART, {"exchange": exchange.id, "work": offer.submission_id, "reviewer": offer.reviewer_id}
    ).one_or_none()
    if row is None:
        return None
    if row.is_begun:
        session.execute(seats.LESS_BEGUN, {"exchange": exchange.id, "people": [row.author_id]})
    return int(row.author_id)


def _drawn(session: Session, exchange: Exchange, reviewer: int) -> list[Pair]:
    """Waiting pairs of others, ours while we look at them; those that others hold are left out."""
    facts = {"exchange": exchange.id, "start": draw_for(exchange.seed, reviewer), "urn": URN}
    drawn = pairs_of(session.execute(seats.DRAWN, facts))[:URN]
    held = text(
        """
        select reviewer_id, author_id from exchange_pair
         where exchange_id = :exchange and begun_at is null
           and (reviewer_id, author_id) in (select * from unnest(cast(:one as int[]), cast(:other as int[])))
         order by draw, reviewer_id, author_id for update skip locked
        """
    )
    ours = set(
        pairs_of(
            session.execute(
                held,
                {"exchange": exchange.id, "one": [each[0] for each in drawn], "other": [each[1] for each in drawn]},
            )
        )
    )
    return [pair for pair in drawn if pair in ours]


def _patience() -> Iterator[bool]:
    """First pass by what others hold; then wait for them, and look again at what they left."""
    yield False
    for _ in range(ROUNDS):
        yield True
