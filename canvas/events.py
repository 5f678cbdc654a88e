"""
Live Events of Canvas: one by one in its own format, or several in a Caliper envelope.

Ids come as numbers or strings, global (shard × 10¹³ + local) or local, even mixed within one event;
here all are made global, by the shard of the root account that every event names.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
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
from lti_tool.lms.standard import moment

SHARD = 10**13
KEYS = "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks"
"""The keys that sign payloads: previous, current and next, changed monthly (Canvas, "Data Services")."""

NEEDED_OF_METADATA = ("context_type", "context_id", "root_account_id", "root_account_uuid", "request_id", "job_id")
"""The rest tells addresses, browsers and logins of people, which is none of our business."""
UNNEEDED = ("body", "text", "url", "short_name", "sortable_name", "user_login", "user_sis_id", "email")
"""What somebody wrote, and what they are called beside their name: events tell us that it changed, and no more."""

LONGEST_SITE = 200

CALIPER_NAMES = {
    "membership": "enrollment",
    "group": "group",
    "course": "course",
    "user": "user",
    "entity": "course",
    "submission": "submission",
    "discussion": "discussion_topic",
    "entry": "discussion_entry",
    "enrollment": "enrollment",
}
CALIPER_ACTIONS = {"Created": "created", "Modified": "updated", "Deleted": "updated", "Submitted": "created"}


WANTED = (
    "content_migration_completed",
    "course_section_created",
    "course_section_updated",
    "course_updated",
    "enrollment_created",
    "enrollment_updated",
    "enrollment_state_created",
    "enrollment_state_updated",
    "group_created",
    "group_membership_created",
    "group_membership_updated",
    "group_updated",
    "lti_resource_link_updated",
    "user_updated",
)
"""What an admin subscribes to."""
UNWANTED = {
    "course_created": "a course is known from its first launch",
    "discussion_entry_created": "what people write in Canvas stays there",
    "discussion_topic_created": "what people write in Canvas stays there",
    "discussion_topic_updated": "what people write in Canvas stays there",
    "grade_change": "our own grades make most of them; comparing the gradebook finds one that is not ours",
    "group_category_created": "a set of groups has nobody in it; its groups have events of their own",
    "group_category_updated": "a set of groups has nobody in it; its groups have events of their own",
    "lti_resource_link_created": "a link is known from its first launch, and that of a copy from the event of copying",
    "submission_created": "work is handed in with us, and Canvas hears of it from us",
    "submission_updated": "our own grades make most of them; comparing the gradebook finds one that is not ours",
    "user_account_association_created": "somebody without a course is nobody to us",
    "user_created": "somebody is known from their first launch, or from a roster",
}
"""What no admin need send, and why. What comes all the same is kept as long as other events, and does no harm."""


def setup(proof: Proof) -> EventSetup:
    """How an admin of Canvas sets up Live Events."""
    payload = (
        "Switch Sign Payload on: Hearth takes only what Canvas has signed."
        if proof == "jwt"
        else "Leave Sign Payload off. Hearth knows these events by their address alone, so show it to nobody."
    )
    return EventSetup(
        title="Live Events, signed" if proof == "jwt" else "Live Events by a secret address",
        steps=(
            "In Canvas, open Admin, choose your account, then Data Services, and press Add.",
            "Name the subscription Hearth. As delivery method choose HTTPS, and paste the address below as its URL.",
            f"As message type choose Canvas. {payload}",
            "Under Subscriptions, tick the events named below, and save.",
        ),
        event_names=WANTED,
        test="Rename a course in which you may try things, or add somebody to it. Canvas sends within a minute or two.",
    )


def read(document: Any) -> list[IncomingEvent]:
    """The events of one body. Raises :class:`UnreadableEvent` for what is neither format."""
    if isinstance(document, Mapping) and isinstance(document.get("data"), list):
        return [_caliper(each) for each in document["data"]]
    several = document if isinstance(document, list) else [document]
    return [_canvas(each) for each in several]


def translate(event: IncomingEvent) -> Sequence[LmsEvent]:
    """*event* in the house's words."""
    body, about = event.payload.get("body", {}), event.payload.get("metadata", {})
    shard = _shard(about)
    at = event.occurred_at
    course = global_id(body.get("course_id"), shard) or (_context(body, shard) or _context(about, shard))
    return tuple(_translated(event.name, body, course=course, shard=shard, at=at))


