"""
The instructor's cockpit: who is stuck and why, and one step that helps, which can be taken back.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, Repair
from lti_tool.exchange.schemas import ExcusalSchema, ReaderSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.oversight import require_person
from lti_tool.exchange.views.paging import paged
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current

A_PAGE = 50
"""So many people fit on a page that is looked through."""


@bp.get("/exchanges/<int:id>/stuck")
@staff_required
def stuck(id: int) -> ResponseReturnValue:
    """Who is stuck, why, and what helps."""
    exchange = exchange_or_404(id)
    cockpit = queries.cockpit(db.session(), exchange, now=now())
    why = request.args.get("why", "")
    rows = [row for row in cockpit.rows if why not in rules.REASONS or row.has(why)]
    shown, page, pages = paged(rows, size=A_PAGE)
    return render_template(
        "exchange/stuck.html",
        exchange=exchange,
        cockpit=cockpit,
        rows=shown,
        found=len(rows),
        why=why if why in rules.REASONS else "",
        page=page,
        pages=pages,
        repairs=[
            each for each in queries.repairs(db.session(), exchange) if exchange.shows_pairs or each.author_id is None
        ],
        is_open=exchange.windows.is_open_at(now()),
        wording=wording,
    )


@bp.get("/exchanges/<int:id>/stuck/summary")
@staff_required
def stuck_summary(id: int) -> ResponseReturnValue:
    """How many are stuck and why, for the overview, which does not wait for it."""
    exchange = exchange_or_404(id)
    cockpit = queries.cockpit(db.session(), exchange, now=now())
    return render_template("exchange/_stuck_summary.html", exchange=exchange, cockpit=cockpit, wording=wording)


@bp.get("/exchanges/<int:id>/people/<int:person_id>/readers")
@staff_required
def readers(id: int, person_id: int) -> ResponseReturnValue:
    """Who could read somebody's work, best first."""
    return _readers(_with_pairs(id), person_id)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/readers")
@staff_required
def find_reader(id: int, person_id: int) -> ResponseReturnValue:
    """Ask one of them, or the best, to read it."""
    exchange = _with_pairs(id)
    require_person(exchange, person_id)
    try:
        form = ReaderSchema().load({name: value for name, value in form_values("reader").items() if value})
        done = operations.give_to_reader(db.session(), exchange, author=person_id, by=_me(), now=now(), **form)
    except ValidationError:
        return _readers(exchange, person_id, errors={"reader": [_("Choose one of these.")]}), 422
    except (errors.CannotRead, errors.NobodyToRead) as err:
        db.session.rollback()
        return _readers(exchange_or_404(id), person_id, errors={"reader": [wording.sentence(err)]}), 422
    db.session.commit()
    return _done(exchange, done)


@bp.post("/exchanges/<int:id>/people/<int:person_id>/freed-works")
@staff_required
def free_works(id: int, person_id: int) -> ResponseReturnValue:
    """Let the works that somebody keeps go to others."""
    exchange = exchange_or_404(id)
    require_person(exchange, person_id)
    done = operations.free_works(db.session(), exchange, person=person_id, by=_me(), now=now())
    db.session.commit()
    return _done(exchange, done)


@bp.get("/exchanges/<int:id>/people/<int:person_id>/excusal")
@staff_required
def excusal(id: int, person_id: int) -> ResponseReturnValue:
    """Let somebody owe fewer reviews."""
    exchange = exchange_or_404(id)
    found = queries.excusal_of(db.session(), exchange, person_id)
    return _excusal(exchange, person_id, {"owes": found.owes if found else 0, "why": found.why if found else ""})


@bp.post("/exchanges/<int:id>/people/<int:person_id>/excusal")
@staff_required
def excuse(id: int, person_id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = form_values("owes", "why")
    require_person(exchange, person_id)
    try:
        form = ExcusalSchema().load(typed)
        done = operations.excuse(db.session(), exchange, person=person_id, by=_me(), now=now(), **form)
    except ValidationError as err:
        return _excusal(exchange, person_id, typed, errors=flat(err.normalized_messages())), 422
    except errors.OwesOutOfRange as err:
        db.session.rollback()
        return _excusal(exchange_or_404(id), person_id, typed, errors={"owes": [wording.sentence(err)]}), 422
    db.session.commit()
    return _done(exchange, done)


@bp.delete("/exchanges/<int:id>/repairs/<int:repair_id>")
@bp.post("/exchanges/<int:id>/repairs/<int:repair_id>/removal")
@staff_required
def undo_repair(id: int, repair_id: int) -> ResponseReturnValue:
    """Take a repair back."""
    exchange = exchange_or_404(id)
    back = operations.undo(db.session(), exchange, repair_id=repair_id, by=_me(), now=now())
    db.session.commit()
    said = ngettext("Undone. One work is where it was.", "Undone. %(num)s works are where they were.", back)
    # In a sealed exchange how many works somebody keeps tells how much they gave.
    tells = back and not exchange.is_sealed
    return go_to(url_for("exchange.stuck", id=id), saying=said if tells else _("Undone."))


def _with_pairs(id: int) -> Exchange:
    """The exchange, where staff may see who reviews whom: who may read a work tells who does."""
    exchange = exchange_or_404(id)
    if not exchange.shows_pairs:
        abort(404)
    return exchange


def _me() -> int:
    return current().person_id


def _done(exchange: Exchange, repair: Repair) -> ResponseReturnValue:
    said = wording.repair(repair, tells_count=not exchange.is_sealed)
    return go_to(url_for("exchange.stuck", id=exchange.id), saying=f"{said} {_('You can undo it below.')}")


def _readers(exchange: Exchange, person_id: int, *, errors: dict[str, list[str]] | None = None) -> str:
    page = queries.person_page(db.session(), exchange, person_id, now=now())
    if page is None or page.work is None or page.work.submission.submitted_at is None:
        abort(404)
    found = queries.readers_for(db.session(), exchange, person_id, now=now())
    return render_template(
        "exchange/readers.html",
        exchange=exchange,
        author=page,
        readers=found,
        errors=errors or {},
        is_open=exchange.windows.is_open_at(now()),
        wording=wording,
    )


def _excusal(
    exchange: Exchange, person_id: int, typed: dict[str, Any], *, errors: dict[str, list[str]] | None = None
) -> str:
    page = queries.person_page(db.session(), exchange, person_id, now=now())
    if page is None:
        abort(404)
    return render_template(
        "exchange/excusal.html",
        exchange=exchange,
        person=page,
        given=sum(review.feedback is not None for review in page.given),
        typed=typed,
        errors=errors or {},
        wording=wording,
    )
