"""
What came: searched, looked at one by one, read again.
"""

import json
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from marshmallow import ValidationError, fields, validate

from lti_tool import config, db
from lti_tool.web.fields import FormSchema, Line, flat
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import BIG_ID, ID
from webhooks import sources
from webhooks.room import queries, words
from webhooks.room.reading import read
from webhooks.room.rules import shown
from webhooks.room.searching import Search, search
from webhooks.room.views.blueprint import bp
from webhooks.room.views.doors import event_or_404, mine_or_404, source_or_404, write_down

FILTERS = {"all": (), "trouble": ("failed", "dead"), "waiting": ("new",), "done": ("done",), "skipped": ("skipped",)}
NO_DAY = lazy_gettext("Please write the day like 2026-05-03.")


class SearchForm(FormSchema):
    """What somebody looks for among the events."""

    kind = Line(most=100)
    about = Line(most=200)
    day = fields.Date(
        load_default=None,
        validate=validate.Range(date(2000, 1, 1), date(2199, 12, 31), error=NO_DAY),
        error_messages={"invalid": NO_DAY},
    )


@bp.get("/events")
@admin_required
def events() -> ResponseReturnValue:
    """What came to all addresses of this registration, or to one of them."""
    session, mine = db.session(), mine_or_404()
    every = queries.sources_of(session, mine.platform_id)
    source_id, which = request.args.get("source", type=int), request.args.get("which", "all")
    if which not in FILTERS or (source_id is not None and source_id not in {each.id for each in every}):
        abort(404)
    typed = {name: request.args[name] for name in SearchForm().fields if request.args.get(name)}
    names = {each.id: each.name or _("Address %(number)s", number=each.id) for each in every}
    page: dict[str, Any] = {"typed": typed, "which": which, "names": names, "source_id": source_id, "words": words}
    try:
        asked = SearchForm().load(typed)
    except ValidationError as err:
        errors = flat(err.normalized_messages())
        return render_template("letterbox/events.html", found=None, errors=errors, **page), 422
    wanted = Search(
        sources=[each.id for each in every if source_id in (None, each.id)],
        states=FILTERS[which],
        before=request.args.get("before", type=int),
        **asked,
    )
    return render_template("letterbox/events.html", found=search(session, wanted), errors={}, **page)


@bp.get(f"/sources/<{ID}:source_id>/events/<{BIG_ID}:event_id>")
@admin_required
def event(source_id: int, event_id: int) -> ResponseReturnValue:
    """One event: what became of it, what it tells, what was kept of it."""
    source, found = event_or_404(source_id, event_id)
    kept = None if found.payload is None else json.dumps(shown(found.payload), indent=2, ensure_ascii=False)
    return render_template(
        "letterbox/event.html",
        source=source,
        event=found,
        reading=read(db.session(), source, found),
        kept=kept,
        days=config.running().webhook_payload_days,
        words=words,
    )


@bp.post(f"/sources/<{ID}:source_id>/replays")
@admin_required
def replay_all(source_id: int) -> ResponseReturnValue:
    """Have everything read again that failed or was given up."""
    found = source_or_404(source_id)
    _replayed(found.id, sources.replay(db.session(), source_id=found.id))
    return redirect(url_for("letterbox.events", source=found.id, which="trouble"), 303)


@bp.post(f"/sources/<{ID}:source_id>/events/<{BIG_ID}:event_id>/replays")
@admin_required
def replay(source_id: int, event_id: int) -> ResponseReturnValue:
    """Have one event read again, whatever became of it."""
    source, found = event_or_404(source_id, event_id)
    _replayed(source.id, sources.replay(db.session(), event_id=found.id), event=found.id)
    return redirect(url_for("letterbox.event", source_id=source.id, event_id=event_id), 303)


def _replayed(source_id: int, count: int, **particulars: object) -> None:
    if count:
        write_down("events.replayed", address=source_id, count=count, **particulars)
        db.session.commit()
        flash(ngettext("One event is read again.", "%(num)s events are read again.", count), "good")
    else:
        flash(_("What these events said was thrown away already, so they cannot be read again."), "warning")
