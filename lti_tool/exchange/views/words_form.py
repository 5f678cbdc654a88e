"""
The fields in which somebody answers the criteria: what was typed, what is wrong with it, and what they are called.

A criterion can go while somebody writes about it. Their page still sends what they wrote: it is kept in the draft and
shown in a field of its own, ``removed-7``, from which they take what they still want to say.
"""

import re
from collections.abc import Iterable
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool.exchange import errors, rules, wording
from lti_tool.exchange.models import Criterion, Exchange
from lti_tool.exchange.rules import AnswerWords, Lack, Words
from lti_tool.exchange.views.answers import form_values
from lti_tool.web.fields import Number, flat

PARTS = ("level", "number", "comment")
"""What a form may say about a criterion: ``level-7``, ``number-7``, ``comment-7``."""


def values(exchange: Exchange) -> dict[str, Any]:
    """
    The form as :class:`FeedbackSchema` reads it: answers to the criteria as they are now.

    Words on one that is gone are among them until their writer has seen that it is, so that they are not given in vain.
    """
    form = request.form
    answers: dict[int, dict[str, Any]] = {
        criterion.id: {
            "level_id": form.get(f"level-{criterion.id}") or None,
            "number": form.get(f"number-{criterion.id}", ""),
            "comment": form.get(f"comment-{criterion.id}", ""),
        }
        for criterion in exchange.criteria
        if any(f"{part}-{criterion.id}" in form for part in PARTS)
    }
    answers |= {id: {"comment": said} for id, said in on_removed("comment", exchange.criteria).items()}
    return form_values("comment", "base_revision") | {"answers": answers, "to_author": _to_author()}


def draft_values(exchange: Exchange) -> dict[str, Any]:
    """The form as a draft keeps it: with all that was said on criteria that are gone."""
    found = values(exchange)
    found["answers"] |= {id: {"comment": said} for id, said in on_removed("removed", exchange.criteria).items()}
    return found


def on_removed(field: str, criteria: Iterable[Criterion]) -> dict[int, str]:
    """What fields such as ``comment-7`` say on criteria that are none of *criteria* any more."""
    known = {criterion.id for criterion in criteria}
    found = {}
    for name, said in request.form.items():
        named = re.fullmatch(rf"{field}-([1-9][0-9]{{0,8}})", name)
        if named and int(named[1]) not in known and said.strip():
            found[int(named[1])] = said
    return found


def typed(exchange: Exchange) -> Words:
    """What was typed, right or wrong, to be shown again."""
    answers = {}
    for criterion in exchange.criteria:
        level = request.form.get(f"level-{criterion.id}", "")
        answers[criterion.id] = AnswerWords(
            level_id=int(level) if level.isascii() and level.isdigit() and len(level) < 10 else None,
            comment=request.form.get(f"comment-{criterion.id}", ""),
            number=_number(request.form.get(f"number-{criterion.id}", "")),
        )
    for field in ("comment", "removed"):
        answers |= {id: AnswerWords(comment=said) for id, said in on_removed(field, exchange.criteria).items()}
    return Words(answers=answers, comment=request.form.get("comment", ""), to_author=tuple(_to_author()))


def removed(exchange: Exchange, words: Words) -> dict[int, AnswerWords]:
    """What *words* say on criteria that are gone."""
    known = {criterion.id for criterion in exchange.criteria}
    return {id: said for id, said in words.answers.items() if id not in known and said.comment.strip()}


def removed_title() -> str:
    """What the page calls them."""
    return str(_("On a criterion that was taken away"))


def errors_by_name(exchange: Exchange, err: Exception) -> dict[str, list[str]]:
    """What is wrong, by the names of the form's fields."""
    if isinstance(err, ValidationError):
        messages = err.normalized_messages()
        found = flat(messages)
        answers = messages.get("answers", {})
        for id, said in answers.items() if isinstance(answers, dict) else ():
            for name, each in flat(said.get("value", {})).items():
                found[f"{'level' if name == 'level_id' else name}-{id}"] = each
        asked = messages.get("to_author", {})
        found |= {f"asked-{place}": said for place, said in asked.items()} if isinstance(asked, dict) else {}
        return found
    if isinstance(err, errors.IncompleteFeedback):
        criteria = {criterion.id: criterion for criterion in exchange.criteria}
        found = {
            _field(criteria, lack): [wording.lack(lack, criteria.get(lack.criterion_id or 0))] for lack in err.lacks
        }
        found |= {f"asked-{place}": [_("Write a few words.")] for place in err.questions}
        return found
    if isinstance(err, errors.UnknownAnswer):
        is_there = any(criterion.id == err.criterion_id for criterion in exchange.criteria)
        return {f"{'level' if is_there else 'removed'}-{err.criterion_id}": [wording.sentence(err)]}
    return {"comment": [wording.sentence(err)]}


def labels(exchange: Exchange) -> dict[str, str]:
    """The names of the form's fields, for the list of what is missing."""
    named = {f"{kind}-{criterion.id}": criterion.title for criterion in exchange.criteria for kind in PARTS}
    named |= {f"asked-{place}": _("The author’s question") for place in range(rules.MOST_QUESTIONS)}
    return named | {"comment": _("Overall")}


def _to_author() -> list[str]:
    """Answers to the author's questions, up to the last that was sent."""
    names = [f"asked-{place}" for place in range(rules.MOST_QUESTIONS)]
    sent = [place for place, name in enumerate(names) if name in request.form]
    return [request.form.get(name, "") for name in names[: max(sent, default=-1) + 1]]


def _number(text: str) -> float | None:
    try:
        return Number().deserialize(text)
    except ValidationError:
        return None


def _field(criteria: dict[int, Criterion], lack: Lack) -> str:
    """The name of the form's field in which something is wanting."""
    if lack.criterion_id is None:
        return "comment"
    if lack.part == "comment":
        return f"comment-{lack.criterion_id}"
    part = "level" if criteria[lack.criterion_id].kind == rules.LEVELS else "number"
    return f"{part}-{lack.criterion_id}"
