"""
Events of Moodle: from our plugin, signed, or from local_webhooks with a token in the body.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lti_tool.lms.events import (
    CourseActivity,
    CourseChanged,
    CourseCopied,
    EventSetup,
    GroupsChanged,
    IncomingEvent,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    PlaceChanged,
    Proof,
    RosterChanged,
    UnreadableEvent,
    WorkHandedIn,
)

FIELDS = ("courseid", "userid", "relateduserid", "objectid", "timecreated", "contextinstanceid", "anonymous")
NEEDED_OF_OTHER = ("fullname", "name", "originalcourseid", "groupid", "modulename", "instanceid")
EVENTS = "\\core\\event\\"
FIRST_OF_OUR_TIME = 946_684_800
"""The year 2000: whatever is older is no moment of an event."""


OF_LOCAL_WEBHOOKS = (
    "\\core\\event\\user_enrolment_created",
    "\\core\\event\\user_enrolment_updated",
    "\\core\\event\\user_enrolment_deleted",
    "\\core\\event\\role_assigned",
    "\\core\\event\\role_unassigned",
    "\\core\\event\\group_member_added",
    "\\core\\event\\group_member_removed",
    "\\core\\event\\course_updated",
    "\\core\\event\\user_deleted",
)


def setup(proof: Proof) -> EventSetup:
    """How an admin of Moodle sets up our plugin, or local_webhooks."""
    if proof == "standard":
        return EventSetup(
            title="With Hearth's own plugin for Moodle",
            steps=(
                "In Moodle, open Site administration, Plugins, Install plugins, and give it the plugin's zip file."
                " Whoever runs Hearth has it.",
                "Open Site administration, Plugins, Local plugins, Hearth, and choose Hearth among the external tools.",
                "Paste the address and the secret below, and save.",
            ),
            test="On the same page of Moodle, press Send a test.",
        )
    return EventSetup(
        title="With the plugin local_webhooks",
        steps=(
            "In Moodle, open Site administration, Plugins, Local plugins, WebHooks, and add a service.",
            "Paste the address below as its URL, and the secret below as its token. Choose JSON as the content type.",
            "Tick the events named below, and save.",
        ),
        event_names=OF_LOCAL_WEBHOOKS,
        test="Add somebody to a course in which you may try things.",
    )


def read(document: Any, *, message_id: str) -> list[IncomingEvent]:
    """
    One event, or several in a list. Raises :class:`UnreadableEvent` for a body of another shape.

    Ours is ``{"type", "timestamp", "data": {"site", "event": {…}}}``; local_webhooks posts what
    ``\\core\\event\\base::get_data()`` gives, with its token beside it.
    """
    if not isinstance(document, Mapping):
        raise UnreadableEvent("a body is an object")
    data = document.get("data")
    if isinstance(data, Mapping):
        several = data.get("events")
        events = several if isinstance(several, list) else [data.get("event")]
        site = data.get("site")
        site = site if isinstance(site, str) else ""
    else:
        events, site = [document], None
    return [
        replace(_event(each, message_id=f"{message_id}/{number}" if message_id else ""), site=site)
        for number, each in enumerate(events)
    ]


def token_of(document: Any) -> str:
    """The token of local_webhooks."""
    found = document.get("token") if isinstance(document, Mapping) else None
    return found if isinstance(found, str) else ""


def translate(event: IncomingEvent) -> Sequence[LmsEvent]:
    """*event* in the house's words."""
    making = TABLE.get(event.name)
    return (making(event.payload, event.occurred_at),) if making is not None else ()


def _event(told: Any, *, message_id: str) -> IncomingEvent:
    if not isinstance(told, Mapping) or not isinstance(told.get("eventname"), str):
        raise UnreadableEvent("an event has an eventname")
    other = told.get("other")
    kept = {name: told[name] for name in FIELDS if told.get(name) is not None}
    if isinstance(other, Mapping):
        kept["other"] = {name: other[name] for name in NEEDED_OF_OTHER if other.get(name) is not None}
    name = told["eventname"].removeprefix(EVENTS)[:100]
    own = told.get("eventid")
    key = own if isinstance(own, str) and own else message_id
    return IncomingEvent(
        key=key[:200] or _fingerprint(name, kept),
        name=name,
        occurred_at=_moment(told.get("timecreated")),
        payload=kept,
    )


def _fingerprint(name: str, kept: Mapping[str, Any]) -> str:
    whole = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{name}\n{whole}".encode("utf-8", "replace")).hexdigest()


