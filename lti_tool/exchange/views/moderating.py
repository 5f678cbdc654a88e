"""
Staff hide or send back a feedback, or hide a message about it, where they read it.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries, rules, talk, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import ModerationSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.web.fields import LARGEST_ID, flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/feedback/<int:feedback_id>/moderation")
@staff_required
def new_moderation(id: int, feedback_id: int) -> ResponseReturnValue:
    """What to do about a feedback or a message; where it was flagged, that is decided about the flag."""
    exchange = exchange_or_404(id)
    message_id = _message_id(request.args.get("message", ""))
    thing = {"feedback_id": feedback_id} if message_id is None else {"message_id": message_id}
    flag = queries.latest_flag(db.session(), exchange, **thing)
    if flag is not None:
        return go_to(url_for("exchange.show_flag", id=id, flag_id=flag.id))
    return _page(exchange, feedback_id, message_id, typed={"decision": request.args.get("decision", "hide")})


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/moderation")
@staff_required
def moderate(id: int, feedback_id: int) -> ResponseReturnValue:
    """Do it."""
    exchange = exchange_or_404(id)
    message_id = _message_id(request.form.get("message", ""))
    typed = form_values("decision", "reason", "note", "counts")
    try:
        form = ModerationSchema().load(typed)
        form.pop("told")
        operations.moderate(
            db.session(),
            exchange,
            feedback_id=feedback_id,
            message_id=message_id,
            by=current().person_id,
            now=now(),
            **form,
        )
    except ValidationError as err:
        return _page(exchange, feedback_id, message_id, typed=typed, errors=flat(err.normalized_messages())), 422
    db.session.commit()
    return go_to(
        url_for("exchange.flags", id=id), saying=_("Done, and written down here with your name and your reason.")
    )


def _message_id(text: str) -> int | None:
    """The message that is meant; None where it is the feedback itself."""
    if not text:
        return None
    is_possible = text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) <= LARGEST_ID
    return int(text) if is_possible else abort(404)


def _page(exchange: Exchange, feedback_id: int, message_id: int | None, **typed: Any) -> str:
    session = db.session()
    part = queries.part_in(session, exchange, current().person_id, feedback_id, now=now(), is_staff=True)
    if part is None or part.side != rules.STAFF:
        abort(404)
    feedback = queries.with_dialogue(session, feedback_id)
    message = next((each for each in queries.said_about(feedback) if each.id == message_id), None)
    if message_id is not None and message is None:
        abort(404)
    allowed = operations.decisions_for(
        "feedback" if message is None else "message", is_sealed=exchange.sealing is not None
    )
    facts: dict[str, Any] = {
        "exchange": exchange,
        "feedback": feedback,
        "message": message,
        "author_id": part.author_id,
        "asked": queries.asked_in(session, feedback),
        "answers": queries.answered_in(exchange, feedback),
        "decisions": [(key, str(words)) for key, words in talk.DECISIONS.items() if key in allowed and key != "keep"],
        "reasons": [(key, str(words)) for key, words in talk.FLAG_REASONS.items()],
        "what": str(talk.FLAGGED["feedback" if message is None else "message"]),
        "shows_reviewers": exchange.may_see(rules.STAFF, rules.REVIEWER),
        "talk": talk,
        "wording": wording,
        "typed": {},
        "errors": {},
    }
    return render_template("exchange/moderation.html", **(facts | typed))
