"""
Staff and practice: whether people practise, the works to practise with, and how the class sees them.
"""

from typing import Any

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Example, Exchange
from lti_tool.exchange.schemas import ExampleSchema, PracticeOptionsSchema
from lti_tool.exchange.schemas.practice import MOST_LINKS
from lti_tool.exchange.views import bp, words_form
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.files import FileRefused
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required, teacher_required
from lti_tool.web.viewer import current

LINKS = tuple(f"{name}_{place}" for place in range(1, MOST_LINKS + 1) for name in ("link", "link_title"))


@bp.get("/exchanges/<int:id>/settings/practice")
@teacher_required
def practice(id: int) -> ResponseReturnValue:
    """Whether people practise, and with what."""
    exchange = exchange_or_404(id)
    return _settings(exchange, exchange.option(rules.PracticeOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/practice")
@teacher_required
def change_practice(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = PracticeOptionsSchema().load(typed)
    except ValidationError as err:
        return _settings(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_settings)


@bp.get("/exchanges/<int:id>/examples/new")
@teacher_required
def new_example(id: int) -> ResponseReturnValue:
    """A work to practise with: the form."""
    return _form(exchange_or_404(id), None)


@bp.post("/exchanges/<int:id>/examples")
@teacher_required
def add_example(id: int) -> ResponseReturnValue:
    """Add it, finished or not."""
    exchange = exchange_or_404(id)
    try:
        said = ExampleSchema().load(_typed(exchange))
        example = operations.add_example(db.session(), exchange, said, by=current().person_id, now=now())
    except (ValidationError, errors.TooLong, errors.TooManyExamples) as err:
        return _refused(exchange, None, err), 422
    db.session.commit()
    return _with_file(exchange, example)


@bp.get("/exchanges/<int:id>/examples/<int:example_id>")
@teacher_required
def example(id: int, example_id: int) -> ResponseReturnValue:
    """One of them: the form."""
    exchange = exchange_or_404(id)
    return _form(exchange, _example_or_404(exchange, example_id))


@bp.post("/exchanges/<int:id>/examples/<int:example_id>")
@teacher_required
def change_example(id: int, example_id: int) -> ResponseReturnValue:
    """Save it, finished or not."""
    exchange = exchange_or_404(id)
    try:
        said = ExampleSchema().load(_typed(exchange))
        example = operations.change_example(
            db.session(), exchange, example_id=example_id, said=said, by=current().person_id, now=now()
        )
    except (ValidationError, errors.TooLong) as err:
        return _refused(exchange, example_id, err), 422
    if request.form.get("act") == "take-file":
        operations.take_file_away(db.session(), exchange, example_id=example_id, storage=_storage())
    db.session.commit()
    return _with_file(exchange, example)


@bp.delete("/exchanges/<int:id>/examples/<int:example_id>")
@bp.post("/exchanges/<int:id>/examples/<int:example_id>/removal")
@teacher_required
def remove_example(id: int, example_id: int) -> ResponseReturnValue:
    """Remove it, with what people tried at it."""
    exchange = exchange_or_404(id)
    operations.remove_example(
        db.session(), exchange, example_id=example_id, by=current().person_id, now=now(), storage=_storage()
    )
    db.session.commit()
    return go_to(url_for("exchange.practice", id=id), saying=_("Removed."))


@bp.get("/exchanges/<int:id>/examples/<int:example_id>/class")
@staff_required
def class_view(id: int, example_id: int) -> ResponseReturnValue:
    """How the class sees it at first sight, beside what staff see."""
    exchange = exchange_or_404(id)
    example = _example_or_404(exchange, example_id)
    criteria = {each.id: each for each in exchange.criteria}
    views = queries.class_views(db.session(), exchange, example)
    return render_template(
        "exchange/class_view.html",
        exchange=exchange,
        example=example,
        views=[(criteria[each.criterion_id], each) for each in views],
        tried=queries.tried_counts(db.session(), exchange).get(example.id, 0),
        fewest=rules.FEWEST_TRIED,
        wording=wording,
    )


def _with_file(exchange: Exchange, example: Example) -> ResponseReturnValue:
    """Keep the file that came along, and say what the example still lacks."""
    id, example_id = exchange.id, example.id
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        settings: Settings = current_app.extensions["hearth.settings"]
        try:
            operations.put_file(
                db.session(),
                exchange,
                example_id=example_id,
                data=upload.read(),
                name=upload.filename,
                storage=_storage(),
                max_bytes=settings.upload_max_mb * 2**20,
            )
            db.session.commit()
        except FileRefused as err:
            db.session.rollback()
            exchange = exchange_or_404(id)
            return _form(exchange, _example_or_404(exchange, example_id), errors={"file": [wording.sentence(err)]}), 422
    lacking = queries.lacks_of(exchange, example)
    if lacking:
        said = _("Saved. Students see it once it is complete: %(lacking)s", lacking=" ".join(map(_lack, lacking)))
        return go_to(url_for("exchange.example", id=id, example_id=example_id), saying=said, kind="info")
    return go_to(url_for("exchange.practice", id=id), saying=_("Saved. Students can practise with it."))


def _lack(name: str) -> str:
    lacks = {
        "content": _("there is nothing to read yet: write, add a link or a file."),
        "words": _("say for each criterion what you see, and why."),
    }
    return str(lacks[name])


def _settings(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    examples = queries.examples_of(db.session(), exchange)
    tried = queries.tried_counts(db.session(), exchange)
    return topic_page(
        "exchange/practice.html",
        exchange,
        rules.PracticeOptions,
        typed,
        examples=[(each, queries.lacks_of(exchange, each), tried.get(each.id, 0)) for each in examples],
        most=rules.MOST_EXAMPLES,
        **facts,
    )


def _typed(exchange: Exchange) -> dict[str, Any]:
    values = words_form.draft_values(exchange)
    return form_values("title", "body", "comment", *LINKS) | {"answers": values["answers"]}


def _refused(exchange: Exchange, example_id: int | None, err: Exception) -> str:
    said = words_form.errors_by_name(exchange, err)
    if isinstance(err, errors.TooManyExamples):
        said = {"title": [wording.sentence(err)]}
    db.session.rollback()
    exchange = exchange_or_404(exchange.id)
    example = _example_or_404(exchange, example_id) if example_id is not None else None
    return _form(exchange, example, errors=said, typed=_typed(exchange), words=words_form.typed(exchange))


def _form(exchange: Exchange, example: Example | None, **typed: Any) -> str:
    settings: Settings = current_app.extensions["hearth.settings"]
    values: dict[str, Any] = {}
    if example is not None:
        values = {"title": example.title, "body": example.body}
        for place, link in enumerate(example.said_beside.links, start=1):
            values |= {f"link_{place}": link.url, f"link_title_{place}": link.title}
    facts = {
        "exchange": exchange,
        "example": example,
        "typed": values,
        "words": example.said if example is not None else rules.Words(),
        "lacking": [_lack(each) for each in queries.lacks_of(exchange, example)] if example is not None else [],
        "errors": {},
        "labels": words_form.labels(exchange)
        | {"title": _("Name"), "body": _("The work"), "file": _("File")}
        | {f"link_{place}": _("Link %(number)s", number=place) for place in range(1, MOST_LINKS + 1)},
        "links": range(1, MOST_LINKS + 1),
        "max_mb": settings.upload_max_mb,
        "wording": wording,
    }
    return render_template("exchange/example.html", **(facts | typed))


def _example_or_404(exchange: Exchange, example_id: int) -> Example:
    found = queries.example_in(db.session(), exchange, example_id)
    if found is None:
        abort(404)
    return found


def _storage() -> files.Storage:
    return files.storage(current_app.extensions["hearth.settings"])
