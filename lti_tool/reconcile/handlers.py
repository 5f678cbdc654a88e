"""
What comparing makes of what the LMS tells.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.handlers import courses_called
from lti_tool.courses.models import Course, Deployment, ResourceLink
from lti_tool.lms.events import CourseCopied, LinkChanged
from lti_tool.reconcile import jobs


def course_copied(session: Session, platform_id: int, events: Sequence[CourseCopied], now: datetime) -> None:
    """
    Compare the courses into which content was copied, once each: what came along is in their gradebook by now.

    In a course that Hearth does not know yet, the first launch of each link does the same.
    """
    own, ltis = {each.course for each in events}, {each.context for each in events}
    for course_id in session.scalars(courses_called(platform_id, own, contexts=ltis)).all():
        jobs.ask(session, course_id, by=None)


def link_changed(session: Session, platform_id: int, events: Sequence[LinkChanged], now: datetime) -> None:
    """
    Compare the courses of links that are ours, once each: with a link its column may have gone.

    Links of other tools are told alike, and are of no interest.
    """
    rows = (
        select(ResourceLink.course_id)
        .join(Course, Course.id == ResourceLink.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id, ResourceLink.lti_id.in_({each.link for each in events} - {""}))
    )
    for course_id in session.scalars(rows.distinct().order_by(ResourceLink.course_id)).all():
        jobs.ask(session, course_id, by=None)
