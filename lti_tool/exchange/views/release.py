"""
When authors see their feedback: the rule, and releasing by hand.
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
from lti_tool.exchange.schemas import LateSchema, ReleaseSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.oversight import require_person
from lti_tool.exchange.views.topic_pages import save_topic, topic_page
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required, teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/settings/release")
@teacher_required
def release_rule(id: int) -> ResponseReturnValue:
    """When authors see their feedback."""
    exchange = exchange_or_404(id)
    options = exchange.option(rules.ReleaseOptions)
    return _release_form(exchange, options.as_dict() | {"on": options.on})


@bp.post("/exchanges/<int:id>/settings/release")
@teacher_required
def change_release_rule(id: int) -> ResponseReturnValue:
    """Save it; whoever need wait no longer is told."""
    exchange = exchange_or_404(id)
    typed = form_values("when", "after", "on")
    try:
        # What the choice does not ask may be empty.
        options = ReleaseSchema().load({name: value for name, value in typed.items() if value != ""})
    except ValidationError as err:
        return _release_form(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_release_form, keep=operations.set_release_rule)


@bp.get("/exchanges/<int:id>/settings/late")
@teacher_required
def late(id: int) -> ResponseReturnValue:
    """What becomes of work and reviews that come late."""
    exchange = exchange_or_404(id)
    return _late_form(exchange, exchange.option(rules.LateOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/late")
@teacher_required
def change_late(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = form_values("work", "work_grace", "reviews", "reviews_grace")
    try:
        options = LateSchema().load({name: value for name, value in typed.items() if value != ""})
    except ValidationError as err:
        return _late_form(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_late_form)


@bp.post("/exchanges/<int:id>/feedback-release")
@staff_required
def release_feedback(id: int) -> ResponseReturnValue:
    """Show all authors what they got, and what still comes."""
    exchange = exchange_or_404(id)
    shown = operations.release_feedback(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One author sees their feedback now.", "%(num)s authors see their feedback now.", len(shown))
    return go_to(url_for("exchange.show", id=id), saying=said if shown else _("Feedback is shown as it comes now."))


@bp.delete("/exchanges/<int:id>/feedback-release")
@bp.post("/exchanges/<int:id>/feedback-release/removal")
@staff_required
def take_release_back(id: int) -> ResponseReturnValue:
    """Let it wait again, while nobody has read it."""
    exchange = exchange_or_404(id)
    operations.take_release_back(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Feedback waits again."))


@bp.post("/exchanges/<int:id>/people/<int:person_id>/feedback-release")
@staff_required
def release_feedback_to(id: int, person_id: int) -> ResponseReturnValue:
    """Show one author what they got."""
    exchange = exchange_or_404(id)
    operations.release_feedback(db.session(), exchange, person=person_id, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id), saying=_("They see their feedback now."))


@bp.delete("/exchanges/<int:id>/people/<int:person_id>/feedback-release")
@bp.post("/exchanges/<int:id>/people/<int:person_id>/feedback-release/removal")
@staff_required
def take_release_back_from(id: int, person_id: int) -> ResponseReturnValue:
    """Let one author's feedback wait again."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    operations.take_release_back(db.session(), exchange, person=person_id, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id), saying=_("Their feedback waits again."))


def _release_form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/release.html", exchange, rules.ReleaseOptions, typed, **facts)


def _late_form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/late.html", exchange, rules.LateOptions, typed, **facts)
