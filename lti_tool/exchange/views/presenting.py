"""
Where nothing is handed in: signing up for what one shows, and who shows what when.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import PresentationSchema, SlotSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/presentation")
@member_required
def presentation(id: int) -> ResponseReturnValue:
    """What one shows, when and where."""
    return _form(_live_or_404(id), require_part())


@bp.post("/exchanges/<int:id>/presentation")
@member_required
def sign_up(id: int) -> ResponseReturnValue:
    """Sign up, or say it anew."""
    exchange = _live_or_404(id)
    person = require_part()
    typed = form_values("about", "held_at", "place")
    try:
        form = PresentationSchema().load(typed)
        operations.sign_up(db.session(), exchange, person=person, now=now(), **form)
    except (ValidationError, errors.WorkIsBeingReviewed, errors.NotOpen) as err:
        db.session.rollback()
        said = (
            flat(err.normalized_messages())
            if isinstance(err, ValidationError)
            else {"about": [wording.not_signed_up(err)]}
        )
        return _form(exchange_or_404(id), person, errors=said, typed=typed), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("You are signed up."))


@bp.get("/exchanges/<int:id>/presentations")
@staff_required
def schedule(id: int) -> ResponseReturnValue:
    """Who shows what when, to be set by staff."""
    return _schedule(_live_or_404(id))


@bp.post("/exchanges/<int:id>/presentations")
@staff_required
def place_all(id: int) -> ResponseReturnValue:
    """Save when and where everything is shown."""
    exchange = _live_or_404(id)
    said: dict[str, list[str]] = {}
    for each in queries.schedule(db.session(), exchange):
        names = {name: f"{name}-{each.submission_id}" for name in ("held_at", "place")}
        if not any(name in request.form for name in names.values()):
            continue  # signed up since the page was opened
        try:
            slot = SlotSchema().load({name: request.form.get(field, "") for name, field in names.items()})
        except ValidationError as err:
            said |= {names[name]: problems for name, problems in flat(err.normalized_messages()).items()}
            continue
        operations.set_slot(db.session(), exchange, work=each.submission_id, by=current().person_id, now=now(), **slot)
    if said:
        db.session.rollback()
        return _schedule(exchange_or_404(id), errors=said, typed=request.form), 422
    db.session.commit()
    return go_to(url_for("exchange.schedule", id=id), saying=_("Saved."))


@bp.post("/exchanges/<int:id>/presentations/everybody")
@staff_required
def sign_everybody_up(id: int) -> ResponseReturnValue:
    """Everybody takes part by themselves."""
    exchange = _live_or_404(id)
    count = operations.sign_everybody_up(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One student was signed up.", "%(num)s students were signed up.", count)
    return go_to(url_for("exchange.schedule", id=id), saying=said if count else _("Everybody had signed up already."))


def _live_or_404(id: int) -> Exchange:
    exchange = exchange_or_404(id)
    if not exchange.is_live:
        abort(404)
    return exchange


def _form(exchange: Exchange, person: int, **typed: Any) -> str:
    mine = queries.my_work(db.session(), exchange, person, now=now())
    slot = queries.slot_of(db.session(), mine.submission.id) if mine else None
    facts: dict[str, Any] = {
        "exchange": exchange,
        "work": mine,
        "typed": {
            "about": mine.submission.draft if mine else "",
            "held_at": slot.held_at if slot else None,
            "place": slot.place if slot else "",
        },
        "errors": {},
        "wording": wording,
    }
    return render_template("exchange/presentation.html", **(facts | typed))


def _schedule(exchange: Exchange, **typed: Any) -> str:
    shown = queries.schedule(db.session(), exchange)
    facts: dict[str, Any] = {"exchange": exchange, "shown": shown, "errors": {}, "typed": {}, "wording": wording}
    return render_template("exchange/presentations.html", **(facts | typed))