def _translated(  # noqa: C901, PLR0912 - a table, written as one
    name: str, body: Mapping[str, Any], *, course: str, shard: int, at: datetime
) -> Iterator[LmsEvent]:
    subject, _, happened = name.rpartition("_")
    if happened not in ("created", "updated", "completed", "change"):
        return
    match subject:
        case "enrollment" | "enrollment_state":
            # The state of an enrolment names neither its course nor its person.
            enrolment = global_id(body.get("enrollment_id"), shard)
            if course or enrolment:
                yield RosterChanged(course=course, enrolment=enrolment, occurred_at=at)
        case "user" if body.get("workflow_state") == "deleted":
            yield PersonDeleted(person=global_id(body.get("user_id"), shard), occurred_at=at)
        case "user":
            name_now = body.get("name")
            if isinstance(name_now, str) and name_now.strip():
                person = global_id(body.get("user_id"), shard)
                yield PersonChanged(person=person, name=" ".join(name_now.split())[:300], occurred_at=at)
        case "course":
            title, state = body.get("name"), body.get("workflow_state")
            yield CourseChanged(
                course=course,
                title=" ".join(title.split())[:300] if isinstance(title, str) else "",
                is_over=state in ("completed", "deleted") if isinstance(state, str) else None,
                occurred_at=at,
            )
        case "course_section" | "group_category" | "group" | "group_membership":
            group = global_id(body.get("group_id"), shard)
            if course or group:
                yield GroupsChanged(course=course, group=group, occurred_at=at)
        case "content_migration":
            if course:
                yield CourseCopied(
                    course=course,
                    context=str(body.get("destination_course_lti_id") or body.get("lti_context_id") or ""),
                    origin=str(body.get("source_course_lti_id") or ""),
                    occurred_at=at,
                )
        case "submission" | "grade":
            person = global_id(body.get("user_id"), shard)
            graded = body.get("graded_at") is not None or subject == "grade"
            yield WorkHandedIn(course=course, person=person, is_graded=graded, occurred_at=at)
        case "lti_resource_link" if happened == "updated":
            link, is_gone = body.get("resource_link_uuid"), body.get("workflow_state") == "deleted"
            if isinstance(link, str) and course:
                yield PlaceChanged(course=course, link=link[:255], is_gone=is_gone, occurred_at=at)
        case "lti_resource_link" | "discussion_topic" | "discussion_entry":
            yield CourseActivity(course=course, what=name, occurred_at=at)


def global_id(value: Any, shard: int) -> str:
    """The global id of *value*, a number or a string of digits; "" for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) < 20):
        return ""
    number = int(text)
    return str(number if number >= SHARD or not shard else shard * SHARD + number)


def _canvas(document: Any) -> IncomingEvent:
    if not isinstance(document, Mapping):
        raise UnreadableEvent("an event is an object")
    about, body = document.get("metadata"), document.get("body")
    if not isinstance(about, Mapping) or not isinstance(body, Mapping) or not isinstance(about.get("event_name"), str):
        raise UnreadableEvent("an event has metadata with its name, and a body")
    kept = {
        "metadata": {name: about[name] for name in NEEDED_OF_METADATA if about.get(name) is not None},
        "body": {name: value for name, value in body.items() if name not in UNNEEDED},
    }
    happened = str(about.get("request_id") or about.get("job_id") or "")
    whole = json.dumps(body, sort_keys=True, separators=(",", ":"))
    # Canvas gives its events no id; these together are one.
    told = "\n".join([about["event_name"], str(about.get("event_time")), happened, whole])
    return IncomingEvent(
        key=hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(),
        name=about["event_name"][:100],
        occurred_at=moment(about.get("event_time")),
        payload=kept,
        site=_site(about),
    )


def _caliper(document: Any) -> IncomingEvent:
    """An event of Caliper 1.1, as Canvas fills it in: its own ids stand in the extensions."""
    if not isinstance(document, Mapping) or not isinstance(document.get("id"), str):
        raise UnreadableEvent("an event of Caliper has an id")
    thing = document.get("object")
    thing = thing if isinstance(thing, Mapping) else {}
    kind = _urn_kind(thing.get("id")) or str(thing.get("type", "")).lower()
    action = CALIPER_ACTIONS.get(str(document.get("action")), "")
    subject = CALIPER_NAMES.get(kind, kind)
    own, event = _own(thing), _own(document)
    group = document.get("group")
    group = group if isinstance(group, Mapping) else {}
    body = {
        **{name: value for name, value in own.items() if name not in UNNEEDED},
        f"{subject}_id": own.get("entity_id"),
        "name": thing.get("name"),
    }
    metadata = {
        "context_type": "Course",
        "context_id": _own(group).get("entity_id"),
        "root_account_id": event.get("root_account_id"),
        "root_account_uuid": event.get("root_account_uuid"),
    }
    return IncomingEvent(
        key=document["id"][:200],
        name=f"{subject}_{action}"[:100] if action else subject[:100],
        occurred_at=moment(document.get("eventTime")),
        payload={
            "metadata": {name: value for name, value in metadata.items() if value is not None},
            "body": {name: value for name, value in body.items() if value is not None},
        },
        site=_site(event),
    )


def _own(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Canvas adds to a thing of Caliper."""
    extensions = document.get("extensions")
    found = extensions.get("com.instructure.canvas") if isinstance(extensions, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _urn_kind(urn: Any) -> str:
    parts = urn.split(":") if isinstance(urn, str) else []
    return parts[3].lower() if len(parts) > 4 and parts[:3] == ["urn", "instructure", "canvas"] else ""


def _context(told: Mapping[str, Any], shard: int) -> str:
    return global_id(told.get("context_id"), shard) if told.get("context_type") == "Course" else ""


def _site(about: Mapping[str, Any]) -> str | None:
    """The root account: one key signs for those of all schools."""
    told = about.get("root_account_uuid")
    return told[:LONGEST_SITE] if isinstance(told, str) and told else None


def _shard(about: Mapping[str, Any]) -> int:
    account = global_id(about.get("root_account_id"), 0)
    return int(account) // SHARD if account else 0
