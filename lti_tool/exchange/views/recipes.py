"""
Where an exchange can begin: ready templates, kept ones, other exchanges, a file; and keeping one for later.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, recipes, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import TemplateSchema
from lti_tool.exchange.topics import topics
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.web.fields import LARGEST_ID, flat
from lti_tool.web.guards import teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/beginnings")
@teacher_required
def beginnings() -> ResponseReturnValue:
    """Everything that a new exchange can begin from."""
    return _beginnings()


@bp.post("/exchanges/beginnings")
@teacher_required
def begin() -> ResponseReturnValue:
    """Begin one: a draft with all that was taken over, to be looked through."""
    try:
        recipe, source = _chosen()
    except recipes.NoRecipe as err:
        return _beginnings(problems=err.problems), 422
    saying = _("This is a draft, and nobody else sees it. Look through it, set dates, and publish it.")
    return _begun(recipe, saying, source=source)


@bp.post("/exchanges/<int:id>/copies")
@teacher_required
def duplicate(id: int) -> ResponseReturnValue:
    """The same exchange once more in this course: settings, criteria and dates ahead, neither people nor posts."""
    exchange = exchange_or_404(id)
    saying = _("This is a copy, still a draft: nobody’s work and nobody’s feedback came along.")
    return _begun(queries.recipe_of(exchange, _topics(), now=now()), saying, source=exchange)


@bp.get("/exchanges/<int:id>/reuse")
@teacher_required
def reuse(id: int) -> ResponseReturnValue:
    """What can be done with its settings."""
    return _reuse(exchange_or_404(id))


@bp.post("/exchanges/<int:id>/templates")
@teacher_required
def keep_template(id: int) -> ResponseReturnValue:
    """Keep settings and criteria under a name."""
    exchange = exchange_or_404(id)
    try:
        form = TemplateSchema().load(form_values("name", "whose"))
        operations.keep_template(
            db.session(),
            queries.recipe_of(exchange, _topics()),
            name=form["name"],
            course_id=current().course_id,
            by=current().person_id,
            is_own=form["whose"] == "own",
            now=now(),
        )
    except (ValidationError, errors.TooManyTemplates) as err:
        db.session.rollback()
        said = (
            flat(err.normalized_messages()) if isinstance(err, ValidationError) else {"name": [wording.sentence(err)]}
        )
        return _reuse(exchange_or_404(id), errors=said, typed=request.form), 422
    db.session.commit()
    return go_to(url_for("exchange.beginnings"), saying=_("The template is kept. A new exchange can begin from it."))


@bp.delete("/exchanges/templates/<int:template_id>")
@bp.post("/exchanges/templates/<int:template_id>/removal")
@teacher_required
def drop_template(template_id: int) -> ResponseReturnValue:
    """Keep a template no longer."""
    viewer = current()
    template = queries.template_for(db.session(), viewer, template_id)
    if template is None:
        abort(404)
    operations.drop_template(db.session(), template, course_id=viewer.course_id, by=viewer.person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.beginnings"), saying=_("The template is gone. What began from it stays."))


def _chosen() -> tuple[rules.Recipe, Exchange | None]:
    """What the form names, and the exchange that it is of. Something that is not this viewer's looks like missing."""
    uploaded = request.files.get("file")
    kind, _colon, name = request.form.get("source", "").partition(":")
    if kind == "file":
        if uploaded is None or not uploaded.filename:
            raise recipes.NoRecipe(_("Choose a file first."))
        return recipes.from_file(uploaded.stream.read(recipes.LARGEST_FILE + 1)), None
    if kind == "ready" and name in recipes.READY:
        return recipes.READY[name].make(), None
    if not (name.isascii() and name.isdigit() and len(name) < 11 and int(name) <= LARGEST_ID):
        abort(404)
    if kind == "template":
        template = queries.template_for(db.session(), current(), int(name))
        if template is not None:
            return recipes.from_json(template.recipe), None
    source = queries.exchange_to_begin_from(db.session(), current(), int(name)) if kind == "exchange" else None
    if source is None:
        abort(404)
    return queries.recipe_of(source, _topics(), now=now()), source


def _begun(recipe: rules.Recipe, saying: str, *, source: Exchange | None) -> ResponseReturnValue:
    viewer = current()
    exchange = operations.begin_from(
        db.session(), recipe, course_id=viewer.course_id, by=viewer.person_id, now=now(), source=source
    )
    db.session.commit()
    return go_to(url_for("exchange.edit", id=exchange.id), saying=saying)


def _topics() -> list[type[rules.Options]]:
    return [each.options for each in topics()]


def _beginnings(*, problems: tuple[str, ...] = ()) -> str:
    viewer = current()
    elsewhere: dict[int, list[queries.Elsewhere]] = {}
    for each in queries.exchanges_to_begin_from(db.session(), viewer):
        elsewhere.setdefault(each.course_id, []).append(each)
    templates = queries.templates_for(db.session(), viewer)
    return render_template(
        "exchange/beginnings.html",
        ready=recipes.READY.items(),
        own=[each for each in templates if each.owner_id is not None],
        of_course=[each for each in templates if each.owner_id is None],
        here=elsewhere.pop(viewer.course_id, []),
        elsewhere=list(elsewhere.values()),
        problems=problems,
    )


def _reuse(exchange: Exchange, *, errors: dict[str, list[str]] | None = None, typed: Any = None) -> str:
    usual = {"name": exchange.title, "whose": "own"}
    return render_template("exchange/reuse.html", exchange=exchange, errors=errors or {}, typed=typed or usual)
