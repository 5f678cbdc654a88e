"""
Looking after an exchange: who is where, one person's everything, grades.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses import queries as courses
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, FeedbackRelease
from lti_tool.exchange.schemas import OverrideSchema
from lti_tool.exchange.talk import Talk
from lti_tool.exchange.views import bp, self_assessment
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx
from lti_tool.exchange.views.paging import paged
from lti_tool.grades import operations as grade_operations
from lti_tool.grades import queries as grade_queries
from lti_tool.grades import words as grade_words
from lti_tool.grades.models import State
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How many people have come how far: one stretch of the drawing above the list."""

    key: str
    words: LazyString
    count: int


STAGES = {
    "away": lazy_gettext("Not begun"),
    "writing": lazy_gettext("Writing"),
    "reviewing": lazy_gettext("Reviewing"),
    "waiting": lazy_gettext("Waiting for feedback"),
    "done": lazy_gettext("All given and received"),
}


PEOPLE_A_PAGE = 100


def overview_page(exchange: Exchange, **typed: Any) -> str:
    """Who is where, for staff; with what was typed about several of them where that was refused."""
    overview = queries.overview(db.session(), exchange, now=now())
    who = request.args.get("who", "")
    name = " ".join(request.args.get("name", "").split())[:100]
    rows = [row for row in overview.rows if _is_asked_for(row, who, name, exchange)]
    shown, page, pages = paged(rows, size=PEOPLE_A_PAGE)
    facts: dict[str, Any] = {
        "exchange": exchange,
        "overview": overview,
        "found": len(rows),
        "page": page,
        "pages": pages,
        "typed": {},
        "errors": {},
        "stages": _stages(overview.rows, exchange),
        "stage_of": {row.person_id: _stage_of(row, exchange) for row in overview.rows},
        "stage_words": STAGES,
        "rows": shown,
        "times": [
            (words, at)
            for words, at in (
                (_("Sign up by") if exchange.is_live else _("Work due"), exchange.submit_by),
                (_("Reviews due"), exchange.review_by),
            )
            if at
        ],
        "who": who,
        "name": name,
        "filters": _filters(overview.rows, exchange),
        "because": exchange.windows.why_not_open(now()),
        "to_remind": len(queries.to_remind(db.session(), exchange, now=now(), missing=overview.missing))
        if exchange.windows.is_open_at(now())
        else 0,
        "is_early": queries.waits_to_begin(db.session(), exchange),
        "without_work": sum(_lacks_work(row, now()) for row in overview.rows) if exchange.is_published else 0,
        "asks_more": exchange.option(rules.PracticeOptions).when == rules.DEMANDED
        or exchange.option(rules.ComparingOptions).is_on
        or exchange.option(rules.SelfAssessmentOptions).is_on,
        "has_no_column": exchange.points is not None and courses.link_of(db.session(), exchange.id) is None,
        "wording": wording,
        "grade_words": grade_words,
        "compares": exchange.option(rules.ComparingOptions).is_on,
        "asks_for_rules": exchange.option(rules.CharterOptions).proposals,
        "begun": 0 if overview.handed_in_once else queries.works_begun(db.session(), exchange),
        "to_look_at": queries.open_flags(db.session(), exchange),
        "release": exchange.option(rules.ReleaseOptions),
        "released": _released(exchange),
    }
    return render_template("exchange/_people.html" if is_htmx() else "exchange/overview.html", **(facts | typed))


@bp.get("/exchanges/<int:id>/people/<int:person_id>")
@staff_required
def person(id: int, person_id: int) -> ResponseReturnValue:
    """Everything of one person: work, feedback received and given, grade."""
    return person_page(exchange_or_404(id), person_id)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/grade")
@staff_required
def override(id: int, person_id: int) -> ResponseReturnValue:
    """Set a grade by hand, and say why."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    try:
        form = OverrideSchema().load(form_values("score", "reason"))
        operations.set_grade_override(db.session(), exchange, person=person_id, by=_me(), now=now(), **form)
    except ValidationError as err:
        return _refused_grade(exchange, person_id, flat(err.normalized_messages())), 422
    except (errors.ScoreOutOfRange, errors.ReasonMissing, errors.TooLong) as err:
        db.session.rollback()
        name = "score" if isinstance(err, errors.ScoreOutOfRange) else "reason"
        return _refused_grade(exchange_or_404(id), person_id, {name: [wording.sentence(err)]}), 422
    db.session.commit()
    is_placed = courses.link_of(db.session(), exchange.id) is not None
    said = _("The grade is set and on its way to the gradebook.") if is_placed else _("The grade is set.")
    return _graded(exchange, person_id, said)


@bp.delete("/exchanges/<int:id>/people/<int:person_id>/grade")
@bp.post("/exchanges/<int:id>/people/<int:person_id>/grade/removal")
@staff_required
def lift(id: int, person_id: int) -> ResponseReturnValue:
    """Go back to the grade that the feedback gives."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    operations.lift_grade_override(db.session(), exchange, person=person_id, by=_me(), now=now())
    db.session.commit()
    return _graded(exchange, person_id, _("The grade follows the feedback again."))


