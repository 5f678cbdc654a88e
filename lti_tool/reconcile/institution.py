"""
Comparisons in the admin room: which courses were compared when, and what waits there for somebody. Without names.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from lti_tool import config, db
from lti_tool.clock import now
from lti_tool.journal import audit
from lti_tool.reconcile import jobs, queries, words
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import ID, Finding, Section, Tenant, page_asked, tenant
from lti_tool.web.viewer import current

bp = Blueprint("comparisons", __name__, template_folder="templates")

LATE = 3
"""So many times the usual wait without a comparison is a reason to look at the worker."""


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """How comparing goes, in one statement."""
    hours = config.running().reconcile_hours
    health = queries.health(session, tenant.deployment_id, late_before=now - timedelta(hours=LATE * hours))
    name = lazy_gettext("Compared with the LMS")
    if health.broken:
        return [
            Finding(
                name=name,
                is_good=False,
                sentence=ngettext(
                    "In one course the comparison broke off.",
                    "In %(num)s courses the comparison broke off.",
                    health.broken,
                ),
                advice=_("See why. It is tried again by itself."),
                endpoint="comparisons.show",
            )
        ]
    if health.late and hours:
        return [
            Finding(
                name=name,
                is_good=False,
                sentence=ngettext(
                    "One course in use was not compared for days.",
                    "%(num)s courses in use were not compared for days.",
                    health.late,
                ),
                advice=_("Whoever runs Hearth should see whether its worker runs."),
                endpoint="comparisons.show",
            )
        ]
    sentence = (
        ngettext(
            "In one course something waits for its teacher.",
            "In %(num)s courses something waits for their teachers.",
            health.waiting,
        )
        if health.waiting
        else _("Nothing waits for anybody.")
    )
    return [Finding(name=name, is_good=True, sentence=sentence, endpoint="comparisons.show", at=health.last_at)]


SECTION = Section(
    name=lazy_gettext("Comparisons"),
    endpoint="comparisons.show",
    look=look,
    acts={"comparison.asked": lazy_gettext("had a course compared with the LMS")},
)


@bp.get("/comparisons")
@admin_required
def show() -> ResponseReturnValue:
    """Courses by how their last comparison ended."""
    session = db.session()
    page = page_asked()
    found, has_more = queries.compared(session, tenant(session, current()).deployment_id, page=page)
    return render_template(
        "reconcile/institution.html", courses=found, page=page, has_more=has_more, problem=words.problem
    )


@bp.post(f"/comparisons/<{ID}:course_id>")
@admin_required
def ask(course_id: int) -> ResponseReturnValue:
    """Have a course compared soon."""
    session, viewer = db.session(), current()
    mine = tenant(session, viewer)
    course = queries.course_in(session, mine.deployment_id, course_id)
    if course is None:
        abort(404)
    jobs.ask(session, course.id, by=None)
    audit.record(
        session,
        "comparison.asked",
        deployment_id=mine.deployment_id,
        person_id=viewer.person_id,
        now=now(),
        course=course.title,
    )
    session.commit()
    flash(_("Hearth is comparing. Look again in a minute."), "good")
    return redirect(url_for("comparisons.show"), 303)
