"""
The plugin that a tool may have in a Moodle: whom it listens to, what it was told, and what became of that here.

Each act is done once, by its key, and as a whole or not at all. What it says is what ``docs/moodle-plugin.md`` tells.
"""

import re
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lti_tool.sandbox import courses, events, launches
from lti_tool.sandbox.records import Activity, Course, Person, Tool
from lti_tool.sandbox.store import db, get_setting, insert, put_setting, utc_now, writing

MOST_AT_ONCE = 100
MOST_SHOWN = 40
KEY = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
KIND = re.compile(r"[a-z][a-z_]{0,48}\.[a-z][a-z_]{0,48}")
FIRST = 946_684_800
"""The year 2000: nothing was done before."""


class Refusal(Exception):
    """A call, or an act in it, that is refused; the words are a code."""


# Whom it listens to --------------------------------------------------------------------------------------------------


def chosen() -> Tool | None:
    """The tool whose plugin it is; the first that is active where nobody chose."""
    return Tool.get(get_setting("companion_tool")) or Tool.first("state = 'active' ORDER BY number")


def choose(tool: Tool) -> None:
    """From now on, listen to this one only."""
    put_setting("companion_tool", tool.id)


def open_way() -> str:
    """A new token, which ends the old one. It is shown once."""
    token = secrets.token_hex(16)
    put_setting("companion_token", token)
    return token


def close_way() -> None:
    """Nobody can tell anything any more."""
    put_setting("companion_token", "")


def is_open() -> bool:
    """Whether there is a token."""
    return bool(get_setting("companion_token", ""))


def require_token(told: str) -> None:
    """Raise :class:`Refusal` for any token but ours."""
    token = get_setting("companion_token", "")
    if not token or not secrets.compare_digest(told.encode(), token.encode()):
        raise Refusal("invalidtoken")


def require_paired(client_id: str) -> Tool:
    """The chosen tool, if it is this client that speaks."""
    tool = chosen()
    if tool is None or tool.client_id != client_id:
        raise Refusal("notpaired")
    return tool


# What it answers -----------------------------------------------------------------------------------------------------


def status() -> dict[str, Any]:
    """Who and how it is."""
    tool, target = chosen(), events.target()
    last = next(iter(events.sent(1)), None)
    has_failed = last is not None and last["status"] not in range(200, 300)
    state = "none" if not (target["url"] and target["secret"]) else "paused" if has_failed else "sending"
    return {
        "siteid": events.SITE,
        "wwwroot": launches.issuer(),
        "clientid": tool.client_id if tool else "",
        "deploymentid": tool.deployment_id if tool else "",
        "toolname": tool.name if tool else "",
        "moodlerelease": "4.5 (pretended)",
        "pluginrelease": "1.2.1",
        "pluginversion": 2026112703,
        "names": True,
        "everywhere": True,
        "events": [],
        "receiver": {
            "url": target["url"],
            "state": state,
            "waiting": 0,
            "givenup": 0,
            "oldestwaiting": 0,
            "lastsuccess": 0,
            "lastcode": (last and last["status"]) or 0,
            "lasterror": f"HTTP {last['status']}" if last and has_failed else "",
        },
        "time": int(time.time()),
    }


def groups(tool: Tool, course_id: str) -> dict[str, Any]:
    """The groups of a course and who is in them."""
    course = Course.get(course_id)
    if course is None:
        raise Refusal("nocourse")
    if Activity.first("course_id = ? AND tool_id = ?", course.id, tool.id) is None:
        raise Refusal("othertool")
    within = courses.enrolments(course)
    return {
        "courseid": course.id,
        "groups": [
            {
                "id": each["id"],
                "name": each["name"],
                "idnumber": "",
                "members": [member.person.id for member in within if each["id"] in member.group_ids],
                "groupings": [],
            }
            for each in events.groups_of(course)
        ],
        "groupings": [],
    }


def record(tool: Tool, act: Mapping[str, Any]) -> dict[str, str]:
    """Do one act, unless it was done before or makes no sense here."""
    result = {"key": str(act["key"]), "status": "done", "reason": "", "completion": ""}
    with writing():
        if db().execute("SELECT 1 FROM told_act WHERE key = ?", (act["key"],)).fetchone():
            return result | {"status": "known"}
        try:
            _check(tool, act)
        except Refusal as err:
            return result | {"status": "refused", "reason": str(err)}
        return result | {"completion": _do(act)}


# What became of it ---------------------------------------------------------------------------------------------------


