"""Assignment and Grade Services 2.0: line items, scores and results."""

import json
from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import courses, faults, gradebook, log, paging
from lti_tool.sandbox.brand import Brand, brand
from lti_tool.sandbox.claims import line_item_url
from lti_tool.sandbox.records import Activity, Course, LineItem, Person, Tool
from lti_tool.sandbox.store import db, update
from lti_tool.sandbox.tokens import tool_with
from lti_tool.sandbox.vocabulary import (
    LINE_ITEM,
    LINE_ITEM_READ,
    MEDIA_LINE_ITEM,
    MEDIA_LINE_ITEMS,
    MEDIA_RESULTS,
    MEDIA_SCORE,
    RESULT_READ,
    SCORE,
)

bp = Blueprint("ags", __name__, url_prefix="/lti/courses/<course_id>/lineitems")

MOST = 1000
COLUMNS = ("id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId")
ECHO_ONLY = ("startDateTime", "endDateTime", "gradesReleased")
SERVICES = {"ags.scores": "score", "ags.results": "result"}


@bp.before_request
def misbehave() -> Response | None:
    """
    Act out the fault that is switched on for this service.
    """
    if request.endpoint == "ags.scores":
        return None
    fault = faults.take(SERVICES.get(request.endpoint or "", "line_item"))
    request.environ["sandbox.fault"] = fault
    return faults.answer(fault)


@bp.get("")
def line_items(course_id: str) -> ResponseReturnValue:
    """
    The tool's line items of a course, filtered (3.2.3).
    """
    tool = _caller(LINE_ITEM, LINE_ITEM_READ)
    habits = brand()
    _accepts(habits, MEDIA_LINE_ITEMS)
    course = Course.get(course_id) or abort(404)
    page = paging.asked(habits, 50 if habits.bookmarks else MOST) or abort(400)
    clauses, values = ["course_id = ?", "tool_id = ?"], [course.id, tool.id]
    filters = {"resource_link_id": "activity_id", "resource_id": "resource_id", "tag": "tag"}
    for name, column in filters.items():
        if name in request.args:
            clauses.append(f"{column} = ?")
            values.append(request.args[name])
    found = LineItem.where(" AND ".join(clauses) + " ORDER BY number", *values)
    shown = found[page.start : page.start + page.size]
    response = _json([_shown(item) for item in shown], MEDIA_LINE_ITEMS)
    return paging.add_next(response, page, len(found), habits)


@bp.post("")
def add_line_item(course_id: str) -> ResponseReturnValue:
    """
    Make a line item (3.2.5).
    """
    tool = _caller(LINE_ITEM)
    habits = brand()
    _sends(habits, MEDIA_LINE_ITEM)
    course = Course.get(course_id) or abort(404)
    sent = _read_line_item()
    if isinstance(sent, Response):
        return sent
    link = sent.get("resourceLinkId")
    activity = Activity.get(link)
    if link and (activity is None or activity.course_id != course.id or activity.tool_id != tool.id):
        return _problem("resourceLinkId is not a link of this tool in this course.", 403 if habits.type_id else 404)
    item = courses.insert_line_item(
        course_id=course.id,
        tool_id=tool.id,
        activity_id=activity.id if activity else None,
        label=sent["label"],
        score_maximum=float(sent["scoreMaximum"]),
        resource_id=sent.get("resourceId"),
        tag=sent.get("tag"),
        body=_extras(sent, habits),
    )
    echoed = {name: sent[name] for name in ECHO_ONLY if name in sent}
    response = _json({**_shown(item), **echoed}, MEDIA_LINE_ITEM, 201)
    response.headers["Location"] = line_item_url(item)
    return response


@bp.get("/<item_id>")
@bp.get("/<item_id>/lineitem")
def line_item(course_id: str, item_id: str) -> ResponseReturnValue:
    item = _own_item(_caller(LINE_ITEM, LINE_ITEM_READ), course_id, item_id)
    _accepts(brand(), MEDIA_LINE_ITEM)
    return _json(_shown(item), MEDIA_LINE_ITEM)


@bp.put("/<item_id>")
@bp.put("/<item_id>/lineitem")
def replace_line_item(course_id: str, item_id: str) -> ResponseReturnValue:
    """
    Replace a line item (3.2.7); the link it belongs to may not change (3.2.9).
    """
    habits = brand()
    item = _own_item(_caller(LINE_ITEM), course_id, item_id)
    _sends(habits, MEDIA_LINE_ITEM)
    sent = _read_line_item()
    if isinstance(sent, Response):
        return sent
    link = sent.get("resourceLinkId")
    if link and link != item.activity_id:
        return _problem("resourceLinkId cannot be changed.", 400)
    update(
        "line_item",
        item.id,
        label=sent["label"],
        score_maximum=float(sent["scoreMaximum"]),
        resource_id=sent.get("resourceId"),
        tag=sent.get("tag"),
        activity_id=link if habits.put_clears else item.activity_id,
        body=_extras(sent, habits),
    )
    return _json(_shown(LineItem.get(item.id) or item), MEDIA_LINE_ITEM)


@bp.delete("/<item_id>")
@bp.delete("/<item_id>/lineitem")
def remove_line_item(course_id: str, item_id: str) -> ResponseReturnValue:
    item = _own_item(_caller(LINE_ITEM), course_id, item_id)
    if item.activity_id and brand().coupled_item_stays:
        return _problem("This line item belongs to an assignment.", 401)
    db().execute("DELETE FROM line_item WHERE id = ?", (item.id,))
    return Response(status=204)


