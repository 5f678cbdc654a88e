"""
The pages of the course home.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses import queries as courses
from lti_tool.courses import words
from lti_tool.courses.jobs import ask_for_roster
from lti_tool.home import operations, queries
from lti_tool.home.schemas import MoveForm
from lti_tool.web.guards import member_required, staff_required, teacher_required
from lti_tool.web.rooms import rooms
from lti_tool.web.viewer import current

bp = Blueprint("home", __name__, template_folder="templates")

LARGEST_ID = 2**31 - 1


@bp.get("/")
@member_required
def show() -> ResponseReturnValue:
    """Everything there is to do in this course, what waits for the viewer first."""
    home = queries.home_of(db.session(), current(), now=now())
    return render_template(
        "home/show.html",
        home=home,
        rooms=list(rooms().values()),
        roster_words=words.about_roster,
        asked_for_roster=request.args.get("asked") == "roster",
    )


@bp.post("/activities/<int:id>/position")
@teacher_required
def move(id: int) -> ResponseReturnValue:
    """Move an activity up or down."""
    viewer, session = current(), db.session()
    activity = courses.activity_in(session, viewer.course_id, id) if id <= LARGEST_ID else None
    if activity is None:
        abort(404)
    form = MoveForm().load({"direction": request.form.get("direction", "")})
    operations.move(session, activity, form["direction"], person_id=viewer.person_id, now=now())
    session.commit()
    if request.headers.get("HX-Request") == "true":
        return render_template("home/_activities.html", entries=queries.entries_of(session, viewer, now=now()))
    return redirect(url_for("home.show", _anchor=f"activity-{id}"), 303)


@bp.post("/roster/sync")
@staff_required
def sync() -> ResponseReturnValue:
    """Ask the LMS now who is in the course."""
    viewer, session = current(), db.session()
    ask_for_roster(session, viewer.course_id)
    session.commit()
    return redirect(url_for("home.show", asked="roster"), 303)
