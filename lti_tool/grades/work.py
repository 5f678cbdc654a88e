"""
Work that was handed in and has no grade yet: told where the LMS can hear of it without harm to a grade.

It takes the row that its grade will have, so that the two are told one after the other.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Double, Integer, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Deployment, Platform, ResourceLink
from lti_tool.grades.jobs import hint
from lti_tool.grades.models import Passback, State
from lti_tool.grades.operations import due_anew
from lti_tool.lms import for_family

log = logging.getLogger(__name__)


def tell_work(
    session: Session,
    link: ResourceLink,
    *,
    activity_id: int,
    persons: Collection[int],
    score_maximum: float,
    submitted_at: datetime,
    now: datetime,
) -> int:
    """
    Let the gradebook know that *persons* handed in at *submitted_at*, in the column that *link* has of its own.

    A grade that it has of them stays, and is told once more with the new date. Returns how many there are to send.
    """
    families = select(Platform.family).join(Deployment).join(Course).where(Course.id == link.course_id)
    # No column is made for it: one that nobody wants grades in would be in the way.
    if not link.line_item_url or not for_family(session.scalars(families).one()).hears_of_work():
        return 0
    who = func.unnest(cast(sorted(persons), ARRAY(Integer))).table_valued("person_id").render_derived()
    at = DateTime(timezone=True)
    rows = select(
        literal(link.course_id, Integer),
        literal(activity_id, Integer),
        literal(link.id, Integer),
        who.c.person_id,
        literal(score_maximum, Double),
        literal(submitted_at, at),
        literal(True, Boolean),
        literal(now, at),
        literal(now, at),
    )
    columns = ["course_id", "activity_id", "resource_link_id", "person_id", "score_maximum", "submitted_at"]
    new = insert(Passback).from_select([*columns, "is_work_only", "next_attempt_at", "changed_at"], rows)
    ids = session.scalars(
        new.on_conflict_do_update(
            index_elements=["resource_link_id", "column", "person_id"],
            set_={"submitted_at": new.excluded.submitted_at, **due_anew(now)},
            # One that was taken back stays what it is: of that the LMS has been told, or cannot be.
            where=Passback.submitted_at.is_distinct_from(new.excluded.submitted_at)
            & or_(Passback.is_work_only, Passback.score_given.is_not(None)),
        ).returning(Passback.id),
        execution_options={"populate_existing": True},
    ).all()
    if ids:
        hint(session, link.course_id)
        log.info("work of %s people told for activity %s", len(ids), activity_id)
    return len(ids)


def keep_quiet(session: Session, *, activity_id: int, persons: Collection[int]) -> None:
    """Tell nothing of work that was taken back before anybody was told."""
    session.execute(
        update(Passback)
        .where(
            Passback.activity_id == activity_id,
            Passback.person_id.in_(persons),
            Passback.is_work_only,
            Passback.state == State.WAITING.value,
        )
        .values(state=State.NOTED.value),
        execution_options={"synchronize_session": False},
    )
