"""
The calendar of the LMS: connect it, see what stands there, end it.
"""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lti_tool import config, db
from lti_tool.admin.queries import calendar as queries
from lti_tool.admin.views.blueprint import bp
from lti_tool.calendars import connecting, operations
from lti_tool.calendars.jobs import ask
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import Tenant, tenant
from lti_tool.web.viewer import current


class ConnectionForm(Schema):
    """A developer key, and where it was made."""

    class Meta(Schema.Meta):
        unknown = RAISE

    csrf_token = fields.String()
    address = fields.String(
        required=True, validate=validate.Length(1, 300, error=lazy_gettext("Say where your LMS is."))
    )
    client_id = fields.String(required=True, validate=validate.Length(1, 100, error=lazy_gettext("Give the key's id.")))
    client_secret = fields.String(
        required=True, validate=validate.Length(1, 500, error=lazy_gettext("Give the key itself."))
    )


@bp.get("/calendar")
@admin_required
def calendar() -> ResponseReturnValue:
    """Whether the calendar is connected, and what stands there."""
    return _page(_mine())


@bp.post("/calendar")
@admin_required
def connect_calendar() -> ResponseReturnValue:
    """Ask for consent: the page then leads to where somebody of the LMS may give it."""
    session, mine = db.session(), _mine()
    if not _may(mine):
        abort(404)
    try:
        form = ConnectionForm().load(request.form.to_dict())
        asked = connecting.connect(
            session,
            session.get_one(Platform, mine.platform_id),
            address=form["address"],
            client_id=form["client_id"],
            client_secret=form["client_secret"],
            settings=config.running(),
            now=now(),
        )
    except ValidationError as err:
        return _page(mine, typed=request.form, errors=err.messages_dict), 422
    except connecting.AddressRefused:
        wrong = {"address": [_("Hearth does not call this address. It has to begin with https://.")]}
        return _page(mine, typed=request.form, errors=wrong), 422
    _record(mine, "calendar.asked")
    session.commit()
    return _page(mine, consent=asked.url)


@bp.post("/calendar/end")
@admin_required
def end_calendar() -> ResponseReturnValue:
    """Write no more; what stands in the calendar stays there."""
    session, mine = db.session(), _mine()
    if not _may(mine) or not connecting.disconnect(session, mine.platform_id):
        abort(404)
    _record(mine, "calendar.ended")
    session.commit()
    flash(_("Hearth writes into the calendar no more. What stands there stays."), "good")
    return redirect(url_for("admin.calendar"), 303)


@bp.post("/calendar/again")
@admin_required
def write_again() -> ResponseReturnValue:
    """Try once more what was refused."""
    session, mine = db.session(), _mine()
    if not _may(mine) or not queries.calendar(session, mine).state:
        abort(404)
    operations.retry(session, mine.platform_id, now=now())
    ask(session, mine.platform_id)
    _record(mine, "calendar.again")
    session.commit()
    flash(_("Hearth tries again. Look again in a minute."), "good")
    return redirect(url_for("admin.calendar"), 303)


def _mine() -> Tenant:
    return tenant(db.session(), current())


def _may(mine: Tenant) -> bool:
    """Whether the LMS has such a calendar, and nobody else shares the registration."""
    family = db.session().get_one(Platform, mine.platform_id).family
    return mine.is_alone and connecting.is_possible(family, config.running())


def _record(mine: Tenant, act: str) -> None:
    audit.record(db.session(), act, deployment_id=mine.deployment_id, person_id=current().person_id, now=now())


def _page(
    mine: Tenant,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    consent: str | None = None,
) -> str:
    found = queries.calendar(db.session(), mine)
    return render_template(
        "admin/calendar.html",
        may=_may(mine),
        is_alone=mine.is_alone,
        calendar=found,
        typed=typed or {"address": found.address, "client_id": found.client_id},
        errors=errors,
        consent=consent,
        redirect_uri=connecting.redirect_uri(config.running()),
    )
