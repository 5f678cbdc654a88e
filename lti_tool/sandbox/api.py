"""
Driving the pretend LMS from tests, without a browser. JSON in, JSON out, loopback only.

    GET    /sandbox/api/state                 people, courses, modules, activities, tools, settings
    POST   /sandbox/api/reset                 {"students": 8, "keep_tools": false}: a fresh site
    POST   /sandbox/api/people                {"count": 100} more students, or {"name": "Mai Tran"}
    PATCH  /sandbox/api/enrolments            {"course", "person", "status"}: Active, Inactive, Deleted
    POST   /sandbox/api/tools                 {"url": registration address} or a registration by hand
    PATCH  /sandbox/api/tools/<id>            {"state": "active" | "off" | "pending", "claims": [...]}
    PATCH  /sandbox/api/settings              {"brand": "moodle", "login_method": "GET", ...}
    POST   /sandbox/api/keys                  a new signing key
    POST   /sandbox/api/activities            {"module", "tool", "item": {content item}}
    POST   /sandbox/api/courses/<id>/copy     {"title", "students": true}
    POST   /sandbox/api/activities/<id>/copy
    DELETE /sandbox/api/activities/<id>
    POST   /sandbox/api/launches              {"person", "activity" | "course" | "module" | "site", "view", ...}:
                                              the login fields, and a cookie to send to /lti/auth
    GET    /sandbox/api/gradebook?course=     line items and grades
    PUT    /sandbox/api/gradebook             {"line_item", "person", "points"}: the teacher's own grade
    PUT    /sandbox/api/events                {"url", "secret", "format", "signed"}: where they go;  GET: what came back
    POST   /sandbox/api/events                {"act", "course", "person", "name", "group"}, or {"again": number}
    POST   /sandbox/api/companion             {"tool"}: a token for the plugin;  GET: what it was told
    GET    /sandbox/api/log?kind=&q=&most=    newest first;  DELETE clears it
    GET, PUT, DELETE /sandbox/faults          what goes wrong (see `faults.FAULTS`)

A person may be named by id, user name or full name; a course by id, label or title; a tool by id,
name or client_id (left out: the first active one).
"""

from typing import Any

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import (
    admin,
    companion,
    courses,
    editing,
    events,
    faults,
    gradebook,
    grading,
    install,
    keys,
    launches,
    log,
    notices,
    people,
    registration,
    session,
)
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Activity, Course, Launch, LineItem, Module, Person, Tool
from lti_tool.sandbox.roles import STAFF
from lti_tool.sandbox.store import TABLES, db, get_setting, update, writing

bp = Blueprint("api", __name__, url_prefix="/sandbox")

PEOPLE_SHOWN = 200
ACTIVITY_FIELDS = ("id", "module_id", "tool_id", "kind", "title", "text", "url", "custom", "target")


@bp.get("/api/state")
def state() -> ResponseReturnValue:
    everybody = Person.where("1 ORDER BY number LIMIT ?", PEOPLE_SHOWN)
    return jsonify(
        url=launches.issuer(),
        people=[_person(each) for each in everybody],
        courses=[_course(each) for each in Course.where("1 ORDER BY number")],
        tools=[_tool(each) for each in Tool.where("1 ORDER BY number")],
        settings={name: get_setting(name, values[0]) for name, values in admin.SETTINGS.items()},
        faults=faults.switched_on(),
        kids=[key["kid"] for key in keys.public_keys()["keys"]],
    )


@bp.post("/api/reset")
def reset() -> ResponseReturnValue:
    """
    Start over: people and courses as new; tools go too unless `keep_tools`.
    """
    wanted = _body()
    kept = {"tool"} if wanted.get("keep_tools") else set()
    with writing():
        for table in TABLES:
            if table not in kept:
                db().execute(f"DELETE FROM {table}")
        db().execute("DELETE FROM site WHERE name NOT IN ('secret', 'brand_asked', 'brand')")
        people.settle(int(wanted.get("students", current_app.config["SANDBOX"].students)))
    return state()


