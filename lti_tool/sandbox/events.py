"""
Events: what happens here is told to an address of a tool, as the kind of LMS that this site acts like would tell it.

Bodies are those of Canvas Live Events (in Canvas's own format or in Caliper's), of Moodle's events, or plain Standard
Webhooks. Canvas can sign its payload, which then is one token; everything else is signed by Standard Webhooks where
there is a secret. What came back is kept beside each.
"""

import base64
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import requests

from lti_tool.sandbox import client, courses, keys, log, people
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Course, Person
from lti_tool.sandbox.store import db, get_setting, insert, put_setting, update, utc_now, writing

SHARD = 10**13
MOST_KEPT = 200
MOST_SHOWN = 40
LONGEST_ANSWER = 2_000
MOODLE = "\\core\\event\\"
CALIPER = "http://purl.imsglobal.org/ctx/caliper/v1p1"
FORMATS = ("canvas", "caliper")
"""Of Canvas's Live Events."""
CALIPER_ACTIONS = {"created": "Created", "updated": "Modified"}
UNTOLD_IN_CALIPER = ("copy", "join_group", "leave_group")
"""Caliper has fewer kinds of events."""
SITE = "pretend"
"""What this place calls itself to tools, in events and when they ask."""

ACTS = {
    "enrol": "A new student joins a course",
    "unenrol": "Somebody leaves a course",
    "return": "Somebody is back in a course",
    "rename_person": "Somebody has another name",
    "move": "Somebody is in another group",
    "rename_course": "A course has another title",
    "conclude": "A course is over",
    "reopen": "A course goes on",
    "copy": "A course is copied",
    "delete_person": "Somebody is deleted",
}


class NoTarget(Exception):
    """Nobody said where events go."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What has just happened here."""

    act: str
    course: Course | None = None
    person: Person | None = None
    group: str = ""
    before: str = ""
    """The group somebody was in, or the course that was copied."""


def target() -> dict[str, str]:
    """
    Where events go: ``url`` and ``secret``, empty where nobody said; and how a Canvas tells them: ``format``, and
    ``signed``, which is "yes" or "".
    """
    kept = get_setting("event_target", {})
    return {"url": "", "secret": "", "format": "canvas", "signed": "", **kept}


def aim(*, url: str, secret: str, format: str = "canvas", signed: bool = False) -> None:
    """
    Send events there from now on; a Canvas in this *format*, and *signed* with the key of its launches.

    Raises :class:`ValueError` for what is neither an address, a secret nor a format.
    """
    if format not in FORMATS:
        raise ValueError(f"The format is one of {', '.join(FORMATS)}.")
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("The address begins with http:// or https://.")
    if secret:
        _key(secret)
    put_setting("event_target", {"url": url, "secret": secret, "format": format, "signed": "yes" if signed else ""})


def groups_of(course: Course) -> list[dict[str, str]]:
    """The groups of a course: id and name."""
    rows = db().execute(
        "SELECT id, name FROM section WHERE course_id = ? AND kind = 'group' ORDER BY rowid", (course.id,)
    )
    return [dict(row) for row in rows]


def happen(act: str, *, course: Course, person: Person | None, name: str = "", group: str = "") -> Happening:
    """
    Let something happen here. Returns what there is to tell; raises :class:`ValueError` where something is missing.
    """
    if act not in ACTS:
        raise ValueError(f"{act!r} is none of {', '.join(ACTS)}.")
    name = " ".join(name.split())[:200]
    with writing():
        if act in OF_COURSES:
            return OF_COURSES[act](course, name)
        if person is None:
            raise ValueError("Say to whom it happens.")
        if act in OF_PEOPLE:
            return OF_PEOPLE[act](person, name)
        if courses.enrolment(course, person) is None:
            raise ValueError(f"{person.name} was never in {course.title}.")
        return _moved(course, person, group) if act == "move" else _came_or_went(act, course, person)


def tell(happening: Happening) -> dict[str, Any]:
    """Send what happened, and keep what came back."""
    body, name = _body(happening)
    return send(name, body, f"msg_{secrets.token_hex(12)}")


