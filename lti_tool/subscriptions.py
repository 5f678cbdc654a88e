"""
One table: which class of LMS events is heard by whom. Rooms learn of the LMS here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from lti_tool.courses import handlers as courses
from lti_tool.lms.events import CourseChanged, LmsEvent, PersonChanged, RosterChanged


class Handler(Protocol):
    """Bears the same event twice, and events in the wrong order."""

    def __call__(self, session: Session, platform_id: int, events: Sequence[Any], now: datetime, /) -> None: ...


SUBSCRIPTIONS: Mapping[type[LmsEvent], Sequence[Handler]] = {
    RosterChanged: (courses.roster_changed,),
    CourseChanged: (courses.course_changed,),
    PersonChanged: (courses.person_changed,),
}