@bp.post("/<item_id>/scores")
@bp.post("/<item_id>/lineitem/scores")
def scores(course_id: str, item_id: str) -> ResponseReturnValue:
    """
    Receive a score (3.4).
    """
    fault = faults.take("score")
    if fault == "lost_answer":
        kept = _receive(course_id, item_id)
        return kept if kept.status_code >= 400 else Response("<h1>Internal server error</h1>", 500)
    return faults.answer(fault) or _receive(course_id, item_id)


@bp.get("/<item_id>/results")
@bp.get("/<item_id>/lineitem/results")
def results(course_id: str, item_id: str) -> ResponseReturnValue:
    """
    The grades that people have now (3.3).
    """
    item = _own_item(_caller(RESULT_READ), course_id, item_id)
    habits = brand()
    _accepts(habits, MEDIA_RESULTS)
    if habits.limit_breaks_results and "limit" in request.args:
        return Response("<!doctype html><title>Error</title><p>Error reading from database</p>", 404)
    page = paging.asked(habits, 50 if habits.bookmarks else MOST) or abort(400)
    wanted = request.args.get("user_id")
    found = [grade for grade in gradebook.grades(item) if grade.shown is not None and wanted in (None, grade.person_id)]
    base = line_item_url(item)
    body = [
        {
            "id": f"{line_item_url(item, '/results').partition('?')[0]}/{grade.person_id}",
            "userId": grade.person_id,
            "resultScore": grade.shown,
            "resultMaximum": item.score_maximum,
            "scoreOf": base,
            **({"comment": grade.comment} if grade.comment else {}),
            **({"timestamp": grade.timestamp} if habits.type_id else {}),
        }
        for grade in found[page.start : page.start + page.size]
    ]
    response = _json(body, MEDIA_RESULTS)
    return paging.add_next(response, page, len(found), habits, fault=request.environ["sandbox.fault"])


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request(SERVICES.get(request.endpoint or "", "line_item"), response)


def _receive(course_id: str, item_id: str) -> Response:
    item = _own_item(_caller(SCORE), course_id, item_id)
    habits = brand()
    _sends(habits, MEDIA_SCORE)
    try:
        score = gradebook.check(request.get_json(force=True, silent=True))
    except gradebook.BadScore as err:
        return _problem(str(err), habits.incomplete_status)
    person = Person.get(score["userId"])
    course = Course.get(course_id)
    member = courses.enrolment(course, person) if course and person else None
    if member is None or member.role != "student":
        return _problem("userId is not a student of this course.", habits.stranger_status)
    try:
        gradebook.receive(item, score, habits)
    except gradebook.StaleScore as err:
        return _problem(f"A score of {err} is here already.", habits.stale_status)
    if habits.name == "canvas":
        return _json({"resultUrl": line_item_url(item, f"/results/{member.person.id}")}, "application/json")
    return Response(status=habits.score_status, content_type="application/json")


def _caller(*scopes: str) -> Tool:
    tool = tool_with(*scopes)
    if isinstance(tool, Response):
        abort(tool)
    return tool


def _own_item(tool: Tool, course_id: str, item_id: str) -> LineItem:
    """
    A line item of this tool in this course; every other one looks missing.
    """
    item = LineItem.get(item_id)
    if item is None or item.course_id != course_id or item.tool_id != tool.id:
        abort(_problem("There is no such line item.", 404))
    return item


def _accepts(habits: Brand, media: str) -> None:
    accepted = request.headers.get("Accept", "*/*")
    if habits.exact_media and accepted not in ("*/*", media):
        abort(Response("No handler found", 400, content_type="text/html"))


def _sends(habits: Brand, media: str) -> None:
    if habits.exact_media and request.headers.get("Content-Type") != media:
        abort(Response("No handler found", 400, content_type="text/html"))
    if request.mimetype != media:
        abort(_problem(f"The Content-Type must be {media}.", 415))


def _read_line_item() -> dict[str, Any] | Response:
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        return _problem("The body must be a JSON object.", 400)
    if not isinstance(sent.get("label"), str) or not sent["label"].strip():
        return _problem("label is missing.", 400)
    most = sent.get("scoreMaximum")
    if isinstance(most, bool) or not isinstance(most, int | float) or most <= 0:
        return _problem("scoreMaximum must be a number above 0.", 400)
    for name in ("resourceId", "tag", "resourceLinkId"):
        if not isinstance(sent.get(name), str | None):
            return _problem(f"{name} must be a text.", 400)
    return sent


def _extras(sent: dict[str, Any], habits: Brand) -> dict[str, Any]:
    """
    What is kept beside the columns; Moodle echoes dates but does not store them.
    """
    dropped = (*COLUMNS, *ECHO_ONLY) if habits.type_id else COLUMNS
    return {name: value for name, value in sent.items() if name not in dropped}


def _shown(item: LineItem) -> dict[str, Any]:
    known = {
        "id": line_item_url(item),
        "label": item.label,
        "scoreMaximum": item.score_maximum,
        "resourceId": item.resource_id,
        "tag": item.tag,
        "resourceLinkId": item.activity_id,
    }
    return {**item.body, **{name: value for name, value in known.items() if value is not None}}


def _json(body: Any, media: str, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type=media)


def _problem(words: str, status: int) -> Response:
    """
    A refusal; some platforms put the reason into the status line, we put it into the body.
    """
    log.note(refused=words)
    return _json({"error": words}, "application/json", status)
