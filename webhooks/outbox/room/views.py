"""
Endpoints of the institution: made, changed, tried, rotated, paused, removed; and messages, looked at and sent again.
"""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from marshmallow import ValidationError, fields, validate

from lti_tool import config, db
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.http import ForbiddenAddress
from lti_tool.journal import audit
from lti_tool.web.fields import FormSchema, Line
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import BIG_ID, ID, tenant
from lti_tool.web.viewer import current
from webhooks.outbox import deliveries, endpoints, rules
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.models import Delivery, Endpoint
from webhooks.outbox.room import words
from webhooks.outbox.room.sections import owner

bp = Blueprint("endpoints", __name__, template_folder="templates")

MOST_ENDPOINTS = 20
LONGEST_SEARCH = 100
FILTERS = {"trouble": "dead", "waiting": "waiting", "delivered": "delivered", "all": ""}


class EndpointForm(FormSchema):
    """An endpoint, new or changed."""

    url = Line(most=rules.LONGEST_URL, required=True)
    name = Line(most=80)
    kinds = fields.List(fields.String(validate=validate.Length(1, 60)))


class NewEndpointForm(EndpointForm):
    """The format is chosen once: a receiver reads one or the other."""

    format = fields.String(
        required=True, validate=validate.OneOf(list(words.FORMATS), error=lazy_gettext("Choose one of these."))
    )


@bp.get("/endpoints")
@admin_required
def show() -> ResponseReturnValue:
    """The endpoints of this institution, and how they are doing."""
    found = endpoints.health(db.session(), now=now(), of=_owner())
    return render_template("endpoints/show.html", endpoints=found, words=words)


@bp.get("/endpoints/new")
@admin_required
def new() -> ResponseReturnValue:
    """Ask for the address, the format and the kinds of event."""
    return _form({"format": "standard", "kinds": [each.act for each in catalogue.offered("standard")]}, {})


@bp.post("/endpoints")
@admin_required
def make() -> ResponseReturnValue:
    """Make an endpoint, and show its secret: now and never again."""
    session, mine = db.session(), tenant(db.session(), current())
    typed = _typed("url", "name", "format")
    try:
        form = NewEndpointForm().load(typed)
    except ValidationError as err:
        return _form(typed, err.messages), 422
    if len(endpoints.health(session, now=now(), of=owner(mine))) >= MOST_ENDPOINTS:
        return _form(typed, {"url": [_("There are many systems already. Remove one of them.")]}), 422
    try:
        made = endpoints.make(
            session,
            session.get_one(Platform, mine.platform_id),
            endpoints.Wanted(**form),
            deployment_id=mine.deployment_id,
            settings=config.running(),
            now=now(),
        )
    except (ForbiddenAddress, endpoints.KindsNotOffered) as err:
        return _form(typed, _problems(err)), 422
    _write_down("endpoint.made", system=made.id, format=form["format"])
    session.commit()
    return _endpoint(_endpoint_or_404(made.id), secret=made.secret), 201


@bp.get(f"/endpoints/<{ID}:endpoint_id>")
@admin_required
def endpoint(endpoint_id: int) -> ResponseReturnValue:
    """One endpoint: how it is doing, what it is told, what can be done."""
    return _endpoint(_endpoint_or_404(endpoint_id))


@bp.get(f"/endpoints/<{ID}:endpoint_id>/edit")
@admin_required
def edit(endpoint_id: int) -> ResponseReturnValue:
    """Ask for another address or other kinds."""
    found = _endpoint_or_404(endpoint_id)
    return _form({"url": found.url, "name": found.name, "kinds": found.kinds, "format": found.format}, {}, found)


@bp.post(f"/endpoints/<{ID}:endpoint_id>")
@admin_required
def change(endpoint_id: int) -> ResponseReturnValue:
    """Another address, another name, other kinds."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    typed = _typed("url", "name")
    try:
        form = EndpointForm().load(typed)
        endpoints.change(session, found, settings=config.running(), **form)
    except ValidationError as err:
        return _form({**typed, "format": found.format}, err.messages, found), 422
    except (ForbiddenAddress, endpoints.KindsNotOffered) as err:
        session.rollback()
        return _form({**typed, "format": found.format}, _problems(err), found), 422
    _write_down("endpoint.changed", system=found.id)
    session.commit()
    flash(_("It is changed."), "good")
    return redirect(url_for("endpoints.endpoint", endpoint_id=found.id), 303)


@bp.post(f"/endpoints/<{ID}:endpoint_id>/secrets")
@admin_required
def rotate(endpoint_id: int) -> ResponseReturnValue:
    """A new secret; for two days messages are signed with the one before, too."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    secret = endpoints.rotate(session, found, settings=config.running(), now=now())
    _write_down("endpoint.rotated", system=found.id)
    session.commit()
    return _endpoint(found, secret=secret), 201


@bp.post(f"/endpoints/<{ID}:endpoint_id>/pause")
@admin_required
def pause(endpoint_id: int) -> ResponseReturnValue:
    """Send nothing for the time being."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    endpoints.pause(session, found, now=now())
    _write_down("endpoint.paused", system=found.id)
    session.commit()
    return redirect(url_for("endpoints.endpoint", endpoint_id=found.id), 303)


@bp.post(f"/endpoints/<{ID}:endpoint_id>/pause/undo")
@admin_required
def resume(endpoint_id: int) -> ResponseReturnValue:
    """Send again; a disabled one, too."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    endpoints.resume(session, found, now=now())
    _write_down("endpoint.resumed", system=found.id)
    session.commit()
    return redirect(url_for("endpoints.endpoint", endpoint_id=found.id), 303)


