"""
Addresses for the LMS's events: made, set up, tried, rotated, paused; and what was given up, read again.
"""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from marshmallow import ValidationError, fields, validate

from lti_tool import config, db, lms
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.web.fields import FormSchema, Line
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import BIG_ID, ID, Tenant, tenant
from lti_tool.web.viewer import current
from webhooks import sources
from webhooks.models import Source
from webhooks.room import queries, words

bp = Blueprint("letterbox", __name__, template_folder="templates")

MOST_SOURCES = 20
LONGEST_TEST = timedelta(minutes=10)
FILTERS = {"trouble": ("failed", "dead"), "waiting": ("new",), "all": ()}


class SourceForm(FormSchema):
    """A new address."""

    name = Line(most=80)
    proof = fields.String(required=True, validate=validate.Length(1, 20, error=lazy_gettext("Choose one of these.")))


@bp.get("/sources")
@admin_required
def show() -> ResponseReturnValue:
    """The addresses of this registration, and how they are doing."""
    session = db.session()
    mine = tenant(session, current())
    if not mine.is_alone:
        return render_template("letterbox/shared.html")
    found = queries.doing(session, mine.platform_id, now=now())
    notices = queries.notices(session, mine.platform_id)
    return render_template("letterbox/show.html", sources=found, notices=notices, words=words)


@bp.get("/sources/new")
@admin_required
def new() -> ResponseReturnValue:
    """Ask how the LMS can prove itself."""
    return _form({}, {})


@bp.post("/sources")
@admin_required
def make() -> ResponseReturnValue:
    """Make an address, and show how to set it up; its secret is shown now and never again."""
    session, mine = db.session(), _mine()
    platform = session.get_one(Platform, mine.platform_id)
    try:
        form = SourceForm().load({name: request.form.get(name, "") for name in SourceForm().fields})
    except ValidationError as err:
        return _form(request.form.to_dict(), err.messages), 422
    if len(queries.doing(session, platform.id, now=now())) >= MOST_SOURCES:
        return _form(form, {"name": [_("There are many addresses already. Use one of them.")]}), 422
    try:
        made = sources.make(session, platform, settings=config.running(), now=now(), **form)
    except sources.ProofNotOffered:
        return _form(form, {"proof": [_("Choose one of these.")]}), 422
    _write_down("source.made", mine, address=made.id, proof=made.proof)
    session.commit()
    return _source(_source_or_404(made.id), secret=made.secret), 201


@bp.get(f"/sources/<{ID}:source_id>")
@admin_required
def source(source_id: int) -> ResponseReturnValue:
    """One address: how to set it up, what came, what was refused."""
    found = _source_or_404(source_id)
    return _notices(found) if found.proof == "notice" else _source(found)


@bp.post(f"/sources/<{ID}:source_id>/secrets")
@admin_required
def rotate(source_id: int) -> ResponseReturnValue:
    """A new secret; the one before is taken for two more days."""
    session, found = db.session(), _source_or_404(source_id)
    if found.secret is None:
        abort(404)
    secret = sources.rotate(session, found, settings=config.running(), now=now())
    _write_down("source.rotated", _mine(), address=found.id)
    session.commit()
    return _source(found, secret=secret), 201


@bp.post(f"/sources/<{ID}:source_id>/site/undo")
@admin_required
def unbind(source_id: int) -> ResponseReturnValue:
    """Forget which site spoke first at an address."""
    session, found = db.session(), _source_or_404(source_id)
    if not sources.unbind(session, found):
        abort(404)
    _write_down("source.unbound", _mine(), address=found.id)
    session.commit()
    flash(_("Forgotten. The next site that sends a proven event here is believed, and no other after it."), "good")
    return redirect(url_for("letterbox.source", source_id=found.id), 303)


@bp.post(f"/sources/<{ID}:source_id>/pause")
@admin_required
def pause(source_id: int) -> ResponseReturnValue:
    """Take nothing here for the time being."""
    return _set_state(source_id, "paused", "source.paused")


@bp.post(f"/sources/<{ID}:source_id>/pause/undo")
@admin_required
def resume(source_id: int) -> ResponseReturnValue:
    """Take events again."""
    return _set_state(source_id, "active", "source.resumed")


