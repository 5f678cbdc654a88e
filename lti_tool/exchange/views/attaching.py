"""
Files in feedback: added and taken away by whoever writes it; and the settings of it.
"""

from collections.abc import Callable
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import ValidationError

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import AttachingSchema, FeedbackSchema
from lti_tool.exchange.views import attaching_form, bp, reviewing, staff_reviews, words_form
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx, require_part
from lti_tool.exchange.views.attaching_form import Place
from lti_tool.exchange.views.topic_pages import save_topic, topic_page
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, staff_required, teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/settings/attaching")
@teacher_required
def attaching(id: int) -> ResponseReturnValue:
    """Whether feedback may have files."""
    exchange = exchange_or_404(id)
    return _form(exchange, exchange.option(rules.AttachingOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/attaching")
@teacher_required
def change_attaching(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = {name: request.form[name] for name in ("most", "recordings") if name in request.form}
    try:
        options = AttachingSchema().load(typed)
    except ValidationError as err:
        return _form(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_form)


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/files")
@member_required
def attach_to_review(id: int, offer_id: int) -> ResponseReturnValue:
    """Add files to feedback; the words beside them are kept too."""
    return _in_review(exchange_or_404(id), offer_id, lambda: attaching_form.add_to_review(id, offer_id))


@bp.delete("/exchanges/<int:id>/reviews/<int:offer_id>/files/<int:attached_id>")
@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/files/<int:attached_id>/removal")
@member_required
def detach_from_review(id: int, offer_id: int, attached_id: int) -> ResponseReturnValue:
    """Take a file away again."""

    def act() -> list[str]:
        operations.detach_from_review(
            db.session(),
            exchange_or_404(id),
            reviewer=require_part(),
            offer_id=offer_id,
            file_id=attached_id,
            now=now(),
            storage=_storage(),
        )
        db.session.commit()
        return []

    return _in_review(exchange_or_404(id), offer_id, act)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review/files")
@staff_required
def attach_to_staff_review(id: int, person_id: int) -> ResponseReturnValue:
    """Add files to a review by staff; the words beside them are kept too."""
    return _in_staff_review(exchange_or_404(id), person_id, lambda: attaching_form.add_to_staff_review(id, person_id))


@bp.delete("/exchanges/<int:id>/people/<int:person_id>/staff-review/files/<int:attached_id>")
@bp.post("/exchanges/<int:id>/people/<int:person_id>/staff-review/files/<int:attached_id>/removal")
@staff_required
def detach_from_staff_review(id: int, person_id: int, attached_id: int) -> ResponseReturnValue:
    """Take a file away again."""

    def act() -> list[str]:
        operations.detach_from_staff_review(
            db.session(),
            exchange_or_404(id),
            author=person_id,
            by=current().person_id,
            file_id=attached_id,
            storage=_storage(),
        )
        db.session.commit()
        return []

    return _in_staff_review(exchange_or_404(id), person_id, act)


def _in_review(exchange: Exchange, offer_id: int, act: Callable[[], list[str]]) -> ResponseReturnValue:
    """Keep the words of the form, then *act*, which answers what was refused; and show what is there now."""
    id, reviewer = exchange.id, require_part()
    mine = queries.my_review(db.session(), exchange, reviewer, offer_id, now=now())
    if mine is None:
        abort(404)
    is_given, saved = mine.feedback is not None, None
    try:
        if not is_given and "base_revision" in request.form:
            form = FeedbackSchema().load(reviewing.form_of(exchange))
            saved = operations.save_feedback_draft(
                db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form
            )
            db.session.commit()
        problems = act()
    except (ValidationError, errors.TooLong) as err:
        if not is_htmx():
            return reviewing.refused(exchange, offer_id, err), 422
        problems = _flat(reviewing.errors_by_name(exchange, err))
        db.session.rollback()
    except (errors.OfferIsOver, errors.NotAsked) as err:
        return reviewing.over(exchange, err), 409
    exchange = exchange_or_404(id)
    if is_htmx():
        kept = reviewing.saved_page(exchange, offer_id, saved) if saved is not None else ""
        return _list(exchange, _place(exchange, offer_id), problems, kept)
    wrong = {"files": problems} if problems else {}
    if is_given:
        # Nothing keeps the words of a change before it is given, so they come back with the page.
        return reviewing.revision_typed(exchange, offer_id, problems=wrong)
    if problems:
        return reviewing.page(exchange, offer_id, errors=wrong), 422
    return go_to(url_for("exchange.review", id=id, offer_id=offer_id, _anchor="review-files"))


def _in_staff_review(exchange: Exchange, person_id: int, act: Callable[[], list[str]]) -> ResponseReturnValue:
    id, saved = exchange.id, None
    try:
        if "base_revision" in request.form:
            saved = staff_reviews.save_words(exchange, person_id)
            db.session.commit()
        problems = act()
    except (ValidationError, errors.TooLong) as err:
        wrong = words_form.errors_by_name(exchange, err)
        db.session.rollback()
        if not is_htmx():
            return staff_reviews.refused(id, person_id, wrong), 422
        problems = _flat(wrong)
    exchange = exchange_or_404(id)
    if is_htmx():
        kept = staff_reviews.saved_page(exchange, person_id, saved) if saved is not None else ""
        return _list(exchange, staff_reviews.files_of(exchange, person_id), problems, kept)
    if problems:
        return staff_reviews.page(exchange, person_id, errors={"files": problems}), 422
    return go_to(url_for("exchange.staff_review", id=id, person_id=person_id, _anchor="review-files"))


def _place(exchange: Exchange, offer_id: int) -> Place | None:
    mine = queries.my_review(db.session(), exchange, require_part(), offer_id, now=now())
    return attaching_form.of_review(exchange, mine) if mine is not None else None


def _list(exchange: Exchange, place: Place | None, problems: list[str], saved: str = "") -> ResponseReturnValue:
    """The place for files alone, and with it that the words are *saved*, as HTML."""
    return render_template(
        "exchange/_attaching.html",
        exchange=exchange,
        attaching=place,
        errors={"files": problems} if problems else {},
        saved=Markup(saved),  # noqa: S704 - a fragment that a template made
    ), 422 if problems else 200


def _flat(said: dict[str, list[str]]) -> list[str]:
    return [problem for problems in said.values() for problem in problems]


def _storage() -> files.Storage:
    return files.storage(attaching_form.settings())


def _form(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page(
        "exchange/attaching.html", exchange, rules.AttachingOptions, typed, most=rules.MOST_ATTACHED, **facts
    )
