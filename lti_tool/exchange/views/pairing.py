"""
Further settings: who reviews whom.
"""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import PairingSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/settings/pairing")
@teacher_required
def pairing(id: int) -> ResponseReturnValue:
    """Who reviews whom, and when reviewing begins."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.PairingOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/pairing")
@teacher_required
def change_pairing(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = PairingSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_form, keep=operations.choose_pairing)


@bp.post("/exchanges/<int:id>/beginning")
@teacher_required
def begin_reviewing(id: int) -> ResponseReturnValue:
    """All begin to review now, though no date says so yet."""
    exchange = exchange_or_404(id)
    count = operations.begin_reviewing(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One person begins to review.", "%(num)s people begin to review.", count)
    too_few = _("Reviewing has begun already, or there are no two works yet.")
    return go_to(url_for("exchange.show", id=id), saying=said if count else too_few)


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/pairing.html", exchange, rules.PairingOptions, typed, **facts)
