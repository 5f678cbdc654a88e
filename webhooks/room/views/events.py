"""
What came to an address, most of all what was given up; and events read again.
"""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool import db
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import BIG_ID, ID
from webhooks import sources
from webhooks.models import Source
from webhooks.room import queries, words
from webhooks.room.views.blueprint import bp
from webhooks.room.views.doors import event_or_404, source_or_404, write_down

FILTERS = {"trouble": ("failed", "dead"), "waiting": ("new",), "all": ()}


@bp.get(f"/sources/<{ID}:source_id>/events")
@admin_required
def events(source_id: int) -> ResponseReturnValue:
    """What came to an address, most of all what was given up."""
    found = source_or_404(source_id)
    which = request.args.get("which", "trouble")
    if which not in FILTERS:
        abort(404)
    rows, older = queries.events(
        db.session(), found, states=FILTERS[which], before=request.args.get("before", type=int)
    )
    return render_template("letterbox/events.html", source=found, events=rows, older=older, which=which, words=words)


@bp.post(f"/sources/<{ID}:source_id>/replays")
@admin_required
def replay_all(source_id: int) -> ResponseReturnValue:
    """Have everything read again that failed or was given up."""
    found = source_or_404(source_id)
    return _replayed(found, sources.replay(db.session(), source_id=found.id))


@bp.post(f"/sources/<{ID}:source_id>/events/<{BIG_ID}:event_id>/replays")
@admin_required
def replay(source_id: int, event_id: int) -> ResponseReturnValue:
    """Have one event read again, whatever became of it."""
    source, event = event_or_404(source_id, event_id)
    return _replayed(source, sources.replay(db.session(), event_id=event.id))


def _replayed(found: Source, count: int) -> ResponseReturnValue:
    if count:
        write_down("events.replayed", address=found.id, count=count)
        db.session.commit()
        flash(ngettext("One event is read again.", "%(num)s events are read again.", count), "good")
    else:
        flash(_("What these events said was thrown away already, so they cannot be read again."), "warning")
    return redirect(url_for("letterbox.events", source_id=found.id), 303)
