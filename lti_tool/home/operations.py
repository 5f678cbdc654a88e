"""
Verbs of the course home.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.home.rules import Direction, moved
from lti_tool.journal import record

log = logging.getLogger(__name__)


def move(session: Session, activity: Activity, direction: Direction, *, person_id: int, now: datetime) -> None:
    """Move *activity* one place up or down in the list of its course. Two teachers at once take turns."""
    every = session.scalars(
        select(Activity)
        .where(Activity.course_id == activity.course_id)
        .order_by(Activity.position, Activity.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    by_id = {each.id: each for each in every}
    for position, id in enumerate(moved([each.id for each in every], activity.id, direction), start=1):
        by_id[id].position = position
    session.flush()
    record(
        session,
        "activity.moved",
        course_id=activity.course_id,
        person_id=person_id,
        activity_id=activity.id,
        now=now,
        direction=direction,
    )
    log.info("activity %s moved %s in course %s", activity.id, direction, activity.course_id)
