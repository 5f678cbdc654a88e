"""
One thing opened once more for one person: their work, or a review they gave.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import ReopeningSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.web.fields import LARGEST_ID, flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/people/<int:person_id>/reopenings/new")
@staff_required
def new_reopening(id: int, person_id: int) -> ResponseReturnValue:
    """Until when, and why."""
    return _form(exchange_or_404(id), person_id, _asked(), {})


@bp.post("/exchanges/<int:id>/people/<int:person_id>/reopenings")
@staff_required
def reopen_one(id: int, person_id: int) -> ResponseReturnValue:
    """Open their work, or the review that the address names."""
    exchange = exchange_or_404(id)
    feedback_id = _asked()
    typed = form_values("until", "reason")
    try:
        form = ReopeningSchema().load(typed) | {"by": current().person_id, "now": now()}
        if feedback_id is None:
            operations.reopen_work(db.session(), exchange, person=person_id, **form)
        else:
            _require_review(exchange, person_id, feedback_id)
            operations.reopen_review(db.session(), exchange, feedback_id=feedback_id, **form)
    except ValidationError as err:
        return _form(exchange, person_id, feedback_id, typed, errors=flat(err.normalized_messages())), 422
    except (errors.NotAhead, errors.ReasonMissing) as err:
        db.session.rollback()
        name = "until" if isinstance(err, errors.NotAhead) else "reason"
        said = {name: [wording.sentence(err)]}
        return _form(exchange_or_404(id), person_id, feedback_id, typed, errors=said), 422
    db.session.commit()
    return go_to(
        url_for("exchange.person", id=id, person_id=person_id, _anchor="time"), saying=_("It is open to them.")
    )


@bp.delete("/exchanges/<int:id>/reopenings/<int:reopening_id>")
@bp.post("/exchanges/<int:id>/reopenings/<int:reopening_id>/removal")
@staff_required
def close_again(id: int, reopening_id: int) -> ResponseReturnValue:
    """Take it back."""
    exchange = exchange_or_404(id)
    reopening = operations.close_again(
        db.session(), exchange, reopening_id=reopening_id, by=current().person_id, now=now()
    )
    person_id = reopening.person_id
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id, _anchor="time"), saying=_("Taken back."))


def _asked() -> int | None:
    """The review that is meant; None: the work."""
    value = request.args.get("feedback", "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 0 < int(value[:12]) <= LARGEST_ID):
        abort(404)
    return int(value)


def _require_review(exchange: Exchange, person_id: int, feedback_id: int) -> None:
    # Who does not see who gave it cannot find out by asking.
    if not exchange.may_see(rules.STAFF, rules.REVIEWER):
        abort(404)
    part = queries.part_in(db.session(), exchange, person_id, feedback_id, now=now())
    if part is None or part.reviewer_id != person_id:
        abort(404)


def _form(
    exchange: Exchange,
    person_id: int,
    feedback_id: int | None,
    typed: dict[str, Any],
    *,
    errors: dict[str, list[str]] | None = None,
) -> str:
    person = next((each for each in queries.learners(db.session(), exchange) if each.id == person_id), None)
    if person is None:
        abort(404)
    if feedback_id is not None:
        _require_review(exchange, person_id, feedback_id)
    return render_template(
        "exchange/reopening.html",
        exchange=exchange,
        person_id=person_id,
        name=wording.person(person.name, person.id),
        feedback_id=feedback_id,
        action=url_for("exchange.reopen_one", id=exchange.id, person_id=person_id, feedback=feedback_id),
        typed=typed,
        errors=errors or {},
    )