@bp.post("/api/people")
def add_people() -> ResponseReturnValue:
    """
    More students, by number or by name.
    """
    wanted = _body()
    with writing():
        ids = people.add_students(int(wanted.get("count", 1)))
        if wanted.get("name") and ids:
            given, _, family = str(wanted["name"]).rpartition(" ")
            update("person", ids[0], name=wanted["name"], given_name=given, family_name=family)
    return jsonify(people=[_person(each) for each in map(Person.get, ids[:PEOPLE_SHOWN]) if each]), 201


@bp.patch("/api/enrolments")
def change_enrolment() -> ResponseReturnValue:
    wanted = _body()
    if wanted.get("status") not in ("Active", "Inactive", "Deleted"):
        abort(400, "status must be Active, Inactive or Deleted.")
    editing.change_status(_find_course(wanted), _find_person(wanted["person"]).id, wanted["status"])
    return jsonify(status=wanted["status"])


@bp.post("/api/tools")
def add_tool() -> ResponseReturnValue:
    """
    Install a tool by its registration address, or enter one by hand.
    """
    wanted = _body()
    if "url" not in wanted:
        tool = registration.add_tool(registration.by_hand(wanted), active=True)
        return jsonify(_tool(tool)), 201
    try:
        return jsonify(_tool(install.install(wanted["url"]))), 201
    except install.NotInstalled as err:
        abort(502, str(err))


@bp.patch("/api/tools/<tool_id>")
def change_tool(tool_id: str) -> ResponseReturnValue:
    tool = _find_tool({"tool": tool_id}, active=False)
    allowed = ("state", "claims", "scopes", "custom", "deployment_id")
    changes = {name: value for name, value in _body().items() if name in allowed}
    if changes:
        update("tool", tool.id, **changes)
    return jsonify(_tool(Tool.get(tool.id) or tool))


@bp.patch("/api/settings")
def change_settings() -> ResponseReturnValue:
    admin.apply_settings(_body())
    return state()


@bp.post("/api/keys")
def rotate_keys() -> ResponseReturnValue:
    return jsonify(kid=keys.rotate()), 201


@bp.post("/api/activities")
def add_activity() -> ResponseReturnValue:
    """
    Put a content item into a module, as if the tool had answered with it.
    """
    wanted = _body()
    module = _find_module(wanted)
    return jsonify(_activity(courses.add_activity(module, _find_tool(wanted), wanted.get("item") or {}))), 201


@bp.post("/api/activities/<activity_id>/copy")
def copy_activity(activity_id: str) -> ResponseReturnValue:
    copy = Activity.get(courses.copy_activity(Activity.get(activity_id) or abort(404)))
    return jsonify(_activity(copy or abort(404))), 201


@bp.delete("/api/activities/<activity_id>")
def remove_activity(activity_id: str) -> ResponseReturnValue:
    courses.remove_activity(Activity.get(activity_id) or abort(404))
    return "", 204


@bp.post("/api/courses/<course_id>/copy")
def copy_course(course_id: str) -> ResponseReturnValue:
    course = _find_course({"course": course_id})
    title = _body().get("title") or f"{course.title} (copy)"
    copy = courses.copy_course(course, title=title, with_students=bool(_body().get("students")))
    notices.course_was_copied(copy, course)
    return jsonify(_course(copy)), 201


@bp.post("/api/launches")
def start_launch() -> ResponseReturnValue:
    """
    Begin a launch as a click would: where to post which fields, and who is signed in.

    Names `activity`, or `module` for deep linking, or `line_item` and `for_user` for a submission
    review, or only `course` for the course menu's link, or `site` for the administration's own.
    """
    wanted = _body()
    person = _find_person(wanted.get("person", ""))
    launch, tool = _launch(wanted, person)
    return jsonify(
        url=tool.login_url,
        method=get_setting("login_method", "POST"),
        fields=launches.login_fields(launch, tool),
        cookie=f"sandbox={session.cookie_for(person)}",
    ), 201


