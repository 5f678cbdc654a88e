"""
Further settings: what is handed in.
"""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, rules
from lti_tool.exchange.errors import HasWork
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import WorkOptionsSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to
from lti_tool.web.fields import flat
from lti_tool.web.guards import teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/settings/work")
@teacher_required
def work_options(id: int) -> ResponseReturnValue:
    """What is handed in, and how often."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.WorkOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/work")
@teacher_required
def change_work_options(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = {name: value for name, value in request.form.items() if name not in ("csrf_token", "act")}
    try:
        options = WorkOptionsSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    try:
        operations.require_way_kept(db.session(), exchange, options)
    except HasWork:
        said = _("Somebody has handed in or signed up already, so this stays as it is.")
        return _form(exchange, typed, errors={"live": [said]}), 422
    operations.set_options(db.session(), exchange, options, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.edit", id=id, _anchor="further"), saying=_("Saved."))


def _form(exchange: Exchange, typed: dict[str, Any], *, errors: dict[str, list[str]] | None = None) -> str:
    return render_template("exchange/work_options.html", exchange=exchange, typed=typed, errors=errors or {})
