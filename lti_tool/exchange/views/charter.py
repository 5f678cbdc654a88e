"""
Further settings: the class's own rules of feedback; and that somebody agrees to them.
"""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import CharterSchema, DialogueSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required


@bp.get("/exchanges/<int:id>/settings/charter")
@teacher_required
def charter(id: int) -> ResponseReturnValue:
    """The rules of feedback of this class."""
    exchange = exchange_or_404(id)
    options = exchange.option(rules.CharterOptions)
    typed = options.as_dict() | {"rules": list(options.rules) or _proposed()}
    return _charter_form(exchange, typed)


@bp.post("/exchanges/<int:id>/settings/charter")
@teacher_required
def change_charter(id: int) -> ResponseReturnValue:
    """Save them. Who agreed to other words is asked again."""
    exchange = exchange_or_404(id)
    typed = {name: value for name, value in typed_options().items() if name != "rules[]"}
    typed["rules"] = request.form.getlist("rules[]")[: 2 * rules.MOST_RULES]
    try:
        options = CharterSchema().load(typed)
    except ValidationError as err:
        return _charter_form(exchange, typed, errors=_said(err)), 422
    return save_topic(exchange, options, typed, form=_charter_form)


@bp.post("/exchanges/<int:id>/charter/consents")
@member_required
def agree(id: int) -> ResponseReturnValue:
    """Agree to give feedback like this."""
    exchange = exchange_or_404(id)
    person = require_part()
    operations.agree_to_charter(db.session(), exchange, person=person, now=now())
    db.session.commit()
    offer = request.form.get("offer_id", "")
    if offer.isascii() and offer.isdigit() and len(offer) < 10:
        return go_to(url_for("exchange.review", id=id, offer_id=int(offer)), saying=_("Agreed. Here is the work."))
    return go_to(url_for("exchange.show", id=id), saying=_("Agreed."))


@bp.get("/exchanges/<int:id>/settings/dialogue")
@teacher_required
def dialogue(id: int) -> ResponseReturnValue:
    """What happens when two reviewers see one work very differently."""
    exchange = exchange_or_404(id)
    return _dialogue_form(exchange, exchange.option(rules.DialogueOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/dialogue")
@teacher_required
def change_dialogue(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = DialogueSchema().load(typed)
    except ValidationError as err:
        return _dialogue_form(exchange, typed, errors=_said(err)), 422
    return save_topic(exchange, options, typed, form=_dialogue_form)


def _charter_form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    written = list(typed["rules"])
    return topic_page(
        "exchange/charter.html",
        exchange,
        rules.CharterOptions,
        typed,
        rows=written + [""] * max(0, rules.MOST_RULES - len(written)),
        has_proposals=exchange.option(rules.CharterOptions).proposals,
        agreed=queries.consents(db.session(), exchange),
        longest=rules.LONGEST_RULE,
        **facts,
    )


def _dialogue_form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/dialogue.html", exchange, rules.DialogueOptions, typed, **facts)


def _proposed() -> list[str]:
    """Rules to begin from, in the language of who writes the charter."""
    return [
        _("Specific: it names the place in the work that it is about."),
        _("Kind: it is said as I would like to be told."),
        _("About the work, not about the person."),
        _("It says what works, and why."),
        _("It ends with a next step that the author could take."),
    ]


def _said(err: ValidationError) -> dict[str, list[str]]:
    """Problems by field; those of single rules together."""
    messages = err.normalized_messages()
    found = flat(messages)
    if isinstance(messages.get("rules"), dict):
        found["rules"] = [_("A rule may have %(most)s characters.", most=rules.LONGEST_RULE)]
    return found
