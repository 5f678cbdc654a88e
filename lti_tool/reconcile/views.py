"""
The page that tells staff how their course and the LMS differed, and the button that compares anew.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.reconcile import jobs, queries, words
from lti_tool.reconcile.models import Outcome
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current

bp = Blueprint("reconcile", __name__, template_folder="templates")

SHOWN = 10
"""The last comparison, and so many before it."""


@bp.get("/comparison")
@staff_required
def show() -> ResponseReturnValue:
    """What the last comparisons found."""
    viewer = current()
    runs = queries.runs_of(db.session(), viewer.course_id, limit=SHOWN + 1)
    last = runs[0] if runs else None
    is_at_it = last is not None and last.ended_at is None and last.began_at > now() - queries.DEAD_AFTER
    return render_template(
        "reconcile/show.html",
        is_at_it=is_at_it,
        last=last,
        earlier=runs[1:],
        left=[each for each in last.findings if each.outcome == Outcome.LEFT] if last else [],
        mended=[each for each in last.findings if each.outcome == Outcome.MENDED] if last else [],
        words=words,
    )


@bp.post("/comparison")
@staff_required
def ask() -> ResponseReturnValue:
    """Compare soon."""
    viewer = current()
    jobs.ask(db.session(), viewer.course_id, by=viewer.person_id)
    db.session.commit()
    flash(_("Hearth is comparing. Look again in a minute."), "good")
    return redirect(url_for("reconcile.show"), 303)
