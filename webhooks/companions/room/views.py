"""
The companion of an institution's LMS: paired, asked how it is, paused, told again, and what it may hear.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import config, db, http
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.lti.errors import LtiError, ServiceError
from lti_tool.vault import VaultError
from lti_tool.web.fields import FormSchema, Line, flat
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import Tenant, tenant
from lti_tool.web.viewer import current
from webhooks.companions import pairing, rules, telling
from webhooks.companions.jobs import look_soon
from webhooks.companions.models import Pairing
from webhooks.companions.room import words

bp = Blueprint("companions", __name__, template_folder="templates")

HERE = "companions.show"


class PairingForm(FormSchema):
    """Where the LMS is, and the key to our plugin there."""

    address = Line(most=500)
    token = Line(most=pairing.LONGEST_TOKEN, required=True)


@bp.get("/companion")
@admin_required
def show() -> ResponseReturnValue:
    """How the plugin is doing, or how to pair it."""
    if not tenant(db.session(), current()).is_alone:
        return render_template("companions/shared.html")
    return _page()


@bp.post("/companion")
@admin_required
def pair() -> ResponseReturnValue:
    """Pair the plugin, or give Hearth a new key to it."""
    session, mine = db.session(), _mine()
    platform = session.get_one(Platform, mine.platform_id)
    known = pairing.of_platform(session, mine.platform_id)
    typed = {name: request.form.get(name, "") for name in PairingForm().fields}
    try:
        form = PairingForm().load(typed)
    except ValidationError as err:
        return _page(typed, flat(err.normalized_messages())), 422
    wishes = pairing.wishes_of(known) if known else pairing.Wishes()
    try:
        pairing.pair(session, platform, wishes=wishes, settings=config.running(), now=now(), **form)
    except (pairing.WrongSite, http.ForbiddenAddress, LtiError) as err:
        session.rollback()
        return _page(typed, {_field_of(err): [_sentence(err)]}), 422
    look_soon(session)
    _write_down("companion.paired", mine)
    session.commit()
    flash(_("Paired. From now on your LMS hears what people do in Hearth."), "good")
    return redirect(url_for(HERE), 303)


@bp.post("/companion/undo")
@admin_required
def unpair() -> ResponseReturnValue:
    """Forget the key, and what waits."""
    found = _pairing_or_404()
    pairing.unpair(db.session(), found)
    _write_down("companion.unpaired", _mine())
    db.session.commit()
    flash(_("The pairing is over. Delete the token in your LMS, too."), "good")
    return redirect(url_for(HERE), 303)


@bp.post("/companion/wishes")
@admin_required
def wish() -> ResponseReturnValue:
    """What the LMS hears from now on."""
    found = _pairing_or_404()
    wishes = pairing.Wishes(**{name: name in request.form for name in ("log", "completion", "dates")})
    if wishes != pairing.wishes_of(found):
        pairing.set_wishes(found, wishes)
        look_soon(db.session())
        _write_down("companion.wished", _mine(), log=wishes.log, completion=wishes.completion, dates=wishes.dates)
        db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for(HERE), 303)


@bp.post("/companion/checks")
@admin_required
def check() -> ResponseReturnValue:
    """Ask the plugin how it is; what waits is told at once where it answers."""
    found = _pairing_or_404()
    session = db.session()
    try:
        pairing.check(session, found, settings=config.running(), now=now())
    except ServiceError as err:
        session.rollback()
        # The page says why, and no more that all is well.
        telling.fail(session, found.id, err, None, now=now())
        session.commit()
    except (pairing.WrongSite, http.ForbiddenAddress, LtiError, VaultError) as err:
        session.rollback()
        flash(_sentence(err), "error")
    else:
        session.commit()
        flash(_("It answers."), "good")
    return redirect(url_for(HERE), 303)


@bp.post("/companion/pause")
@admin_required
def pause() -> ResponseReturnValue:
    """Tell it nothing for a while."""
    return _set_state("paused", "companion.paused")


@bp.post("/companion/pause/undo")
@admin_required
def resume() -> ResponseReturnValue:
    """Tell it again, and what was kept meanwhile."""
    return _set_state("active", "companion.resumed")


@bp.post("/companion/tellings")
@admin_required
def tell_again() -> ResponseReturnValue:
    """Have told once more what was refused or given up."""
    found = _pairing_or_404()
    count = pairing.tell_again(db.session(), found, now=now())
    if count:
        _write_down("companion.told_again", _mine(), count=count)
    db.session.commit()
    flash(ngettext("One thing is told again.", "%(num)s things are told again.", count), "good")
    return redirect(url_for(HERE), 303)


def _mine() -> Tenant:
    """Whose room this is, where the registration is theirs alone and its LMS has a plugin."""
    session = db.session()
    mine = tenant(session, current())
    if not mine.is_alone or pairing.setup_for(session, mine.platform_id) is None:
        abort(404)
    return mine


def _pairing_or_404() -> Pairing:
    found = pairing.of_platform(db.session(), _mine().platform_id)
    if found is None:
        abort(404)
    return found


def _page(typed: Mapping[str, str] | None = None, errors: Mapping[str, Any] | None = None) -> str:
    session, mine = db.session(), _mine()
    found = pairing.of_platform(session, mine.platform_id)
    health = next(iter(pairing.health(session, now=now(), platform_id=mine.platform_id)), None) if found else None
    setup = pairing.setup_for(session, mine.platform_id)
    return render_template(
        "companions/show.html",
        pairing=found,
        health=health,
        is_stale=health is not None and rules.is_stale(health.heard_at, now=now()),
        is_older=health is not None and setup is not None and rules.is_older(health.release, setup.release),
        refusals=pairing.refusals(session, found) if found else (),
        setup=setup,
        issuer=session.get_one(Platform, mine.platform_id).issuer,
        typed=typed or {},
        errors=errors or {},
        words=words,
    )


def _set_state(state: str, act: str) -> ResponseReturnValue:
    found = _pairing_or_404()
    if found.state != state:
        found.state = state
        pairing.ring(db.session())
        _write_down(act, _mine())
        db.session.commit()
    return redirect(url_for(HERE), 303)


def _write_down(act: str, mine: Tenant, **particulars: object) -> None:
    person_id = current().person_id
    audit.record(db.session(), act, deployment_id=mine.deployment_id, person_id=person_id, now=now(), **particulars)


def _field_of(err: Exception) -> str:
    """At which field of the form the trouble is mended."""
    is_about_token = isinstance(err, LtiError) and err.code in ("token_refused", "not_allowed")
    return "token" if is_about_token else "address"


def _sentence(err: Exception) -> str:
    if isinstance(err, pairing.WrongSite):
        return str(words.WRONG_SITE[err.what]) % {"said": err.said or "–"}
    if isinstance(err, http.ForbiddenAddress):
        return str(words.FORBIDDEN)
    if isinstance(err, VaultError):
        return str(words.about("key_unreadable"))
    return str(words.about(err.code if isinstance(err, LtiError) else ""))
