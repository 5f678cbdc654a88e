"""
Authors look at their own work: the settings of it, the form, and both views side by side.
"""

from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.self_assessment import ABOUT
from lti_tool.exchange.queries import OwnLook, StudentPage
from lti_tool.exchange.schemas import FeedbackSchema, SelfAssessmentOptionsSchema
from lti_tool.exchange.views import bp, words_drafts, words_form
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/settings/self-assessment")
@teacher_required
def self_assessment(id: int) -> ResponseReturnValue:
    """Whether and when authors assess their own work."""
    exchange = exchange_or_404(id)
    return _settings(exchange, exchange.option(rules.SelfAssessmentOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/self-assessment")
@teacher_required
def change_self_assessment(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = SelfAssessmentOptionsSchema().load(typed)
    except ValidationError as err:
        return _settings(exchange, typed, errors=flat(err.normalized_messages())), 422
    return save_topic(exchange, options, typed, form=_settings)


@bp.get("/exchanges/<int:id>/self-assessment")
@member_required
def own_work(id: int) -> ResponseReturnValue:
    """One's own work, and the place to say how one sees it."""
    return _page(exchange_or_404(id))


@bp.post("/exchanges/<int:id>/self-assessment")
@member_required
def assess(id: int) -> ResponseReturnValue:
    """Say how one sees it."""
    exchange = exchange_or_404(id)
    author = require_part()
    try:
        words = FeedbackSchema().load(words_form.values(exchange))["words"]
        operations.assess_own_work(db.session(), exchange, author=author, words=words, now=now())
    except (
        ValidationError,
        errors.TooLong,
        errors.IncompleteFeedback,
        errors.UnknownAnswer,
        errors.NotOpen,
        errors.AssessedAlready,
    ) as err:
        said = words_form.errors_by_name(exchange, err)
        db.session.rollback()
        return _refused(exchange, said), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id, _anchor="own"), saying=_("Kept, beside what others say."))


@bp.post("/exchanges/<int:id>/self-assessment/draft")
@member_required
def keep_own(id: int) -> ResponseReturnValue:
    """Keep what is being written."""
    exchange = exchange_or_404(id)
    return words_drafts.keep(
        exchange,
        require_part(),
        ABOUT,
        here=url_for("exchange.own_work", id=id),
        restore_url=_restore_url(exchange),
        refused=lambda said: _refused(exchange, said),
    )


@bp.post("/exchanges/<int:id>/self-assessment/draft/restoration")
@member_required
def restore_own(id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced."""
    exchange = exchange_or_404(id)
    operations.take_other_words(
        db.session(),
        exchange,
        person=require_part(),
        about=ABOUT,
        now=now(),
        revision=words_drafts.asked_revision(),
    )
    db.session.commit()
    said = _("Put back. What stood here before is kept below.")
    return go_to(url_for("exchange.own_work", id=id), saying=said)


@bp.post("/exchanges/<int:id>/self-assessment/passing-over")
@member_required
def pass_over(id: int) -> ResponseReturnValue:
    """See the feedback without looking at one's own work first."""
    exchange = exchange_or_404(id)
    operations.pass_over(db.session(), exchange, author=require_part(), now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id, _anchor="received"))


def with_step(steps: list[dict[str, str]], exchange: Exchange, page: StudentPage) -> list[dict[str, str]]:
    """The steps of everybody, with the look at one's own work in its place where it is asked for."""
    options = exchange.option(rules.SelfAssessmentOptions)
    if not options.is_on:
        return steps
    has_said = page.own is not None and page.own.said is not None
    state = "now" if page.step == "assess" else "done" if has_said else ""
    step = {"text": _("Look at your own work"), "note": "", "state": state}
    place = 2 if options.when == rules.BEFORE else 3
    return [*steps[:place], step, *steps[place:]]


def own_facts(exchange: Exchange, own: OwnLook | None, *, is_staff: bool = False) -> dict[str, Any]:
    """What the comparison of both views shows; nothing where nobody asks for it."""
    if own is None:
        return {"own": None}
    criteria = {each.id: each for each in exchange.criteria}
    sentence = wording.view_for_staff if is_staff else wording.view
    return {
        "own": own,
        "own_views": [
            (criteria[view.criterion_id], view, sentence(view)) for view in own.views if view.criterion_id in criteria
        ],
    }


def _settings(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page(
        "exchange/self_assessment.html",
        exchange,
        rules.SelfAssessmentOptions,
        typed,
        assessed=len(queries.self_assessments(db.session(), exchange)),
        **facts,
    )


def _refused(exchange: Exchange, said: dict[str, list[str]]) -> str:
    exchange = exchange_or_404(exchange.id)
    return _page(exchange, errors=said, words=words_form.typed(exchange))


def _page(exchange: Exchange, **typed: Any) -> str:
    person = current().person_id
    page = queries.student_page(db.session(), exchange, person, now=now())
    if page.own is None or page.work is None:
        abort(404)
    draft = queries.words_draft(db.session(), exchange, person, ABOUT)
    facts = {
        "exchange": exchange,
        "page": page,
        "work": page.work,
        "is_beside": exchange.option(rules.SelfAssessmentOptions).when == rules.BESIDE,
        "errors": {},
        "error_labels": words_form.labels(exchange),
        "wording": wording,
        "because": page.windows.why_not_assess(now()),
        **words_drafts.facts_of(draft, page.own.said, restore_url=_restore_url(exchange)),
        **own_facts(exchange, page.own),
    }
    wants_form = is_htmx() and "words" in typed
    return render_template("exchange/_own_form.html" if wants_form else "exchange/own.html", **(facts | typed))


def _restore_url(exchange: Exchange) -> str:
    return url_for("exchange.restore_own", id=exchange.id)
