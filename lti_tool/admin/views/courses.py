"""
Courses and their lists of people; grades that did not arrive.
"""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool import db
from lti_tool.admin.queries import courses as queries
from lti_tool.admin.views.blueprint import bp
from lti_tool.clock import now
from lti_tool.courses import words
from lti_tool.courses.jobs import ask_for_roster
from lti_tool.grades.operations import send_again as send_grade_again
from lti_tool.grades.rules import Problem
from lti_tool.grades.words import FOR_STAFF
from lti_tool.journal import audit
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import ID, page_asked, tenant
from lti_tool.web.viewer import current


@bp.get("/courses")
@admin_required
def courses() -> ResponseReturnValue:
    """Where Hearth is used, and whether it could read who is there."""
    session = db.session()
    page = page_asked()
    found, has_more = queries.followed(session, tenant(session, current()), page=page)
    return render_template(
        "admin/courses.html", courses=found, page=page, has_more=has_more, about_roster=words.about_roster
    )


@bp.post(f"/courses/<{ID}:course_id>/roster")
@admin_required
def read_roster(course_id: int) -> ResponseReturnValue:
    """Have the list of people of a course read now."""
    session, viewer = db.session(), current()
    mine = tenant(session, viewer)
    course = queries.course_of(session, mine, course_id)
    if course is None or course.roster_url is None:
        abort(404)
    ask_for_roster(session, course.id)
    audit.record(
        session,
        "roster.asked",
        deployment_id=mine.deployment_id,
        person_id=viewer.person_id,
        now=now(),
        course=course.title,
    )
    session.commit()
    flash(_("Hearth is asking your LMS. Look again in a minute."), "good")
    return redirect(url_for("admin.courses"), 303)


@bp.get("/grades")
@admin_required
def grades() -> ResponseReturnValue:
    """Grades that did not arrive, by activity and reason."""
    session = db.session()
    return render_template(
        "admin/grades.html",
        groups=queries.not_arrived(session, tenant(session, current())),
        reasons={problem.value: said for problem, said in FOR_STAFF.items()},
        otherwise=FOR_STAFF[Problem.REFUSED],
    )


@bp.post(f"/grades/<{ID}:activity_id>/sending")
@admin_required
def send_again(activity_id: int) -> ResponseReturnValue:
    """Send the failed grades of one activity once more."""
    session, viewer = db.session(), current()
    mine = tenant(session, viewer)
    failed = queries.failed_of(session, mine, activity_id)
    if not failed:
        abort(404)
    for each in failed:
        send_grade_again(session, each, now=now())
    audit.record(
        session,
        "grades.sent_again",
        deployment_id=mine.deployment_id,
        person_id=viewer.person_id,
        now=now(),
        activity=activity_id,
        count=len(failed),
    )
    session.commit()
    flash(ngettext("One grade is sent again.", "%(num)s grades are sent again.", len(failed)), "good")
    return redirect(url_for("admin.grades"), 303)
