"""
The audit log: who did what here.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.admin.queries import audit
from lti_tool.admin.views.blueprint import bp
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import sections, tenant
from lti_tool.web.viewer import current


@bp.get("/audit")
@admin_required
def audit_log() -> ResponseReturnValue:
    """Acts of this institution's admins, of the operator and of Hearth itself, newest first."""
    session = db.session()
    mine = tenant(session, current())
    words = {act: said for section in sections() for act, said in section.acts.items()}
    act = request.args.get("act", "")
    person_id = request.args.get("person", type=int)
    entries, older = audit.entries(
        session, mine, act=act, person_id=person_id, before=request.args.get("before", type=int)
    )
    return render_template(
        "admin/audit.html",
        entries=entries,
        older=older,
        words=words,
        admins=audit.admins(session, mine),
        act=act,
        person_id=person_id,
    )
