"""
Launches that were refused: on which day, how often, why, and what to do.
"""

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.admin.queries import launches
from lti_tool.admin.views.blueprint import bp
from lti_tool.clock import now
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import tenant
from lti_tool.web.viewer import current


@bp.get("/launches")
@admin_required
def refused_launches() -> ResponseReturnValue:
    """Those of the last month. Where several share a registration they may be anybody's, and the page is missing."""
    session = db.session()
    mine = tenant(session, current())
    if not mine.is_alone:
        abort(404)
    return render_template("admin/launches.html", days=launches.days(session, mine, now=now()))
