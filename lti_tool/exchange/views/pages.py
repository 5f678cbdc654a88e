"""
A PDF page by page, and notes on its pages: by a reviewer at work; for its author and for staff to read.
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
from lti_tool.exchange.operations.notes import PDF
from lti_tool.exchange.schemas import BegunSchema, NoteSchema
from lti_tool.exchange.views import bp, noting, student
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/files/<int:file_id>/pages")
@member_required
def pages(id: int, file_id: int) -> ResponseReturnValue:
    """The pages of one file, with notes on them."""
    exchange = exchange_or_404(id)
    return _page(exchange, _paged(exchange, file_id))


@bp.post("/exchanges/<int:id>/files/<int:file_id>/notes")
@member_required
def note_page(id: int, file_id: int) -> ResponseReturnValue:
    """Write a note on a page of the work under review."""
    exchange, reviewer = exchange_or_404(id), require_part()
    found = _under_review(exchange, file_id)
    typed = {name: request.form.get(name, "") for name in ("page", "point", "words")}
    try:
        begun = BegunSchema().load(typed | {"where": f"file-{file_id}"})
        note = operations.add_note(
            db.session(), exchange, reviewer=reviewer, offer_id=found.offer_id or 0, begun=begun, now=now()
        )
    except ValidationError as err:
        return _page(exchange, found, typed=typed, errors=flat(err.normalized_messages())), 422
    except (errors.NoteRefused, errors.TooLong) as err:
        return _refused(exchange, file_id, err, typed=typed), 422
    except errors.OfferIsOver as err:
        return _refused(exchange, file_id, err, typed=typed), 409
    db.session.commit()
    return _back(found, begun.page, anchor=f"note-{note.id}")


@bp.post("/exchanges/<int:id>/files/<int:file_id>/notes/<int:note_id>")
@member_required
def change_page_note(id: int, file_id: int, note_id: int) -> ResponseReturnValue:
    """Say something else on the same place."""
    exchange, reviewer = exchange_or_404(id), require_part()
    found = _under_review(exchange, file_id)
    try:
        form = NoteSchema().load(form_values("words"))
        operations.change_note(
            db.session(),
            exchange,
            reviewer=reviewer,
            offer_id=found.offer_id or 0,
            note_id=note_id,
            now=now(),
            **form,
        )
    except ValidationError as err:
        said = {f"note-{note_id}": each for each in flat(err.normalized_messages()).values()}
        return _page(exchange, found, errors=said, changed={note_id: request.form.get("words", "")}), 422
    db.session.commit()
    return _back(found, request.args.get("page", ""), anchor=f"note-{note_id}", saying=_("Saved."))


@bp.post("/exchanges/<int:id>/files/<int:file_id>/notes/<int:note_id>/removal")
@member_required
def remove_page_note(id: int, file_id: int, note_id: int) -> ResponseReturnValue:
    """Take a note away again."""
    exchange, reviewer = exchange_or_404(id), require_part()
    found = _under_review(exchange, file_id)
    operations.remove_note(
        db.session(), exchange, reviewer=reviewer, offer_id=found.offer_id or 0, note_id=note_id, now=now()
    )
    db.session.commit()
    return _back(found, request.args.get("page", ""), saying=_("Taken away. It is kept beside your feedback."))


def _paged(exchange: Exchange, file_id: int) -> queries.Paged:
    file = queries.file_for(db.session(), current(), exchange, file_id)
    if file is None or file.media_type != PDF:
        abort(404)
    found = queries.paged(db.session(), current(), exchange, file)
    if found is None:
        abort(404)
    return found


def _under_review(exchange: Exchange, file_id: int) -> queries.Paged:
    found = _paged(exchange, file_id)
    if found.side != rules.REVIEWER:
        abort(404)
    return found


def _page(exchange: Exchange, found: queries.Paged, **typed: Any) -> str:
    facts: dict[str, Any] = {
        "exchange": exchange,
        "file": found.file,
        "side": found.side,
        "number": _number(request.args.get("page", "")) or 1,
        "wording": wording,
        "typed": {},
        "errors": {},
        "changed": {},
        "mode": "plain",
        "may_note": False,
        **_reading[found.side](exchange, found),
    }
    facts |= typed
    said: list[noted.Said] = facts["said"]
    facts["notes"] = noted.on_pages(said, files={found.file.id: found.file})
    return render_template("exchange/pages.html", **facts)


def _as_reviewer(exchange: Exchange, found: queries.Paged) -> dict[str, Any]:
    mine = queries.my_review(db.session(), exchange, current().person_id, found.offer_id or 0, now=now())
    if mine is None:
        abort(404)
    may_note = mine.feedback is None and exchange.option(rules.NotesOptions).on and current().takes_part
    said = [noted.Said(note=note, feedback=mine.feedback) for note in queries.on_file(mine.words.notes, found.file)]
    # A page of a version that came after the one under review is to be read and no more.
    may_note = may_note and found.file.id in {file.id for file in mine.version.files}
    back = url_for("exchange.review", id=exchange.id, offer_id=found.offer_id)
    return {
        "said": said,
        "may_note": may_note,
        "mode": "pages" if may_note else "plain",
        "back": back,
        "back_words": _("Your feedback"),
    }


def _as_author(exchange: Exchange, found: queries.Paged) -> dict[str, Any]:
    facts = student.facts_of(exchange)
    said = [
        noted.Said(note=note, feedback=each.feedback, who=noted.reviewer(each))
        for each in facts["page"].received
        if each.feedback.hiding is None
        for note in queries.on_file(each.feedback.noted, found.file)
    ]
    back = url_for("exchange.show", id=exchange.id)
    return facts | {"said": said, "mode": "read", "back": back, "back_words": exchange.title}


def _as_staff(exchange: Exchange, found: queries.Paged) -> dict[str, Any]:
    about = queries.feedback_about(db.session(), found.work)
    letters = rules.pseudonyms(exchange.seed, found.work.id, len(about))
    sees_names = exchange.may_see(rules.STAFF, rules.REVIEWER)
    said = [
        noted.Said(note=note, feedback=each, who=_named(each.offer.reviewer) if sees_names else noted.lettered(letter))
        for letter, each in zip(letters, about, strict=True)
        for note in queries.on_file(each.noted, found.file)
    ]
    author = found.work.author_id
    sees_author = author is not None and exchange.may_see(rules.STAFF, rules.AUTHOR)
    return {
        "said": said,
        "talk": talk.Talk(exchange=exchange, person_id=current().person_id, now=now()),
        "back": url_for("exchange.person", id=exchange.id, person_id=author)
        if sees_author
        else url_for("exchange.show", id=exchange.id),
        "back_words": _("Everything of this person") if sees_author else exchange.title,
    }


_reading = {rules.REVIEWER: _as_reviewer, rules.AUTHOR: _as_author, rules.STAFF: _as_staff}


def _named(reviewer: Any) -> str:
    return reviewer.name if reviewer is not None and reviewer.name else str(_("somebody who left"))


def _refused(exchange: Exchange, file_id: int, err: errors.ExchangeError, *, typed: dict[str, str]) -> str:
    db.session.rollback()
    exchange = exchange_or_404(exchange.id)
    if isinstance(err, errors.NoteRefused):
        field = err.field if err.field in ("page", "words") else "words"
        said = {field: [noting.sentence(err)]}
    else:
        said = {"words": [wording.sentence(err)]}
    return _page(exchange, _paged(exchange, file_id), typed=typed, errors=said)


def _back(found: queries.Paged, page: str, *, anchor: str = "notes", saying: str = "") -> ResponseReturnValue:
    number = _number(page) or 1
    there = url_for("exchange.pages", id=found.work.exchange_id, file_id=found.file.id, page=number, _anchor=anchor)
    return go_to(there, saying=saying)


def _number(said: str) -> int | None:
    said = said.strip()
    is_page = said.isascii() and said.isdigit() and len(said) < 7 and int(said) > 0
    return min(int(said), rules.MOST_PAGES) if is_page else None