def send_again(event_id: int) -> dict[str, Any] | None:
    """Send the same event under the same id once more, as an LMS does that got no answer."""
    row = db().execute("SELECT name, message_id, body FROM event WHERE id = ?", (event_id,)).fetchone()
    return None if row is None else send(row["name"], row["body"], row["message_id"])


def send(name: str, body: str, message_id: str) -> dict[str, Any]:
    """Post *body* to the target. Raises :class:`NoTarget`; whatever else goes wrong is kept as the answer."""
    where = target()
    if not where["url"]:
        raise NoTarget
    payload, headers = _wrapped(where, message_id, body)
    began = time.monotonic()
    status, answer = None, ""
    try:
        with client.browser() as session:
            got = session.post(
                where["url"], data=payload.encode(), headers=headers, timeout=client.TIMEOUT, allow_redirects=False
            )
        status, answer = got.status_code, got.text[:LONGEST_ANSWER]
    except (requests.RequestException, OSError) as err:
        answer = f"no answer: {err}"[:LONGEST_ANSWER]
    took = round((time.monotonic() - began) * 1000)
    insert(
        "event",
        at=utc_now().isoformat(timespec="milliseconds"),
        name=name,
        style=brand().name,
        message_id=message_id,
        body=body,
        status=status,
        answer=answer,
        took_ms=took,
    )
    db().execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (MOST_KEPT,))
    log.record(
        "event",
        "out",
        "POST",
        where["url"],
        status=status,
        event=name,
        request_headers=headers,
        request_body=log.pretty(body),
        answer_body=log.pretty(answer),
    )
    return sent(1)[0]


def sent(most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """The latest events and what came back, newest first."""
    return [dict(row) for row in db().execute("SELECT * FROM event ORDER BY id DESC LIMIT ?", (most,))]


# What happens --------------------------------------------------------------------------------------------------------


def _enrolled(course: Course, name: str) -> Happening:
    return Happening(act="enrol", course=course, person=_new_student(course, name))


def _copied(course: Course, name: str) -> Happening:
    copy = courses.copy_course(course, title=name or f"{course.title} (copy)", with_students=True)
    return Happening(act="copy", course=copy, before=course.id)


def _retitled(course: Course, name: str) -> Happening:
    update("course", course.id, title=name or f"{course.title}, continued")
    return Happening(act="rename_course", course=Course.known(course.id))


def _came_or_went(act: str, course: Course, person: Person) -> Happening:
    status = "Deleted" if act == "unenrol" else "Active"
    db().execute(
        "UPDATE enrolment SET status = ? WHERE course_id = ? AND person_id = ?", (status, course.id, person.id)
    )
    return Happening(act=act, course=course, person=person)


def _renamed(person: Person, name: str) -> Happening:
    name = name or f"{person.given_name} {person.family_name}-{person.number}"
    given, _, family = name.rpartition(" ")
    update("person", person.id, name=name, given_name=given, family_name=family)
    return Happening(act="rename_person", person=Person.known(person.id))


def _deleted(person: Person, name: str) -> Happening:
    db().execute("DELETE FROM person WHERE id = ?", (person.id,))
    return Happening(act="delete_person", person=person)


def _new_student(course: Course, name: str) -> Person:
    (person_id,) = people.add_students(1)
    if name:
        given, _, family = name.rpartition(" ")
        update("person", person_id, name=name, given_name=given, family_name=family)
    people.enrol(course, [person_id], "student")
    return Person.known(person_id)


def _moved(course: Course, person: Person, group: str) -> Happening:
    enrolled = "WHERE course_id = ? AND person_id = ?"
    row = db().execute(f"SELECT group_id FROM enrolment {enrolled}", (course.id, person.id)).fetchone()
    known = [each["id"] for each in groups_of(course)]
    if not known:
        raise ValueError(f"{course.title} has no groups.")
    before = row["group_id"] or ""
    after = group if group in known else known[(known.index(before) + 1) % len(known) if before in known else 0]
    db().execute(f"UPDATE enrolment SET group_id = ? {enrolled}", (after, course.id, person.id))
    return Happening(act="move", course=course, person=person, group=after, before=before)


OF_COURSES: Mapping[str, Callable[[Course, str], Happening]] = {
    "enrol": _enrolled,
    "rename_course": _retitled,
    "conclude": lambda course, name: Happening(act="conclude", course=course),
    "reopen": lambda course, name: Happening(act="reopen", course=course),
    "copy": _copied,
}
OF_PEOPLE: Mapping[str, Callable[[Person, str], Happening]] = {"rename_person": _renamed, "delete_person": _deleted}


# How it is told ------------------------------------------------------------------------------------------------------


def told(happening: Happening) -> list[Happening]:
    """One of our happenings may be several events: who changes groups leaves one and joins one."""
    if happening.act != "move":
        return [happening] if _has_words_for(happening.act) else []
    left = Happening(act="leave_group", course=happening.course, person=happening.person, group=happening.before)
    joined = Happening(act="join_group", course=happening.course, person=happening.person, group=happening.group)
    told = [left, joined] if happening.before else [joined]
    return [each for each in told if _has_words_for(each.act)]


def _is_caliper() -> bool:
    return brand().name == "canvas" and target()["format"] == "caliper"


def _has_words_for(act: str) -> bool:
    return not (_is_caliper() and act in UNTOLD_IN_CALIPER)


def _body(happening: Happening) -> tuple[str, str]:
    as_canvas = _as_caliper if _is_caliper() else _as_canvas
    makes = {"canvas": as_canvas, "moodle": _as_moodle}.get(brand().name, _as_plain)
    document, name = makes(happening)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False), name


