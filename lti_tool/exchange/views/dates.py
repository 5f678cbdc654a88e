"""
Time that is somebody's own: staff give more of it, see first what that moves, and take it back.
"""

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import ExtensionSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current

CHOSEN = "chosen"


@bp.get("/exchanges/<int:id>/extensions")
@staff_required
def extensions(id: int) -> ResponseReturnValue:
    """Who has more time than everybody, who gave it and why."""
    exchange = exchange_or_404(id)
    found = queries.extensions(db.session(), exchange)
    calendar = queries.calendar_of(db.session(), exchange)
    return render_template(
        "exchange/extensions.html", exchange=exchange, extensions=found, calendar=calendar, wording=wording
    )


@bp.get("/exchanges/<int:id>/extensions/new")
@staff_required
def new_extension(id: int) -> ResponseReturnValue:
    """Whom, until when and why."""
    exchange = exchange_or_404(id)
    people = [int(each) for each in request.args.getlist("person") if each.isascii() and each.isdigit()]
    return _form(exchange, {"whom": CHOSEN if people else request.args.get("whom", ""), "person": people})


@bp.post("/exchanges/<int:id>/extensions")
@staff_required
def extend(id: int) -> ResponseReturnValue:
    """Show what it moves; and once that was seen, do it."""
    exchange = exchange_or_404(id)
    # Ticked one by one, or carried on from the page that showed the effect.
    ticked = [each for value in request.form.getlist("person") for each in value.split(",")]
    typed = form_values("whom", "submit_by", "review_by", "reason") | {"person": ticked}
    try:
        form = ExtensionSchema().load(typed)
        people = _people(exchange, form.pop("whom"), form.pop("person"))
        if request.form.get("act") != "save":
            return _effect(exchange, people, form)
        given = operations.extend(db.session(), exchange, people=people, by=current().person_id, now=now(), **form)
    except ValidationError as err:
        return _form(exchange, typed, errors=_said(err)), 422
    except (errors.DatesRefused, errors.NobodyChosen, errors.NoSuchPerson, errors.ReasonMissing) as err:
        db.session.rollback()
        return _form(exchange_or_404(id), typed, errors={_field(err): [wording.sentence(err)]}), 422
    count = len(given.people)
    db.session.commit()
    said = ngettext("One person has more time now.", "%(num)s people have more time now.", count)
    return go_to(url_for("exchange.extensions", id=id), saying=said)


@bp.delete("/exchanges/<int:id>/extensions/<int:extension_id>")
@bp.post("/exchanges/<int:id>/extensions/<int:extension_id>/removal")
@staff_required
def take_extension_back(id: int, extension_id: int) -> ResponseReturnValue:
    """Everybody's dates hold again for those who got these."""
    return _take_back(id, extension_id, None)


@bp.delete("/exchanges/<int:id>/extensions/<int:extension_id>/people/<int:person_id>")
@bp.post("/exchanges/<int:id>/extensions/<int:extension_id>/people/<int:person_id>/removal")
@staff_required
def take_extension_back_from(id: int, extension_id: int, person_id: int) -> ResponseReturnValue:
    """Everybody's dates hold again for one of those who got these."""
    return _take_back(id, extension_id, person_id)


def _take_back(id: int, extension_id: int, person: int | None) -> ResponseReturnValue:
    exchange = exchange_or_404(id)
    operations.take_back_extension(
        db.session(), exchange, extension_id=extension_id, person=person, by=current().person_id, now=now()
    )
    db.session.commit()
    return go_to(url_for("exchange.extensions", id=id), saying=_("Taken back."))


def _people(exchange: Exchange, whom: str, ticked: list[int]) -> list[int]:
    if whom == CHOSEN:
        return sorted(set(ticked))
    found = next((each for each in queries.whom(db.session(), exchange) if each.key == whom), None)
    if found is None:
        raise errors.NobodyChosen
    return list(found.people)


def _effect(exchange: Exchange, people: list[int], form: Mapping[str, Any]) -> str:
    """What it would move. Refused here is what saving would refuse."""
    own = rules.OwnDates(submit_by=form["submit_by"], review_by=form["review_by"])
    problem = rules.why_no_later(exchange.windows, own)
    if problem is not None:
        raise errors.DatesRefused(*problem)
    if not people:
        raise errors.NobodyChosen
    if not {each.id for each in queries.learners(db.session(), exchange)}.issuperset(people):
        raise errors.NoSuchPerson
    effects = queries.effect_of(db.session(), exchange, people, own)
    return render_template(
        "exchange/extension_effect.html",
        exchange=exchange,
        effects=effects,
        waiting=sorted({name for each in effects for name in each.waiting}, key=str.casefold),
        form=form,
        wording=wording,
        is_seen=exchange.may_see(rules.STAFF, rules.REVIEWER),
        is_together=exchange.option(rules.PairingOptions).start == rules.TOGETHER,
    )


def _form(exchange: Exchange, typed: Mapping[str, Any], *, errors: dict[str, list[str]] | None = None) -> str:
    if exchange.submit_by is None and exchange.review_by is None:
        abort(404)
    return render_template(
        "exchange/extension_new.html",
        exchange=exchange,
        typed=typed,
        errors=errors or {},
        whom=[
            (each.key, wording.whom(each.key, is_live=exchange.is_live), len(each.people))
            for each in queries.whom(db.session(), exchange)
        ],
        people=[(each.id, wording.person(each.name, each.id)) for each in _by_name(exchange)],
    )


def _by_name(exchange: Exchange) -> list[Any]:
    return sorted(queries.learners(db.session(), exchange), key=lambda each: (each.name.casefold(), each.id))


def _said(err: ValidationError) -> dict[str, list[str]]:
    messages = err.normalized_messages()
    found = flat(messages)
    if isinstance(messages.get("person"), dict):
        found["person"] = [wording.sentence(errors.NoSuchPerson())]
    return found


def _field(err: errors.ExchangeError) -> str:
    if isinstance(err, errors.DatesRefused):
        return err.field
    return "reason" if isinstance(err, errors.ReasonMissing) else "whom"
