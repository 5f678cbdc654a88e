"""
Somebody was deleted in the LMS, and so wishes to be forgotten here.

Forgetting touches plans, files and grades of every course of theirs, so a job does it, and the other events of the
same moment need not wait.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import config, db, files, jobs, privacy
from lti_tool.clock import now
from lti_tool.lms.events import PersonDeleted

log = logging.getLogger(__name__)


def person_deleted(session: Session, platform_id: int, events: Sequence[PersonDeleted], now: datetime) -> None:
    """Have each of them forgotten, unless they came in person after the LMS said so."""
    told = {each.person: each.occurred_at for each in events if each.person}
    if not told:
        return
    values = {"platform": platform_id, "ids": list(told), "moments": list(told.values())}
    for sub in session.scalars(DELETED, values).all():
        jobs.defer(session, forget_deleted, once_as=f"forget:{platform_id}:{sub}", platform_id=platform_id, subject=sub)


@jobs.task(name="house.forget_deleted", queue="house")
def forget_deleted(platform_id: int, subject: str) -> None:
    """Forget who was deleted in the LMS. Feedback they gave stays, without its author."""
    storage = files.storage(config.running())
    with db.transaction() as session:
        count = privacy.forget(session, platform_id=platform_id, subject=subject, storage=storage, now=now())
        log.info("platform %s deleted somebody: %s forgotten", platform_id, count)


DELETED = text(
    """
    select distinct p.sub
      from unnest(cast(:ids as text[]), cast(:moments as timestamptz[])) as e (id, at),
           deployment d, person p
     where d.platform_id = :platform and p.deployment_id = d.id
       and (p.lms_id = e.id or p.lms_id = '' and p.sub = e.id)
       and not exists (select from membership m
                        where m.person_id = p.id and m.launched_at >= e.at + interval '1 second')
     order by p.sub
    """
)