def _as_canvas(what: Happening) -> tuple[dict[str, Any], str]:
    course, person = what.course, what.person
    name, body = {
        "enrol": ("enrollment_created", {"type": "StudentEnrollment", "workflow_state": "active"}),
        "unenrol": ("enrollment_updated", {"type": "StudentEnrollment", "workflow_state": "deleted"}),
        "return": ("enrollment_updated", {"type": "StudentEnrollment", "workflow_state": "active"}),
        "rename_person": ("user_updated", {"workflow_state": "registered"}),
        "delete_person": ("user_updated", {"workflow_state": "deleted"}),
        "join_group": ("group_membership_created", {"workflow_state": "accepted"}),
        "leave_group": ("group_membership_updated", {"workflow_state": "deleted"}),
        "rename_course": ("course_updated", {"workflow_state": "available"}),
        "conclude": ("course_updated", {"workflow_state": "completed"}),
        "reopen": ("course_updated", {"workflow_state": "available"}),
        "copy": ("content_migration_completed", {"migration_type": "course_copy_importer"}),
    }[what.act]
    about: dict[str, Any] = {
        "event_name": name,
        "event_time": _now(),
        "producer": "canvas",
        "root_account_id": str(SHARD + 1),
        "root_account_uuid": "pretend-root-account",
        "request_id": secrets.token_hex(8),
    }
    told: dict[str, Any] = dict(body)
    if person is not None:
        told |= {"user_id": str(SHARD + person.number), "name": person.name}
    if course is not None and what.act not in ("join_group", "leave_group"):
        about |= {"context_type": "Course", "context_id": str(SHARD + course.number)}
        told["course_id"] = str(SHARD + course.number)
        if what.act in ("rename_course", "conclude", "reopen"):
            told["name"] = course.title
        if person is not None and name.startswith("enrollment"):
            told["enrollment_id"] = str(SHARD + course.number * 10**6 + person.number)
    if what.group:
        told["group_id"] = str(SHARD + int(what.group))
    if what.act == "copy" and course is not None:
        told |= {"source_course_lti_id": what.before, "destination_course_lti_id": course.id}
    return {"metadata": about, "body": told}, name


