"""
What becomes of feedback by staff: its author answers each comment, writes back and thanks; staff answer.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import MarkSchema, MessageSchema, ThanksSchema, TickSchema
from lti_tool.exchange.talk import Talk
from lti_tool.exchange.views import bp, student
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.exchange.views.talking import Refusal, Shown, done, part_ids, typed_part
from lti_tool.web.guards import member_required, staff_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>")
@member_required
def staff_talk(id: int, staff_review_id: int) -> ResponseReturnValue:
    """One feedback by staff with all that became of it, for its author and for staff."""
    exchange = exchange_or_404(id)
    return _page(exchange, _part(exchange, staff_review_id))


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/messages")
@member_required
def say_to_staff(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Write back to whoever gave it."""
    return _say(exchange_or_404(id), staff_review_id, require_part())


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/messages/<int:message_id>")
@member_required
def edit_message_to_staff(id: int, staff_review_id: int, message_id: int) -> ResponseReturnValue:
    """Change one's own message, within some minutes."""
    return _edit(exchange_or_404(id), staff_review_id, message_id, require_part())


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/staff-messages")
@staff_required
def answer_author(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Answer its author, or write on."""
    return _say(exchange_or_404(id), staff_review_id, current().person_id, is_staff=True)


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/staff-messages/<int:message_id>")
@staff_required
def edit_answer_to_author(id: int, staff_review_id: int, message_id: int) -> ResponseReturnValue:
    """Change what one wrote as staff."""
    return _edit(exchange_or_404(id), staff_review_id, message_id, current().person_id, is_staff=True)


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/hearing")
@staff_required
def hear_author(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Whoever gave it has read what its author says."""
    exchange = exchange_or_404(id)
    operations.note_staff_heard(
        db.session(), exchange, staff=current().person_id, staff_review_id=staff_review_id, now=now()
    )
    db.session.commit()
    return ("", 204) if is_htmx() else _go_back(exchange, _part(exchange, staff_review_id))


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/marks")
@member_required
def mark_staff_comment(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Decide what becomes of one comment."""
    exchange, author = exchange_or_404(id), require_part()

    def act() -> None:
        form = MarkSchema().load(form_values("part", "mark", "reason"))
        operations.mark_staff_comment(
            db.session(), exchange, author=author, staff_review_id=staff_review_id, now=now(), **form
        )

    of = f"mark-{typed_part()}"
    saying = _("Noted. Your plan has it.")
    return _done(exchange, staff_review_id, act, of=of, template="_marked", saying=saying)


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/marks/completion")
@member_required
def tick_staff_comment(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Tick off a suggestion as taken up, or take that back."""
    exchange, author = exchange_or_404(id), require_part()

    def act() -> None:
        form = TickSchema().load(form_values("part", "done"))
        operations.tick_off_staff_comment(
            db.session(), exchange, author=author, staff_review_id=staff_review_id, now=now(), **form
        )

    return _done(exchange, staff_review_id, act, of="tick", template="_plan", saying=_("Noted."), anchor="plan")


@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/thanks")
@member_required
def thank_staff(id: int, staff_review_id: int) -> ResponseReturnValue:
    """Thank for it."""
    exchange, author = exchange_or_404(id), require_part()

    def act() -> None:
        form = ThanksSchema().load(form_values("rule"))
        operations.thank_staff(
            db.session(), exchange, author=author, staff_review_id=staff_review_id, now=now(), **form
        )

    saying = _("Your thanks are there.")
    return _done(exchange, staff_review_id, act, of="thanks", template="_thanks", saying=saying)


@bp.delete("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/thanks")
@bp.post("/exchanges/<int:id>/staff-reviews/<int:staff_review_id>/thanks/removal")
@member_required
def take_thanks_back_from_staff(id: int, staff_review_id: int) -> ResponseReturnValue:
    """A slip of the finger."""
    exchange, author = exchange_or_404(id), require_part()

    def act() -> None:
        operations.take_thanks_back_from_staff(db.session(), exchange, author=author, staff_review_id=staff_review_id)

    return _done(exchange, staff_review_id, act, of="thanks", template="_thanks", saying=_("Taken back."))


def _say(exchange: Exchange, staff_review_id: int, writer: int, *, is_staff: bool = False) -> ResponseReturnValue:
    def act() -> None:
        form = MessageSchema().load(form_values("body"))
        operations.say_about_staff_review(
            db.session(),
            exchange,
            writer=writer,
            staff_review_id=staff_review_id,
            is_staff=is_staff,
            now=now(),
            **form,
        )

    saying = _("Your message is there.")
    return _done(exchange, staff_review_id, act, of="message", template="_said", saying=saying)


def _edit(
    exchange: Exchange, staff_review_id: int, message_id: int, writer: int, *, is_staff: bool = False
) -> ResponseReturnValue:
    def act() -> None:
        form = MessageSchema().load(form_values("body"))
        operations.edit_message_about_staff_review(
            db.session(),
            exchange,
            writer=writer,
            staff_review_id=staff_review_id,
            message_id=message_id,
            is_staff=is_staff,
            now=now(),
            **form,
        )

    return _done(exchange, staff_review_id, act, of=f"message-{message_id}", template="_said", saying=_("Changed."))


def _done(
    exchange: Exchange,
    staff_review_id: int,
    act: Callable[[], None],
    *,
    of: str,
    template: str,
    saying: str,
    anchor: str = "",
) -> ResponseReturnValue:
    shown = Shown(
        part=partial(_part, exchange, staff_review_id),
        facts=partial(_facts, exchange),
        page=partial(_page, exchange),
        back=partial(_go_back, exchange),
    )
    return done(shown, act, of=of, template=template, saying=saying, anchor=anchor)


def _part(exchange: Exchange, staff_review_id: int) -> queries.StaffPart:
    viewer = current()
    found = queries.staff_part_in(db.session(), exchange, viewer.person_id, staff_review_id, is_staff=viewer.is_staff)
    if found is None:
        abort(404)
    return found


def _facts(exchange: Exchange, part: queries.StaffPart, refusal: Refusal | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "side": part.side,
        "refusal": refusal,
        "wording": wording,
        "letter": "",
        "other_name": None,
    }
    if part.side == rules.AUTHOR:
        facts |= student.facts_of(exchange)
    else:
        facts |= {
            "exchange": exchange,
            "talk": Talk(exchange=exchange, person_id=current().person_id, now=now()),
            "by_staff": queries.staff_reviews_about(db.session(), exchange, part.review.submission_id),
        }
    review = next(each for each in facts["by_staff"] if each.row.id == part.review.id)
    typed = typed_part()
    return facts | {
        "review": review,
        "feedback": review.row,
        "part": typed,
        "acted_on": facts["talk"].doors(review.row).key,
        "author_name": queries.names_of_authors(exchange, part.review.submission),
        "author_id": part.review.submission.author_id,
        **part_ids(typed),
    }


def _page(exchange: Exchange, part: queries.StaffPart, refusal: Refusal | None = None) -> str:
    return render_template("exchange/staff_talk.html", **_facts(exchange, part, refusal))


def _go_back(exchange: Exchange, part: queries.StaffPart, *, saying: str = "", anchor: str = "") -> ResponseReturnValue:
    """To the page on which this side reads it."""
    if part.side == rules.AUTHOR:
        anchor = anchor or f"staff-feedback-{part.review.id}"
        return go_to(url_for("exchange.show", id=exchange.id, _anchor=anchor), saying=saying)
    return go_to(url_for("exchange.staff_talk", id=exchange.id, staff_review_id=part.review.id), saying=saying)
