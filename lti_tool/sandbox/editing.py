"""What teachers do to a course: modules, activities from deep linking, copies."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import courses, launches, platform, session
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Activity, Course, Module, Tool
from lti_tool.sandbox.store import db, insert, new_id, next_number, update
from lti_tool.sandbox.views import frame, place

bp = Blueprint("editing", __name__, url_prefix="/courses/<course_id>")

PLACEMENTS = ("assignment_selection", "link_selection")


@bp.post("/modules")
def add_module(course_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    title = request.form.get("title", "").strip() or "New module"
    position = next_number("module", "position")
    insert("module", id=new_id(), course_id=course.id, title=title[:200], position=position)
    return _to(course)


@bp.post("/modules/<module_id>")
def rename_module(course_id: str, module_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    module = _module(course, module_id)
    update("module", module.id, title=request.form.get("title", "").strip()[:200] or module.title)
    return _to(course)


@bp.get("/modules/<module_id>/add")
def add(course_id: str, module_id: str) -> ResponseReturnValue:
    """
    Choose a tool; where there is one only, go on at once.
    """
    course, member = session.teacher_or_403(course_id)
    module = _module(course, module_id)
    tools = Tool.where("state = 'active' ORDER BY number")
    return render_template("add.html", **place(course, member), module=module, tools=tools)


@bp.get("/modules/<module_id>/add/<tool_id>")
def select(course_id: str, module_id: str, tool_id: str) -> ResponseReturnValue:
    """
    The tool's picker in a frame.
    """
    course, member = session.teacher_or_403(course_id)
    module, tool = _module(course, module_id), _tool(tool_id)
    launch_url = url_for(
        "editing.start_selection",
        course_id=course.id,
        module_id=module.id,
        tool_id=tool.id,
        placement=request.args.get("placement"),
    )
    return render_template("select.html", **place(course, member), module=module, launch_url=launch_url, **frame(tool))


@bp.get("/modules/<module_id>/add/<tool_id>/launch")
def start_selection(course_id: str, module_id: str, tool_id: str) -> ResponseReturnValue:
    course, member = session.teacher_or_403(course_id)
    placement = ""
    if brand().placement_claim:
        placement = request.args.get("placement") or PLACEMENTS[0]
    launch = launches.select_content(
        course,
        _module(course, module_id).id,
        member.person,
        _tool(tool_id),
        role=member.role,
        placement=placement,
    )
    return platform.start(launch, _tool(tool_id))


@bp.post("/modules/<module_id>/add/<tool_id>")
def add_plain(course_id: str, module_id: str, tool_id: str) -> ResponseReturnValue:
    """
    Add the tool without choosing content: its first launch names no activity.
    """
    course, _ = session.teacher_or_403(course_id)
    courses.add_activity(_module(course, module_id), _tool(tool_id), {})
    return _to(course)


@bp.post("/activities/<activity_id>")
def rename_activity(course_id: str, activity_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    activity = _activity(course, activity_id)
    courses.rename_activity(
        activity,
        title=request.form.get("title", "").strip()[:200] or activity.title,
        target="window" if request.form.get("target") == "window" else "iframe",
    )
    return _to(course)


@bp.post("/activities/<activity_id>/copy")
def copy_activity(course_id: str, activity_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    courses.copy_activity(_activity(course, activity_id))
    return _to(course)


@bp.post("/activities/<activity_id>/remove")
def remove_activity(course_id: str, activity_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    courses.remove_activity(_activity(course, activity_id))
    return _to(course)


@bp.post("/copy")
def copy_course(course_id: str) -> ResponseReturnValue:
    course, _ = session.teacher_or_403(course_id)
    title = request.form.get("title", "").strip()[:200] or f"{course.title} (copy)"
    copy = courses.copy_course(course, title=title, with_students=bool(request.form.get("students")))
    return _to(copy)


@bp.post("/people/<person_id>")
def change_person(course_id: str, person_id: str) -> ResponseReturnValue:
    """
    Suspend, remove or take back a member.
    """
    course, _ = session.teacher_or_403(course_id)
    status = request.form.get("status")
    if status not in ("Active", "Inactive", "Deleted"):
        abort(400)
    change_status(course, person_id, status)
    return redirect(url_for("pages.people", course_id=course.id))


def change_status(course: Course, person_id: str, status: str) -> None:
    db().execute(
        "UPDATE enrolment SET status = ? WHERE course_id = ? AND person_id = ?",
        (status, course.id, person_id),
    )


def _module(course: Course, module_id: str) -> Module:
    module = Module.get(module_id)
    if module is None or module.course_id != course.id:
        abort(404)
    return module


def _activity(course: Course, activity_id: str) -> Activity:
    activity = Activity.get(activity_id)
    if activity is None or activity.course_id != course.id:
        abort(404)
    return activity


def _tool(tool_id: str) -> Tool:
    tool = Tool.get(tool_id)
    if tool is None or not tool.is_active:
        abort(404)
    return tool


def _to(course: Course) -> ResponseReturnValue:
    return redirect(url_for("pages.course", course_id=course.id))
