"""
Who reviews whom: the plan as a table and drawn, whom the teacher wants together or apart, and mixing again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.queries.plan import ReaderRow
from lti_tool.exchange.schemas import PairRuleSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.cockpit import A_PAGE
from lti_tool.exchange.views.paging import paged
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required, teacher_required
from lti_tool.web.viewer import current

MOST_DRAWN = 40
"""More people than this make a drawing that nobody can follow."""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """Somebody in the drawing, or a group."""

    id: int
    """Of the person, or of the one by whom the work of the group goes."""
    number: int
    name: str
    x: float
    y: float
    label_x: float
    label_y: float


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """One review in the drawing."""

    path: str
    state: str


@bp.get("/exchanges/<int:id>/plan")
@staff_required
def plan(id: int) -> ResponseReturnValue:
    """Who reviews whom."""
    return _page(exchange_or_404(id))


@bp.post("/exchanges/<int:id>/pair-rules")
@teacher_required
def rule_pair(id: int) -> ResponseReturnValue:
    """Want two together, or apart."""
    exchange = exchange_or_404(id)
    typed = form_values("reviewer", "author", "kind", "both")
    try:
        form = PairRuleSchema().load(typed)
        ways = [(form["reviewer"], form["author"])]
        ways += [(form["author"], form["reviewer"])] if form["both"] else []
        is_so = [
            operations.rule_pair(
                db.session(), exchange, reviewer=one, author=other, kind=form["kind"], by=_me(), now=now()
            )
            for one, other in ways
        ]
    except ValidationError as err:
        return _page(exchange, typed=typed, errors=flat(err.normalized_messages())), 422
    except (errors.CannotRead, errors.NoSuchPerson, errors.TooManyRules, errors.PairsHidden) as err:
        db.session.rollback()
        said = _("Choose two different people of this course.")
        said = wording.sentence(err) if isinstance(err, errors.TooManyRules | errors.PairsHidden) else said
        return _page(exchange_or_404(id), typed=typed, errors={"author": [said]}), 422
    db.session.commit()
    # Whether a pair had begun is nothing to be told where pairs are hidden.
    said = (
        _("Noted.")
        if all(is_so) and exchange.shows_pairs
        else _("Noted for what is planned from now on; what was begun stays as it is.")
    )
    return go_to(url_for("exchange.plan", id=id, _anchor="rules"), saying=said)


@bp.delete("/exchanges/<int:id>/pair-rules/<int:reviewer_id>/<int:author_id>")
@bp.post("/exchanges/<int:id>/pair-rules/<int:reviewer_id>/<int:author_id>/removal")
@teacher_required
def lift_pair_rule(id: int, reviewer_id: int, author_id: int) -> ResponseReturnValue:
    """Want nothing about two people any more."""
    exchange = exchange_or_404(id)
    operations.lift_pair_rule(db.session(), exchange, reviewer=reviewer_id, author=author_id, by=_me(), now=now())
    db.session.commit()
    return go_to(
        url_for("exchange.plan", id=id, _anchor="rules"), saying=_("The rule is gone. The plan stays as it is.")
    )


@bp.post("/exchanges/<int:id>/plan/mix")
@teacher_required
def mix(id: int) -> ResponseReturnValue:
    """Show what mixing again would change; and once that was seen, do it."""
    exchange = exchange_or_404(id)
    if request.form.get("act") != "mix":
        seen = operations.mixed(db.session(), exchange, now=now())
        names = {each: name for each, name in queries.learner_names(db.session(), exchange)}  # noqa: C416 - typed so
        works = names | queries.works_by_name(db.session(), exchange)
        page = render_template(
            "exchange/mix.html", exchange=exchange, seen=seen, names=names, works=works, wording=wording
        )
        db.session.rollback()
        return page
    done = operations.mix(db.session(), exchange, by=_me(), now=now())
    db.session.commit()
    said = ngettext("Mixed: one pair is new.", "Mixed: %(num)s pairs are new.", len(done.come))
    return go_to(url_for("exchange.plan", id=id), saying=said if done.come else _("Mixed. The pairs are as they were."))


def _me() -> int:
    return current().person_id


def _page(exchange: Exchange, **typed: Any) -> str:
    rows = queries.reader_rows(db.session(), exchange) if exchange.shows_pairs else []
    shown, page, pages = paged(rows, size=A_PAGE)
    dots, arrows = _drawing(rows)
    facts: dict[str, Any] = {
        "exchange": exchange,
        "rows": shown,
        "numbers": {dot.id: dot.number for dot in dots},
        "page": page,
        "pages": pages,
        "dots": dots,
        "arrows": arrows,
        "pairs": sum(len(row.reads) for row in rows),
        "rules": queries.pair_rules(db.session(), exchange),
        "learners": queries.learner_names(db.session(), exchange) if current().is_teacher else (),
        "typed": {},
        "errors": {},
        "wording": wording,
    }
    return render_template("exchange/plan.html", **(facts | typed))


def _drawing(rows: Sequence[ReaderRow]) -> tuple[list[Dot], list[Arrow]]:
    """Everybody, or every group, in a circle, and an arrow from each reader to whom they read."""
    names = {row.stands_for: row.team or row.name for row in rows}
    for row in rows:
        names |= {each.author_id: each.author for each in row.reads}
    if not 1 < len(names) <= MOST_DRAWN:
        return [], []
    dots: dict[int, Dot] = {}
    people = sorted(names, key=lambda id: (wording.person(names[id], id).casefold(), id))
    for place, id in enumerate(people):
        angle = 2 * math.pi * place / len(people) - math.pi / 2
        x, y = math.cos(angle), math.sin(angle)
        dots[id] = Dot(
            id=id,
            number=place + 1,
            name=wording.person(names[id], id),
            x=round(200 + 160 * x, 1),
            y=round(200 + 160 * y, 1),
            label_x=round(200 + 182 * x, 1),
            label_y=round(200 + 182 * y + 4, 1),
        )
    arrows = [
        Arrow(path=_bow(dots[row.stands_for], dots[each.author_id]), state=each.state)
        for row in rows
        for each in row.reads
    ]
    return list(dots.values()), arrows


def _bow(start: Dot, end: Dot) -> str:
    """From one dot to another, bent a little so that two who read each other have two lines."""
    way_x, way_y = end.x - start.x, end.y - start.y
    length = math.hypot(way_x, way_y) or 1.0
    stop_x, stop_y = end.x - 9 * way_x / length, end.y - 9 * way_y / length
    mid_x, mid_y = (start.x + end.x) / 2 - way_y * 0.12, (start.y + end.y) / 2 + way_x * 0.12
    return f"M{start.x} {start.y}Q{mid_x:.1f} {mid_y:.1f} {stop_x:.1f} {stop_y:.1f}"
