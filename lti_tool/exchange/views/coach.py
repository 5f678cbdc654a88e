"""
Help with writing feedback: the coach, and what it looks for.
"""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool.exchange import rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules import CoachOptions, Words
from lti_tool.exchange.schemas import CoachSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.exchange.views.topic_pages import save_topic, topic_page
from lti_tool.web.fields import flat
from lti_tool.web.guards import teacher_required


@bp.get("/exchanges/<int:id>/settings/coach")
@teacher_required
def coach(id: int) -> ResponseReturnValue:
    """What the coach looks for."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(CoachOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/coach")
@teacher_required
def change_coach(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = _typed()
    try:
        options = CoachSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=_errors_by_name(err)), 422
    return save_topic(exchange, options, typed, form=_form)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the coach's list."""

    move: str
    title: str
    is_well: bool
    because: tuple[str, ...]
    """The words that made it think so."""
    hint: str
    """What one could add or say otherwise; empty where all is well."""


def looked_over(exchange: Exchange, words: Words) -> tuple[Line, ...]:
    """What the coach says about feedback being written; nothing where it is switched off."""
    options = exchange.option(CoachOptions)
    if not options.on:
        return ()
    # A beginning that was put in and not gone on with says nothing yet.
    beginnings = {line for criterion in exchange.criteria for line in criterion.guidance.starting_lines}
    comments = (*(said.comment for said in words.answers.values()), words.comment)
    text = "\n\n".join(rules.without(beginnings, comment) for comment in comments)
    seen = rules.look(text, moves=options.moves, phrases=options.phrases, language=str(get_locale() or "en"))
    return tuple(
        Line(
            move=each.move,
            title=str(wording.MOVES[each.move]),
            is_well=each.is_well and bool(text.strip()),
            because=each.words,
            hint="" if each.is_well else options.hints.get(each.move) or str(wording.HINTS[each.move]),
        )
        for each in seen
    )


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page(
        "exchange/coach.html",
        exchange,
        CoachOptions,
        typed,
        moves=[(move, wording.MOVES[move], wording.HINTS[move]) for move in rules.MOVES],
        **facts,
    )


def _typed() -> dict[str, Any]:
    form = request.form
    return {
        **{name: form[name] for name in ("on", "takeaway") if name in form},
        "moves": form.getlist("moves[]"),
        "phrases": {move: form.get(f"phrases-{move}", "") for move in rules.MOVES},
        "hints": {move: form.get(f"hint-{move}", "") for move in rules.MOVES},
    }


def _errors_by_name(err: ValidationError) -> dict[str, list[str]]:
    messages = err.normalized_messages()
    found = flat(messages)
    for topic, name in (("phrases", "phrases"), ("hints", "hint")):
        said = messages.get(topic, {})
        for move, problems in said.items() if isinstance(said, dict) else ():
            found[f"{name}-{move}"] = [str(each) for each in problems.get("value", ())]
    return found or {"moves[]": [_("Choose from these.")]}
