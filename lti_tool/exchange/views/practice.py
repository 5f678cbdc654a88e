"""
Practising: reviewing works that staff have reviewed too, and seeing both views afterwards.
"""

from typing import Any

from flask import Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.practice import about
from lti_tool.exchange.queries import Practice, Practised
from lti_tool.exchange.schemas import FeedbackSchema
from lti_tool.exchange.views import bp, words_drafts, words_form
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx, require_part
from lti_tool.exchange.views.downloads import shut_in
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/practice")
@member_required
def practise(id: int) -> ResponseReturnValue:
    """All works to practise with, and how far one has come."""
    exchange = exchange_or_404(id)
    practice = _practice_or_404(exchange)
    return render_template(
        "exchange/practise.html",
        exchange=exchange,
        practice=practice,
        wording=wording,
        because=queries.windows_of(db.session(), exchange, current().person_id).why_not_review(now()),
    )


@bp.get("/exchanges/<int:id>/practice/<int:example_id>")
@member_required
def try_out(id: int, example_id: int) -> ResponseReturnValue:
    """One of them: the form, or once it was tried both views."""
    return _page(exchange_or_404(id), example_id)


@bp.get("/exchanges/<int:id>/practice/<int:example_id>/second")
@member_required
def try_again(id: int, example_id: int) -> ResponseReturnValue:
    """The form once more."""
    return _page(exchange_or_404(id), example_id, wants_form=True)


@bp.post("/exchanges/<int:id>/practice/<int:example_id>")
@member_required
def give_trial(id: int, example_id: int) -> ResponseReturnValue:
    """Say what one sees in it."""
    exchange = exchange_or_404(id)
    person = require_part()
    try:
        words = FeedbackSchema().load(words_form.values(exchange))["words"]
        operations.try_example(db.session(), exchange, person=person, example_id=example_id, words=words, now=now())
    except (
        ValidationError,
        errors.TooLong,
        errors.IncompleteFeedback,
        errors.UnknownAnswer,
        errors.NotOpen,
        errors.TriedAlready,
    ) as err:
        said = words_form.errors_by_name(exchange, err)
        db.session.rollback()
        return _refused(exchange, example_id, said), 422
    db.session.commit()
    return go_to(url_for("exchange.try_out", id=id, example_id=example_id))


@bp.post("/exchanges/<int:id>/practice/<int:example_id>/draft")
@member_required
def keep_trial(id: int, example_id: int) -> ResponseReturnValue:
    """Keep what is being written."""
    exchange = exchange_or_404(id)
    _practised_or_404(exchange, example_id)
    return words_drafts.keep(
        exchange,
        require_part(),
        about(example_id),
        here=url_for("exchange.try_again", id=id, example_id=example_id),
        restore_url=_restore_url(exchange, example_id),
        refused=lambda said: _refused(exchange, example_id, said),
    )


@bp.post("/exchanges/<int:id>/practice/<int:example_id>/draft/restoration")
@member_required
def restore_trial(id: int, example_id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced."""
    exchange = exchange_or_404(id)
    operations.take_other_words(
        db.session(),
        exchange,
        person=require_part(),
        about=about(example_id),
        now=now(),
        revision=words_drafts.asked_revision(),
    )
    db.session.commit()
    said = _("Put back. What stood here before is kept below.")
    return go_to(url_for("exchange.try_again", id=id, example_id=example_id), saying=said)


@bp.get("/exchanges/<int:id>/examples/<int:example_id>/file")
@member_required
def example_file(id: int, example_id: int) -> Response:
    """The file of a work to practise with, for staff and for whoever practises."""
    exchange = exchange_or_404(id)
    example = (
        queries.example_in(db.session(), exchange, example_id)
        if current().is_staff
        else _practised_or_404(exchange, example_id).example
    )
    if example is None or example.file is None:
        abort(404)
    try:
        data = files.storage(current_app.extensions["hearth.settings"]).read(db.session(), example.file.key)
    except files.Missing:
        abort(404)
    response = Response(data, content_type=example.file.media_type)
    shown = "inline" if example.file.is_image else "attachment"
    response.headers.set("Content-Disposition", shown, filename=example.file.name)
    return shut_in(response)


def with_step(steps: list[dict[str, str]], practice: Practice | None, step: str) -> list[dict[str, str]]:
    """The steps of everybody, with practising in its place where it is required or begun."""
    if practice is None:
        return steps
    is_done = practice.next is None
    state = "now" if step == "practise" else "done" if is_done else ""
    note = "" if is_done else _("%(done)s of %(total)s", done=practice.done, total=len(practice.examples))
    return [*steps[:1], {"text": _("Practise"), "note": note, "state": state}, *steps[1:]]


def _practice_or_404(exchange: Exchange) -> Practice:
    found = queries.practice_of(db.session(), exchange, current().person_id)
    if found is None:
        abort(404)
    return found


def _practised_or_404(exchange: Exchange, example_id: int) -> Practised:
    found = next((each for each in _practice_or_404(exchange).examples if each.example.id == example_id), None)
    if found is None:
        abort(404)
    return found


def _refused(exchange: Exchange, example_id: int, said: dict[str, list[str]]) -> str:
    exchange = exchange_or_404(exchange.id)
    return _page(exchange, example_id, wants_form=True, errors=said, words=words_form.typed(exchange))


def _page(exchange: Exchange, example_id: int, *, wants_form: bool = False, **typed: Any) -> str:
    practice = _practice_or_404(exchange)
    practised = _practised_or_404(exchange, example_id)
    person = current().person_id
    draft = queries.words_draft(db.session(), exchange, person, about(example_id))
    latest = practised.trials[-1].said if practised.trials else None
    shows_form = bool(typed) or not practised.trials or (wants_form and practised.may_try)
    criteria = {each.id: each for each in exchange.criteria}
    views = practised.latest.views if practised.latest is not None else ()
    facts = {
        "exchange": exchange,
        "practice": practice,
        "practised": practised,
        "example": practised.example,
        "shows_form": shows_form,
        "said": latest,
        "own_views": [
            (criteria[view.criterion_id], view, wording.view_beside_staff(view))
            for view in views
            if view.criterion_id in criteria
        ],
        "errors": {},
        "error_labels": words_form.labels(exchange),
        "wording": wording,
        "rules": rules,
        "because": queries.windows_of(db.session(), exchange, person).why_not_review(now()),
        **words_drafts.facts_of(draft, latest, restore_url=_restore_url(exchange, example_id)),
    }
    wants_fragment = is_htmx() and "words" in typed
    return render_template("exchange/_trial_form.html" if wants_fragment else "exchange/trial.html", **(facts | typed))


def _restore_url(exchange: Exchange, example_id: int) -> str:
    return url_for("exchange.restore_trial", id=exchange.id, example_id=example_id)
