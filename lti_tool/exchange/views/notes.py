"""
Notes on single places: made by reviewers, read by authors and staff beside the text; and the settings of it.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, noted, operations, queries, rules, talk, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import FeedbackSchema, NotesOptionsSchema
from lti_tool.exchange.views import bp, reviewing, student
from lti_tool.exchange.views.answers import exchange_or_404, go_to, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, staff_required, teacher_required
from lti_tool.web.viewer import current


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/notes")
@member_required
def add_note(id: int, offer_id: int) -> ResponseReturnValue:
    """Add a note to what is being written; the rest of the form is kept along."""
    exchange, reviewer = exchange_or_404(id), require_part()
    try:
        form = FeedbackSchema().load(reviewing.form_of(exchange))
        operations.save_feedback_draft(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form)
        begun = form["noting"].begun if form["noting"] else rules.Begun()
        note = operations.add_note(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, begun=begun, now=now())
    except (ValidationError, errors.TooLong, errors.NoteRefused) as err:
        return reviewing.refused(exchange, offer_id, err), 422
    except errors.OfferIsOver as err:
        return reviewing.over(exchange, err), 409
    db.session.commit()
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id, _anchor=f"note-{note.id}"))


@bp.delete("/exchanges/<int:id>/reviews/<int:offer_id>/notes/<int:note_id>")
@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/notes/<int:note_id>/removal")
@member_required
def remove_note(id: int, offer_id: int, note_id: int) -> ResponseReturnValue:
    """Take a note away again; the rest of the form is kept along."""
    exchange, reviewer = exchange_or_404(id), require_part()
    try:
        if "base_revision" in request.form:
            form = FeedbackSchema().load(reviewing.form_of(exchange))
            operations.save_feedback_draft(
                db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form
            )
        operations.remove_note(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, note_id=note_id, now=now())
    except (ValidationError, errors.TooLong) as err:
        return reviewing.refused(exchange, offer_id, err), 422
    except errors.OfferIsOver as err:
        return reviewing.over(exchange, err), 409
    db.session.commit()
    said = _("Taken away. It is kept below with the other versions.")
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id, _anchor="noting"), saying=said)


@bp.get("/exchanges/<int:id>/work/notes")
@member_required
def my_notes(id: int) -> ResponseReturnValue:
    """One's own text with what reviewers noted beside it."""
    exchange = exchange_or_404(id)
    facts = student.facts_of(exchange)
    page: queries.StudentPage = facts["page"]
    versions = page.work.versions if page.work is not None else ()
    said = [
        noted.Said(note=note, feedback=each.feedback, who=noted.reviewer(each))
        for each in page.received
        if each.feedback.hiding is None
        for note in each.feedback.noted
    ]
    return _beside_the_text(versions, said, mode="read", facts=facts)


@bp.get("/exchanges/<int:id>/people/<int:person_id>/notes")
@staff_required
def notes_for(id: int, person_id: int) -> ResponseReturnValue:
    """Somebody's text with what reviewers noted beside it, for staff."""
    exchange = exchange_or_404(id)
    page = queries.person_page(db.session(), exchange, person_id, now=now())
    if page is None or page.work is None:
        abort(404)
    said = [
        noted.Said(note=note, feedback=each.feedback, who=noted.reviewer(each))
        for each in page.received
        for note in each.feedback.noted
    ]
    facts = {
        "exchange": exchange,
        "person_name": wording.person(page.name, page.person_id),
        "person_id": person_id,
        "talk": talk.Talk(exchange=exchange, person_id=current().person_id, now=now()),
    }
    return _beside_the_text(page.work.versions, said, mode="plain", facts=facts)


@bp.get("/exchanges/<int:id>/settings/notes")
@teacher_required
def notes_options(id: int) -> ResponseReturnValue:
    """Notes, and who else reads a review."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.NotesOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/notes")
@teacher_required
def change_notes_options(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = NotesOptionsSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    options = options.chosen_after(exchange.option(rules.NotesOptions), now())
    return save_topic(exchange, options, typed, form=_form)


def _beside_the_text(
    versions: tuple[queries.Version, ...], said: list[noted.Said], *, mode: str, facts: dict[str, Any]
) -> str:
    chosen = request.args.get("version", "")
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None
    version = next((each for each in versions if each.number == number), None) if chosen else versions[-1:]
    if not version:
        abort(404)
    version = version if isinstance(version, queries.Version) else version[0]
    files = {file.id: file for each in versions for file in each.files}
    return render_template(
        "exchange/notes.html",
        **facts
        | {
            "versions": versions,
            "version": version,
            "annotated": noted.annotated(version, said, files=files),
            "mode": mode,
            "version_url": lambda number: url_for(request.endpoint or "", **(request.view_args or {}), version=number),
            "wording": wording,
        },
    )


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/notes_options.html", exchange, rules.NotesOptions, typed, **facts)
