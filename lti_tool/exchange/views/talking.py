"""
What the views about talking share: trying something, and showing what was refused with the words that were typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.exchange import errors, rules, wording
from lti_tool.exchange.queries import Part, StaffPart
from lti_tool.exchange.views.answers import is_htmx
from lti_tool.web.fields import flat

REFUSALS = (
    ValidationError,
    errors.EmptyMessage,
    errors.ThreadFull,
    errors.TooLateToEdit,
    errors.TooLong,
    errors.WhyMissing,
    errors.UnknownRule,
)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What was refused, so that its form alone shows it again with the words that were typed."""

    of: str
    """``message``, ``mark-overall``, ``thanks``."""
    errors: dict[str, list[str]]
    typed: dict[str, str]


def attempt(act: Callable[[], None], *, of: str) -> Refusal | None:
    """Do it and commit; or say why not, with nothing done."""
    try:
        act()
    except REFUSALS as err:
        db.session.rollback()
        return Refusal(of=of, errors=_said(err), typed=dict(request.form))
    db.session.commit()
    return None


P = TypeVar("P", Part, StaffPart)


@dataclass(frozen=True, kw_only=True)
class Shown(Generic[P]):
    """How one feedback is shown to whoever acts on it."""

    part: Callable[[], P]
    """Where they stand to it now; 404 where they do not."""
    facts: Callable[[P, Refusal | None], dict[str, Any]]
    page: Callable[[P, Refusal | None], str]
    back: Callable[..., ResponseReturnValue]
    """To the page on which they read it; takes ``saying`` and ``anchor``."""


def done(
    shown: Shown[P], act: Callable[[], None], *, of: str, template: str, saying: str, anchor: str = ""
) -> ResponseReturnValue:
    """Do it, and show what it is about as it stands now: the fragment, or the page it is on."""
    if template != "_said" and shown.part().side != rules.AUTHOR:
        abort(404)
    refusal = attempt(act, of=of)
    part = shown.part()
    status = 422 if refusal is not None else 200
    if is_htmx():
        return render_template(f"exchange/{template}.html", **shown.facts(part, refusal), changed=of), status
    if refusal is not None:
        return shown.page(part, refusal), status
    return shown.back(part, saying=saying, anchor=anchor)


def typed_part() -> str:
    """The part that a form names, if it is one."""
    part = request.form.get("part", "")
    number = part.removeprefix("note-")
    return part if part == "overall" or (number.isascii() and number.isdigit() and len(number) <= 10) else ""


def part_ids(part: str) -> dict[str, int | None]:
    """The criterion or the note that a :func:`typed_part` means, as the fragments want it."""
    return {
        "criterion_id": int(part) if part.isdigit() else None,
        "note_id": int(part.removeprefix("note-")) if part.startswith("note-") else None,
    }


def _said(err: Exception) -> dict[str, list[str]]:
    if isinstance(err, ValidationError):
        messages = err.normalized_messages()
        return flat(messages) | {
            name: [_("Choose one of these.")] for name, said in messages.items() if isinstance(said, dict)
        }
    name = "reason" if isinstance(err, errors.WhyMissing) else "body"
    if isinstance(err, errors.UnknownRule):
        name = "verdicts"
    return {name: [wording.sentence(err)]}
