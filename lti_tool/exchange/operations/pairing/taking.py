"""
A reviewer takes the next work of the standing plan, gives it back, or helps out where the plan found nobody.

Beginning one's own works shares the lock of the exchange, so that a whole class may do it at once.
Everything that is rarer holds it: then the tallies are what a recount says, and nobody waits in a circle.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Offer
from lti_tool.exchange.operations.pairing import scene, seats
from lti_tool.exchange.operations.pairing.scene import pairs_of, scene_of
from lti_tool.exchange.queries.pairing import HAS_BEGUN
from lti_tool.exchange.rules.pairs import Change, Pair, draw_for, swapping
from lti_tool.exchange.rules.standing import FEW, URN

LOOK = text(
    f"""
    select array(select p.author_id from exchange_pair p
                   left join membership m
                     on m.person_id = p.author_id and m.course_id = :course and m.left_at is null
                  where p.reviewer_id = :reviewer and p.exchange_id = :exchange and p.begun_at is null and m.id is null
                  order by p.author_id) as gone,
           exists (select from exchange_pair p
                    where p.reviewer_id = :reviewer and p.exchange_id = :exchange and p.begun_at is null) as has_own,
           exists (select from exchange_seat s where s.exchange_id = :exchange and s.person_id = :reviewer
                      and s.away_at is not null) as is_away,
           {HAS_BEGUN} as has_begun
    """  # noqa: S608 - made of constants
)
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
OWN_SHOWN = text(
    """
    select p.author_id, p.submission_id, s.begun
      from exchange_pair p
      join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
      join membership m on m.person_id = p.author_id and m.course_id = :course and m.left_at is null
      left join exchange_presentation shown on shown.submission_id = p.submission_id
     where p.reviewer_id = :reviewer and p.exchange_id = :exchange and p.begun_at is null
       and (shown.held_at is null or shown.held_at <= :now)
     order by shown.held_at nulls last, s.begun, s.joined_at, p.draw
       for update of p
    """
)
"""Where it is shown live: only what was shown, in the order in which it was, and never traded: they were there."""
NEEDIER = text(
    """
    select w.reviewer_id, w.author_id
      from (select person_id, submission_id, begun, joined_at from exchange_seat
             where exchange_id = :exchange and left_at is null and begun < :begun and person_id <> :reviewer
             order by begun, joined_at limit :few) s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
      join exchange_pair w on w.submission_id = s.submission_id and w.author_id = s.person_id and w.begun_at is null
     where w.reviewer_id <> :reviewer
     order by s.begun, s.joined_at, w.draw limit :few
       for update of w skip locked
    """
)
BEGIN = text(
    """
    with begun as (update exchange_pair set begun_at = :now
                    where exchange_id = :exchange and reviewer_id = :reviewer and author_id = :author
                      and begun_at is null
                returning submission_id),
         counted as (update exchange_seat s set begun = s.begun + 1 from begun
                      where s.exchange_id = :exchange and s.person_id = :author),
         said as (insert into exchange_pairing_event (exchange_id, at, kind, facts)
                  select :exchange, :now, 'begun', cast(:facts as jsonb) from begun)
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
IS_BUSY = text(
    """
    select exists (select from exchange_offer where exchange_id = :exchange and reviewer_id = :reviewer
                      and state in ('offered', 'started'))
    """
)
COME_IN = text(
    """
    update exchange_seat set away_at = null
     where exchange_id = :exchange and person_id = :reviewer and away_at is not null
    """
)
IS_SEATED = text(
    """
    select exists (select from exchange_seat
                    where exchange_id = :exchange and person_id = :person and left_at is null)
    """
)
IN_NEED = text(
    """
    select s.person_id from exchange_seat s
      join exchange_submission w on w.id = s.submission_id and w.author_id = s.person_id
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.lacks > :above and s.left_at is null and s.person_id <> :reviewer
       and not exists (select from exchange_offer o where o.submission_id = s.submission_id
                          and o.reviewer_id = :reviewer and (o.state <> 'expired' or :above < 0))
       and not exists (select from exchange_pair p
                        where p.submission_id = s.submission_id and p.reviewer_id = :reviewer)
     order by s.lacks desc, s.joined_at, s.person_id limit :few
    """
)
"""A group's work goes by the seat of one of its members."""
PAIR = text(
    "select author_id from exchange_pair where exchange_id = :exchange and submission_id = :work"
    " and reviewer_id = :reviewer"
)
LAPSED = text(
    """
    select o.id, o.reviewer_id, p.author_id
      from exchange_offer o
      join exchange_pair p on p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id
      join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
     where o.exchange_id = :exchange and o.state = 'offered' and o.lease_until <= :now
       and o.reviewer_id <> :reviewer and p.author_id <> :reviewer
       and not exists (select from exchange_offer mine where mine.submission_id = o.submission_id
                          and mine.reviewer_id = :reviewer and mine.state <> 'expired')
     order by o.lease_until limit :few
       for update of o skip locked
    """
)
ALL_LAPSED = """
    select o.id, o.reviewer_id, p.author_id
      from exchange_offer o
      join exchange_pair p on p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id
     where o.exchange_id = :exchange and o.state = 'offered' and o.lease_until <= :now
"""
ABANDONED = """
    select o.reviewer_id, p.author_id
      from exchange_offer o
      join exchange_pair p on p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id
     where o.exchange_id = :exchange and o.state = 'started' and o.lease_until < :patience
"""
LATE = """
    select p.reviewer_id, p.author_id
      from exchange_pair p
      join exchange_seat r on r.exchange_id = p.exchange_id and r.person_id = p.reviewer_id
     where p.exchange_id = :exchange and p.begun_at is null and :may_be_late
       and p.reviewer_id <> all(cast(:spared as int[]))
       and (:is_over or greatest(r.joined_at, (select max(e.at) from exchange_pairing_event e
                                                where e.exchange_id = :exchange and e.kind = 'planned')) < :patience)
       and not exists (select from exchange_offer o
                        where o.exchange_id = p.exchange_id and o.reviewer_id = p.reviewer_id
                          and (o.state in ('offered', 'started') and o.lease_until > :now
                               or not :is_over and o.state <> 'expired' and o.ended_at >= :patience))
       and not exists (select from exchange_pair_rule a where a.exchange_id = p.exchange_id and a.kind = 'must'
                          and a.reviewer_id = p.reviewer_id and a.at > :patience
                          and (a.author_id = p.author_id
                               or exists (select from exchange_team_member mate
                                            join exchange_team team on team.id = mate.team_id
                                           where mate.exchange_id = p.exchange_id and mate.person_id = a.author_id
                                             and team.submission_id = p.submission_id)))
"""
"""Whoever was asked by staff a moment ago has as long as others had."""
IS_ANY_LATE = text(f"select exists ({ALL_LAPSED}) or exists ({ABANDONED}) or exists ({LATE})")
# Whose draft is being saved at this moment has come after all.
LAPSED_NOW = text(f"{ALL_LAPSED} order by o.id for update of o skip locked")
LATE_NOW = text(f"{ABANDONED} union {LATE}")
EXPIRE = text("update exchange_offer set state = 'expired', ended_at = :now where id = any(:offers)")
SEND_AWAY = text(
    """
    update exchange_seat set away_at = :now
     where exchange_id = :exchange and person_id = any(:people) and away_at is null
    """
)


