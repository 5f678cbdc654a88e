"""
Events of any sender of Standard Webhooks: ``docs/webhooks.md`` lists them. People and courses by their LTI ids.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lti_tool.lms.events import (
    CourseChanged,
    CourseCopied,
    GroupsChanged,
    IncomingEvent,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    RosterChanged,
)

LONGEST = 300

Making = Callable[[Mapping[str, Any], datetime], LmsEvent]


def translate(event: IncomingEvent) -> Sequence[LmsEvent]:
    """*event* in the house's words; empty where it is of no kind we know, or does not name whom it is about."""
    needed, make = KINDS.get(event.name, ((), None))
    if make is None or not all(_text(event.payload, each) for each in needed):
        return ()
    return (make(event.payload, event.occurred_at),)


def _roster(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return RosterChanged(course=_text(told, "context_id"), occurred_at=at)


def _groups(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    group, person = _text(told, "group_id"), _text(told, "user_id")
    return GroupsChanged(
        course=_text(told, "context_id"),
        group=group,
        person=person,
        is_member=_truth(told, "is_member") if group and person else None,
        occurred_at=at,
    )


def _course(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return CourseChanged(
        course=_text(told, "context_id"), title=_text(told, "title"), is_over=_truth(told, "is_over"), occurred_at=at
    )


def _copied(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return CourseCopied(course=_text(told, "context_id"), origin=_text(told, "origin_context_id"), occurred_at=at)


def _person(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return PersonChanged(person=_text(told, "user_id"), name=_text(told, "name"), occurred_at=at)


def _deleted(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return PersonDeleted(person=_text(told, "user_id"), occurred_at=at)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""


def _truth(told: Mapping[str, Any], name: str) -> bool | None:
    value = told.get(name)
    return value if isinstance(value, bool) else None


KINDS: Mapping[str, tuple[tuple[str, ...], Making]] = {
    "roster.changed": (("context_id",), _roster),
    "groups.changed": (("context_id",), _groups),
    "course.changed": (("context_id",), _course),
    "course.copied": (("context_id",), _copied),
    "person.changed": (("user_id", "name"), _person),
    "person.deleted": (("user_id",), _deleted),
}
"""What each kind must name, and what it is to us."""
