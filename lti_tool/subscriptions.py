"""
Two tables: which class of LMS events is heard by whom, and who hears that people changed groups. Rooms learn of the
LMS here and nowhere else.

Nobody hears of :class:`~lti_tool.lms.events.WorkHandedIn` and :class:`~lti_tool.lms.events.CourseActivity`: what is
handed in elsewhere changes nothing here, and grades are compared with ours as a whole (:mod:`lti_tool.reconcile`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from lti_tool import erasing
from lti_tool.courses import handlers as courses
from lti_tool.courses.listening import Listener
from lti_tool.exchange import handlers as exchange
from lti_tool.lms.events import (
    CourseChanged,
    CourseCopied,
    GroupsChanged,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    PlaceChanged,
    RosterChanged,
)
from lti_tool.reconcile import handlers as reconcile


class Handler(Protocol):
    """Bears the same event twice, and events in the wrong order."""

    def __call__(self, session: Session, platform_id: int, events: Sequence[Any], now: datetime, /) -> None: ...


SUBSCRIPTIONS: Mapping[type[LmsEvent], Sequence[Handler]] = {
    RosterChanged: (courses.roster_changed,),
    GroupsChanged: (courses.groups_changed, exchange.groups_changed),
    CourseChanged: (courses.course_changed,),
    PlaceChanged: (courses.place_changed,),
    CourseCopied: (reconcile.course_copied,),
    PersonChanged: (courses.person_changed,),
    PersonDeleted: (erasing.person_deleted,),
}
GROUPS_MOVED: Sequence[Listener] = (exchange.groups_moved,)
