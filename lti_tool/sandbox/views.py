"""What everybody sees: the sign-in page, courses, activities and people."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import companion, courses, launches, platform, session
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Activity, Course, Person, Tool
from lti_tool.sandbox.roles import STAFF
from lti_tool.sandbox.store import db, utc_now
from lti_tool.sandbox.vocabulary import DEEP_LINKING

bp = Blueprint("pages", __name__)

SHOWN_AT_ONCE = 24
PEOPLE_PAGE = 100


@bp.get("/")
def welcome() -> ResponseReturnValue:
    """
    Sign in by choosing who to be.
    """
    words = request.args.get("q", "").strip()
    students = Person.where("kind = 'student' AND name LIKE ? ORDER BY number LIMIT ?", f"%{words}%", SHOWN_AT_ONCE)
    count = db().execute("SELECT count(*) FROM person WHERE kind = 'student'").fetchone()[0]
    staff = Person.where("kind != 'student' ORDER BY number")
    return render_template("welcome.html", staff=staff, students=students, count=count, words=words, back=_back())


@bp.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    session.sign_in(Person.get(request.form.get("person")) or abort(404))
    return redirect(_back() or url_for("pages.my_courses"))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session.sign_out()
    return redirect(url_for("pages.welcome"))


@bp.get("/courses")
def my_courses() -> ResponseReturnValue:
    person = session.person_or_away()
    return render_template("my_courses.html", courses=courses.courses_of(person))


@bp.get("/courses/<course_id>")
def course(course_id: str) -> ResponseReturnValue:
    """
    Modules and activities; teachers add and arrange here.
    """
    course, member = session.member_or_404(course_id)
    contents = courses.activities(course)
    closed = {each.id: _closed(each) for each in contents}
    return render_template(
        "course.html",
        **place(course, member),
        modules=[(module, [a for a in contents if a.module_id == module.id]) for module in courses.modules(course)],
        closed=closed,
        done=companion.completed_by(member.person),
    )


@bp.get("/courses/<course_id>/people")
def people(course_id: str) -> ResponseReturnValue:
    course, member = session.member_or_404(course_id)
    start = max(request.args.get("from", 0, type=int), 0)
    members = courses.enrolments(course, "1 ORDER BY enrolment.number LIMIT ? OFFSET ?", PEOPLE_PAGE + 1, start)
    return render_template(
        "people.html",
        **place(course, member),
        members=members[:PEOPLE_PAGE],
        start=start,
        following=start + PEOPLE_PAGE if len(members) > PEOPLE_PAGE else None,
    )


@bp.get("/courses/<course_id>/tools/<tool_id>")
def navigation(course_id: str, tool_id: str) -> ResponseReturnValue:
    """
    The course menu's link to a tool.
    """
    course, _ = session.member_or_404(course_id)
    tool = Tool.get(tool_id)
    if tool is None or not tool.is_active:
        abort(404)
    return activity(course_id, courses.navigation_link(course, tool).id)


@bp.get("/courses/<course_id>/activities/<activity_id>")
def activity(course_id: str, activity_id: str) -> ResponseReturnValue:
    """
    A tool in its frame, or a button to its window.
    """
    course, member = session.member_or_404(course_id)
    activity, tool = _openable(course, member, activity_id)
    view = request.args.get("view")
    return render_template(
        "activity.html",
        **place(course, member, activity),
        activity=activity,
        launch_url=url_for("pages.launch", course_id=course.id, activity_id=activity.id, view=view),
        **frame(tool),
    )


@bp.get("/courses/<course_id>/activities/<activity_id>/launch")
def launch(course_id: str, activity_id: str) -> ResponseReturnValue:
    """
    Start the launch; `view=student` launches staff as a learner, with their own sub.
    """
    course, member = session.member_or_404(course_id)
    activity, tool = _openable(course, member, activity_id)
    target = "window" if request.args.get("target") == "window" else "iframe"
    started = launches.open_activity(activity, member.person, tool, role=acting_role(course, member), target=target)
    return platform.start(started, tool)


@bp.post("/courses/<course_id>/student-view")
def student_view(course_id: str) -> ResponseReturnValue:
    """
    See the course as a student, or stop doing so.
    """
    course, member = session.member_or_404(course_id)
    session.set_student_view(course.id, member.role in STAFF and request.form.get("on") == "1")
    return redirect(url_for("pages.course", course_id=course.id))


def place(course: Course, member: Enrolment, activity: Activity | None = None) -> dict[str, Any]:
    """
    What the frame of every course page needs.
    """
    as_student = member.role in STAFF and session.in_student_view(course.id)
    return {
        "course": course,
        "member": member,
        "as_student": as_student,
        "is_staff": member.role in STAFF and not as_student,
        "may_edit": member.role in ("teacher", "admin") and not as_student,
        "menu_tools": Tool.where("state = 'active' ORDER BY number"),
        "here": activity,
    }


def frame(tool: Tool) -> dict[str, Any]:
    """
    What a page with a tool in a frame needs: whose messages to hear, and where values are kept.
    """
    return {"tool": tool, "origins": launches.origins([tool]), "storage_target": launches.storage_target()}


def acting_role(course: Course, member: Enrolment) -> str:
    """
    My role in a launch: `view` decides for this launch, else the course's student view.
    """
    wanted = request.args.get("view")
    in_view = session.in_student_view(course.id) if wanted is None else wanted == "student"
    return "student" if member.role in STAFF and in_view else member.role


def for_every_page() -> dict[str, Any]:
    return {
        "me": session.signed_in(),
        "brand": brand(),
        "has_deep_linking": lambda tool: tool.message(DEEP_LINKING) is not None,
    }


def _openable(course: Course, member: Enrolment, activity_id: str) -> tuple[Activity, Tool]:
    activity = Activity.get(activity_id)
    tool = Tool.get(activity.tool_id) if activity else None
    if activity is None or tool is None or not tool.is_active or activity.course_id != course.id:
        abort(404)
    if _closed(activity) and member.role not in STAFF:
        abort(403, _closed(activity))
    return activity, tool


def _closed(activity: Activity) -> str:
    """
    Why students cannot open an activity now, if they cannot (deep linking 2.0: available).
    """
    now = utc_now().isoformat()
    opens = activity.available.get("startDateTime") or ""
    closes = activity.available.get("endDateTime") or ""
    if opens and now < _utc(opens):
        return f"Opens on {opens[:16].replace('T', ' at ')}."
    if closes and now > _utc(closes):
        return f"Closed on {closes[:16].replace('T', ' at ')}."
    return ""


def _utc(words: str) -> str:
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _back() -> str:
    """
    Where to go after signing in: an address of our own only.
    """
    back = request.values.get("back", "")
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else ""
