"""
Staff review a work themselves, with the form that everybody has.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, Submission
from lti_tool.exchange.operations import Saved
from lti_tool.exchange.operations.staff_reviews import about
from lti_tool.exchange.queries import Desk
from lti_tool.exchange.schemas import FeedbackSchema
from lti_tool.exchange.views import attaching_form, bp, words_drafts, words_form
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx
from lti_tool.exchange.views.attaching_form import Place
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current

RESCUE = "rescue"
"""The tick with which it takes the place of a reader."""


@bp.get("/exchanges/<int:id>/people/<int:person_id>/staff-review")
@staff_required
def staff_review(id: int, person_id: int) -> ResponseReturnValue:
    """A work, and the place to write about it."""
    return page(exchange_or_404(id), person_id)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review")
@staff_required
def give_staff_review(id: int, person_id: int) -> ResponseReturnValue:
    """Give it to its author, or put new words in the place of those given."""
    exchange = exchange_or_404(id)
    problems = attaching_form.add_to_staff_review(id, person_id)
    if problems:
        return refused(id, person_id, {"files": problems}), 422
    try:
        words = FeedbackSchema().load(words_form.values(exchange))["words"]
        is_rescue = request.form.get(RESCUE) == "1"
        operations.review_as_staff(
            db.session(), exchange, author=person_id, by=_me(), words=words, is_rescue=is_rescue, now=now()
        )
    except (ValidationError, errors.TooLong, errors.IncompleteFeedback, errors.UnknownAnswer) as err:
        said = words_form.errors_by_name(exchange, err)
        db.session.rollback()
        return refused(id, person_id, said), 422
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id), saying=_("Its author can read it now."))


@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review/draft")
@staff_required
def keep_staff_review(id: int, person_id: int) -> ResponseReturnValue:
    """Keep what is being written; its author does not see it yet."""
    exchange = exchange_or_404(id)
    problems = [] if is_htmx() else attaching_form.add_to_staff_review(id, person_id)
    wrong = {"files": problems} if problems else {}
    answer = words_drafts.keep(
        exchange,
        _me(),
        about(_work(exchange, person_id).id),
        here=url_for("exchange.staff_review", id=id, person_id=person_id),
        restore_url=_restore_url(exchange, person_id),
        refused=lambda said: refused(id, person_id, said | wrong),
        beside=_ticks() or None,
    )
    is_kept = not isinstance(answer, tuple)
    return (refused(id, person_id, wrong), 422) if wrong and is_kept else answer


@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review/draft/restoration")
@staff_required
def restore_staff_review(id: int, person_id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced."""
    exchange = exchange_or_404(id)
    work = _work(exchange, person_id).id
    operations.take_other_words(
        db.session(),
        exchange,
        person=_me(),
        about=about(work),
        now=now(),
        revision=words_drafts.asked_revision(),
    )
    db.session.commit()
    said = _("Put back. What stood here before is kept below.")
    return go_to(url_for("exchange.staff_review", id=id, person_id=person_id), saying=said)


@bp.delete("/exchanges/<int:id>/people/<int:person_id>/staff-review")
@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review/removal")
@staff_required
def take_staff_review_back(id: int, person_id: int) -> ResponseReturnValue:
    """Take one's own review back."""
    exchange = exchange_or_404(id)
    operations.take_staff_review_back(db.session(), exchange, author=person_id, by=_me(), now=now())
    db.session.commit()
    return go_to(url_for("exchange.person", id=id, person_id=person_id), saying=_("Your review is taken back."))


def save_words(exchange: Exchange, person_id: int) -> Saved:
    """Keep what was typed beside a file."""
    return words_drafts.save(exchange, _me(), about(_work(exchange, person_id).id), beside=_ticks() or None)


def saved_page(exchange: Exchange, person_id: int, saved: Saved) -> str:
    """What says that it is kept."""
    work = _work(exchange, person_id).id
    return words_drafts.saved_page(exchange, _me(), about(work), saved, restore_url=_restore_url(exchange, person_id))


def files_of(exchange: Exchange, person_id: int) -> Place | None:
    """The place for files."""
    review = queries.staff_review_by(db.session(), exchange, person_id, _me())
    desk = Desk.of_staff(_work(exchange, person_id).id, _me(), review.id if review is not None else None)
    return attaching_form.of_staff(exchange, desk, person_id)


def _ticks() -> dict[str, Any]:
    """What is ticked beside the words; nothing where the form had nothing to tick."""
    return {RESCUE: request.form.get(RESCUE) == "1"} if "ticks" in request.form else {}


def _me() -> int:
    return current().person_id


def _restore_url(exchange: Exchange, person_id: int) -> str:
    return url_for("exchange.restore_staff_review", id=exchange.id, person_id=person_id)


def _work(exchange: Exchange, person_id: int) -> Submission:
    """The work of somebody that can be reviewed; 404 for anybody else."""
    work = queries.handed_in_by(db.session(), exchange, person_id)
    return work if work is not None else abort(404)


def refused(id: int, person_id: int, said: dict[str, list[str]]) -> str:
    """The page again, with what was typed and what is wrong with it."""
    exchange = exchange_or_404(id)
    return page(exchange, person_id, errors=said, words=words_form.typed(exchange), **_ticks())


def page(exchange: Exchange, person_id: int, **typed: Any) -> str:
    """The work, and the place to write about it."""
    found = queries.person_page(db.session(), exchange, person_id, now=now())
    if (
        found is None
        or found.work is None
        or found.work.handed_in is None
        or found.work.submission.submitted_at is None
    ):
        abort(404)
    mine = queries.staff_review_by(db.session(), exchange, person_id, _me())
    draft = queries.words_draft(db.session(), exchange, _me(), about(found.work.submission.id))
    ticks = draft.beside if draft is not None else {}
    facts: dict[str, Any] = {
        "exchange": exchange,
        "author": found,
        "version": found.work.handed_in,
        "mine": mine,
        "lacks": queries.readers_lacking(db.session(), exchange, person_id),
        # Ticked unless whoever writes has taken it off, now or when they gave it.
        RESCUE: ticks.get(RESCUE, mine is None),
        "is_talked_about": mine is not None and operations.is_talked_about(db.session(), mine),
        "counts": exchange.points is not None and exchange.option(rules.GradingOptions).staff,
        "errors": {},
        "error_labels": words_form.labels(exchange) | {"files": _("Files")},
        "attaching": files_of(exchange, person_id),
        "wording": wording,
        **words_drafts.facts_of(
            draft, mine.said if mine is not None else None, restore_url=_restore_url(exchange, person_id)
        ),
    }
    wants_form = is_htmx() and "words" in typed
    template = "exchange/_staff_review_form.html" if wants_form else "exchange/staff_review.html"
    return render_template(template, **(facts | typed))
