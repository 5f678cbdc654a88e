"""
The teacher's hand in the plan: whom they want together or apart, and mixing what nobody has begun.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import errors, queries
from lti_tool.exchange.models import Exchange, PairRule
from lti_tool.exchange.operations import acts, pairing

MUST, NEVER = "must", "never"
MOST_RULES = 2_000
"""More than anybody makes by hand."""


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """What mixing again would change, or has changed."""

    gone: tuple[tuple[int, int], ...]
    come: tuple[tuple[int, int], ...]
    stay: int
    begun: int
    """Pairs that stay because somebody has begun."""


def rule_pair(
    session: Session, exchange: Exchange, *, reviewer: int, author: int, kind: str, by: int, now: datetime
) -> bool:
    """
    Want two together, or apart, from now on. Whether the plan is so already: what was begun stays as it is.
    """
    if reviewer == author:
        raise errors.CannotRead
    if kind == MUST and not exchange.shows_pairs:
        raise errors.PairsHidden
    pairing.hold(session, exchange)
    members = session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(
            Membership.course_id == exchange.course_id,
            Membership.person_id.in_([reviewer, author]),
            Membership.left_at.is_(None),
        )
    )
    if members != 2:
        raise errors.NoSuchPerson
    count = select(func.count()).select_from(PairRule).where(PairRule.exchange_id == exchange.id)
    if (session.scalar(count) or 0) >= MOST_RULES:
        raise errors.TooManyRules(MOST_RULES)
    row = {"kind": kind, "by_id": by, "at": now}
    session.execute(
        insert(PairRule)
        .values(exchange_id=exchange.id, reviewer_id=reviewer, author_id=author, **row)
        .on_conflict_do_update(
            index_elements=[PairRule.exchange_id, PairRule.reviewer_id, PairRule.author_id], set_=row
        )
    )
    acts.record(session, exchange, "pairing.ruled", by=by, now=now, kind=kind)
    step = pairing.want if kind == MUST else pairing.part
    return step(session, exchange, reviewer=reviewer, author=author, now=now)


def lift_pair_rule(session: Session, exchange: Exchange, *, reviewer: int, author: int, by: int, now: datetime) -> None:
    """Want nothing about two people any more. Their pair stays as it is."""
    pairing.hold(session, exchange)
    gone = session.execute(
        delete(PairRule)
        .where(PairRule.exchange_id == exchange.id, PairRule.reviewer_id == reviewer, PairRule.author_id == author)
        .returning(PairRule.kind)
    ).scalar_one_or_none()
    if gone is None:
        raise errors.NoSuchRule
    acts.record(session, exchange, "pairing.rule_lifted", by=by, now=now, kind=gone)


def mixed(session: Session, exchange: Exchange, *, now: datetime) -> Mixed:
    """What mixing again would change. Nothing is kept of it."""
    attempt = session.begin_nested()
    try:
        return _mix(session, exchange, now=now)
    finally:
        attempt.rollback()


def mix(session: Session, exchange: Exchange, *, by: int, now: datetime) -> Mixed:
    """Plan everything anew that nobody has begun."""
    done = _mix(session, exchange, now=now)
    acts.record(session, exchange, "pairing.mixed", by=by, now=now, gone=len(done.gone), come=len(done.come))
    return done


def _mix(session: Session, exchange: Exchange, *, now: datetime) -> Mixed:
    pairing.hold(session, exchange)
    before = queries.planned_pairs(session, exchange)
    pairing.mix_again(session, exchange, now=now)
    after = queries.planned_pairs(session, exchange)
    return Mixed(
        gone=tuple(sorted(before.keys() - after.keys())),
        come=tuple(sorted(after.keys() - before.keys())),
        stay=len(before.keys() & after.keys()),
        begun=sum(after.values()),
    )