@bp.post("/exchanges/<int:id>/people/<int:person_id>/release")
@staff_required
def release(id: int, person_id: int) -> ResponseReturnValue:
    """Send one person's grade as it stands."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    count = operations.release_grades(db.session(), exchange, by=_me(), now=now(), person=person_id)
    db.session.commit()
    return _graded(exchange, person_id, _("The grade is on its way.") if count else _("There is no new grade to send."))


@bp.post("/exchanges/<int:id>/releases")
@staff_required
def release_all(id: int) -> ResponseReturnValue:
    """Send every grade that can be computed now."""
    exchange = exchange_or_404(id)
    count = operations.release_grades(db.session(), exchange, by=_me(), now=now())
    db.session.commit()
    said = ngettext("One grade is on its way.", "%(num)s grades are on their way.", count)
    return go_to(url_for("exchange.show", id=id), saying=said if count else _("There is no new grade to send."))


@bp.post("/exchanges/<int:id>/people/<int:person_id>/passback")
@staff_required
def send_again(id: int, person_id: int) -> ResponseReturnValue:
    """Try the gradebook once more: every column that lacks something of theirs, or all of them where none does."""
    exchange = exchange_or_404(id)
    found = grade_queries.passbacks_of_person(db.session(), exchange.id, person_id)
    if not found:
        abort(404)
    for each in [each for each in found if each.state == State.FAILED] or found:
        grade_operations.send_again(db.session(), each, now=now())
    db.session.commit()
    return _graded(exchange, person_id, _("The grade is sent once more."))


def _released(exchange: Exchange, person_id: int | None = None) -> FeedbackRelease | None:
    """Whether staff show feedback, where it is not shown at once anyway."""
    if exchange.option(rules.ReleaseOptions).when == rules.SHOWN_AT_ONCE:
        return None
    return queries.feedback_release(db.session(), exchange, person_id=person_id)


def _me() -> int:
    return current().person_id


def require_person(exchange: Exchange, person_id: int) -> None:
    if queries.person_page(db.session(), exchange, person_id, now=now()) is None:
        abort(404)


def _graded(exchange: Exchange, person_id: int, said: str) -> ResponseReturnValue:
    if is_htmx():
        return person_page(exchange_or_404(exchange.id), person_id, said=said)
    return go_to(url_for("exchange.person", id=exchange.id, person_id=person_id), saying=said)


def _refused_grade(exchange: Exchange, person_id: int, said: Mapping[str, Any]) -> str:
    typed = {"score": request.form.get("score", ""), "reason": request.form.get("reason", "")}
    return person_page(exchange, person_id, errors=said, typed=typed)


def person_page(exchange: Exchange, person_id: int, **facts: Any) -> str:
    page = queries.person_page(db.session(), exchange, person_id, now=now(), looker=_me())
    if page is None:
        abort(404)
    template = "exchange/_grade.html" if is_htmx() and not facts.pop("is_whole", False) else "exchange/person.html"
    defaults = {
        "exchange": exchange,
        "page": page,
        "errors": {},
        "typed": {},
        "said": "",
        "talk": Talk(exchange=exchange, person_id=_me(), now=now()),
        "release": exchange.option(rules.ReleaseOptions),
        "released": _released(exchange, person_id),
        "wording": wording,
        "shows_reviewers": exchange.may_see(rules.STAFF, rules.REVIEWER),
        "grade_words": grade_words,
        "exchange_options": exchange.option(rules.GradingOptions),
        "part_errors": {},
        "part_typed": {},
        "by_staff": queries.staff_reviews_of(db.session(), exchange, person_id) if page.by_staff else (),
        **self_assessment.own_facts(exchange, page.own, is_staff=True),
    }
    return render_template(template, **(defaults | facts))


def _stage_of(row: queries.StudentRow, exchange: Exchange) -> str:
    if row.submitted_at is None:
        return "writing" if row.has_draft else "away"
    if row.given is None or row.given < row.owes:
        return "reviewing"
    return "done" if row.received >= exchange.reviews else "waiting"


def _stages(rows: Sequence[queries.StudentRow], exchange: Exchange) -> list[Stage]:
    found = [_stage_of(row, exchange) for row in rows]
    return [Stage(key=key, words=words, count=found.count(key)) for key, words in STAGES.items()]


def _filters(rows: Sequence[queries.StudentRow], exchange: Exchange) -> list[tuple[str, str]]:
    """What the list can be filtered by, each with how many it would show; what nobody is, is left out."""
    options = [("", _("Everybody (%(count)s)", count=len(rows)))]
    troubles = {key: wording.trouble(key, is_live=exchange.is_live) for key in wording.TROUBLES}
    for key, words in {**STAGES, **troubles}.items():
        count = sum(_is_asked_for(row, key, "", exchange) for row in rows)
        if count or key in STAGES:
            options.append((key, f"{words} ({count})"))
    return options


def _is_asked_for(row: queries.StudentRow, who: str, name: str, exchange: Exchange) -> bool:
    if name and name.casefold() not in wording.person(row.name, row.person_id).casefold():
        return False
    if who in STAGES:
        return _stage_of(row, exchange) == who
    return who not in wording.TROUBLES or row.trouble == who


def _lacks_work(row: queries.StudentRow, moment: datetime) -> bool:
    """Whether somebody has not handed in and still may."""
    return not row.has_left and row.submitted_at is None and row.windows.why_not_hand_in(moment) is None
