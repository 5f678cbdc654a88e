"""
What all pages of further settings have in common: how a form is shown, and how it is saved beside a colleague.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.rules import Options
from lti_tool.exchange.topics import topics
from lti_tool.exchange.views.answers import exchange_or_404, go_to
from lti_tool.exchange.views.settings_meanwhile import Theirs
from lti_tool.web.viewer import current

NOT_OPTIONS = ("csrf_token", "act", "base")
"""Fields of each form that are about the form itself."""


def typed_options() -> dict[str, Any]:
    """What was sent, by field."""
    return {name: value for name, value in request.form.items() if name not in NOT_OPTIONS}


def topic_page(
    template: str,
    exchange: Exchange,
    topic: type[Options],
    typed: dict[str, Any],
    *,
    errors: dict[str, list[str]] | None = None,
    theirs: Sequence[Theirs] = (),
    **facts: Any,
) -> str:
    """The page of one topic; *theirs* is what a colleague has saved meanwhile, beside what was typed here."""
    base = base_of(exchange, topic, theirs=theirs)
    return render_template(
        template, exchange=exchange, typed=typed, errors=errors or {}, base=base, theirs=theirs, **facts
    )


def base_of(exchange: Exchange, topic: type[Options], *, theirs: Sequence[Theirs] = ()) -> str:
    """
    The fingerprint of what was saved when the form was first shown, however often it was refused since.

    Where the page shows *theirs*, it is that of what they saved.
    """
    saved = rules.fingerprint(exchange.option(topic))
    return saved if theirs else request.form.get("base") or saved


def save_topic(
    exchange: Exchange,
    options: Options,
    typed: dict[str, Any],
    *,
    form: Callable[..., str],
    keep: Callable[..., None] = operations.set_options,
    there: str = "",
    saying: str = "",
) -> ResponseReturnValue:
    """Let *keep* save it and go back to the settings, or *there*; the form again, where a colleague saved meanwhile."""
    back = there or url_for("exchange.edit", id=exchange.id, _anchor="further")
    try:
        keep(db.session(), exchange, options, by=current().person_id, now=now(), base=request.form.get("base"))
    except errors.TopicChanged:
        return changed_meanwhile(exchange, options, typed, form=form)
    db.session.commit()
    return go_to(back, saying=saying or _("Saved."))


def is_changed_meanwhile(exchange: Exchange, options: Options) -> bool:
    """Whether a colleague has saved something else since the form was shown."""
    saved = exchange.option(type(options))
    return rules.is_changed(saved, options, base=request.form.get("base"))


def changed_meanwhile(
    exchange: Exchange, options: Options, typed: dict[str, Any], *, form: Callable[..., str]
) -> ResponseReturnValue:
    """What was typed, to be saved once more by whoever has read what the other saved."""
    db.session.rollback()
    saved = exchange_or_404(exchange.id)
    return form(saved, typed, **saved_meanwhile(saved, type(options))), 409


def saved_meanwhile(exchange: Exchange, options: type[Options]) -> dict[str, Any]:
    """What a page says of the topic of *options* as a colleague has saved it."""
    topic = next(each for each in topics() if each.options is options)
    words = _written(exchange.option(options))
    theirs = [
        Theirs(str(topic.title), topic.summary(exchange)),
        *([Theirs(_("The words that are saved"), words)] if words else []),
    ]
    return {"theirs": theirs, "saved_page": url_for(topic.endpoint, id=exchange.id)}


def _written(options: Options) -> str:
    """The sentences of a teacher among the settings of a topic, a line each."""
    if isinstance(options, rules.CharterOptions):
        return "\n".join(options.rules)
    if isinstance(options, rules.CoachOptions):
        lines = [
            f"{wording.MOVES[move]}: {' · '.join(each for each in said if each)}"
            for move in rules.MOVES
            if any(said := (options.hints.get(move, ""), *options.phrases.get(move, ())))
        ]
        return "\n".join(lines)
    return ""
