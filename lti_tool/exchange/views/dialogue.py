"""
What becomes of feedback: the thread about it, the author's plan, thanks, and how far it keeps the rules of the class.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, Offer
from lti_tool.exchange.schemas import AppraisalSchema, MarkSchema, MessageSchema, ThanksSchema, TickSchema
from lti_tool.exchange.talk import Talk
from lti_tool.exchange.views import bp, student
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.exchange.views.talking import Refusal, Shown, done, part_ids, typed_part
from lti_tool.web.guards import member_required, staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/feedback/<int:feedback_id>")
@member_required
def feedback(id: int, feedback_id: int) -> ResponseReturnValue:
    """One feedback with all that became of it, for its author, its reviewer and staff."""
    exchange = exchange_or_404(id)
    return _page(exchange, _part(exchange, feedback_id))


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/messages")
@member_required
def say(id: int, feedback_id: int) -> ResponseReturnValue:
    """Write about a feedback: its author or its reviewer."""
    return _say(exchange_or_404(id), feedback_id, require_part())


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/messages/<int:message_id>")
@member_required
def edit_message(id: int, feedback_id: int, message_id: int) -> ResponseReturnValue:
    """Change one's own message, within some minutes."""
    return _edit(exchange_or_404(id), feedback_id, message_id, require_part())


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/staff-messages")
@staff_required
def join(id: int, feedback_id: int) -> ResponseReturnValue:
    """Join the conversation, marked as staff."""
    return _say(exchange_or_404(id), feedback_id, current().person_id, is_staff=True)


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/staff-messages/<int:message_id>")
@staff_required
def edit_staff_message(id: int, feedback_id: int, message_id: int) -> ResponseReturnValue:
    """Change what one wrote as staff."""
    return _edit(exchange_or_404(id), feedback_id, message_id, current().person_id, is_staff=True)


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/unmaskings")
@staff_required
def unmask(id: int, feedback_id: int) -> ResponseReturnValue:
    """Learn who wrote a feedback, for a reason that whoever wrote it reads."""
    exchange = exchange_or_404(id)
    part = _part(exchange, feedback_id)
    reason = request.form.get("reason", "")
    try:
        operations.unmask(
            db.session(), exchange, by=current().person_id, feedback_id=feedback_id, reason=reason, now=now()
        )
    except (errors.ReasonMissing, errors.TooLong) as err:
        db.session.rollback()
        said = wording.sentence(err) if isinstance(err, errors.TooLong) else _("Say why, in a few words.")
        refusal = Refusal(of="unmasking", errors={"reason": [said]}, typed={"reason": reason})
        return _page(exchange, _part(exchange, feedback_id), refusal), 422
    db.session.commit()
    return go_to(
        url_for("exchange.feedback", id=id, feedback_id=part.feedback.id, _anchor="unmasking"),
        saying=_("Whoever wrote it is told that you asked, and why."),
    )


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/hearing")
@member_required
def hear(id: int, feedback_id: int) -> ResponseReturnValue:
    """The reviewer has read what is said about their feedback."""
    exchange = exchange_or_404(id)
    operations.note_reply_heard(db.session(), exchange, reviewer=require_part(), feedback_id=feedback_id, now=now())
    db.session.commit()
    return ("", 204) if is_htmx() else _go_back(exchange, _part(exchange, feedback_id))


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/marks")
@member_required
def mark(id: int, feedback_id: int) -> ResponseReturnValue:
    """Decide what becomes of one comment."""
    exchange = exchange_or_404(id)
    author = require_part()

    def act() -> None:
        form = MarkSchema().load(form_values("part", "mark", "reason"))
        operations.mark_comment(db.session(), exchange, author=author, feedback_id=feedback_id, now=now(), **form)

    of = f"mark-{typed_part()}"
    return _done(exchange, feedback_id, act, of=of, template="_marked", saying=_("Noted. Your plan has it."))


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/marks/completion")
@member_required
def tick(id: int, feedback_id: int) -> ResponseReturnValue:
    """Tick off a suggestion as taken up, or take that back."""
    exchange = exchange_or_404(id)
    author = require_part()

    def act() -> None:
        form = TickSchema().load(form_values("part", "done"))
        operations.tick_off(db.session(), exchange, author=author, feedback_id=feedback_id, now=now(), **form)

    return _done(exchange, feedback_id, act, of="tick", template="_plan", saying=_("Noted."), anchor="plan")


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/thanks")
@member_required
def thank(id: int, feedback_id: int) -> ResponseReturnValue:
    """Thank for a feedback."""
    exchange = exchange_or_404(id)
    author = require_part()

    def act() -> None:
        form = ThanksSchema().load(form_values("rule"))
        operations.thank(db.session(), exchange, author=author, feedback_id=feedback_id, now=now(), **form)

    return _done(exchange, feedback_id, act, of="thanks", template="_thanks", saying=_("Your thanks are there."))