@bp.post(f"/sources/<{ID}:source_id>/tests")
@admin_required
def begin_test(source_id: int) -> ResponseReturnValue:
    """Look from now on for what comes: the address of the page remembers since when."""
    found = _source_or_404(source_id)
    if found.proof == "notice":
        abort(404)
    return redirect(url_for("letterbox.source", source_id=found.id, since=int(now().timestamp()), _anchor="test"), 303)


@bp.get(f"/sources/<{ID}:source_id>/arrivals")
@admin_required
def arrivals(source_id: int) -> ResponseReturnValue:
    """What came since a test began, as the page asks for every few seconds."""
    found = _source_or_404(source_id)
    since = _since()
    if since is None:
        abort(404)
    return render_template("letterbox/_arrivals.html", source=found, words=words, **_test(found, since))


@bp.get(f"/sources/<{ID}:source_id>/events")
@admin_required
def events(source_id: int) -> ResponseReturnValue:
    """What came to an address, most of all what was given up."""
    found = _source_or_404(source_id)
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
    found = _source_or_404(source_id)
    return _replayed(found, sources.replay(db.session(), source_id=found.id))


@bp.post(f"/sources/<{ID}:source_id>/events/<{BIG_ID}:event_id>/replays")
@admin_required
def replay(source_id: int, event_id: int) -> ResponseReturnValue:
    """Have one event read again, whatever became of it."""
    found = _source_or_404(source_id)
    event = queries.event_of(db.session(), found, event_id)
    if event is None:
        abort(404)
    return _replayed(found, sources.replay(db.session(), event_id=event.id))


def _mine() -> Tenant:
    """Whose room this is, where the registration is theirs alone."""
    mine = tenant(db.session(), current())
    if not mine.is_alone:
        abort(404)
    return mine


def _source_or_404(source_id: int) -> Source:
    found = queries.source_of(db.session(), _mine().platform_id, source_id)
    if found is None:
        abort(404)
    return found


def _write_down(act: str, mine: Tenant, **particulars: object) -> None:
    audit.record(
        db.session(),
        act,
        deployment_id=mine.deployment_id,
        person_id=current().person_id,
        now=now(),
        **particulars,
    )


def _set_state(source_id: int, state: str, act: str) -> ResponseReturnValue:
    found = _source_or_404(source_id)
    if found.state != state:
        found.state = state
        _write_down(act, _mine(), address=found.id)
        db.session.commit()
    return redirect(url_for("letterbox.source", source_id=found.id), 303)


def _replayed(found: Source, count: int) -> ResponseReturnValue:
    if count:
        _write_down("events.replayed", _mine(), address=found.id, count=count)
        db.session.commit()
        flash(ngettext("One event is read again.", "%(num)s events are read again.", count), "good")
    else:
        flash(_("What these events said was thrown away already, so they cannot be read again."), "warning")
    return redirect(url_for("letterbox.events", source_id=found.id), 303)


def _form(typed: dict[str, str], errors: object) -> str:
    platform = db.session().get_one(Platform, _mine().platform_id)
    brand = lms.for_family(platform.family)
    ways = [(proof, brand.event_setup(proof).title, words.PROOFS[proof]) for proof in brand.event_proofs()]
    return render_template("letterbox/new.html", ways=ways, typed=typed, errors=errors)


def _source(found: Source, *, secret: str | None = None) -> str:
    since = _since()
    setup = lms.for_family(found.platform.family).event_setup(found.proof)  # type: ignore[arg-type]
    return render_template(
        "letterbox/source.html",
        source=found,
        address=sources.address_of(found, config.running()),
        secret=secret,
        setup=setup,
        sites=queries.sites_of(db.session(), found.platform_id),
        refused=queries.refusals(db.session(), found, now=now()),
        words=words,
        test=_test(found, since) if since else None,
    )


def _notices(found: Source) -> str:
    """The address that Hearth gave the LMS by itself: nothing is to be set up."""
    return render_template(
        "letterbox/notices.html",
        source=found,
        notices=queries.notices(db.session(), found.platform_id),
        refused=queries.refusals(db.session(), found, now=now()),
        words=words,
    )


def _since() -> datetime | None:
    """When the test of this page began; None for none, or for nonsense."""
    seconds = request.args.get("since", type=int)
    if seconds is None or not 0 < now().timestamp() - seconds + 1 < timedelta(days=1).total_seconds():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _test(found: Source, since: datetime) -> dict[str, object]:
    return {
        "since": since,
        "arrived": queries.arrived(db.session(), found, since=since, now=now()),
        "goes_on": now() - since < LONGEST_TEST,
    }
