"""
The one page of an exchange for who takes part: what it is, what to do next, what came back.
"""

from datetime import datetime
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import ReplySchema
from lti_tool.exchange.views import bp, oversight
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.grades import words as grade_words
from lti_tool.web import markdown
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>")
@member_required
def show(id: int) -> ResponseReturnValue:
    """The exchange, as this viewer needs it."""
    exchange = exchange_or_404(id)
    return oversight.overview_page(exchange) if current().is_staff else page(exchange)


@bp.get("/exchanges/<int:id>/student-view")
@staff_required
def look(id: int) -> ResponseReturnValue:
    """What a learner sees, for staff: nothing can be handed in here."""
    return page(exchange_or_404(id))


@bp.post("/exchanges/<int:id>/readings")
@member_required
def mark_read(id: int) -> ResponseReturnValue:
    """The feedback was seen: its author need not be told of it again."""
    exchange = exchange_or_404(id)
    operations.mark_read(db.session(), exchange, author=require_part(), now=now())
    db.session.commit()
    return ("", 204) if is_htmx() else go_to(url_for("exchange.show", id=id))


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/reply")
@member_required
def reply(id: int, feedback_id: int) -> ResponseReturnValue:
    """Answer a feedback, once."""
    exchange = exchange_or_404(id)
    author = require_part()
    try:
        form = ReplySchema().load(form_values("body"))
        operations.reply_once(db.session(), exchange, author=author, feedback_id=feedback_id, now=now(), **form)
    except (ValidationError, errors.AlreadyReplied, errors.EmptyReply, errors.TooLong) as err:
        db.session.rollback()
        return _refused_reply(exchange, feedback_id, err), 422
    db.session.commit()
    if not is_htmx():
        return go_to(
            url_for("exchange.show", id=id, _anchor=f"feedback-{feedback_id}"), saying=_("Your reply is there.")
        )
    return _replied(exchange, feedback_id)


@bp.post("/exchanges/markdown")
@member_required
def preview() -> ResponseReturnValue:
    """How words will look, while they are being typed."""
    words = request.form.get(request.args.get("field", "body"), "")[: rules.LONGEST_BODY]
    return render_template("exchange/_preview.html", html=markdown.render(words))


def page(exchange: Exchange, **refused: Any) -> str:
    """The whole page; what was *refused* is shown where it was typed."""
    return render_template("exchange/student.html", **(_facts(exchange) | refused))


def _replied(exchange: Exchange, feedback_id: int) -> str:
    facts = _facts(exchange)
    found = next(each for each in facts["page"].received if each.feedback.id == feedback_id)
    return render_template("exchange/_replied.html", **facts, received=found, was_answered=True)


def _facts(exchange: Exchange) -> dict[str, Any]:
    viewer = current()
    page = queries.student_page(db.session(), exchange, viewer.person_id, now=now())
    facts: dict[str, Any] = {
        "exchange": exchange,
        "page": page,
        "steps": _steps(exchange, page),
        "times": [(words, at) for words, at in _times(exchange) if at],
        "is_looking": not viewer.takes_part,
        "is_overdue": exchange.windows.is_late(now()),
        "wording": wording,
        "grade_words": grade_words,
        "taken": _taken(exchange, page),
    }
    if page.grade is not None and page.grade.cause == "override":
        facts["override"] = queries.overrides_of(db.session(), exchange, persons=[viewer.person_id]).get(
            viewer.person_id
        )
    return facts


def _taken(exchange: Exchange, page: queries.StudentPage) -> list[dict[str, Any]]:
    """What this learner took from each review, and the newest of which they have not said it yet."""
    given = [review for review in page.reviews if review.feedback is not None]
    if not given or not exchange.option(rules.CoachOptions).takeaway:
        return []
    notes = queries.takeaways_of(db.session(), exchange, current().person_id)
    return [
        {"review": review, "body": notes.get(review.offer.id, "")}
        for review in given
        if review.offer.id in notes or review is given[-1]
    ]


def _steps(exchange: Exchange, page: queries.StudentPage) -> list[dict[str, str]]:
    """The four steps of everybody, and how far this one has come."""
    is_handed_in = page.work is not None and page.work.submission.submitted_at is not None
    is_read = bool(page.received) and not any(each.is_new for each in page.received)
    is_replied = bool(page.received) and all(each.reply for each in page.received)
    has_all = not page.waiting_for
    done = (is_handed_in, page.given >= page.owed, is_read and has_all, is_replied and has_all)
    here = {
        "submit": 0,
        "review": 1,
        "wait": 1 if page.given < page.owed else 2,
        "reply": 2,
        "done": 3 if page.received and not is_replied else None,
    }.get(page.step)
    words = (
        _("Hand in your work"),
        ngettext("Give feedback to one classmate", "Give feedback to %(num)s classmates", page.owed),
        _("Read what comes back"),
        _("Reply"),
    )
    notes = (
        "",
        _("%(done)s of %(total)s", done=page.given, total=page.owed)
        if is_handed_in and 0 < page.given < page.owed
        else "",
        _("%(done)s of %(total)s", done=len(page.received), total=exchange.reviews)
        if page.received and not has_all
        else "",
        "",
    )
    return [
        {"text": text, "note": note, "state": "now" if place == here else "done" if is_done else ""}
        for place, (text, note, is_done) in enumerate(zip(words, notes, done, strict=True))
    ]


def _times(exchange: Exchange) -> list[tuple[str, datetime | None]]:
    return [
        (_("Opens"), exchange.opens_at),
        (_("Work due"), exchange.submit_by),
        (_("Reviews due"), exchange.review_by),
    ]


def _refused_reply(exchange: Exchange, feedback_id: int, err: Exception) -> str:
    said = flat(err.normalized_messages()) if isinstance(err, ValidationError) else {"body": [wording.sentence(err)]}
    typed = request.form.get("body", "")
    if is_htmx():
        return _received(exchange, feedback_id, errors=said, typed=typed)
    return page(exchange, replying_to=feedback_id, errors=said, typed=typed)


def _received(exchange: Exchange, feedback_id: int, **facts: Any) -> str:
    received = queries.received_feedback(db.session(), exchange, current().person_id)
    found = next((each for each in received if each.feedback.id == feedback_id), None)
    if found is None:
        abort(404)
    return render_template("exchange/_received.html", exchange=exchange, received=found, **facts)