def heard(most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """What the log says, newest first: who did what, where. Who is not named is nobody."""
    rows = db().execute(
        "SELECT told_act.*, person.name AS who, activity.title AS activity, course.title AS course FROM told_act"
        " LEFT JOIN person ON person.id = told_act.person_id LEFT JOIN activity ON activity.id = told_act.activity_id"
        " LEFT JOIN course ON course.id = told_act.course_id WHERE told_act.kind != ''"
        " ORDER BY told_act.rowid DESC LIMIT ?",
        (most,),
    )
    return [dict(row) for row in rows]


def calendar() -> list[dict[str, Any]]:
    """What stands in the calendars, in the order of its dates."""
    rows = db().execute(
        "SELECT told_date.*, person.name AS who, course.title AS course FROM told_date"
        " LEFT JOIN person ON person.id = told_date.person_id JOIN course ON course.id = told_date.course_id"
        " WHERE starts_at != '' ORDER BY starts_at, ref"
    )
    return [dict(row) for row in rows]


def completions() -> list[dict[str, Any]]:
    """Who has completed what, by activity."""
    rows = db().execute(
        "SELECT completion.activity_id, completion.person_id, activity.title AS activity, course.title AS course,"
        " person.name AS who FROM completion JOIN activity ON activity.id = completion.activity_id"
        " JOIN course ON course.id = activity.course_id JOIN person ON person.id = completion.person_id"
        " WHERE completion.state = 'complete' ORDER BY course.number, activity.position, person.number"
    )
    return [dict(row) for row in rows]


def completed_by(person: Person) -> set[str]:
    """The activities that somebody has completed."""
    found = db().execute("SELECT activity_id FROM completion WHERE state = 'complete' AND person_id = ?", (person.id,))
    return {row["activity_id"] for row in found}


# One act -------------------------------------------------------------------------------------------------------------


def _check(tool: Tool, act: Mapping[str, Any]) -> None:
    """Raise :class:`Refusal` for what makes no sense, or names somebody who is not here."""
    course = Course.get(_id(act, "courseid"))
    at, word = _seconds(act.get("time")), act.get("completion", "")
    looks = (
        ("badkey", not KEY.fullmatch(str(act["key"]))),
        ("badkind", bool(act.get("kind")) and not KIND.fullmatch(str(act["kind"]))),
        ("badtime", not FIRST <= at <= time.time() + 86_400),
        ("badcompletion", word not in ("", "complete", "incomplete")),
        ("badcompletion", bool(word) and not (_id(act, "resourcelinkid") and _id(act, "userid"))),
        ("nocourse", course is None),
    )
    for code, is_so in looks:
        if is_so:
            raise Refusal(code)
    assert course is not None  # noqa: S101 - just looked at
    _require_activity(tool, course, _id(act, "resourcelinkid"))
    entries = _entries(act)
    for entry in entries:
        if not KEY.fullmatch(str(entry.get("ref", ""))):
            raise Refusal("badcalendar")
    named = [_id(act, "userid"), _id(act, "relateduserid")]
    # What is taken back may be of somebody who has left.
    named += [_id(entry, "userid") for entry in entries if _seconds(entry.get("timestart"))]
    for person_id in filter(None, named):
        person = Person.get(person_id)
        if person is None:
            raise Refusal("nouser")
        found = courses.enrolment(course, person)
        if found is None or found.status != "Active":
            raise Refusal("notenrolled")


def _require_activity(tool: Tool, course: Course, activity_id: str) -> None:
    if not activity_id:
        if Activity.first("course_id = ? AND tool_id = ?", course.id, tool.id) is None:
            raise Refusal("othertool")
        return
    activity = Activity.first("id = ? AND course_id = ?", activity_id, course.id)
    if activity is None:
        raise Refusal("noactivity")
    if activity.tool_id != tool.id:
        raise Refusal("othertool")


def _do(act: Mapping[str, Any]) -> str:
    """Write it down. Returns what became of completion."""
    at = _moment(act.get("time"))
    course_id, activity_id, person_id = _id(act, "courseid"), _id(act, "resourcelinkid"), _id(act, "userid")
    insert(
        "told_act",
        key=act["key"],
        course_id=course_id,
        activity_id=activity_id,
        kind=act.get("kind", ""),
        person_id=person_id,
        at=at,
        heard_at=utc_now().isoformat(timespec="milliseconds"),
    )
    for entry in _entries(act):
        _write_date(entry, course_id=course_id, at=at)
    word = act.get("completion", "")
    return _complete(activity_id, person_id, word, at=at) if word else ""


def _write_date(entry: Mapping[str, Any], *, course_id: str, at: str) -> None:
    known = db().execute("SELECT at FROM told_date WHERE ref = ?", (entry["ref"],)).fetchone()
    if known is not None and known["at"] > at:
        # A younger act has said something else.
        return
    starts = _moment(entry["timestart"]) if _seconds(entry.get("timestart")) else ""
    db().execute(
        "INSERT OR REPLACE INTO told_date (ref, course_id, person_id, name, starts_at, at) VALUES (?, ?, ?, ?, ?, ?)",
        (entry["ref"], course_id, _id(entry, "userid"), str(entry.get("name", ""))[:250], starts, at),
    )


def _complete(activity_id: str, person_id: str, word: str, *, at: str) -> str:
    known = (
        db()
        .execute("SELECT state, at FROM completion WHERE activity_id = ? AND person_id = ?", (activity_id, person_id))
        .fetchone()
    )
    if known is not None and known["at"] > at:
        return "older"
    db().execute("INSERT OR REPLACE INTO completion VALUES (?, ?, ?, ?)", (activity_id, person_id, word, at))
    return "same" if word == (known["state"] if known is not None else "incomplete") else "set"


def _entries(act: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = act.get("calendar") or []
    return [each for each in found if isinstance(each, Mapping)]


def _id(told: Mapping[str, Any], name: str) -> str:
    """Nobody and nothing are 0 on the wire, and empty here."""
    value = str(told.get(name) or "")
    return "" if value == "0" else value


def _seconds(value: Any) -> int:
    text = str(value or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _moment(value: Any) -> str:
    return datetime.fromtimestamp(_seconds(value), UTC).isoformat(timespec="seconds")
