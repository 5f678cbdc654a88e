"""
What comparing makes of what the LMS tells.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.courses.handlers import courses_called
from lti_tool.lms.events import CourseCopied
from lti_tool.reconcile import jobs


def course_copied(session: Session, platform_id: int, events: Sequence[CourseCopied], now: datetime) -> None:
    """
    Compare the courses into which content was copied, once each: what came along is in their gradebook by now.

    In a course that Hearth does not know yet, the first launch of each link does the same.
    """
    own, ltis = {each.course for each in events}, {each.context for each in events}
    for course_id in session.scalars(courses_called(platform_id, own, contexts=ltis)).all():
        jobs.ask(session, course_id, by=None)
