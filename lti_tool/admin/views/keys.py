"""
The keys that Hearth signs with, and a new one.
"""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import config, db
from lti_tool.admin.queries import keys as queries
from lti_tool.admin.views.blueprint import bp
from lti_tool.clock import now
from lti_tool.journal import audit
from lti_tool.lti import keys as signing
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import tenant
from lti_tool.web.viewer import current


@bp.get("/keys")
@admin_required
def keys() -> ResponseReturnValue:
    """Which keys there are, and where an LMS finds them."""
    found = queries.keys(db.session(), now=now())
    return render_template(
        "admin/keys.html",
        keys=found,
        may_rotate=queries.may_rotate(found, now=now()),
        key_set=f"{config.running().public_url}/lti/jwks.json",
    )


@bp.post("/keys")
@admin_required
def rotate() -> ResponseReturnValue:
    """Publish a new key now; it signs in a day, when every LMS has read it."""
    session, viewer = db.session(), current()
    if not queries.may_rotate(queries.keys(session, now=now()), now=now()):
        flash(_("There is a new key already. Hearth takes another after a week."), "warning")
        return redirect(url_for("admin.keys"), 303)
    kid = signing.rotate(session, settings=config.running(), now=now())
    mine = tenant(session, viewer)
    audit.record(
        session, "keys.rotated", deployment_id=mine.deployment_id, person_id=viewer.person_id, now=now(), key=kid
    )
    session.commit()
    flash(_("The new key is published. Hearth signs with it from tomorrow on."), "good")
    return redirect(url_for("admin.keys"), 303)