@bp.post(f"/endpoints/<{ID}:endpoint_id>/removal")
@admin_required
def remove(endpoint_id: int) -> ResponseReturnValue:
    """Tell it nothing any more, and forget what it was told; only where the box is ticked."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    if request.form.get("sure") != "1":
        return _endpoint(found, errors={"sure": [_("Tick this first.")]}), 422
    endpoints.remove(session, found)
    _write_down("endpoint.removed", system=endpoint_id)
    session.commit()
    flash(_("It is removed."), "good")
    return redirect(url_for("endpoints.show"), 303)


@bp.post(f"/endpoints/<{ID}:endpoint_id>/pings")
@admin_required
def ping(endpoint_id: int) -> ResponseReturnValue:
    """Send a test, and show what becomes of it."""
    session, found = db.session(), _endpoint_or_404(endpoint_id)
    if found.state != "active":
        abort(404)
    sent = endpoints.ping(session, found, settings=config.running(), now=now())
    _write_down("endpoint.tried", system=found.id)
    session.commit()
    return redirect(url_for("endpoints.delivery", endpoint_id=found.id, delivery_id=sent.id), 303)


@bp.get(f"/endpoints/<{ID}:endpoint_id>/deliveries")
@admin_required
def messages(endpoint_id: int) -> ResponseReturnValue:
    """What was told, most of all what was given up."""
    found = _endpoint_or_404(endpoint_id)
    which, search = request.args.get("which", "all"), request.args.get("search", "")[:LONGEST_SEARCH]
    if which not in FILTERS:
        abort(404)
    rows = deliveries.page(
        db.session(),
        of=_owner(),
        endpoint_id=found.id,
        state=FILTERS[which],
        search=search,
        before=request.args.get("before", type=int),
    )
    older = rows[-1].id if len(rows) == deliveries.PAGE else None
    return render_template(
        "endpoints/messages.html",
        endpoint=found,
        deliveries=rows,
        older=older,
        which=which,
        search=search,
        words=words,
        said=_said,
    )


@bp.get(f"/endpoints/<{ID}:endpoint_id>/deliveries/<{BIG_ID}:delivery_id>")
@admin_required
def delivery(endpoint_id: int, delivery_id: int) -> ResponseReturnValue:
    """One message: what it says, and how each attempt ended."""
    found = _delivery_or_404(endpoint_id, delivery_id)
    return render_template(
        "endpoints/message.html",
        delivery=found,
        endpoint=found.endpoint,
        words=words,
        said=_said,
        may_go_again=deliveries.may_be_sent_again(found, settings=config.running(), now=now()),
    )


@bp.post(f"/endpoints/<{ID}:endpoint_id>/replays")
@admin_required
def replay_all(endpoint_id: int) -> ResponseReturnValue:
    """Send everything again that was given up."""
    found = _endpoint_or_404(endpoint_id)
    return _replayed(found, deliveries.replay(db.session(), settings=config.running(), now=now(), endpoint_id=found.id))


@bp.post(f"/endpoints/<{ID}:endpoint_id>/deliveries/<{BIG_ID}:delivery_id>/replays")
@admin_required
def replay(endpoint_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send one message again, whatever became of it."""
    found = _delivery_or_404(endpoint_id, delivery_id)
    return _replayed(
        found.endpoint, deliveries.replay(db.session(), settings=config.running(), now=now(), delivery_id=found.id)
    )


def _owner() -> endpoints.Owner:
    return owner(tenant(db.session(), current()))


def _endpoint_or_404(endpoint_id: int) -> Endpoint:
    found = endpoints.find(db.session(), endpoint_id, of=_owner())
    if found is None:
        abort(404)
    return found


def _delivery_or_404(endpoint_id: int, delivery_id: int) -> Delivery:
    found = deliveries.find(db.session(), delivery_id, of=_owner())
    if found is None or found.endpoint_id != endpoint_id:
        abort(404)
    return found


def _typed(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in names} | {"kinds": request.form.getlist("kinds")}


def _problems(err: Exception) -> dict[str, list[str]]:
    if isinstance(err, endpoints.KindsNotOffered):
        if not err.kinds:
            return {"kinds": [_("Choose at least one.")]}
        return {"kinds": [_("Caliper has no word for: %(kinds)s", kinds=", ".join(map(str, map(_said, err.kinds))))]}
    return {"url": [_("Please give an https address on the open internet, on one of the usual ports.")]}


def _said(act: str) -> object:
    kind = catalogue.get(act)
    return kind.words if kind is not None else words.KINDS.get(act, act)


def _form(typed: dict[str, Any], errors: object, found: Endpoint | None = None) -> str:
    format = found.format if found is not None else "standard"
    kinds = [(each.act, each.words, "" if each.caliper else _("not in Caliper")) for each in catalogue.offered(format)]
    return render_template("endpoints/form.html", typed=typed, errors=errors, endpoint=found, kinds=kinds, words=words)


def _endpoint(found: Endpoint, *, secret: str | None = None, errors: object = None) -> str:
    (health,) = endpoints.health(db.session(), now=now(), of=_owner(), endpoint_id=found.id)
    return render_template(
        "endpoints/endpoint.html", endpoint=health, secret=secret, errors=errors, words=words, said=_said
    )


def _replayed(found: Endpoint, count: int) -> ResponseReturnValue:
    if count:
        _write_down("deliveries.replayed", system=found.id, count=count)
        db.session.commit()
        flash(ngettext("One message is sent again.", "%(num)s messages are sent again.", count), "good")
    else:
        flash(_("What these messages said was thrown away already, so they cannot be sent again."), "warning")
    return redirect(url_for("endpoints.messages", endpoint_id=found.id), 303)


def _write_down(act: str, **particulars: object) -> None:
    viewer = current()
    audit.record(
        db.session(), act, deployment_id=viewer.deployment_id, person_id=viewer.person_id, now=now(), **particulars
    )
