"""
Steps of the standing plan that staff ask for: a reader for a work, works of somebody for others, and back again.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing import scene, seats, teams
from lti_tool.exchange.operations.pairing.scene import pairs_of, scene_of
from lti_tool.exchange.rules.pairs import Change, Pair, swapping

SEATED = text(
    """
    select person_id, lacks from exchange_seat
     where exchange_id = :exchange and person_id = any(:people) and left_at is null
    """
)
KEPT = text(
    """
    select p.reviewer_id, p.author_id, p.begun_at is not null as is_begun, o.state,
           o.lease_until <= :now as is_lapsed
      from exchange_pair p
      left join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     where p.exchange_id = :exchange and p.reviewer_id = :person and o.state is distinct from 'submitted'
     order by p.begun_at nulls last, p.draw
    """
)
LET_GO = text(
    """
    update exchange_offer o set state = 'expired', ended_at = :now
      from exchange_seat s
     where o.exchange_id = :exchange and o.reviewer_id = :person and o.state = 'offered'
       and s.exchange_id = o.exchange_id and s.submission_id = o.submission_id and s.person_id = any(:authors)
    """
)
WAITING_AROUND = text(
    """
    select reviewer_id, author_id from exchange_pair
     where exchange_id = :exchange and begun_at is null and (reviewer_id = :reviewer or author_id = :author)
     order by draw, reviewer_id, author_id
    """
)
AWAY = text("update exchange_seat set away_at = :at where exchange_id = :exchange and person_id = :person")
PAIRED = text(
    "select exists (select from exchange_pair where exchange_id = :exchange and author_id = :author"
    " and reviewer_id = :reviewer)"
)


def assign(session: Session, exchange: Exchange, *, reviewer: int, author: int, by: int, now: datetime) -> None:
    """Keep *author*'s work for *reviewer*, beside all that they have. The plan is held already."""
    author = queries.goes_by(session, exchange, author)
    here = scene_of(session, exchange, {reviewer, author})
    seated = {row.person_id for row in session.execute(SEATED, _facts(exchange, people=[reviewer, author]))}
    if author not in seated:
        raise errors.NoSuchPerson
    if reviewer not in seated or not seats.has_begun(session, exchange) or not here.allows(reviewer, author):
        raise errors.CannotRead
    scene.write(session, exchange, Change(added=((reviewer, author),)), kind="assigned", now=now, by=by)


def unassign(session: Session, exchange: Exchange, *, reviewer: int, author: int, by: int, now: datetime) -> None:
    """Take a work away that was given to *reviewer*, unless they have begun."""
    author = queries.goes_by(session, exchange, author)
    kept = session.execute(KEPT, _facts(exchange, person=reviewer, now=now)).all()
    if not any(row.author_id == author and not row.is_begun for row in kept):
        raise errors.BegunAlready
    scene.write(session, exchange, Change(removed=((reviewer, author),)), kind="unassigned", now=now, by=by)


def free(
    session: Session, exchange: Exchange, *, person: int, by: int, now: datetime, keep: int = 0, kind: str = "freed"
) -> tuple[Pair, ...]:
    """
    Let the works that *person* is to read look for others, all but *keep*. What they write about stays theirs.

    Returns what they need not read any more.
    """
    rows = session.execute(KEPT, _facts(exchange, person=person, now=now)).all()
    writing = [row for row in rows if row.state == "started" and not row.is_lapsed]
    gone = [row for row in rows if row not in writing][max(keep - len(writing), 0) :]
    begun = [row.author_id for row in gone if row.is_begun]
    pairs = tuple(pairs_of(gone))
    if begun:
        session.execute(LET_GO, _facts(exchange, person=person, authors=begun, now=now))
    scene.write(session, exchange, Change(removed=pairs), kind=kind, now=now, person=person, by=by)
    return pairs


def put_back(
    session: Session, exchange: Exchange, *, person: int, pairs: Collection[Pair], by: int, now: datetime
) -> int:
    """Keep works for *person* again that were let go, as far as they still look for a reader. Returns how many."""
    people = [person, *(author for _, author in pairs)]
    lacks = {row.person_id: row.lacks for row in session.execute(SEATED, _facts(exchange, people=people))}
    if person not in lacks:
        return 0
    here = scene_of(session, exchange, set(lacks))
    back = tuple(pair for pair in pairs if lacks.get(pair[1], 0) > 0 and here.allows(person, pair[1]))
    scene.write(session, exchange, Change(added=back), kind="put_back", now=now, person=person, by=by)
    return len(back)


