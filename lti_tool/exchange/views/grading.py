"""
What grades are made of: the settings, the preview of a change, reviews that do not count, and what needs a human.
"""

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import GradingSchema, PartOverrideSchema, ReasonSchema, RegradeSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.oversight import person_page, require_person
from lti_tool.exchange.views.settings_meanwhile import Theirs
from lti_tool.exchange.views.topic_pages import (
    base_of,
    changed_meanwhile,
    is_changed_meanwhile,
    save_topic,
    saved_meanwhile,
    topic_page,
    typed_options,
)
from lti_tool.web.fields import LARGEST_ID, flat
from lti_tool.web.guards import staff_required, teacher_required
from lti_tool.web.viewer import current

SETTINGS = ("method", *rules.PARTS, "staff", "columns")


@bp.get("/exchanges/<int:id>/settings/grading")
@teacher_required
def grading(id: int) -> ResponseReturnValue:
    """What the grade is made of."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.GradingOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/grading")
@teacher_required
def change_grading(id: int) -> ResponseReturnValue:
    """Save it where no grade that is out would move; else show first what would."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = GradingSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    try:
        operations.require_columns_kept(db.session(), exchange, options)
    except errors.ColumnsInUse as err:
        return _form(exchange, typed, errors={"columns": [wording.sentence(err)]}), 422
    if is_changed_meanwhile(exchange, options):
        return changed_meanwhile(exchange, options, typed, form=_form)
    change = queries.Change(options=options)
    seen = queries.preview(db.session(), exchange, change)
    if seen.moves_released:
        return _preview(exchange, change, seen)
    return save_topic(exchange, options, typed, form=_form)


@bp.get("/exchanges/<int:id>/regrades/new")
@staff_required
def new_regrade(id: int) -> ResponseReturnValue:
    """What it would do to everybody's grade if one review counted no more, or again."""
    exchange = exchange_or_404(id)
    change = queries.Change(leaving_out=_asked("leaving_out"), counting=_asked("counting"))
    if (change.leaving_out is None) == (change.counting is None):
        abort(404)
    if exchange.points is None or not queries.is_review_of(db.session(), exchange, _review_in(change)):
        abort(404)
    return _preview(exchange, change, queries.preview(db.session(), exchange, change))


@bp.post("/exchanges/<int:id>/regrades")
@staff_required
def regrade(id: int) -> ResponseReturnValue:
    """Do what the preview has shown."""
    exchange = exchange_or_404(id)
    is_about_settings = "method" in request.form
    if is_about_settings and not current().is_teacher:
        abort(403)
    reason, base = request.form.get("reason", ""), request.form.get("base")
    try:
        if is_about_settings:
            change = queries.Change(options=GradingSchema().load(form_values(*SETTINGS)))
        else:
            asked = RegradeSchema(exclude=("reason",)).load(form_values("leaving_out", "counting"))
            change = queries.Change(**asked)
    except ValidationError:
        abort(422)
    if exchange.points is None:
        raise errors.NotGraded
    if change.options is None and not queries.is_review_of(db.session(), exchange, _review_in(change)):
        abort(404)
    try:
        form = ReasonSchema().load({"reason": reason})
        operations.regrade(db.session(), exchange, change, by=current().person_id, now=now(), base=base, **form)
    except ValidationError as err:
        seen = queries.preview(db.session(), exchange, change)
        return _preview(exchange, change, seen, reason=reason, errors=flat(err.normalized_messages())), 422
    except errors.ReasonMissing as err:
        db.session.rollback()
        exchange = exchange_or_404(id)
        seen = queries.preview(db.session(), exchange, change)
        return _preview(exchange, change, seen, reason=reason, errors={"reason": [wording.sentence(err)]}), 422
    except errors.TopicChanged:
        db.session.rollback()
        exchange = exchange_or_404(id)
        seen = queries.preview(db.session(), exchange, change)
        theirs = saved_meanwhile(exchange, rules.GradingOptions)
        return _preview(exchange, change, seen, reason=reason, **theirs), 409
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Done. Grades that were out follow."))


@bp.get("/exchanges/<int:id>/needs-human")
@staff_required
def needs_human(id: int) -> ResponseReturnValue:
    """The grades that a person should look at, and why."""
    exchange = exchange_or_404(id)
    rows = queries.to_look_at(db.session(), exchange, now=now()) if exchange.points is not None else ()
    return render_template("exchange/needs_human.html", exchange=exchange, rows=rows, wording=wording)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/parts/<part>")
@staff_required
def set_part(id: int, person_id: int, part: str) -> ResponseReturnValue:
    """Set one part of somebody's grade by hand, and say why."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    try:
        form = PartOverrideSchema().load(form_values("percent", "reason"))
        operations.set_part_override(
            db.session(),
            exchange,
            person=person_id,
            part=part,
            share=form["percent"] / 100,
            reason=form["reason"],
            by=current().person_id,
            now=now(),
        )
    except ValidationError as err:
        return _refused_part(exchange, person_id, part, flat(err.normalized_messages())), 422
    except (errors.ScoreOutOfRange, errors.ReasonMissing) as err:
        db.session.rollback()
        name = "percent" if isinstance(err, errors.ScoreOutOfRange) else "reason"
        return _refused_part(exchange_or_404(id), person_id, part, {name: [wording.sentence(err)]}), 422
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id), saying=_("This part of the grade is set."))


@bp.delete("/exchanges/<int:id>/people/<int:person_id>/parts/<part>")
@bp.post("/exchanges/<int:id>/people/<int:person_id>/parts/<part>/removal")
@staff_required
def lift_part(id: int, person_id: int, part: str) -> ResponseReturnValue:
    """Compute the part again."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    operations.lift_part_override(
        db.session(), exchange, person=person_id, part=part, by=current().person_id, now=now()
    )
    db.session.commit()
    return go_to(
        url_for("exchange.person", id=id, person_id=person_id), saying=_("This part of the grade is computed again.")
    )


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page(
        "exchange/grading.html",
        exchange,
        rules.GradingOptions,
        typed,
        wording=wording,
        parts=rules.PARTS,
        **facts,
    )


def _preview(
    exchange: Exchange,
    change: queries.Change,
    seen: queries.Preview,
    *,
    reason: str = "",
    errors: dict[str, list[str]] | None = None,
    theirs: Sequence[Theirs] = (),
    **facts: Any,
) -> str:
    carried = (
        change.options.as_dict() | {"base": base_of(exchange, rules.GradingOptions, theirs=theirs)}
        if change.options is not None
        else {"leaving_out": change.leaving_out}
        if change.leaving_out is not None
        else {"counting": change.counting}
    )
    return render_template(
        "exchange/regrade.html",
        exchange=exchange,
        change=change,
        seen=seen,
        carried=carried,
        typed={"reason": reason},
        errors=errors or {},
        theirs=theirs,
        wording=wording,
        **facts,
    )


def _refused_part(exchange: Exchange, person_id: int, part: str, said: dict[str, list[str]]) -> str:
    typed = {"percent": request.form.get("percent", ""), "reason": request.form.get("reason", "")}
    return person_page(exchange, person_id, part_errors=said, part_typed=typed, refused_part=part, is_whole=True)


def _asked(name: str) -> int | None:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value[:12]) <= LARGEST_ID else None


def _review_in(change: queries.Change) -> int:
    return change.leaving_out or change.counting or 0
