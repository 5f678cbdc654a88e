"""The gradebook pages: a teacher sees everybody, a student sees their own line."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import courses, gradebook, launches, platform, session
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.gradebook import Grade
from lti_tool.sandbox.records import Activity, Course, LineItem, Person, Tool
from lti_tool.sandbox.store import db
from lti_tool.sandbox.views import acting_role, frame, place

bp = Blueprint("grading", __name__, url_prefix="/courses/<course_id>/grades")

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What the page of one grade is about."""

    course: Course
    member: Enrolment
    item: LineItem
    student: Person


@bp.get("")
def show(course_id: str) -> ResponseReturnValue:
    course, member = session.member_or_404(course_id)
    around = place(course, member)
    items = LineItem.where("course_id = ? ORDER BY number", course.id)
    if not around["is_staff"]:
        mine = [(item, gradebook.grade(item, member.person.id)) for item in items]
        return render_template("my_grades.html", **around, grades=mine)
    start = max(request.args.get("from", 0, type=int), 0)
    words = request.args.get("q", "").strip()
    students = courses.enrolments(
        course,
        "enrolment.role = 'student' AND person.name LIKE ? ORDER BY enrolment.number LIMIT ? OFFSET ?",
        f"%{words}%",
        PAGE + 1,
        start,
    )
    return render_template(
        "grades.html",
        **around,
        items=items,
        students=students[:PAGE],
        cells={
            (each.person.id, item.id): gradebook.grade(item, each.person.id)
            for each in students[:PAGE]
            for item in items
        },
        words=words,
        start=start,
        following=start + PAGE if len(students) > PAGE else None,
    )


@bp.get("/<item_id>/<person_id>")
def detail(course_id: str, item_id: str, person_id: str) -> ResponseReturnValue:
    """
    One grade with its comment and everything that happened to it.
    """
    cell = _cell(course_id, item_id, person_id)
    return render_template(
        "grade.html",
        **place(cell.course, cell.member),
        item=cell.item,
        student=cell.student,
        grade=gradebook.grade(cell.item, person_id),
        history=history(cell.item, person_id),
        can_review=_review_tool(cell) is not None,
    )


@bp.post("/<item_id>/<person_id>")
def overrule(course_id: str, item_id: str, person_id: str) -> ResponseReturnValue:
    """
    The teacher's own grade; an empty field takes it back.
    """
    session.teacher_or_403(course_id)
    cell = _cell(course_id, item_id, person_id)
    words = request.form.get("points", "").strip().replace(",", ".")
    try:
        points = float(words) if words else None
    except ValueError:
        abort(400, "The grade must be a number.")
    gradebook.overrule(cell.item, person_id, points=points, by=cell.member.person.id)
    return redirect(url_for("grading.detail", course_id=course_id, item_id=item_id, person_id=person_id))


@bp.get("/<item_id>/<person_id>/review")
def review(course_id: str, item_id: str, person_id: str) -> ResponseReturnValue:
    """
    The tool's review of a submission, in a frame (submission review 1.0).
    """
    cell = _cell(course_id, item_id, person_id)
    tool = _review_tool(cell) or abort(404)
    launch_url = url_for("grading.start_review", course_id=course_id, item_id=item_id, person_id=person_id)
    return render_template(
        "review.html",
        **place(cell.course, cell.member),
        item=cell.item,
        student=cell.student,
        launch_url=launch_url,
        **frame(tool),
    )


@bp.get("/<item_id>/<person_id>/review/launch")
def start_review(course_id: str, item_id: str, person_id: str) -> ResponseReturnValue:
    cell = _cell(course_id, item_id, person_id, checked=brand().review_checks_student)
    tool = _review_tool(cell) or abort(404)
    activity = Activity.get(cell.item.activity_id) or abort(404)
    launch = launches.review_submission(
        cell.item,
        activity,
        cell.member.person,
        tool,
        role=acting_role(cell.course, cell.member),
        student_id=person_id,
    )
    return platform.start(launch, tool)


def history(item: LineItem, person_id: str) -> list[dict[str, Any]]:
    """
    Every score that came for one cell, newest first.
    """
    rows = db().execute(
        "SELECT received_at, effect, body FROM score WHERE line_item_id = ? AND person_id = ? ORDER BY id DESC",
        (item.id, person_id),
    )
    return [{**dict(row), "body": json.loads(row["body"])} for row in rows]


def shown(grade: Grade, item: LineItem) -> str:
    return "" if grade.shown is None else f"{grade.shown:g} / {item.score_maximum:g}"


def _cell(course_id: str, item_id: str, person_id: str, *, checked: bool = True) -> Cell:
    """
    A grade that I may see: staff see all, students their own.
    """
    course, member = session.member_or_404(course_id)
    item, student = LineItem.get(item_id), Person.get(person_id)
    if item is None or item.course_id != course.id or student is None:
        abort(404)
    own = student.id == member.person.id
    if checked and not own and not place(course, member)["is_staff"]:
        abort(404)
    return Cell(course=course, member=member, item=item, student=student)


def _review_tool(cell: Cell) -> Tool | None:
    tool = Tool.get(cell.item.tool_id) if cell.item.body.get("submissionReview") else None
    return tool if tool and tool.is_active and cell.item.activity_id else None


@bp.app_template_filter("points")
def points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
