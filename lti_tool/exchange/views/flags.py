"""
Asking staff to look at something, and what staff do about it.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, talk, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import DecisionSchema, FlagSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import LARGEST_ID, flat
from lti_tool.web.guards import member_required, staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/flags/new")
@member_required
def new_flag(id: int) -> ResponseReturnValue:
    """Say what is wrong with a feedback, a message, a work or a proposed rule."""
    exchange = exchange_or_404(id)
    kind, thing_id = request.args.get("kind", ""), request.args.get("thing_id", "")
    return _form(exchange, require_part(), {"kind": kind, "thing_id": thing_id})


@bp.post("/exchanges/<int:id>/flags")
@member_required
def flag(id: int) -> ResponseReturnValue:
    """Ask staff to look at it."""
    exchange = exchange_or_404(id)
    by = require_part()
    typed = form_values("kind", "thing_id", "reason", "words")
    try:
        form = FlagSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, by, typed, errors=flat(err.normalized_messages())), 422
    operations.flag(db.session(), exchange, by=by, now=now(), **form)
    db.session.commit()
    said = _("Your teachers will look at it. What comes of it you read here.")
    return go_to(url_for("exchange.show", id=id, _anchor="flags"), saying=said)


@bp.get("/exchanges/<int:id>/flags")
@staff_required
def flags(id: int) -> ResponseReturnValue:
    """What needs a human: flags, and works that reviewers see very differently."""
    exchange = exchange_or_404(id)
    return render_template(
        "exchange/flags.html",
        exchange=exchange,
        flags=queries.flags(db.session(), exchange),
        disagreements=queries.disagreements(db.session(), exchange, now=now()),
        talk=talk,
        wording=wording,
    )


@bp.get("/exchanges/<int:id>/flags/<int:flag_id>")
@staff_required
def show_flag(id: int, flag_id: int) -> ResponseReturnValue:
    """One flag and, for who has said that they look, the thing it is about."""
    return _page(exchange_or_404(id), flag_id)


@bp.post("/exchanges/<int:id>/flags/<int:flag_id>/looks")
@staff_required
def look_at_flag(id: int, flag_id: int) -> ResponseReturnValue:
    """Look at what was flagged; it is written down who did."""
    exchange = exchange_or_404(id)
    operations.note_look(db.session(), exchange, flag_id=flag_id, by=current().person_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show_flag", id=id, flag_id=flag_id))


@bp.post("/exchanges/<int:id>/flags/<int:flag_id>/decisions")
@staff_required
def decide(id: int, flag_id: int) -> ResponseReturnValue:
    """Decide what becomes of it."""
    exchange = exchange_or_404(id)
    typed = form_values("decision", "note", "told", "counts")
    try:
        form = DecisionSchema().load(typed)
        operations.decide(db.session(), exchange, flag_id=flag_id, by=current().person_id, now=now(), **form)
    except ValidationError as err:
        return _page(exchange, flag_id, typed=typed, errors=flat(err.normalized_messages())), 422
    except (errors.TooLong, errors.WhyMissing) as err:
        db.session.rollback()
        return _page(exchange, flag_id, typed=typed, errors={"note": [wording.sentence(err)]}), 422
    db.session.commit()
    return go_to(url_for("exchange.flags", id=id), saying=_("Decided. Whoever flagged it is told."))


def _form(exchange: Exchange, by: int, typed: dict[str, Any], **facts: Any) -> str:
    kind, thing = typed.get("kind", ""), str(typed.get("thing_id", ""))
    is_possible = thing.isascii() and thing.isdigit() and 0 < len(thing) < 11 and int(thing) <= LARGEST_ID
    if kind not in talk.FLAGGED or not is_possible:
        abort(404)
    operations.thing_of(db.session(), exchange, by=by, kind=kind, thing_id=int(thing), now=now())
    is_author = kind in ("feedback", "comparison", "rule") or queries.wrote_the_work(
        db.session(), exchange, by, kind=kind, message_id=int(thing)
    )
    return render_template(
        "exchange/flag_new.html",
        exchange=exchange,
        typed=typed,
        reasons=[(key, str(words)) for key, words in talk.FLAG_REASONS.items()],
        what=str(talk.FLAGGED[kind]),
        is_named=is_author or exchange.may_see(rules.STAFF, rules.REVIEWER),
        **({"errors": {}} | facts),
    )


def _page(exchange: Exchange, flag_id: int, **typed: Any) -> str:
    found = queries.flag_with(db.session(), exchange, flag_id)
    if found is None:
        abort(404)
    decisions = [
        (key, str(words))
        for key, words in talk.DECISIONS.items()
        if key in operations.decisions_for(found.kind, is_sealed=exchange.sealing is not None)
    ]
    facts: dict[str, Any] = {
        "exchange": exchange,
        "found": found,
        "authors": queries.names_of_authors(exchange, found.submission) if found.submission is not None else "",
        "flagged_by": talk.flagged_by(
            found, sees_reviewers=exchange.may_see(rules.STAFF, rules.REVIEWER), is_live=exchange.is_live
        ),
        "has_looked": any(act.by_id == current().person_id for act in found.flag.acts),
        "asked": queries.asked_in(db.session(), found.feedback) if found.feedback is not None else (),
        "answers": queries.answered_in(exchange, found.feedback) if found.feedback is not None else (),
        "decisions": decisions,
        "shows_reviewers": exchange.may_see(rules.STAFF, rules.REVIEWER),
        "talk": talk,
        "wording": wording,
        "typed": {},
        "errors": {},
    }
    return render_template("exchange/flag.html", **(facts | typed))
