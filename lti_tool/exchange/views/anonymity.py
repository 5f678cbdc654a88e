"""
Further settings: what protects names; and names that author and reviewer show each other.
"""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import AnonymitySchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required


@bp.get("/exchanges/<int:id>/settings/anonymity")
@teacher_required
def anonymity(id: int) -> ResponseReturnValue:
    """How much feedback must be there before it is shown."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.AnonymityOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/anonymity")
@teacher_required
def change_anonymity(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = AnonymitySchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_form)


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/introduction")
@member_required
def introduce(id: int, feedback_id: int) -> ResponseReturnValue:
    """Offer one's name to the other one."""
    exchange, me = exchange_or_404(id), require_part()
    feedback = operations.offer_name(db.session(), exchange, person=me, feedback_id=feedback_id, now=now())
    agreed = feedback.is_agreed
    db.session.commit()
    said = _("You see each other’s names now.") if agreed else _("Offered. Names show once the other one agrees.")
    return _back_to(exchange, feedback_id, saying=said)


@bp.delete("/exchanges/<int:id>/feedback/<int:feedback_id>/introduction")
@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/introduction/removal")
@member_required
def withdraw_introduction(id: int, feedback_id: int) -> ResponseReturnValue:
    """Take the offer back, until the other one agreed."""
    exchange, me = exchange_or_404(id), require_part()
    operations.withdraw_name(db.session(), exchange, person=me, feedback_id=feedback_id, now=now())
    db.session.commit()
    return _back_to(exchange, feedback_id, saying=_("Taken back."))


def _back_to(exchange: Exchange, feedback_id: int, *, saying: str) -> ResponseReturnValue:
    """To the page on which this side reads the feedback."""
    part = queries.part_in(db.session(), exchange, require_part(), feedback_id, now=now())
    if part is not None and part.side == rules.REVIEWER:
        return go_to(url_for("exchange.review", id=exchange.id, offer_id=part.offer_id), saying=saying)
    return go_to(url_for("exchange.show", id=exchange.id, _anchor=f"feedback-{feedback_id}"), saying=saying)


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/anonymity.html", exchange, rules.AnonymityOptions, typed, **facts)
