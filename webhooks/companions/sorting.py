"""
What the database noted with each act, sorted: what is to be told, and whether somebody is complete by it.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses.models import Activity
from webhooks.companions import comparing, rules
from webhooks.companions.models import Pairing, State, Telling
from webhooks.outbox.catalogue import catalogue

log = logging.getLogger(__name__)

BATCH = 500


def sort_all() -> None:
    """Sort everything that is new, a batch in each transaction."""
    while _sort_batch() == BATCH:
        pass


def look_at(activity_id: int, pairing_id: int, *, moment: rules.Moment) -> None:
    """Compare one activity with what its companion knows, though nothing has happened there."""
    with db.transaction() as session:
        _compare(session, pairing_id, activity_id, moment)


def _sort_batch() -> int:
    with db.transaction() as session:
        session.execute(HUSH)
        rows = session.execute(TAKE, {"limit": BATCH}).all()
        told = [row.id for row in rows if _is_told(row)]
        # In one order everywhere, for two who sort at once may meet at the same activity.
        for pairing_id, activity_id in sorted({(row.pairing_id, row.activity_id) for row in rows if _moves(row)}):
            _compare(session, pairing_id, activity_id, rules.Moment.ACT)
        _settle(session, [row.id for row in rows], told)
        return len(rows)


def _compare(session: Session, pairing_id: int, activity_id: int, moment: rules.Moment) -> None:
    pairing, activity = session.get(Pairing, pairing_id), session.get(Activity, activity_id)
    if pairing is None or activity is None:
        return
    try:
        with session.begin_nested():
            comparing.compare(session, pairing, activity, now=now(), moment=moment)
    except Exception:
        # What has happened in all other activities is to be told all the same; every night all are looked at.
        log.exception("activity %s could not be compared", activity_id)


def _settle(session: Session, ids: Sequence[int], told: Sequence[int]) -> None:
    without = {"synchronize_session": False}
    if told:
        waiting = update(Telling).where(Telling.id.in_(told)).values(state=State.WAITING, next_attempt_at=now())
        session.execute(waiting, execution_options=without)
    rest = set(ids) - set(told)
    if rest:
        session.execute(delete(Telling).where(Telling.id.in_(rest)), execution_options=without)


def _is_told(row: Any) -> bool:
    return row.tells_log and row.act in rules.ACTS and catalogue.get(row.act) is not None


def _moves(row: Any) -> bool:
    return (row.tells_completion or row.tells_dates) and rules.is_moving(row.act)


def due_pairings(session: Session) -> Sequence[int]:
    """Companions that have something to hear now, and neither rest nor are paused."""
    return session.scalars(DUE, {"now": now()}).all()


def activities_of(session: Session, *, within: timedelta = rules.GIVE_UP_AFTER) -> Sequence[tuple[int, int]]:
    """Activity and pairing, of every activity of a course in which somebody did something lately."""
    rows = session.execute(LIVELY, {"since": now() - within})
    return [(row.activity_id, row.pairing_id) for row in rows]


def clear_old(session: Session) -> None:
    """Forget acts that were told, or came to nothing; and give up what is too old to be told."""
    values = {
        "told": now() - rules.FORGET_TOLD_AFTER,
        "stale": now() - rules.GIVE_UP_AFTER,
        "old": now() - rules.FORGET_ALL_AFTER,
    }
    session.execute(GIVE_UP, values)
    session.execute(CLEAR, values)
    session.execute(CLEAR_GONE)


# They ring for what is committed, and the next statement looks at all that is.
HUSH = text(
    """
    delete from procrastinate_jobs
     where id in (select id from procrastinate_jobs
                   where queue_name = 'companions' and task_name = 'companions.sort' and status = 'todo'
                     and scheduled_at is null
                     for update skip locked)
    """
)
TAKE = text(
    """
    select t.id, t.pairing_id, t.activity_id, j.act, p.tells_log, p.tells_completion, p.tells_dates
      from companion_telling t
      join journal_entry j on j.id = t.entry_id
      join companion p on p.id = t.pairing_id
     where t.state = 'new'
     order by t.id
     limit :limit
       for update of t skip locked
    """
)
DUE = text(
    """
    select p.id from companion p join platform l on l.id = p.platform_id
     where p.state = 'active' and l.state = 'active' and (p.rests_until is null or p.rests_until <= :now)
       and exists (select from companion_telling t
                    where t.pairing_id = p.id and t.state = 'waiting' and t.next_attempt_at <= :now)
     order by p.id
    """
)
LIVELY = text(
    """
    select distinct a.id as activity_id, p.id as pairing_id
      from companion p
      join deployment d on d.platform_id = p.platform_id
      join course c on c.deployment_id = d.id
      join activity a on a.course_id = c.id
     where exists (select from journal_entry j where j.course_id = c.id and j.at > :since)
     order by a.id
    """
)
GIVE_UP = text(
    """
    update companion_telling set state = 'dead', problem = 'gave_up' where state = 'waiting' and at < :stale
    """
)
CLEAR_GONE = text(
    """
    delete from companion_telling t using resource_link l where l.id = t.link_id and l.gone_at is not null
    """
)
CLEAR = text(
    """
    delete from companion_telling
     where slot is null and (state = 'told' and told_at < :told or state in ('refused', 'dead') and at < :old)
    """
)
