"""Names and Role Provisioning Services 2.0: the roster of a course."""

import html
import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, request

from lti_tool.sandbox import courses, faults, launches, log, paging
from lti_tool.sandbox.brand import Brand, brand
from lti_tool.sandbox.claims import identity
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Activity, Course, Tool
from lti_tool.sandbox.roles import roster_roles
from lti_tool.sandbox.store import db
from lti_tool.sandbox.tokens import tool_with
from lti_tool.sandbox.variables import Surroundings, fill_in
from lti_tool.sandbox.vocabulary import CLAIM, MEDIA_ROSTER, MEMBERSHIP, RESOURCE_LINK, ROSTER_READ

bp = Blueprint("nrps", __name__, url_prefix="/lti")

ROLES = {"Learner": ("student",), "Instructor": ("teacher", "ta")}
MOODLE_ROLES = {"Learner": ("student", "ta"), "Instructor": ("teacher",)}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose roster a tool wants, and for which of its links."""

    course: Course
    tool: Tool
    link: Activity | None
    habits: Brand


@bp.get("/courses/<course_id>/memberships")
def memberships(course_id: str) -> Response:
    """
    One page of the people in a course (2.4); with `rlid` each has the message of that link (2.4.4).
    """
    fault = faults.take("roster")
    wrong = faults.answer(fault)
    if wrong:
        return wrong
    tool = tool_with(ROSTER_READ)
    if isinstance(tool, Response):
        return tool
    habits = brand()
    course = Course.get(course_id) or abort(404)
    accept = request.headers.get("Accept", "*/*")
    if habits.exact_media and accept not in ("*/*", MEDIA_ROSTER):
        return Response("No handler found for this media type", 400, content_type="text/html")
    page = paging.asked(habits, habits.roster_page) or abort(400)
    if fault == "lost_page" and page.is_later:
        return Response("<h1>Internal server error</h1>", 500, content_type="text/html")
    asked = Asked(course=course, tool=tool, link=_link(course, tool), habits=habits)
    where, values = _filter(habits)
    total = _count(course, where, values)
    members = courses.enrolments(
        course, f"{where} ORDER BY enrolment.number LIMIT ? OFFSET ?", *values, page.size, page.start
    )
    body = {
        "id": request.url.partition("?")[0],
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [_member(each, asked) for each in members],
    }
    response = Response(json.dumps(body), content_type=MEDIA_ROSTER)
    lost = ("role",) if habits.curly_links else ()
    return paging.add_next(response, page, total, habits, lost=lost, fault=fault)


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("roster", response)


def _link(course: Course, tool: Tool) -> Activity | None:
    """
    The activity of `rlid`: it must be the tool's own, in this course.
    """
    wanted = request.args.get("rlid")
    if wanted is None or wanted == course.id:
        return None
    activity = Activity.get(wanted)
    if activity is None or activity.course_id != course.id or activity.tool_id != tool.id:
        abort(404)
    return activity


def _filter(habits: Brand) -> tuple[str, list[Any]]:
    """
    Which enrolments are listed; a role nobody knows is ignored.
    """
    clauses = ["enrolment.status != 'Deleted'"]
    values: list[Any] = []
    if not habits.roster_lists_inactive:
        clauses = ["enrolment.status = 'Active'"]
    wanted = request.args.get("role", "").removeprefix(MEMBERSHIP)
    roles = (MOODLE_ROLES if habits.short_ta else ROLES).get(wanted)
    if roles:
        clauses.append(f"enrolment.role IN ({', '.join('?' for _ in roles)})")
        values += roles
    return " AND ".join(clauses), values


def _count(course: Course, where: str, values: list[Any]) -> int:
    query = f"SELECT count(*) FROM enrolment WHERE course_id = ? AND {where}"
    count: int = db().execute(query, (course.id, *values)).fetchone()[0]
    return count


def _member(member: Enrolment, asked: Asked) -> dict[str, Any]:
    told = identity(member.person, asked.tool)
    if asked.habits.roster_escapes:
        told = {name: html.escape(value, quote=True) for name, value in told.items()}
    entry: dict[str, Any] = {
        "status": member.status,
        **told,
        "user_id": member.person.id,
        "roles": roster_roles(member.role, asked.habits),
    }
    del entry["sub"]
    if "rlid" in request.args:
        entry["message"] = [_message(member, asked)]
    return entry


def _message(member: Enrolment, asked: Asked) -> dict[str, Any]:
    message: dict[str, Any] = {f"{CLAIM}message_type": RESOURCE_LINK}
    if asked.habits.name != "moodle":
        custom = {**asked.tool.custom, **(asked.link.custom if asked.link else {})}
        at = Surroundings(issuer=launches.issuer(), course=asked.course, member=member, activity=asked.link)
        message[f"{CLAIM}custom"] = fill_in(custom, at, asked.habits)
    return message
