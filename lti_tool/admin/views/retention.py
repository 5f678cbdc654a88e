"""
What is kept for how long.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from lti_tool import config
from lti_tool.admin.views.blueprint import bp
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import sections


@bp.get("/retention")
@admin_required
def retention() -> ResponseReturnValue:
    """The settings in force, as each part of the house tells them."""
    settings = config.running()
    return render_template(
        "admin/retention.html",
        kept=[each for section in reversed(sections()) if section.keeps for each in section.keeps(settings)],
    )
