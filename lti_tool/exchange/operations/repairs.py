"""
What staff do for somebody who is stuck. Each repair is a row, a step of the plan, and can be undone.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Excusal, PairRule, Repair
from lti_tool.exchange.operations import acts, grading, pairing

ASSIGNED, FREED, EXCUSED = "assigned", "freed", "excused"


def give_to_reader(
    session: Session, exchange: Exchange, *, author: int, by: int, now: datetime, reader: int | None = None
) -> Repair:
    """
    Ask *reader* to read *author*'s work; without one, whoever it costs least. It stays theirs in every later plan.
    """
    acts.require_open(exchange, now)
    pairing.hold(session, exchange)
    if reader is None:
        found = queries.readers_for(session, exchange, author, now=now)
        if not found:
            raise errors.NobodyToRead
        reader = found[0].person_id
    pairing.assign(session, exchange, reviewer=reader, author=author, by=by, now=now)
    row = {"kind": "must", "by_id": by, "at": now}
    session.execute(
        insert(PairRule)
        .values(exchange_id=exchange.id, reviewer_id=reader, author_id=author, **row)
        .on_conflict_do_update(
            index_elements=[PairRule.exchange_id, PairRule.reviewer_id, PairRule.author_id],
            set_={"by_id": by, "at": now},
        )
    )
    return _keep(session, exchange, ASSIGNED, person=reader, author=author, facts={}, by=by, now=now)


def free_works(session: Session, exchange: Exchange, *, person: int, by: int, now: datetime) -> Repair:
    """
    Let the works that *person* keeps, and does not read, go to others. What they have begun to write stays theirs.
    """
    pairing.hold(session, exchange)
    freed = pairing.free(session, exchange, person=person, by=by, now=now)
    # In a sealed exchange the answer is the same for everybody: who keeps nothing has given, or is about to.
    if not freed and not exchange.is_sealed:
        raise errors.NothingToFree
    pairing.be_away(session, exchange, person=person, since=now)
    made = _keep(session, exchange, FREED, person=person, facts=_removed(freed), by=by, now=now)
    # Those to whom the plan owes a work get these at once.
    pairing.mend(session, exchange, now=now)
    return made


def excuse(session: Session, exchange: Exchange, *, person: int, owes: int, why: str, by: int, now: datetime) -> Repair:
    """
    *person* owes only so many reviews in all, for a reason. The works kept for them beyond that go to others.
    """
    if not 0 <= owes < exchange.reviews:
        raise errors.OwesOutOfRange(exchange.reviews - 1)
    why = acts.clean(why).strip()
    if not why:
        raise errors.ReasonMissing
    _require_member(session, exchange, person)
    pairing.hold(session, exchange)
    before = queries.excusal_of(session, exchange, person)
    kept = {"owes": before.owes, "why": before.why, "by": before.by_id, "at": before.at.isoformat()} if before else None
    owed = queries.owed_by(session, exchange, person)
    _owe(session, exchange, person=person, owes=owes, why=why, by=by, at=now)
    pairing.owe(session, exchange, person=person, more=owes - owed)
    left = max(owes - queries.reviewer_of(session, exchange, person).given, 0)
    freed = pairing.free(session, exchange, person=person, by=by, now=now, keep=left, kind="excused")
    facts = _removed(freed) | {"before": kept}
    made = _keep(session, exchange, EXCUSED, person=person, facts=facts, by=by, now=now)
    pairing.mend(session, exchange, now=now)
    # What they have given may be all now, and a grade may rest on that.
    _let_grades_follow(session, exchange, person, now=now)
    return made


def undo(session: Session, exchange: Exchange, *, repair_id: int, by: int, now: datetime) -> int:
    """
    Take a repair back, as far as others have not built on it. Returns how many works are where they were.

    Twice is once. A work whose new reader has begun stays with them: raises :class:`errors.BegunAlready`.
    Once an exchange is sealed there is no plan to put anything back into: raises :class:`errors.SealedStays`.
    """
    if exchange.sealing is not None:
        raise errors.SealedStays
    pairing.hold(session, exchange)
    repair = session.scalars(
        select(Repair).where(Repair.id == repair_id, Repair.exchange_id == exchange.id).with_for_update()
    ).one_or_none()
    if repair is None:
        raise errors.NoSuchRepair
    if repair.undone_at is not None:
        return 0
    repair.undone_by_id, repair.undone_at = by, now
    session.flush()
    back = _undo(session, exchange, repair, by=by, now=now)
    pairing.mend(session, exchange, now=now)
    acts.record(session, exchange, "repair.undone", by=by, now=now, repair_id=repair.id, kind=repair.kind)
    return back


def free_all(session: Session, exchange: Exchange, *, people: Collection[int], by: int, now: datetime) -> list[Repair]:
    """Let the works of several go to others; who keeps none is passed over."""
    done = []
    for person in sorted(set(people)):
        try:
            done.append(free_works(session, exchange, person=person, by=by, now=now))
        except errors.NothingToFree:
            continue
    return done


def excuse_all(
    session: Session, exchange: Exchange, *, people: Collection[int], owes: int, why: str, by: int, now: datetime
) -> list[Repair]:
    """Let several owe less."""
    return [
        excuse(session, exchange, person=person, owes=owes, why=why, by=by, now=now) for person in sorted(set(people))
    ]


def _undo(session: Session, exchange: Exchange, repair: Repair, *, by: int, now: datetime) -> int:
    if repair.kind == ASSIGNED and repair.author_id is not None:
        pairing.unassign(session, exchange, reviewer=repair.person_id, author=repair.author_id, by=by, now=now)
        session.execute(
            delete(PairRule).where(
                PairRule.exchange_id == exchange.id,
                PairRule.reviewer_id == repair.person_id,
                PairRule.author_id == repair.author_id,
            )
        )
        return 1
    if repair.kind == EXCUSED:
        owed = queries.owed_by(session, exchange, repair.person_id)
        _owe_as_before(session, exchange, repair)
        more = queries.owed_by(session, exchange, repair.person_id) - owed
        pairing.owe(session, exchange, person=repair.person_id, more=more)
    else:
        pairing.be_away(session, exchange, person=repair.person_id, since=None)
    pairs = [(one, other) for one, other in repair.facts.get("removed", ())]
    back = pairing.put_back(session, exchange, person=repair.person_id, pairs=pairs, by=by, now=now)
    if repair.kind == EXCUSED:
        _let_grades_follow(session, exchange, repair.person_id, now=now)
    return back


def _removed(pairs: Collection[tuple[int, int]]) -> dict[str, Any]:
    return {"removed": [list(pair) for pair in pairs]}


def _owe(
    session: Session, exchange: Exchange, *, person: int, owes: int, why: str, by: int | None, at: datetime
) -> None:
    row = {"owes": owes, "why": why, "by_id": by, "at": at}
    session.execute(
        insert(Excusal)
        .values(exchange_id=exchange.id, person_id=person, **row)
        .on_conflict_do_update(index_elements=[Excusal.exchange_id, Excusal.person_id], set_=row)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _owe_as_before(session: Session, exchange: Exchange, repair: Repair) -> None:
    before: dict[str, Any] | None = repair.facts.get("before")
    newer = select(Repair.id).where(
        Repair.exchange_id == exchange.id,
        Repair.kind == EXCUSED,
        Repair.person_id == repair.person_id,
        Repair.id > repair.id,
        Repair.undone_at.is_(None),
    )
    if session.scalar(newer.limit(1)) is not None:
        # A later word about the same person stands.
        return
    if before is not None:
        _owe(
            session,
            exchange,
            person=repair.person_id,
            owes=before["owes"],
            why=before["why"],
            by=before["by"],
            at=datetime.fromisoformat(before["at"]),
        )
        return
    session.execute(delete(Excusal).where(Excusal.exchange_id == exchange.id, Excusal.person_id == repair.person_id))


def _keep(
    session: Session,
    exchange: Exchange,
    kind: str,
    *,
    person: int,
    facts: dict[str, Any],
    by: int,
    now: datetime,
    author: int | None = None,
) -> Repair:
    made = Repair(exchange_id=exchange.id, kind=kind, person_id=person, author_id=author, facts=facts, by_id=by, at=now)
    session.add(made)
    session.flush()
    # Neither reader nor author: who reads the journal shall not learn who reviews whom.
    acts.record(session, exchange, f"repair.{kind}", by=by, now=now, repair_id=made.id)
    return made


def _require_member(session: Session, exchange: Exchange, person: int) -> None:
    is_here = select(Membership.id).where(
        Membership.course_id == exchange.course_id, Membership.person_id == person, Membership.left_at.is_(None)
    )
    if session.scalar(is_here) is None:
        raise errors.NoSuchPerson


def _let_grades_follow(session: Session, exchange: Exchange, person: int, *, now: datetime) -> None:
    if exchange.points is not None and exchange.option(rules.GradingOptions).rests_on_doing:
        grading.release_if_ready(session, exchange, persons=(person,), now=now)