def _as_caliper(what: Happening) -> tuple[dict[str, Any], str]:
    """The same in an envelope of Caliper 1.1, as Canvas fills it in: its own ids stand in the extensions."""
    document, name = _as_canvas(what)
    about, body = document["metadata"], document["body"]
    subject, _, happened = name.rpartition("_")
    id = body[f"{subject}_id"]
    event: dict[str, Any] = {
        "@context": CALIPER,
        "id": f"urn:uuid:{uuid.uuid4()}",
        "type": "Event",
        "actor": {"id": f"urn:instructure:canvas:account:{about['root_account_id']}", "type": "SoftwareApplication"},
        "action": CALIPER_ACTIONS[happened],
        "object": {
            "id": f"urn:instructure:canvas:{subject}:{id}",
            "type": "Entity",
            "name": body.get("name"),
            "extensions": _of_canvas({**body, "entity_id": id}),
        },
        "eventTime": about["event_time"],
        "extensions": _of_canvas({key: about[key] for key in ("root_account_id", "root_account_uuid", "request_id")}),
    }
    if "context_id" in about:
        event["group"] = {
            "id": f"urn:instructure:canvas:course:{about['context_id']}",
            "type": "CourseOffering",
            "extensions": _of_canvas({"context_type": "Course", "entity_id": about["context_id"]}),
        }
    envelope = {"sensor": "http://pretend.canvas/", "sendTime": _now(), "dataVersion": CALIPER, "data": [event]}
    return envelope, name


def _of_canvas(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"com.instructure.canvas": dict(values)}


def _as_moodle(what: Happening) -> tuple[dict[str, Any], str]:
    name = {
        "enrol": "user_enrolment_created",
        "unenrol": "user_enrolment_deleted",
        "return": "user_enrolment_updated",
        "rename_person": "user_updated",
        "delete_person": "user_deleted",
        "join_group": "group_member_added",
        "leave_group": "group_member_removed",
        "rename_course": "course_updated",
        "conclude": "course_updated",
        "reopen": "course_updated",
        "copy": "course_restored",
    }[what.act]
    event: dict[str, Any] = {
        "eventname": MOODLE + name,
        "eventid": secrets.token_hex(8),
        "component": "core",
        "userid": 2,
        "anonymous": 0,
        "timecreated": int(time.time()),
    }
    if what.course is not None:
        event |= {"courseid": what.course.id, "other": {"fullname": what.course.title}}
    if what.person is not None:
        event |= {"relateduserid": what.person.id, "objectid": what.person.id, "other": {"fullname": what.person.name}}
    if what.group:
        event["objectid"] = what.group
    if what.act == "copy":
        event["other"] = {"originalcourseid": what.before}
    document = {"type": f"moodle.{name}", "timestamp": _now(), "data": {"site": SITE, "event": event}}
    return document, name


def _as_plain(what: Happening) -> tuple[dict[str, Any], str]:
    name = {
        "rename_person": "person.changed",
        "delete_person": "person.deleted",
        "join_group": "groups.changed",
        "leave_group": "groups.changed",
        "rename_course": "course.changed",
        "conclude": "course.changed",
        "reopen": "course.changed",
        "copy": "course.copied",
    }.get(what.act, "roster.changed")
    data: dict[str, Any] = {}
    if what.course is not None:
        data["context_id"] = what.course.id
    if what.person is not None and name != "roster.changed":
        data |= {"user_id": what.person.id, "name": what.person.name}
    if name == "course.changed" and what.course is not None:
        data |= {"title": what.course.title, "is_over": what.act == "conclude"}
    if what.group:
        data |= {"group_id": what.group, "is_member": what.act == "join_group"}
    if what.act == "copy":
        data["origin_context_id"] = what.before
    return {"type": name, "timestamp": _now(), "data": data}, name


def _wrapped(where: Mapping[str, str], message_id: str, body: str) -> tuple[str, dict[str, str]]:
    """What goes over the wire: *body*, or a token that holds it, signed with the key of now."""
    if brand().name == "canvas" and where["signed"]:
        return keys.sign(json.loads(body)), {"Content-Type": "application/jwt"}
    return body, {"Content-Type": "application/json", **_signed(where["secret"], message_id, body)}


def _signed(secret: str, message_id: str, body: str) -> Mapping[str, str]:
    """The headers of Standard Webhooks; none without a secret."""
    if not secret:
        return {}
    at = str(int(time.time()))
    signature = hmac.digest(_key(secret), f"{message_id}.{at}.{body}".encode(), sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as err:
        raise ValueError("The secret is whsec_ and base64.") from err


def _now() -> str:
    return utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
