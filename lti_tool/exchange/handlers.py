"""
What exchanges make of what the LMS tells: groups that hand in together follow those of the LMS.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.courses.jobs import ask_for_groups
from lti_tool.exchange import queries
from lti_tool.exchange.jobs import follow_groups
from lti_tool.lms.events import GroupsChanged

MOST_COURSES = 200
"""So many are asked about when the LMS names no course; the others follow when they are next looked at as a whole."""


def groups_changed(session: Session, platform_id: int, events: Sequence[GroupsChanged], now: datetime) -> None:
    """Where the LMS names only the group, look again wherever a running exchange follows groups of that LMS."""
    if all(each.course for each in events):
        return
    for course_id in queries.courses_following_lms(session, platform_id=platform_id, limit=MOST_COURSES):
        ask_for_groups(session, course_id)


def groups_moved(session: Session, course_id: int, people: Collection[int], now: datetime) -> None:
    """People are in other groups of the LMS: so they are in the exchanges that follow it."""
    if queries.following_lms(session, course_id):
        jobs.defer(session, follow_groups, course_id=course_id, people=sorted(people))