def _moment(seconds: Any) -> datetime:
    number = int(_id(seconds) or 0)
    if not FIRST_OF_OUR_TIME < number < FIRST_OF_OUR_TIME * 5:
        raise UnreadableEvent("an event has a time")
    return datetime.fromtimestamp(number, UTC)


def _id(value: Any) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and text != "0" and len(text) < 20 else ""


def _other(told: Mapping[str, Any], name: str) -> str:
    other = told.get("other")
    value = other.get(name) if isinstance(other, Mapping) else None
    return " ".join(str(value).split())[:300] if isinstance(value, str | int) else ""


def _roster(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return RosterChanged(course=_id(told.get("courseid")), occurred_at=at)


def _groups(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return GroupsChanged(course=_id(told.get("courseid")), group=_id(told.get("objectid")), occurred_at=at)


def _group_gone(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    """Moodle tells of the group only, and of none of those who were in it."""
    return GroupsChanged(
        course=_id(told.get("courseid")), group=_id(told.get("objectid")), is_member=False, occurred_at=at
    )


def _member(is_member: bool) -> Callable[[Mapping[str, Any], datetime], LmsEvent]:
    return lambda told, at: GroupsChanged(
        course=_id(told.get("courseid")),
        group=_id(told.get("objectid")),
        person=_id(told.get("relateduserid")),
        is_member=is_member,
        occurred_at=at,
    )


def _course(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return CourseChanged(course=_id(told.get("courseid")), title=_other(told, "fullname"), occurred_at=at)


def _course_deleted(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return CourseChanged(course=_id(told.get("courseid")), is_over=True, occurred_at=at)


def _restored(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return CourseCopied(course=_id(told.get("courseid")), origin=_other(told, "originalcourseid"), occurred_at=at)


def _person(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return PersonChanged(person=_person_of(told), name=_other(told, "fullname"), occurred_at=at)


def _person_deleted(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return PersonDeleted(person=_person_of(told), occurred_at=at)


def _graded(told: Mapping[str, Any], at: datetime) -> LmsEvent:
    return WorkHandedIn(course=_id(told.get("courseid")), person=_person_of(told), is_graded=True, occurred_at=at)


def _activity(what: str) -> Callable[[Mapping[str, Any], datetime], LmsEvent]:
    return lambda told, at: CourseActivity(course=_id(told.get("courseid")), what=what, occurred_at=at)


def _place(what: str, *, is_gone: bool) -> Callable[[Mapping[str, Any], datetime], LmsEvent]:
    """The number of an external tool in its course is its ``resource_link.id``. Other kinds are no place of ours."""

    def making(told: Mapping[str, Any], at: datetime) -> LmsEvent:
        course, link = _id(told.get("courseid")), _id(_other(told, "instanceid"))
        if _other(told, "modulename") != "lti" or not link:
            return CourseActivity(course=course, what=what, occurred_at=at)
        return PlaceChanged(course=course, link=link, is_gone=is_gone, occurred_at=at)

    return making


def _person_of(told: Mapping[str, Any]) -> str:
    return _id(told.get("relateduserid")) or _id(told.get("objectid")) or _id(told.get("userid"))


TABLE: Mapping[str, Callable[[Mapping[str, Any], datetime], LmsEvent]] = {
    **dict.fromkeys(
        (
            *("user_enrolment_created", "user_enrolment_updated", "user_enrolment_deleted"),
            *("role_assigned", "role_unassigned", "cohort_member_added", "cohort_member_removed"),
            "course_reset_ended",
        ),
        _roster,
    ),
    **dict.fromkeys(
        (
            *("group_created", "group_updated"),
            *("grouping_created", "grouping_updated", "grouping_deleted"),
            *("grouping_group_assigned", "grouping_group_unassigned"),
        ),
        _groups,
    ),
    "group_deleted": _group_gone,
    "group_member_added": _member(True),
    "group_member_removed": _member(False),
    "course_created": _course,
    "course_updated": _course,
    "course_deleted": _course_deleted,
    "course_restored": _restored,
    "user_updated": _person,
    "user_deleted": _person_deleted,
    "user_graded": _graded,
    "course_module_updated": _place("course_module_updated", is_gone=False),
    "course_module_deleted": _place("course_module_deleted", is_gone=True),
    **{
        name: _activity(name)
        for name in (
            *("course_module_created", "course_module_completion_updated", "course_completed"),
            *("calendar_event_created", "calendar_event_updated", "calendar_event_deleted"),
        )
    },
}
"""What each event of Moodle is to us; others are skipped."""
