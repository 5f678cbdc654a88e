"""
A reviewer at work: take a work, write, give the feedback or hand the work back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, wording
from lti_tool.exchange.models import DraftCopy, Exchange
from lti_tool.exchange.operations import Saved
from lti_tool.exchange.schemas import DeclineSchema, FeedbackSchema, SecondLookSchema
from lti_tool.exchange.views import attaching_form, bp, coach, dialogue, noting, words_form
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current


@bp.post("/exchanges/<int:id>/reviews")
@member_required
def take(id: int) -> ResponseReturnValue:
    """Get the work that most needs a reader."""
    exchange = exchange_or_404(id)
    try:
        found = operations.next_offer(db.session(), exchange, reviewer=require_part(), now=now())
    except errors.PracticeFirst as err:
        return go_to(url_for("exchange.practise", id=id), saying=wording.sentence(err), kind="info")
    db.session.commit()
    return _go_on(exchange, found)


@bp.get("/exchanges/<int:id>/reviews/<int:offer_id>")
@member_required
def review(id: int, offer_id: int) -> ResponseReturnValue:
    """A work and the place to write about it; once given, the feedback and the author's reply."""
    exchange = exchange_or_404(id)
    reason = queries.why_gone(db.session(), exchange, current().person_id, offer_id)
    if reason is not None:
        said = f"{wording.work_is_gone(reason)} {_('What you wrote about it is still yours.')}"
        return go_to(url_for("exchange.show", id=id), saying=said, kind="warning")
    return page(exchange, offer_id)


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/draft")
@member_required
def keep_feedback(id: int, offer_id: int) -> ResponseReturnValue:
    """
    Keep what is being written; the work stays with its reviewer meanwhile. A file comes along where no script sent it.
    """
    exchange = exchange_or_404(id)
    reviewer, problems = require_part(), []
    try:
        if not is_htmx():
            problems = attaching_form.add_to_review(id, offer_id)
        form = FeedbackSchema().load(form_of(exchange))
        saved = operations.save_feedback_draft(
            db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form
        )
    except (ValidationError, errors.TooLong) as err:
        return refused(exchange, offer_id, err, draft=True), 422
    except (errors.OfferIsOver, errors.NotAsked) as err:
        return over(exchange, err), 409
    db.session.commit()
    if is_htmx():
        return saved_page(exchange, offer_id, saved)
    if problems:
        return page(exchange, offer_id, errors={"files": problems}), 422
    wants_coach = request.form.get("act") == "coach"
    there = url_for("exchange.review", id=id, offer_id=offer_id, _anchor="coach" if wants_coach else None)
    return go_to(there, saying=_("Saved."))


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/feedback")
@member_required
def give(id: int, offer_id: int) -> ResponseReturnValue:
    """Give the feedback to the author."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        problems = attaching_form.add_to_review(id, offer_id)
        if problems:
            return page(exchange, offer_id, errors={"files": problems}, words=words_form.typed(exchange)), 422
        form = FeedbackSchema().load(_to_give(exchange))
        operations.give_feedback(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form)
    except (
        ValidationError,
        errors.TooLong,
        errors.IncompleteFeedback,
        errors.UnknownAnswer,
        errors.NotOpen,
        errors.NoteRefused,
        errors.NotHeldYet,
    ) as err:
        return refused(exchange, offer_id, err), 422
    except (errors.OfferIsOver, errors.NotAsked) as err:
        return over(exchange, err), 409
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Your feedback is with its author. Thank you!"))


@bp.get("/exchanges/<int:id>/reviews/<int:offer_id>/revision")
@member_required
def revision(id: int, offer_id: int) -> ResponseReturnValue:
    """Given feedback to be written anew, where another saw the work very differently or staff asked."""
    exchange = exchange_or_404(id)
    return revision_page(exchange, offer_id)


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/revision")
@member_required
def revise(id: int, offer_id: int) -> ResponseReturnValue:
    """Put it in the place of what was given."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        problems = attaching_form.add_to_review(id, offer_id)
        if problems:
            return revision_typed(exchange_or_404(id), offer_id, problems={"files": problems})
        form = FeedbackSchema().load(_to_give(exchange))
        operations.revise_feedback(
            db.session(),
            exchange,
            reviewer=reviewer,
            offer_id=offer_id,
            words=form["words"],
            noting=form["noting"],
            now=now(),
        )
    except (ValidationError, errors.TooLong, errors.IncompleteFeedback, errors.UnknownAnswer) as err:
        said = errors_by_name(exchange, err)
        db.session.rollback()
        return revision_typed(exchange_or_404(id), offer_id, problems=said)
    except (errors.NotAsked, errors.LookedAlready) as err:
        return over(exchange, err), 409
    db.session.commit()
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id), saying=_("Your feedback says this now."))


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/second-look")
@member_required
def stay(id: int, offer_id: int) -> ResponseReturnValue:
    """Having read the other's reasons, say why one's own feedback stays."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        form = SecondLookSchema().load(form_values("note"))
        operations.stay_with_it(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form)
    except ValidationError as err:
        said = flat(err.normalized_messages())
        return page(exchange, offer_id, look_errors=said, looked=request.form), 422
    db.session.commit()
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id), saying=_("Noted. The author reads it too."))


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/refusal")
@member_required
def decline(id: int, offer_id: int) -> ResponseReturnValue:
    """Hand a work back, with a reason, and get another."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        form = DeclineSchema().load(form_values("reason", "note"))
    except ValidationError as err:
        said = flat(err.normalized_messages())
        return page(exchange, offer_id, decline_errors=said, declined=request.form), 422
    found = operations.decline_offer(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form)
    db.session.commit()
    return _go_on(exchange, found, saying=_("Handed back. Here is another work."))


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/copies/<int:copy_id>/restoration")
@member_required
def restore_feedback(id: int, offer_id: int, copy_id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced."""
    exchange = exchange_or_404(id)
    operations.restore_copy(db.session(), exchange, person=require_part(), copy_id=copy_id, now=now())
    db.session.commit()
    said = _("Put back. What stood here before is kept below.")
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id), saying=said)


def _go_on(exchange: Exchange, found: operations.NextOffer, *, saying: str = "") -> ResponseReturnValue:
    if found.offer is None:
        said = wording.nothing_to_review(exchange, found.none_because or "all_served")
        return go_to(url_for("exchange.show", id=exchange.id), saying=said, kind="info")
    return go_to(url_for("exchange.review", id=exchange.id, offer_id=found.offer.id), saying=saying)


def form_of(exchange: Exchange) -> dict[str, Any]:
    """The form as :class:`FeedbackSchema` reads it for a draft, with the notes on single places."""
    return words_form.draft_values(exchange) | {"noting": noting.typed()}


def _to_give(exchange: Exchange) -> dict[str, Any]:
    """The same to be given: without words on criteria that are gone, once their writer has seen that they are."""
    return words_form.values(exchange) | {"noting": noting.typed()}


def errors_by_name(exchange: Exchange, err: Exception) -> dict[str, list[str]]:
    """What is wrong, by the names of the form's fields, notes among them."""
    if isinstance(err, errors.NoteRefused):
        return {f"note-{err.field}": [noting.sentence(err)]}
    found = words_form.errors_by_name(exchange, err)
    if isinstance(err, ValidationError):
        found |= noting.errors_by_name(err.normalized_messages().get("noting", {}))
    return found


def refused(exchange: Exchange, offer_id: int, err: Exception, *, draft: bool = False) -> str:
    db.session.rollback()
    exchange = exchange_or_404(exchange.id)
    said = errors_by_name(exchange, err)
    if draft and is_htmx():
        return render_template("exchange/_not_saved.html", exchange=exchange, errors=said)
    return page(exchange, offer_id, errors=said, words=words_form.typed(exchange))


def over(exchange: Exchange, err: errors.OfferIsOver | errors.NotAsked | errors.LookedAlready) -> str:
    """What was typed, to be copied: the work has moved on, or feedback that was given stays as it is."""
    db.session.rollback()
    exchange = exchange_or_404(exchange.id)
    words = words_form.typed(exchange)
    said = [
        (each.title, words.answers[each.id].comment) for each in exchange.criteria if words.answers[each.id].comment
    ]
    said += [(words_form.removed_title(), each.comment) for each in words_form.removed(exchange, words).values()]
    said += [(_("To the author’s question"), each) for each in words.to_author if each]
    said += [(_("Note"), each) for each in noting.typed_words()]
    if words.comment:
        said.append((_("Overall"), words.comment))
    title, problem = _("This work has moved on"), wording.sentence(err)
    if not isinstance(err, errors.OfferIsOver):
        title, problem = _("Nothing was changed"), f"{problem} {_('What you wrote is still here to copy.')}"
    template = "exchange/_over.html" if is_htmx() else "exchange/over.html"
    return render_template(template, exchange=exchange, title=title, problem=problem, said=said)


def saved_page(exchange: Exchange, offer_id: int, saved: Saved) -> str:
    """What says that words are kept, and shows those of another tab."""
    mine = queries.my_review(db.session(), exchange, require_part(), offer_id, now=now())
    return render_template(
        "exchange/_saved.html",
        saved=saved,
        copies=mine.copies if mine else (),
        coach=coach.looked_over(exchange, mine.words) if mine else (),
        criteria=exchange.criteria,
        copy_url=_copy_url(exchange, offer_id),
        conflict_words=_(
            "This was also changed in another tab. Both are kept: here is what you saved last, "
            "and the other is below it."
        ),
    )


def page(exchange: Exchange, offer_id: int, **typed: Any) -> str:
    """The work and the place to write about it."""
    mine = queries.my_review(db.session(), exchange, require_part(), offer_id, now=now())
    if mine is None:
        abort(404)
    facts = {
        "exchange": exchange,
        "review": mine,
        "words": mine.words,
        "revision": mine.draft.revision if mine.draft else 0,
        "because": queries.windows_of(db.session(), exchange, require_part()).why_not_review(now()),
        "errors": {},
        "decline_errors": {},
        "declined": {},
        "wording": wording,
        "copy_url": _copy_url(exchange, offer_id),
        "decline_reasons": list(wording.DECLINE_REASONS.items()),
        "error_labels": _labels(exchange),
        **_shown(exchange, mine),
        **dialogue.reviewer_facts(exchange, mine),
        "coach": coach.looked_over(exchange, typed.get("words", mine.words)) if mine.feedback is None else (),
        "attaching": attaching_form.of_review(exchange, mine) if mine.feedback is None else None,
    }
    facts |= typed | noting.facts(exchange, mine, typed.get("words"))
    wants_form = is_htmx() and "words" in typed
    return render_template("exchange/_refused.html" if wants_form else "exchange/review.html", **facts)


def _shown(exchange: Exchange, mine: queries.MyReview) -> dict[str, Any]:
    """When and where it is shown, where nothing is handed in."""
    if not exchange.is_live:
        return {}
    slot = queries.slot_of(db.session(), mine.submission.id)
    return {"slot": slot, "is_held": slot is None or slot.held_at is None or slot.held_at <= now()}


def revision_page(exchange: Exchange, offer_id: int, **typed: Any) -> str:
    """Given feedback to be written anew."""
    mine = queries.my_review(db.session(), exchange, require_part(), offer_id, now=now())
    if mine is None or mine.feedback is None:
        abort(404)
    if not operations.may_revise(db.session(), exchange, mine.feedback, reviewer=require_part(), now=now()):
        raise errors.NotAsked
    facts = {
        "exchange": exchange,
        "review": mine,
        "words": mine.words,
        "errors": {},
        "wording": wording,
        "error_labels": _labels(exchange),
        "revise_url": url_for("exchange.revise", id=exchange.id, offer_id=offer_id),
        "attaching": attaching_form.of_review(exchange, mine),
        **dialogue.reviewer_facts(exchange, mine),
    }
    facts |= typed
    if "words" in typed:
        facts["words"] = replace(typed["words"], notes=noting.retyped(mine.words.notes))
    template = "exchange/_review_form.html" if is_htmx() else "exchange/revision.html"
    return render_template(template, **facts)


def revision_typed(exchange: Exchange, offer_id: int, *, problems: dict[str, list[str]]) -> tuple[str, int]:
    """The same with what was typed, and the status; to be copied where nobody asks for it any more."""
    try:
        page = revision_page(exchange, offer_id, errors=problems, words=words_form.typed(exchange))
    except errors.NotAsked as err:
        return over(exchange, err), 409
    return page, 422 if problems else 200


def _copy_url(exchange: Exchange, offer_id: int) -> Callable[[DraftCopy], str]:
    return lambda copy: url_for("exchange.restore_feedback", id=exchange.id, offer_id=offer_id, copy_id=copy.id)


def _labels(exchange: Exchange) -> dict[str, str]:
    """The names of the form's fields, for the list of what is missing."""
    return noting.labels() | words_form.labels(exchange) | {"files": _("Files")}
