"""
Setting up: make an exchange, change it, publish, close, delete.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import ValidationError

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rubrics, rules, wording
from lti_tool.exchange.forms import USUAL, PlanWords, beginning, new_criterion, rearranged, unfolded
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules import Plan, as_new
from lti_tool.exchange.schemas import PlanSchema
from lti_tool.exchange.topics import topics
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx
from lti_tool.exchange.views.settings_meanwhile import Theirs, joined, what_they_saved
from lti_tool.web.guards import teacher_required
from lti_tool.web.viewer import current

SAVES = ("save", "draft", "")
"""What the form's buttons may ask for; anything else rearranges its criteria."""

LABELS = {
    "title": lazy_gettext("Title"),
    "instructions": lazy_gettext("Instructions"),
    "reviews": lazy_gettext("Reviews"),
    "points": lazy_gettext("Points"),
    "opens_at": lazy_gettext("Opens"),
    "submit_by": lazy_gettext("Work due"),
    "review_by": lazy_gettext("Reviews due"),
    "criteria": lazy_gettext("Criteria"),
}


@bp.get("/exchanges/new")
@teacher_required
def new() -> ResponseReturnValue:
    """The form that makes an exchange, good to go but for its title."""
    return _form(None, beginning())


@bp.post("/exchanges")
@teacher_required
def create() -> ResponseReturnValue:
    """Make an exchange; while content is being chosen, hand it to the LMS at once."""
    viewer = current()
    session = db.session()
    words = PlanWords.from_form(request.form)
    act = request.form.get("act", "")
    if act not in SAVES:
        return _form(None, _begun(words, act))
    try:
        exchange = operations.create_exchange(
            session,
            PlanSchema().load(words.as_dict()),
            course_id=viewer.course_id,
            by=viewer.person_id,
            now=now(),
            publish=act != "draft",
        )
    except (ValidationError, errors.ExchangeError) as err:
        return _refused(None, words, err)
    session.commit()
    if viewer.deep_link:
        return go_to(url_for("launch.place", id=exchange.id))
    return go_to(url_for("exchange.show", id=exchange.id))


@bp.get("/exchanges/<int:id>/settings")
@teacher_required
def edit(id: int) -> ResponseReturnValue:
    """The same form, later."""
    exchange = exchange_or_404(id)
    plan = queries.plan_of(exchange)
    return _form(exchange, PlanWords.from_plan(plan), base=rules.fingerprint(plan))


@bp.post("/exchanges/<int:id>/settings")
@teacher_required
def change(id: int) -> ResponseReturnValue:
    """Save the changed settings."""
    exchange = exchange_or_404(id)
    words = PlanWords.from_form(request.form)
    act = request.form.get("act", "")
    if act not in SAVES:
        return _form(exchange, rearranged(words, act))
    try:
        plan = PlanSchema().load(words.as_dict())
    except ValidationError as err:
        return _refused(exchange, words, err)
    try:
        moves_weights = exchange.points is not None and operations.moves_weights(exchange, plan)
        operations.edit_exchange(
            db.session(), exchange, plan, by=current().person_id, now=now(), base=request.form.get("base")
        )
    except errors.SettingsChanged as err:
        return _changed_meanwhile(id, words, plan, err.saved), 409
    except errors.ExchangeError as err:
        return _refused(exchange, words, err)
    if current().deep_link and not exchange.is_published and act != "draft":
        # Begun from a template while the LMS waits for what to add.
        operations.publish(db.session(), exchange, by=current().person_id, now=now())
        db.session.commit()
        return go_to(url_for("launch.place", id=id))
    db.session.commit()
    saying = _("Saved. Grades follow the changed weights, except those set by hand.") if moves_weights else _("Saved.")
    return go_to(url_for("exchange.show", id=id), saying=saying)


