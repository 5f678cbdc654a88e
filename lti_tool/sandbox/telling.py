"""The page from which the admin lets things happen and has them told to a tool, and sees what came back."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import events, session
from lti_tool.sandbox.records import Course, Person

bp = Blueprint("telling", __name__)

PEOPLE_SHOWN = 200


@bp.get("/admin/events")
def show() -> ResponseReturnValue:
    session.admin_or_403()
    return _page()


@bp.post("/admin/events/target")
def aim() -> ResponseReturnValue:
    """
    Where events go from now on.
    """
    session.admin_or_403()
    try:
        events.aim(
            url=request.form.get("url", "").strip(),
            secret=request.form.get("secret", "").strip(),
            format=request.form.get("format", "canvas"),
            signed="signed" in request.form,
        )
    except ValueError as err:
        return _page(problem=str(err)), 422
    return redirect(url_for("telling.show"))


@bp.post("/admin/events")
def tell() -> ResponseReturnValue:
    """
    Let something happen, and tell it.
    """
    session.admin_or_403()
    course = Course.get(request.form.get("course")) or abort(404)
    try:
        happened = events.happen(
            request.form.get("act", ""),
            course=course,
            person=Person.get(request.form.get("person")),
            name=request.form.get("name", ""),
            group=request.form.get("group", ""),
        )
        for event in events.told(happened):
            events.tell(event)
    except ValueError as err:
        return _page(problem=str(err)), 422
    except events.NoTarget:
        return _page(problem="It has happened, and nobody was told: say first where events go."), 422
    return redirect(url_for("telling.show", _anchor="sent"))


@bp.post("/admin/events/<int:event_id>/again")
def again(event_id: int) -> ResponseReturnValue:
    """
    The same event once more, under the same id.
    """
    session.admin_or_403()
    try:
        if events.send_again(event_id) is None:
            abort(404)
    except events.NoTarget:
        return _page(problem="Say first where events go."), 422
    return redirect(url_for("telling.show", _anchor="sent"))


def _page(problem: str = "") -> str:
    courses = Course.where("1 ORDER BY number")
    return render_template(
        "events.html",
        problem=problem,
        target=events.target(),
        acts=events.ACTS,
        courses=courses,
        people=Person.where("kind = 'student' ORDER BY number LIMIT ?", PEOPLE_SHOWN),
        groups=[(course, events.groups_of(course)) for course in courses],
        sent=events.sent(),
    )
