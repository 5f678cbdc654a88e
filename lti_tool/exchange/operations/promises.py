"""
Promises and reminders: a learner's own date, and a teacher's word to those who owe.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, queries
from lti_tool.exchange.models import Commitment, Exchange
from lti_tool.exchange.operations import acts

FARTHEST = timedelta(days=366)


def commit_to(session: Session, exchange: Exchange, *, person: int, by: datetime, now: datetime) -> None:
    """Set one's own date for the reviews still owed, or another one."""
    acts.require_open(exchange, now)
    if not now < by <= now + FARTHEST:
        raise errors.NotAhead
    session.execute(
        insert(Commitment)
        .values(exchange_id=exchange.id, person_id=person, by=by, set_at=now)
        .on_conflict_do_update(
            index_elements=[Commitment.exchange_id, Commitment.person_id], set_={"by": by, "set_at": now}
        )
    )
    acts.record(session, exchange, "commitment.set", by=person, now=now)


def drop_commitment(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """Take one's own date back. Nobody asks why."""
    session.execute(delete(Commitment).where(Commitment.exchange_id == exchange.id, Commitment.person_id == person))
    acts.record(session, exchange, "commitment.dropped", by=person, now=now)


def remind(
    session: Session, exchange: Exchange, *, by: int, now: datetime, people: Collection[int] | None = None
) -> int:
    """
    Tell everybody who owes something, or those of *people* who do, each at most once a day. Returns how many were told.
    """
    acts.require_open(exchange, now)
    # Two teachers at once: the second one finds everybody reminded.
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    owing = queries.to_remind(session, exchange, now=now)
    if people is not None:
        owing = {person: owed for person, owed in owing.items() if person in set(people)}
    for what in set(owing.values()):
        told = [person for person, owed in owing.items() if owed == what]
        notices.tell(session, exchange, "reminder", told, now=now, key=now.isoformat(), **what.facts)
    if owing:
        acts.record(session, exchange, "reviewers.reminded", by=by, now=now, count=len(owing))
    return len(owing)


def remind_of_work(
    session: Session, exchange: Exchange, *, by: int, now: datetime, people: Collection[int] | None = None
) -> int:
    """
    Tell everybody who has not handed in and still may, or those of *people* who do, each at most once a day.

    Returns how many were told.
    """
    acts.require_open(exchange, now)
    # Two teachers at once: the second one finds everybody reminded.
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    found = queries.to_remind_of_work(session, exchange, now=now)
    told = [person for person in found if people is None or person in set(people)]
    live = {"live": True} if exchange.is_live else {}
    notices.tell(session, exchange, "work_reminder", told, now=now, key=now.isoformat(), **live)
    if told:
        acts.record(session, exchange, "authors.reminded", by=by, now=now, count=len(told))
    return len(told)
