"""
Reads about people and places, always through the viewer's course.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, ResourceLink


def activity_in(session: Session, course_id: int, activity_id: int) -> Activity | None:
    """The activity, if it is of this course."""
    return session.scalars(
        select(Activity).where(Activity.id == activity_id, Activity.course_id == course_id)
    ).one_or_none()


def activities_of(session: Session, course_id: int) -> Sequence[Activity]:
    """The activities of a course as its teacher arranged them."""
    return session.scalars(
        select(Activity).where(Activity.course_id == course_id).order_by(Activity.position, Activity.id)
    ).all()


def placed(session: Session, course_id: int) -> set[int]:
    """Ids of the activities that some link of the LMS already opens."""
    opened = select(ResourceLink.activity_id).where(
        ResourceLink.course_id == course_id, ResourceLink.activity_id.is_not(None), ResourceLink.gone_at.is_(None)
    )
    return {each for each in session.scalars(opened) if each is not None}


def link_of(session: Session, activity_id: int) -> ResourceLink | None:
    """The link whose gradebook column an activity uses, none that is gone: one with a line item, else the oldest."""
    links = select(ResourceLink).where(ResourceLink.activity_id == activity_id, ResourceLink.gone_at.is_(None))
    return session.scalars(links.order_by(ResourceLink.line_item_url.is_(None), ResourceLink.id).limit(1)).one_or_none()