@bp.get("/api/gradebook")
def show_gradebook() -> ResponseReturnValue:
    course = _find_course(request.args)
    items = LineItem.where("course_id = ? ORDER BY number", course.id)
    return jsonify(
        course=course.id,
        line_items=[
            {
                "id": item.id,
                "activity_id": item.activity_id,
                "label": item.label,
                "score_maximum": item.score_maximum,
                "resource_id": item.resource_id,
                "tag": item.tag,
                **item.body,
                "grades": [_grade(each, item) for each in gradebook.grades(item)],
            }
            for item in items
        ],
    )


@bp.put("/api/gradebook")
def overrule() -> ResponseReturnValue:
    wanted = _body()
    item = LineItem.get(wanted.get("line_item")) or abort(404)
    person = _find_person(wanted.get("person", ""))
    gradebook.overrule(item, person.id, points=wanted.get("points"), by="api")
    return jsonify(_grade(gradebook.grade(item, person.id), item))


@bp.put("/api/events")
def aim_events() -> ResponseReturnValue:
    wanted = _body()
    try:
        events.aim(
            url=str(wanted.get("url") or ""),
            secret=str(wanted.get("secret") or ""),
            format=str(wanted.get("format") or "canvas"),
            signed=bool(wanted.get("signed")),
        )
    except ValueError as err:
        abort(400, str(err))
    return jsonify(url=events.target()["url"])


@bp.get("/api/events")
def show_events() -> ResponseReturnValue:
    return jsonify(url=events.target()["url"], events=events.sent())


@bp.post("/api/events")
def tell_event() -> ResponseReturnValue:
    """
    Let something happen and tell it, or send an event again by its number.
    """
    wanted = _body()
    try:
        if "again" in wanted:
            return jsonify(events=[events.send_again(int(wanted["again"])) or abort(404)]), 201
        person = _find_person(wanted["person"]) if wanted.get("person") else None
        values = {name: str(wanted.get(name) or "") for name in ("name", "group")}
        happened = events.happen(str(wanted.get("act")), course=_find_course(wanted), person=person, **values)
        told = [events.tell(event) for event in events.told(happened)]
    except ValueError as err:
        abort(400, str(err))
    except events.NoTarget:
        abort(409, "Say first where events go.")
    return jsonify(events=told), 201


@bp.post("/api/companion")
def open_companion() -> ResponseReturnValue:
    """
    Let a tool tell the plugin what people did, where this site acts like an LMS that has one.
    """
    if not brand().has_companion:
        abort(409, "Here is no plugin. Let the site act like Moodle first.")
    companion.choose(_find_tool(_body()))
    return jsonify(token=companion.open_way()), 201


@bp.get("/api/companion")
def show_companion() -> ResponseReturnValue:
    return jsonify(
        log=companion.heard(companion.MOST_AT_ONCE),
        completions=companion.completions(),
        calendar=companion.calendar(),
    )


@bp.get("/api/log")
def show_log() -> ResponseReturnValue:
    most = request.args.get("most", 100, type=int)
    return jsonify(log.messages(request.args.get("kind", ""), request.args.get("q", ""), most))


@bp.delete("/api/log")
def clear_log() -> ResponseReturnValue:
    log.clear()
    return "", 204


@bp.get("/faults")
def show_faults() -> ResponseReturnValue:
    return jsonify(on=faults.switched_on(), known=faults.FAULTS)


@bp.put("/faults")
def switch_faults() -> ResponseReturnValue:
    try:
        return jsonify(on=faults.switch(_body()))
    except ValueError as err:
        abort(400, str(err))


@bp.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    faults.clear()
    return "", 204


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if body is None and not request.get_data():
        return {}
    if not isinstance(body, dict):
        abort(400, "The body must be a JSON object.")
    return body


