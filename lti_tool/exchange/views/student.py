"""
The one page of an exchange for who takes part: what it is, what to do next, what came back.
"""

from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries, rules, talk, wording
from lti_tool.exchange.models import Commitment, Exchange, Reopening
from lti_tool.exchange.views import bp, comparing, oversight, practice, self_assessment
from lti_tool.exchange.views.answers import exchange_or_404, go_to, is_htmx, require_part
from lti_tool.grades import words as grade_words
from lti_tool.web import markdown
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
    operations.note_heard(db.session(), exchange, person=require_part(), now=now())
    db.session.commit()
    return ("", 204) if is_htmx() else go_to(url_for("exchange.show", id=id))


@bp.post("/exchanges/markdown")
@member_required
def preview() -> ResponseReturnValue:
    """How words will look, while they are being typed."""
    words = request.form.get(request.args.get("field", "body"), "")[: rules.LONGEST_BODY]
    return render_template("exchange/_preview.html", html=markdown.render(words))


def page(exchange: Exchange, **typed: Any) -> str:
    """The page, with what was typed where something of it was refused."""
    return render_template("exchange/student.html", **(facts_of(exchange) | typed))


def facts_of(exchange: Exchange) -> dict[str, Any]:
    """What the page shows of this viewer."""
    viewer = current()
    page = queries.student_page(db.session(), exchange, viewer.person_id, now=now())
    facts: dict[str, Any] = {
        "exchange": exchange,
        "page": page,
        "steps": _all_steps(exchange, page),
        "times": [(words, at) for words, at in _times(page.windows, is_live=exchange.is_live) if at],
        "is_looking": not viewer.takes_part,
        "commitment": _commitment(exchange, page),
        "reopened": _reopened(exchange, page),
        "is_overdue": page.windows.is_late(now()),
        "takes_work": page.windows.why_not_hand_in(now()) is None,
        "options": exchange.option(rules.GradingOptions),
        "wording": wording,
        "grade_words": grade_words,
        "talk": talk.Talk(exchange=exchange, person_id=viewer.person_id, now=now()),
        "mine": page.mine,
        "taken": _taken(exchange, page),
        "by_staff": queries.staff_reviews_of(db.session(), exchange, viewer.person_id) if page.by_staff else (),
        "next_pair": page.comparing.next_at(page.windows, now()) if page.comparing is not None else None,
        **self_assessment.own_facts(exchange, page.own),
    }
    if exchange.has_teams:
        options = exchange.option(rules.TeamOptions)
        facts["team"] = queries.team_of(db.session(), exchange, viewer.person_id)
        facts["team_size"] = options.size
        facts["team_choices"] = queries.teams(db.session(), exchange) if options.choose else ()
    if exchange.is_live and page.work is not None:
        facts["slot"] = queries.slot_of(db.session(), page.work.submission.id)
    if page.grade is not None and page.grade.cause == "override":
        facts["override"] = queries.overrides_of(db.session(), exchange, persons=[viewer.person_id]).get(
            viewer.person_id
        )
    return facts


def _reopened(exchange: Exchange, page: queries.StudentPage) -> list[tuple[Reopening, queries.MyReview | None]]:
    """What staff opened for this learner alone, with the review where it is one."""
    if not exchange.has_own_dates:
        return []
    reviews = {each.feedback.id: each for each in page.reviews if each.feedback is not None}
    return [
        (each, reviews.get(each.feedback_id or 0))
        for each in queries.reopenings(db.session(), exchange, person_id=current().person_id)
        if each.is_open_at(now()) and (each.feedback_id is None or each.feedback_id in reviews)
    ]


def _commitment(exchange: Exchange, page: queries.StudentPage) -> Commitment | None:
    """Their own date, where it still says something."""
    return queries.commitment_of(db.session(), exchange, current().person_id) if page.given < page.owed else None


def _taken(exchange: Exchange, page: queries.StudentPage) -> list[dict[str, Any]]:
    """What this learner took from each review, and the newest of which they have not said it yet."""
    given = [review for review in page.reviews if review.feedback is not None]
    if not given or not exchange.option(rules.CoachOptions).takeaway:
        return []
    return [
        {"review": review, "body": review.offer.takeaway.body if review.offer.takeaway else ""}
        for review in given
        if review.offer.takeaway or review is given[-1]
    ]


def _all_steps(exchange: Exchange, page: queries.StudentPage) -> list[dict[str, str]]:
    """With those that the further settings add, from the last to the first."""
    steps = self_assessment.with_step(_steps(exchange, page), exchange, page)
    steps = comparing.with_step(steps, page.comparing, page.step)
    return practice.with_step(steps, page.practice, page.step)


def _steps(exchange: Exchange, page: queries.StudentPage) -> list[dict[str, str]]:
    """The four steps of everybody, and how far this one has come."""
    is_handed_in = page.work is not None and page.work.submission.submitted_at is not None
    is_read = bool(page.received) and not any(each.is_new for each in page.received)
    is_replied = bool(page.received) and all(each.is_answered for each in page.received)
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
        _("Sign up to present") if exchange.is_live else _("Hand in your work"),
        ngettext("Give feedback to one classmate", "Give feedback to %(num)s classmates", page.owed)
        if page.owed
        else _("Give feedback: you are excused"),
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


def _times(windows: rules.Windows, *, is_live: bool) -> list[tuple[str, datetime | None]]:
    return [
        (_("Opens"), windows.opens_at),
        (_("Sign up by") if is_live else _("Work due"), windows.submit_by),
        (_("Reviews due"), windows.review_by),
    ]
