"""
Notes in the form of a review: what was typed of them, what is wrong with it, and the text that they stand beside.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import gettext as _

from lti_tool.exchange import errors, noted, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.notes import PDF

FIELDS = ("where", "quote", "at", "page", "point", "words")
"""Of a note being typed: ``note-where``, ``note-quote`` … One that was added is ``note-17``."""


def typed() -> dict[str, Any] | None:
    """The notes of a form as :class:`NotingSchema` reads them; None where it says nothing of them."""
    if not any(name.startswith("note-") for name in request.form):
        return None
    begun = {name: request.form.get(f"note-{name}", "") for name in FIELDS}
    return {"words": _words(), "begun": begun}


def errors_by_name(messages: Any) -> dict[str, list[str]]:
    """What a schema says of notes, by the names of the form's fields."""
    if not isinstance(messages, Mapping):
        return {}
    found = {f"note-{id}": said["value"] for id, said in messages.get("words", {}).items() if "value" in said}
    return found | {f"note-{name}": said for name, said in messages.get("begun", {}).items()}


def labels() -> dict[str, str]:
    """The names of the fields, for the list of what is wrong."""
    return {
        "note-where": _("Where the note belongs"),
        "note-quote": _("The words that the note is about"),
        "note-page": _("The page of the note"),
        "note-words": _("The note"),
    }


def sentence(err: errors.NoteRefused) -> str:
    """Why a note cannot be added."""
    said = {
        ("where", "missing"): _("Choose the paragraph or the file that it is about."),
        ("where", "full"): _("A review can have %(most)s notes. Say the rest below.", most=rules.MOST_NOTES),
        ("quote", "not_there"): _("These words are not in that paragraph. Copy them from it, or leave this empty."),
        ("page", "missing"): _("Say on which page: a number from 1 on."),
        ("words", "missing"): _("Write the note."),
    }
    return str(said[err.field, err.problem])


def typed_words() -> list[str]:
    """The words of all notes of a form, to be copied where they can no longer be kept."""
    return [each for each in (*_words().values(), _begun().words) if each.strip()]


def retyped(notes: tuple[rules.Note, ...]) -> tuple[rules.Note, ...]:
    """*notes* with the words that were typed."""
    again = _words()
    return tuple(replace(note, words=again.get(note.id, note.words)) for note in notes)


def facts(exchange: Exchange, review: queries.MyReview, words: rules.Words | None = None) -> dict[str, Any]:
    """What the page of a review shows of notes; *words* are typed ones that were refused."""
    has_notes = exchange.option(rules.NotesOptions).on
    found: dict[str, Any] = {"has_notes": has_notes, "annotated": None}
    if words is not None:
        words = found["words"] = replace(words, notes=retyped(review.words.notes), begun=_begun())
    words = words if words is not None else review.words
    if not has_notes and not words.notes:
        return found
    said = [noted.Said(note=note, feedback=review.feedback) for note in words.notes]
    annotated = noted.annotated(review.version, said, files={file.id: file for file in review.version.files})
    return found | {"annotated": annotated, "places": _places(annotated, review)}


def _places(annotated: noted.Annotated, review: queries.MyReview) -> list[tuple[str, str]]:
    """What a note can be about."""
    paragraphs = [
        (f"text-{each.number}", _("%(number)s: %(words)s", number=each.number, words=each.beginning))
        for each in annotated.paragraphs
        if each.has_words
    ]
    files = [
        (f"file-{file.id}", _("A page of %(file)s", file=file.name))
        for file in review.version.files
        if file.media_type == PDF
    ]
    return [("", _("Choose …")), *files, *paragraphs]


def _words() -> dict[int, str]:
    found = {}
    for name, value in request.form.items():
        id = name.removeprefix("note-")
        if name.startswith("note-") and id.isascii() and id.isdigit() and len(id) <= 10:
            found[int(id)] = value
    return found


def _begun() -> rules.Begun:
    return rules.Begun(**{name: request.form.get(f"note-{name}", "") for name in FIELDS})