@bp.delete("/exchanges/<int:id>/feedback/<int:feedback_id>/thanks")
@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/thanks/removal")
@member_required
def take_thanks_back(id: int, feedback_id: int) -> ResponseReturnValue:
    """A slip of the finger."""
    exchange = exchange_or_404(id)
    author = require_part()

    def act() -> None:
        operations.take_thanks_back(db.session(), exchange, author=author, feedback_id=feedback_id, now=now())

    return _done(exchange, feedback_id, act, of="thanks", template="_thanks", saying=_("Taken back."))


@bp.post("/exchanges/<int:id>/feedback/<int:feedback_id>/appraisal")
@member_required
def appraise(id: int, feedback_id: int) -> ResponseReturnValue:
    """Say how far a feedback keeps the rules of the class; its reviewer alone reads it."""
    exchange = exchange_or_404(id)
    author = require_part()

    def act() -> None:
        values = {name.removeprefix("rule-"): value for name, value in request.form.items() if name.startswith("rule-")}
        form = AppraisalSchema().load(form_values("note") | {"verdicts": values})
        operations.appraise(db.session(), exchange, author=author, feedback_id=feedback_id, now=now(), **form)

    return _done(exchange, feedback_id, act, of="appraisal", template="_appraisal", saying=_("Noted. Thank you."))


def reviewer_facts(exchange: Exchange, review: queries.MyReview) -> dict[str, Any]:
    """What the page of a review shows beyond the work and the form."""
    facts: dict[str, Any] = {"talk": _talk(exchange), "consent_is_due": False}
    charter = exchange.option(rules.CharterOptions)
    if review.feedback is None:
        if charter.is_on:
            facts["consent_is_due"] = queries.consent_of(db.session(), exchange, current().person_id) is None
        return facts
    look = review.feedback.second_look
    return facts | {
        "unmaskings": queries.unmaskings(db.session(), exchange, review.feedback.id),
        "reopened": queries.reopened_reviews(db.session(), exchange, current().person_id, now=now()).get(
            review.feedback.id
        ),
        "differing": [
            (each, queries.answered_in(exchange, each))
            for each in (queries.differing(db.session(), exchange, review.feedback) if look is None else ())
        ],
        "others_are_shown": exchange.option(rules.NotesOptions).others,
        "others": queries.others_of_the_work(db.session(), exchange, review, now=now()),
        "shows_appraisal": review.feedback.appraisal is not None
        and queries.appraisals_shown(db.session(), exchange, current().person_id, now=now()),
    }


def _say(exchange: Exchange, feedback_id: int, writer: int, *, is_staff: bool = False) -> ResponseReturnValue:
    def act() -> None:
        form = MessageSchema().load(form_values("body"))
        operations.say(
            db.session(), exchange, writer=writer, feedback_id=feedback_id, is_staff=is_staff, now=now(), **form
        )

    return _done(exchange, feedback_id, act, of="message", template="_said", saying=_("Your message is there."))