def next_work(session: Session, exchange: Exchange, *, reviewer: int, owes: int, now: datetime) -> bool:
    """
    Offer *reviewer* the work that most needs them: of their own pairs, by a trade, or where a reviewer is lacking.

    Who owes nothing helps only where help is needed. False where there is none.
    """
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer}
    seen = session.execute(LOOK, facts).one()
    if not seen.has_begun and exchange.option(rules.PairingOptions).start == rules.TOGETHER:
        if exchange.submit_by is not None and exchange.submit_by <= now:
            seats.begin_together(session, exchange, now=now)
        if not seats.has_begun(session, exchange):
            return False
    elif seen.has_own and not seen.is_away and not seen.gone:
        found = _own_begun_beside_others(session, exchange, reviewer, now=now)
        if found:
            return True
    scene.hold(session, exchange)
    for author in seen.gone:
        # The roster says that they left; those around them are looked after at once.
        seats.leave_seat(session, exchange, person=author, now=now)
    if session.execute(IS_BUSY, facts).scalar_one():
        # Another tab of the same reviewer took a work in the same moment: that one it is.
        return True
    session.execute(COME_IN, facts)
    return _own_begun(session, exchange, reviewer, now=now) or _rescued(session, exchange, reviewer, owes=owes, now=now)


def give_back(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """
    *offer*'s reviewer cannot read the work: somebody trades with them, so both works keep their reviewers.

    The lock is held already.
    """
    author = _planned_author(session, exchange, offer)
    if author is None or offer.reviewer_id is None:
        return
    pair = (offer.reviewer_id, author)
    if not session.execute(IS_SEATED, {"exchange": exchange.id, "person": offer.reviewer_id}).scalar_one():
        # A guest reads what they took, and nothing is planned for them.
        scene.write(session, exchange, Change(removed=(pair,)), kind="given_back", now=now)
        return
    facts = {"exchange": exchange.id, "start": draw_for(exchange.seed, offer.reviewer_id), "urn": URN}
    drawn = pairs_of(session.execute(seats.DRAWN, facts))[:URN]
    here = scene_of(session, exchange, {*pair, *(id for each in drawn for id in each)}, centre=pair)
    other = swapping(*pair, here.free_to_go(drawn), allows=here.allows, avoids=here.avoids)
    if other is None:
        scene.write(session, exchange, Change(removed=(pair,)), kind="given_back", now=now)
        return
    change = Change(added=((pair[0], other[1]), (other[0], author)), removed=(pair, other))
    scene.write(session, exchange, change, kind="traded", now=now)


def keep(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> bool:
    """Whether a lapsed offer is still in the plan, and so stays with its reviewer. Nobody lets it go meanwhile."""
    scene.hold(session, exchange)
    return _planned_author(session, exchange, offer) is not None


def stand_by(session: Session, exchange: Exchange, *, offer_id: int) -> None:
    """
    Let nobody change who reads the work of an offer while feedback about it is given. Before any row is locked.

    Shares the lock, or holds it where the plan had let the reviewer go and is to take them back.
    """
    attempt = session.begin_nested()
    scene.share(session, exchange)
    is_planned = text(
        "select exists (select from exchange_offer o join exchange_pair p"
        " on p.submission_id = o.submission_id and p.reviewer_id = o.reviewer_id where o.id = :offer)"
    )
    if session.execute(is_planned, {"offer": offer_id}).scalar_one():
        attempt.commit()
        return
    attempt.rollback()
    scene.hold(session, exchange)


def come_back(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """A reviewer gives what they wrote after the plan had let them go: the work has one more reviewer again."""
    if offer.reviewer_id is None or _planned_author(session, exchange, offer) is not None:
        return
    serves = text(
        "select s.person_id from exchange_seat s join exchange_submission w on w.id = s.submission_id"
        " where s.exchange_id = :exchange and s.submission_id = :work"
        # Of a group's seats that of the member by whom the work goes.
        " order by s.left_at is not null, s.person_id = w.author_id desc nulls last, s.lacks desc, s.person_id limit 1"
    )
    author = session.scalar(serves, {"exchange": exchange.id, "work": offer.submission_id})
    if author is not None:
        change = Change(added=((offer.reviewer_id, author),))
        scene.write(session, exchange, change, kind="came_back", now=now, begun=True)
        session.execute(COME_IN, {"exchange": exchange.id, "reviewer": offer.reviewer_id})


def release_late(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Free what is kept for reviewers who do not come: after the date for reviews, or after days without a sign.

    Where nothing is taken after that date, some time before it, so that others can still give what is missing.
    They may still come, and then read what needs them; until then the plan finds them nothing.
    Returns how many works look for another reviewer.
    """
    windows = exchange.windows
    is_over = windows.review_is_late(now)
    from_when = windows.helps_from()
    calendar = queries.calendar_of(session, exchange)
    facts = {
        "exchange": exchange.id,
        "now": now,
        "patience": now - windows.patience,
        "is_over": is_over,
        # Until then there is time; where there is no date, days without a sign are the sign.
        "may_be_late": from_when is None or now > from_when,
        "spared": [id for id in calendar.own if _has_time(calendar.of(id), now)],
    }
    # Most of the time everybody is in time, and nobody need wait for that to be found out.
    if not session.execute(IS_ANY_LATE, facts).scalar_one():
        return 0
    scene.hold(session, exchange)
    lapsed = session.execute(LAPSED_NOW, facts).all()
    late = {*pairs_of(session.execute(LATE_NOW, facts)), *((row.reviewer_id, row.author_id) for row in lapsed)}
    if late:
        _let_go(session, exchange, sorted(late), [row.id for row in lapsed], now=now)
    return len(late)


def begin(session: Session, exchange: Exchange, reviewer: int, author: int, *, now: datetime) -> bool:
    """Let *reviewer* have the work of *author*, which the plan says they read, from now on."""
    facts = {
        "exchange": exchange.id,
        "reviewer": reviewer,
        "author": author,
        "now": now,
        "until": now + exchange.windows.lease_at(now),
        "facts": f'{{"begun": [[{reviewer}, {author}]]}}',
    }
    return session.execute(BEGIN, facts).scalar_one_or_none() is not None


def _has_time(windows: rules.Windows, now: datetime) -> bool:
    from_when = windows.helps_from()
    return from_when is not None and now <= from_when


def _own_begun_beside_others(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> bool:
    """Begin one of their own while others do the same. False: only who holds the lock can tell."""
    attempt = session.begin_nested()
    try:
        scene.share(session, exchange)
        found = _own_begun(session, exchange, reviewer, now=now)
    except errors.PlanMoved:
        found = False
    except IntegrityError:
        # Another tab of the same reviewer took a work in the same moment: that one it is.
        attempt.rollback()
        return True
    if found:
        attempt.commit()
    else:
        # This gives the lock back as well.
        attempt.rollback()
    return found


def _own_begun(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> bool:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer, "now": now}
    statement = OWN_SHOWN if exchange.is_live else OWN
    # Whoever trades with us at this moment leaves us another work, which only a second look can see.
    own = session.execute(statement, facts).all() or session.execute(statement, facts).all()
    if not own:
        return False
    mine = own[0].author_id
    if own[0].begun > 0 and not exchange.is_live:
        mine = _traded(session, exchange, (reviewer, mine), begun=own[0].begun, now=now)
    return begin(session, exchange, reviewer, mine, now=now)


def _traded(session: Session, exchange: Exchange, pair: Pair, *, begun: int, now: datetime) -> int:
    """Trade with somebody whose work to read needs a reader more. Returns the author it now is."""
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": pair[0], "begun": begun, "few": FEW}
    waiting = pairs_of(session.execute(NEEDIER, facts))
    if not waiting:
        return pair[1]
    here = scene_of(session, exchange, {*pair, *(id for each in waiting for id in each)}, centre=pair, ignoring=[pair])
    other = swapping(*pair, here.free_to_go(waiting), allows=here.allows, avoids=here.avoids)
    if other is None or here.wants(*pair):
        return pair[1]
    change = Change(added=((pair[0], other[1]), (other[0], pair[1])), removed=(pair, other))
    scene.write(session, exchange, change, kind="traded", now=now)
    return other[1]


def _rescued(session: Session, exchange: Exchange, reviewer: int, *, owes: int, now: datetime) -> bool:
    """A work that lacks a reviewer; for who still owes and waits for nothing more, any work. The lock is held."""
    author = _in_need(session, exchange, reviewer, above=0) or _freed(session, exchange, reviewer, now=now)
    if author is None and owes > 0 and is_last_call(session, exchange, reviewer, now=now):
        author = _in_need(session, exchange, reviewer, above=-rules.MOST_REVIEWS)
    if author is None:
        return False
    scene.write(session, exchange, Change(added=((reviewer, author),)), kind="rescued", now=now)
    return begin(session, exchange, reviewer, author, now=now)


def is_last_call(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> bool:
    """Whether no further work is to be expected: past the due date, or days after one's own."""
    if exchange.submit_by is not None:
        return now > exchange.submit_by
    joined = session.scalar(
        text("select joined_at from exchange_seat where exchange_id = :exchange and person_id = :reviewer"),
        {"exchange": exchange.id, "reviewer": reviewer},
    )
    return joined is not None and now > joined + rules.PATIENCE


def _in_need(session: Session, exchange: Exchange, reviewer: int, *, above: int) -> int | None:
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer, "above": above, "few": FEW}
    authors = list(session.scalars(IN_NEED, facts))
    if not authors:
        return None
    here = scene_of(session, exchange, {reviewer, *authors}, centre=(reviewer, reviewer))
    suiting = [author for author in authors if here.allows(reviewer, author)]
    liked = [author for author in suiting if not here.avoids(reviewer, author)]
    return next(iter(liked or suiting), None)


def _freed(session: Session, exchange: Exchange, reviewer: int, *, now: datetime) -> int | None:
    """A work that somebody took and let lie, with nothing written: its place is free again."""
    facts = {"exchange": exchange.id, "reviewer": reviewer, "now": now, "few": FEW}
    rows = session.execute(LAPSED, facts).all()
    if not rows:
        return None
    here = scene_of(session, exchange, {reviewer, *(row.author_id for row in rows)}, centre=(reviewer, reviewer))
    for row in rows:
        if here.allows(reviewer, row.author_id):
            _let_go(session, exchange, [(row.reviewer_id, row.author_id)], [row.id], now=now)
            return int(row.author_id)
    return None


def _let_go(session: Session, exchange: Exchange, late: list[Pair], offers: list[int], *, now: datetime) -> None:
    """Take *late* out of the plan and end *offers*; the plan finds those reviewers nothing until they ask again."""
    if offers:
        session.execute(EXPIRE, {"offers": offers, "now": now})
    scene.write(session, exchange, Change(removed=tuple(late)), kind="released", now=now)
    people = sorted({reviewer for reviewer, _author in late})
    session.execute(SEND_AWAY, {"exchange": exchange.id, "people": people, "now": now})


def _planned_author(session: Session, exchange: Exchange, offer: Offer) -> int | None:
    """Whose seat an offer serves; None where the plan has let its reviewer go."""
    facts = {"exchange": exchange.id, "work": offer.submission_id, "reviewer": offer.reviewer_id}
    author: int | None = session.execute(PAIR, facts).scalar_one_or_none()
    return author
