"""
Somebody was deleted in the LMS, and so may be to be forgotten here; see :mod:`lti_tool.admin.deletions`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.admin import deletions
from lti_tool.courses.models import Person
from lti_tool.lms.events import PersonDeleted


def person_deleted(session: Session, platform_id: int, events: Sequence[PersonDeleted], now: datetime) -> None:
    """Write each of them down to be forgotten, unless they came in person after the LMS said so."""
    told = {each.person: each.occurred_at for each in events if each.person}
    if not told:
        return
    values = {"platform": platform_id, "ids": list(told), "moments": list(told.values())}
    found = session.scalars(DELETED, values).all()
    for person in session.scalars(select(Person).where(Person.id.in_(found)).order_by(Person.id)):
        deletions.announce(session, person, now=now)


DELETED = text(
    """
    select distinct p.id
      from unnest(cast(:ids as text[]), cast(:moments as timestamptz[])) as e (id, at),
           deployment d, person p
     where d.platform_id = :platform and p.deployment_id = d.id
       and (p.lms_id = e.id or p.lms_id = '' and p.sub = e.id)
       and not exists (select from membership m
                        where m.person_id = p.id and m.launched_at >= e.at + interval '1 second')
     order by p.id
    """
)
