"""
Addresses for the LMS's events: made, set up, tried, renamed, rotated, paused, removed.
"""

from datetime import UTC, datetime, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate

from lti_tool import config, db, lms
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.web.fields import FormSchema, Line
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import ID, tenant
from lti_tool.web.viewer import current
from webhooks import sources
from webhooks.models import Source
from webhooks.room import queries, words
from webhooks.room.rules import Voice
from webhooks.room.views.blueprint import bp
from webhooks.room.views.doors import mine_or_404, own_source_or_404, source_or_404, write_down

MOST_SOURCES = 20
LONGEST_TEST = timedelta(minutes=10)


class NameForm(FormSchema):
    """What an address is called."""

    name = Line(most=sources.LONGEST_NAME)


class SourceForm(NameForm):
    """A new address."""

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
    opened_at = queries.around(session, mine.platform_id).launched_at
    return render_template(
        "letterbox/show.html",
        sources=found,
        silent=[each.id for each in found if each.voice(launched_at=opened_at, now=now()) is Voice.SILENT],
        notices=queries.notices(session, mine.platform_id),
        removed=queries.still_sent_to(session, mine.platform_id),
        words=words,
    )


@bp.get("/sources/new")
@admin_required
def new() -> ResponseReturnValue:
    """Ask how the LMS can prove itself."""
    return _form({}, {})


@bp.post("/sources")
@admin_required
def make() -> ResponseReturnValue:
    """Make an address, and show how to set it up; its secret is shown now and never again."""
    session, mine = db.session(), mine_or_404()
    platform = session.get_one(Platform, mine.platform_id)
    try:
        form = SourceForm().load({name: request.form.get(name, "") for name in SourceForm().fields})
    except ValidationError as err:
        return _form(request.form.to_dict(), err.messages), 422
    if len(queries.doing(session, platform.id, now=now())) >= MOST_SOURCES:
        return _form(form, {"name": [_("There are many addresses already. Remove one of them.")]}), 422
    try:
        made = sources.make(session, platform, settings=config.running(), now=now(), **form)
    except sources.ProofNotOffered:
        return _form(form, {"proof": [_("Choose one of these.")]}), 422
    write_down("source.made", address=made.id, proof=made.proof)
    session.commit()
    return _source(source_or_404(made.id), secret=made.secret), 201


@bp.get(f"/sources/<{ID}:source_id>")
@admin_required
def source(source_id: int) -> ResponseReturnValue:
    """One address: how to set it up, what came, what was refused."""
    found = source_or_404(source_id)
    return _notices(found) if found.proof == "notice" else _source(found)


@bp.post(f"/sources/<{ID}:source_id>/name")
@admin_required
def rename(source_id: int) -> ResponseReturnValue:
    """Another name, or none."""
    session, found = db.session(), own_source_or_404(source_id)
    typed = {"name": request.form.get("name", "")}
    try:
        form = NameForm().load(typed)
    except ValidationError as err:
        return _source(found, typed=typed, errors=err.messages), 422
    sources.rename(session, found, form["name"])
    write_down("source.renamed", address=found.id)
    session.commit()
    flash(_("It is changed."), "good")
    return redirect(url_for("letterbox.source", source_id=found.id), 303)


@bp.get(f"/sources/<{ID}:source_id>/removal")
@admin_required
def removal(source_id: int) -> ResponseReturnValue:
    """Tell what goes with an address before it is removed."""
    found = own_source_or_404(source_id)
    return render_template("letterbox/removal.html", source=found, lost=sources.what_is_lost(db.session(), found))


@bp.post(f"/sources/<{ID}:source_id>/removal")
@admin_required
def remove(source_id: int) -> ResponseReturnValue:
    """Take an address away for good."""
    session, found = db.session(), own_source_or_404(source_id)
    lost = sources.remove(session, found, now=now())
    write_down("source.removed", address=source_id, proof=found.proof, events=lost.kept, unread=lost.unread)
    session.commit()
    flash(_("It is removed. Now take it out of your LMS, too."), "good")
    return redirect(url_for("letterbox.show"), 303)


@bp.post(f"/sources/<{ID}:source_id>/secrets")
@admin_required
def rotate(source_id: int) -> ResponseReturnValue:
    """A new secret; the one before is taken for two more days."""
    session, found = db.session(), source_or_404(source_id)
    if found.secret is None:
        abort(404)
    secret = sources.rotate(session, found, settings=config.running(), now=now())
    write_down("source.rotated", address=found.id)
    session.commit()
    return _source(found, secret=secret), 201


@bp.post(f"/sources/<{ID}:source_id>/site/undo")
@admin_required
def unbind(source_id: int) -> ResponseReturnValue:
    """Forget which site spoke first at an address."""
    session, found = db.session(), source_or_404(source_id)
    if not sources.unbind(session, found):
        abort(404)
    write_down("source.unbound", address=found.id)
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
    found = own_source_or_404(source_id)
    return redirect(url_for("letterbox.source", source_id=found.id, since=int(now().timestamp()), _anchor="test"), 303)


@bp.get(f"/sources/<{ID}:source_id>/arrivals")
@admin_required
def arrivals(source_id: int) -> ResponseReturnValue:
    """What came since a test began, as the page asks for every few seconds."""
    found = source_or_404(source_id)
    since = _since()
    if since is None:
        abort(404)
    return render_template("letterbox/_arrivals.html", source=found, words=words, **_test(found, since))


def _set_state(source_id: int, state: str, act: str) -> ResponseReturnValue:
    found = source_or_404(source_id)
    if found.state != state:
        found.state = state
        write_down(act, address=found.id)
        db.session.commit()
    return redirect(url_for("letterbox.source", source_id=found.id), 303)


def _form(typed: dict[str, str], errors: object) -> str:
    platform = db.session().get_one(Platform, mine_or_404().platform_id)
    brand = lms.for_family(platform.family)
    ways = [(proof, brand.event_setup(proof).title, words.PROOFS[proof]) for proof in brand.event_proofs()]
    return render_template("letterbox/new.html", ways=ways, typed=typed, errors=errors)


def _source(
    found: Source, *, secret: str | None = None, typed: dict[str, str] | None = None, errors: object = None
) -> str:
    since = _since()
    setup = lms.for_family(found.platform.family).event_setup(found.proof)  # type: ignore[arg-type]
    return render_template(
        "letterbox/source.html",
        source=found,
        address=sources.address_of(found, config.running()),
        secret=secret,
        name=typed["name"] if typed else found.name,
        errors=errors,
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