@bp.post("/exchanges/<int:id>/publication")
@teacher_required
def publish(id: int) -> ResponseReturnValue:
    """Let learners see it."""
    exchange = exchange_or_404(id)
    operations.publish(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Published: students can see it now."))


@bp.delete("/exchanges/<int:id>/publication")
@bp.post("/exchanges/<int:id>/publication/removal")
@teacher_required
def unpublish(id: int) -> ResponseReturnValue:
    """Hide it again, while nothing has been handed in."""
    exchange = exchange_or_404(id)
    operations.unpublish(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Hidden from students again."))


@bp.post("/exchanges/<int:id>/closure")
@teacher_required
def close(id: int) -> ResponseReturnValue:
    """End the handing in and reviewing."""
    exchange = exchange_or_404(id)
    operations.close(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Closed: nothing more can be handed in."))


@bp.delete("/exchanges/<int:id>/closure")
@bp.post("/exchanges/<int:id>/closure/removal")
@teacher_required
def reopen(id: int) -> ResponseReturnValue:
    """Open a closed exchange again."""
    exchange = exchange_or_404(id)
    operations.reopen(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Open again."))


@bp.delete("/exchanges/<int:id>")
@bp.post("/exchanges/<int:id>/removal")
@teacher_required
def delete(id: int) -> ResponseReturnValue:
    """Delete an exchange in which nobody has handed anything in."""
    exchange = exchange_or_404(id)
    storage = files.storage(current_app.extensions["hearth.settings"])
    known = request.form.get("begun", "")
    operations.delete_exchange(
        db.session(),
        exchange,
        by=current().person_id,
        now=now(),
        storage=storage,
        begun=int(known) if known.isascii() and known.isdigit() and len(known) < 10 else 0,
    )
    db.session.commit()
    return go_to(url_for("home.show"), saying=_("Deleted."))


def _begun(words: PlanWords, act: str) -> PlanWords:
    """A new exchange begun from a ready rubric or from another exchange; else with its rows in another order."""
    verb, _space, name = act.partition(" ")
    if verb == "rubric" and name in rubrics.RUBRICS:
        return replace(words, criteria=rubrics.criteria(name))
    if verb == "start-from":
        source = request.form.get("source", "")
        if not (source.isascii() and source.isdigit() and len(source) < 10):
            return words
        plan = as_new(queries.plan_of(exchange_or_404(int(source))))
        like = PlanWords.from_plan(plan)
        return replace(words, criteria=like.criteria, instructions=words.instructions.strip() or like.instructions)
    return rearranged(words, act)


def _refused(exchange: Exchange | None, words: PlanWords, err: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if isinstance(err, ValidationError):
        said = words.errors_by_name(err.normalized_messages())
        return _form(exchange, unfolded(words, said), errors_by_name=said), 422
    name = {
        errors.CriteriaInUse: "criteria",
        errors.AnonymityKept: "anonymity",
    }.get(type(err), getattr(err, "field", "criteria"))
    return _form(exchange, words, errors_by_name={name: [wording.sentence(err)]}), 422


def _changed_meanwhile(id: int, words: PlanWords, typed: Plan, saved: Plan) -> str:
    """What was typed, to be saved once more by whoever has read what the other saved."""
    db.session.rollback()
    return _form(
        exchange_or_404(id), joined(words, saved), base=rules.fingerprint(saved), theirs=what_they_saved(typed, saved)
    )


def _form(
    exchange: Exchange | None,
    words: PlanWords,
    *,
    errors_by_name: dict[str, list[str]] | None = None,
    base: str | None = None,
    theirs: Sequence[Theirs] = (),
) -> str:
    facts: dict[str, Any] = {
        # What was saved when the form was first shown, however often it was sent since.
        "base": base or request.form.get("base", ""),
        "theirs": theirs,
        "exchange": exchange,
        "typed": words,
        "errors": errors_by_name or {},
        "labels": _labels(words),
        # What the page's script makes new rows from: it puts a fresh token in the place of this one.
        "new_criterion_row": new_criterion("zznewzz"),
        "is_placing": bool(current().deep_link),
        "topics": topics() if exchange else (),
        "wording": wording,
        "rubrics": () if exchange else rubrics.RUBRICS.items(),
        "others": () if exchange else queries.others_of(db.session(), current().course_id),
    }
    return render_template("exchange/_settings.html" if is_htmx() else "exchange/settings.html", **facts)


def _labels(words: PlanWords) -> dict[str, Any]:
    """What the fields of the form are called where their problems are listed."""
    labels: dict[str, Any] = dict(LABELS)
    for criterion in words.criteria:
        of_criterion = criterion.title or _("New criterion")
        labels |= {f"{criterion.key}-{name}": of_criterion for name in ("title", "description", "prompt", *USUAL)}
        for number, level in enumerate(criterion.levels, start=1):
            of_level = _("%(criterion)s, level %(number)s", criterion=of_criterion, number=number)
            labels |= {f"{level.key}-{name}": of_level for name in ("title", "points", "description")}
    return labels