def want(session: Session, exchange: Exchange, *, reviewer: int, author: int, now: datetime) -> bool:
    """
    Bring two together whom the teacher wants together: by a trade, so that all keep as many as they had.

    Whether they are a pair now. Where nobody can trade, both have one more. The plan is held already.
    """
    author = queries.goes_by(session, exchange, author)
    people = {reviewer, author}
    if len(session.execute(SEATED, _facts(exchange, people=list(people))).all()) < 2:
        return False
    if exchange.has_teams:
        if not _are_paired(session, exchange, reviewer, author):
            teams.share_out(session, exchange, now=now)
        return _are_paired(session, exchange, reviewer, author)
    around = pairs_of(session.execute(WAITING_AROUND, _facts(exchange, reviewer=reviewer, author=author)))
    here = scene_of(session, exchange, people | {id for pair in around for id in pair})
    wanted = (reviewer, author)
    if wanted in here.taken:
        return True
    around = here.free_to_go(around)
    mine = [pair for pair in around if pair[0] == reviewer]
    theirs = [pair for pair in around if pair[1] == author]
    for _, other_author in mine:
        for other_reviewer, _ in theirs:
            if here.allows(other_reviewer, other_author):
                added = (wanted, (other_reviewer, other_author))
                removed = ((reviewer, other_author), (other_reviewer, author))
                scene.write(session, exchange, Change(added=added, removed=removed), kind="ruled", now=now)
                return True
    scene.write(session, exchange, Change(added=(wanted,)), kind="ruled", now=now)
    return True


def part(session: Session, exchange: Exchange, *, reviewer: int, author: int, now: datetime) -> bool:
    """
    Part two whom the teacher wants apart, by a trade where somebody can. Whether they are parted now.

    A review that was begun stays.
    """
    author = queries.goes_by(session, exchange, author)
    if exchange.has_teams and _are_paired(session, exchange, reviewer, author):
        teams.share_out(session, exchange, now=now)
    kept = session.execute(KEPT, _facts(exchange, person=reviewer, now=now)).all()
    ours = next((row for row in kept if row.author_id == author), None)
    if ours is None or ours.is_begun:
        return ours is None
    pair = (reviewer, author)
    drawn = pairs_of(session.execute(seats.ALL_WAITING, _facts(exchange)))
    here = scene_of(session, exchange, {id for each in drawn for id in each})
    other = swapping(reviewer, author, here.free_to_go(drawn), allows=here.allows, avoids=here.avoids)
    added = () if other is None else ((reviewer, other[1]), (other[0], author))
    removed = (pair,) if other is None else (pair, other)
    scene.write(session, exchange, Change(added=added, removed=removed), kind="ruled", now=now)
    if other is None:
        seats.mend(session, exchange, now=now)
    return True


def be_away(session: Session, exchange: Exchange, *, person: int, since: datetime | None) -> None:
    """The plan finds *person* nothing to read until they ask again; None: it does."""
    session.execute(AWAY, _facts(exchange, person=person, at=since))


def owe(session: Session, exchange: Exchange, *, person: int, more: int) -> None:
    """*person* owes so many reviews *more* than before, or fewer where it is below 0."""
    if more and seats.has_begun(session, exchange):
        scene.reckon(session, exchange, lacks={}, idle={person: more})


def stand_in(session: Session, exchange: Exchange, *, author: int, by: int, now: datetime) -> bool:
    """Staff read a work for which nobody was found: it lacks one reader less. Whether it lacked any."""
    author = queries.goes_by(session, exchange, author)
    seat = session.execute(SEATED, _facts(exchange, people=[author])).one_or_none()
    if seat is None or seat.lacks <= 0 or _are_paired(session, exchange, by, author):
        return False
    scene.write(session, exchange, Change(added=((by, author),)), kind="stood_in", now=now, begun=True, by=by)
    return True


def step_back(session: Session, exchange: Exchange, *, author: int, by: int, now: datetime) -> None:
    """Staff take their review back: the work lacks a reader again."""
    author = queries.goes_by(session, exchange, author)
    if _are_paired(session, exchange, by, author):
        scene.write(session, exchange, Change(removed=((by, author),)), kind="stepped_back", now=now, by=by)


def _are_paired(session: Session, exchange: Exchange, reviewer: int, author: int) -> bool:
    return bool(session.scalar(PAIRED, _facts(exchange, reviewer=reviewer, author=author)))


def _facts(exchange: Exchange, **facts: object) -> dict[str, object]:
    return {"exchange": exchange.id, **facts}
