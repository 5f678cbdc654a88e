"""
The first page: how Hearth is doing here, what is wrong, and what to do.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.admin.queries import health
from lti_tool.admin.views.blueprint import bp
from lti_tool.clock import now
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import sections, tenant
from lti_tool.web.viewer import current


@bp.get("/")
@admin_required
def show() -> ResponseReturnValue:
    """What every section has found, what is wrong first, then what nobody has tried yet."""
    session = db.session()
    mine = tenant(session, current())
    found = [each for section in sections() if section.look for each in section.look(session, mine, now())]
    return render_template(
        "admin/show.html",
        findings=sorted(found, key=lambda each: (each.is_good, not each.is_new)),
        wrong=sum(not each.is_good for each in found),
        untried=sum(each.is_new for each in found),
        installation=health.installation(session, mine),
    )