def _launch(wanted: dict[str, Any], person: Person) -> tuple[Launch, Tool]:
    if wanted.get("site"):
        if person.kind != "admin":
            abort(403, "Only the admin opens tools for the whole site.")
        whole = _find_tool(wanted)
        return launches.open_site(person, whole, target=str(wanted.get("target", "iframe"))), whole
    activity = Activity.get(wanted.get("activity"))
    module = Module.get(wanted.get("module"))
    item = LineItem.get(wanted.get("line_item"))
    course = Course.get(next((each.course_id for each in (activity, module, item) if each), None))
    course = course or _find_course(wanted)
    member = courses.enrolment(course, person) or abort(404, "This person is not in the course.")
    role = "student" if wanted.get("view") == "student" and member.role in STAFF else member.role
    target = str(wanted.get("target", "iframe"))
    if item:
        tool, link = Tool.get(item.tool_id), Activity.get(item.activity_id)
        student = _find_person(wanted.get("for_user", person.id))
        if tool is None or link is None:
            abort(404, "This line item belongs to no activity.")
        launch = launches.review_submission(item, link, person, tool, role=role, student_id=student.id)
        return launch, tool
    if module:
        tool = _find_tool(wanted)
        placement = str(wanted.get("placement", ""))
        launch = launches.select_content(course, module.id, person, tool, role=role, placement=placement)
        return launch, tool
    tool = _find_tool({"tool": activity.tool_id} if activity else wanted)
    link = activity or courses.navigation_link(course, tool)
    return launches.open_activity(link, person, tool, role=role, target=target), tool


def _find_person(name: str) -> Person:
    return Person.first("id = ? OR username = ? OR name = ?", name, name, name) or abort(
        404, f"Nobody here is called {name!r}."
    )


def _find_course(wanted: Any) -> Course:
    name = wanted.get("course")
    if name is None:
        return Course.where("1 ORDER BY number LIMIT 1")[0]
    return Course.first("id = ? OR label = ? OR title = ?", name, name, name) or abort(
        404, f"There is no course {name!r}."
    )


def _find_module(wanted: dict[str, Any]) -> Module:
    module = Module.get(wanted.get("module"))
    return module or courses.modules(_find_course(wanted))[0]


def _find_tool(wanted: dict[str, Any], *, active: bool = True) -> Tool:
    name = wanted.get("tool")
    state = "state = 'active' AND " if active else ""
    if name is None:
        tool = Tool.first(f"{state}1 ORDER BY number")
    else:
        tool = Tool.first(f"{state}(id = ? OR name = ? OR client_id = ?)", name, name, name)
    return tool or abort(404, "There is no such tool, or it is not active.")


def _person(person: Person) -> dict[str, Any]:
    names = ("id", "kind", "name", "given_name", "family_name", "email", "username")
    return {name: getattr(person, name) for name in names}


def _course(course: Course) -> dict[str, Any]:
    contents = courses.activities(course)
    return {
        "id": course.id,
        "label": course.label,
        "title": course.title,
        "history": course.history,
        "modules": [
            {
                "id": module.id,
                "title": module.title,
                "activities": [_activity(each) for each in contents if each.module_id == module.id],
            }
            for module in courses.modules(course)
        ],
    }


def _activity(activity: Activity) -> dict[str, Any]:
    items = LineItem.where("activity_id = ? ORDER BY number", activity.id)
    return {
        **{name: getattr(activity, name) for name in ACTIVITY_FIELDS},
        "resource_link_id": courses.resource_link_id(activity),
        "line_items": [item.id for item in items],
    }


def _tool(tool: Tool) -> dict[str, Any]:
    names = ("id", "name", "state", "client_id", "deployment_id", "login_url", "target_link_uri")
    more = ("redirect_uris", "jwks_url", "scopes", "claims", "custom")
    return {
        **{name: getattr(tool, name) for name in (*names, *more)},
        "platform": registration.platform_details(tool),
    }


def _grade(grade: gradebook.Grade, item: LineItem) -> dict[str, Any]:
    person = Person.get(grade.person_id)
    return {
        **grade.__dict__,
        "shown": grade.shown,
        "name": person.name if person else "",
        "history": grading.history(item, grade.person_id),
    }
