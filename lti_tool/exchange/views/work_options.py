"""
Further settings: what is handed in.
"""

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.exchange import operations, rules
from lti_tool.exchange.errors import HasWork
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import WorkOptionsSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import teacher_required


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
    typed = typed_options()
    try:
        options = WorkOptionsSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    try:
        operations.require_way_kept(db.session(), exchange, options)
    except HasWork:
        said = _("Somebody has handed in or signed up already, so this stays as it is.")
        return _form(exchange, typed, errors={"live": [said]}), 422
    return save_topic(exchange, options, typed, form=_form)


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/work_options.html", exchange, rules.WorkOptions, typed, **facts)