def _edit(
    exchange: Exchange, feedback_id: int, message_id: int, writer: int, *, is_staff: bool = False
) -> ResponseReturnValue:
    def act() -> None:
        form = MessageSchema().load(form_values("body"))
        operations.edit_message(
            db.session(),
            exchange,
            writer=writer,
            feedback_id=feedback_id,
            message_id=message_id,
            is_staff=is_staff,
            now=now(),
            **form,
        )

    return _done(exchange, feedback_id, act, of=f"message-{message_id}", template="_said", saying=_("Changed."))


def _done(
    exchange: Exchange,
    feedback_id: int,
    act: Callable[[], None],
    *,
    of: str,
    template: str,
    saying: str,
    anchor: str = "",
) -> ResponseReturnValue:
    shown = Shown(
        part=partial(_part, exchange, feedback_id),
        facts=partial(_facts, exchange),
        page=partial(_page, exchange),
        back=partial(_go_back, exchange),
    )
    return done(shown, act, of=of, template=template, saying=saying, anchor=anchor)


def _part(exchange: Exchange, feedback_id: int) -> queries.Part:
    viewer = current()
    found = queries.part_in(db.session(), exchange, viewer.person_id, feedback_id, now=now(), is_staff=viewer.is_staff)
    if found is None:
        abort(404)
    return found


def _talk(exchange: Exchange) -> Talk:
    return Talk(exchange=exchange, person_id=current().person_id, now=now())


def _facts(exchange: Exchange, part: queries.Part, refusal: Refusal | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "side": part.side,
        "refusal": refusal,
        "wording": wording,
        "letter": "",
        "other_name": None,
        "about": "",
    }
    if part.side == rules.AUTHOR:
        facts |= student.facts_of(exchange)
        received = next(each for each in facts["page"].received if each.feedback.id == part.feedback.id)
        typed = typed_part()
        return facts | {
            "received": received,
            "feedback": received.feedback,
            "letter": received.letter,
            "other_name": received.reviewer_name,
            "part": typed,
            "acted_on": facts["talk"].doors(received.feedback).key,
            **part_ids(typed),
        }
    found = queries.with_dialogue(db.session(), part.feedback.id)
    if part.side == rules.STAFF:
        offer = db.session().get_one(Offer, part.offer_id)
        author = queries.names_of_authors(exchange, offer.submission)
        facts["about"] = wording.about_feedback(exchange, offer, author=author)
    if part.side == rules.STAFF and exchange.asks_staff:
        asked = queries.unmaskings(db.session(), exchange, found.id)
        knows = any(each.by_id == current().person_id for each in asked)
        facts |= {
            "unmaskings": asked,
            "reviewer": queries.writer_of(db.session(), found.id) if knows else None,
        }
    if part.side == rules.REVIEWER:
        facts["other_name"] = queries.author_name(db.session(), exchange, part)
    return facts | {
        "exchange": exchange,
        "feedback": found,
        "talk": _talk(exchange),
        "asked": queries.asked_in(db.session(), found),
        "answers": queries.answered_in(exchange, found),
        "offer_id": part.offer_id,
        "author_id": part.author_id,
    }


def _page(exchange: Exchange, part: queries.Part, refusal: Refusal | None = None) -> str:
    return render_template("exchange/feedback.html", **_facts(exchange, part, refusal))


def _go_back(exchange: Exchange, part: queries.Part, *, saying: str = "", anchor: str = "") -> ResponseReturnValue:
    """To the page on which this side reads the feedback."""
    if part.side == rules.AUTHOR:
        anchor = anchor or f"feedback-{part.feedback.id}"
        return go_to(url_for("exchange.show", id=exchange.id, _anchor=anchor), saying=saying)
    if part.side == rules.REVIEWER:
        return go_to(url_for("exchange.review", id=exchange.id, offer_id=part.offer_id), saying=saying)
    return go_to(url_for("exchange.feedback", id=exchange.id, feedback_id=part.feedback.id), saying=saying)
