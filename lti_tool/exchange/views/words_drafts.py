"""
What the forms share in which somebody writes about other than a classmate's work: drafts, and words of another tab.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries
from lti_tool.exchange.models import Exchange, WordsDraft
from lti_tool.exchange.operations import Saved
from lti_tool.exchange.rules import Words
from lti_tool.exchange.schemas import FeedbackSchema
from lti_tool.exchange.views import words_form
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Words of another tab, as the page shows copies."""

    content: dict[str, Any]
    saved_at: datetime
    about: str
    """Of the draft."""
    revision: int
    """Of the draft, when they were saved."""


def facts_of(draft: WordsDraft | None, given: Words | None, *, restore_url: str) -> dict[str, Any]:
    """What a form shows of what is written so far: the draft, else what was *given* before."""
    written = Words.from_dict(draft.words) if draft is not None else given or Words()
    return {
        "words": written,
        "revision": draft.revision if draft is not None else 0,
        "saved_at": draft.saved_at if draft is not None else None,
        "copies": copies_of(draft),
        "copy_url": lambda copy: f"{restore_url}?revision={copy.revision}",
    }


def keep(
    exchange: Exchange,
    person: int,
    about: str,
    *,
    here: str,
    restore_url: str,
    refused: Callable[[dict[str, list[str]]], str],
    beside: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """
    Keep what was typed, and what is ticked *beside* it. *refused* renders the page with what is wrong, *here* is its
    address.
    """
    try:
        saved = save(exchange, person, about, beside=beside)
    except (ValidationError, errors.TooLong) as err:
        said = words_form.errors_by_name(exchange, err)
        db.session.rollback()
        if is_htmx():
            return render_template("exchange/_not_saved.html", exchange=exchange_or_404(exchange.id), errors=said), 422
        return refused(said), 422
    db.session.commit()
    if not is_htmx():
        return go_to(here, saying=_("Saved."))
    return saved_page(exchange, person, about, saved, restore_url=restore_url)


def save(exchange: Exchange, person: int, about: str, *, beside: Mapping[str, Any] | None = None) -> Saved:
    """Keep what was typed; raises what is wrong with it."""
    form = FeedbackSchema().load(words_form.draft_values(exchange))
    return operations.keep_words(
        db.session(),
        exchange,
        person=person,
        about=about,
        words=form["words"],
        base_revision=form["base_revision"],
        beside=beside,
        now=now(),
    )


def saved_page(exchange: Exchange, person: int, about: str, saved: Saved, *, restore_url: str) -> str:
    """What says that words are kept, and shows those of another tab."""
    draft = queries.words_draft(db.session(), exchange, person, about)
    return render_template(
        "exchange/_saved.html",
        saved=saved,
        copies=copies_of(draft),
        coach=(),
        criteria=exchange.criteria,
        copy_url=lambda copy: f"{restore_url}?revision={copy.revision}",
        conflict_words=_(
            "This was also changed in another tab. Both are kept: here is what you saved last, "
            "and the other is below it."
        ),
        request=request,
    )


def copies_of(draft: WordsDraft | None) -> tuple[Kept, ...]:
    """The words of other tabs, the newest first."""
    if draft is None:
        return ()
    return tuple(
        Kept(
            content={"answers": {}, "comment": "", **each["words"]},
            saved_at=datetime.fromisoformat(each["saved_at"]),
            about=draft.about,
            revision=each["revision"],
        )
        for each in draft.others
    )


def asked_revision() -> int | None:
    """Which of them is meant; None where it does not say: the newest."""
    text = request.args.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
