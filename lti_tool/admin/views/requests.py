"""
Requests about a person: who it is, what is asked and why, and what became of it.
"""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db, jobs
from lti_tool.admin import deletions, operations
from lti_tool.admin.jobs import carry_out
from lti_tool.admin.queries import requests as queries
from lti_tool.admin.schemas import RequestForm
from lti_tool.admin.views.blueprint import bp
from lti_tool.clock import now
from lti_tool.courses.models import Person
from lti_tool.web.fields import flat
from lti_tool.web.guards import admin_required
from lti_tool.web.institution import ID, tenant
from lti_tool.web.viewer import current

FEWEST_LETTERS = 2
MOST_LETTERS = 200


@bp.get("/requests")
@admin_required
def requests() -> ResponseReturnValue:
    """Find a person; and what was asked about people before."""
    session = db.session()
    mine = tenant(session, current())
    words = " ".join(request.args.get("q", "").replace("\x00", "").split())[:MOST_LETTERS]
    asked, older = queries.requests(session, mine, before=request.args.get("before", type=int))
    return render_template(
        "admin/requests.html",
        words=words,
        people=queries.people(session, mine, words) if len(words) >= FEWEST_LETTERS else None,
        asked=asked,
        older=older,
        now=now(),
    )


@bp.get(f"/people/<{ID}:person_id>/requests/new")
@admin_required
def new_request(person_id: int) -> ResponseReturnValue:
    """Ask what to do, and why."""
    return _form(_person_or_404(person_id), {}, {})


@bp.post(f"/people/<{ID}:person_id>/requests")
@admin_required
def ask(person_id: int) -> ResponseReturnValue:
    """Write the request down; a job carries it out."""
    session, person = db.session(), _person_or_404(person_id)
    typed = {name: request.form[name] for name in RequestForm().fields if name in request.form}
    try:
        form = RequestForm().load(typed)
        asked = operations.ask(session, person, form["kind"], reason=form["reason"], by=current().person_id, now=now())
    except ValidationError as err:
        return _form(person, typed, flat(err.normalized_messages())), 422
    except operations.Oneself:
        return _form(person, typed, {"kind": [_("You cannot have yourself forgotten here. Ask another admin.")]}), 422
    except operations.AlreadyAsked:
        return _form(person, typed, {"kind": [_("This was asked a moment ago and is being done.")]}), 422
    jobs.defer(session, carry_out, request_id=asked.id)
    session.commit()
    flash(_("Written down. It is done in a minute; look again then."), "good")
    return redirect(url_for("admin.requests"), 303)


@bp.post(f"/requests/<{ID}:request_id>/downloads")
@admin_required
def download(request_id: int) -> ResponseReturnValue:
    """Fetch an export. It is a form, because each time is written down."""
    session, viewer = db.session(), current()
    asked = queries.request_of(session, tenant(session, viewer), request_id)
    found = operations.fetch(session, asked, by=viewer.person_id, now=now()) if asked else None
    if found is None:
        abort(404)
    session.commit()
    disposition = f'attachment; filename="hearth-export-{request_id}.json"'
    return Response(found, mimetype="application/json", headers={"Content-Disposition": disposition})


@bp.post(f"/requests/<{ID}:request_id>/stop")
@admin_required
def stop(request_id: int) -> ResponseReturnValue:
    """Keep somebody whom the LMS has deleted."""
    session, viewer = db.session(), current()
    asked = queries.request_of(session, tenant(session, viewer), request_id)
    if asked is None or not deletions.stop(session, asked, by=viewer.person_id, now=now()):
        abort(404)
    session.commit()
    flash(_("They are kept. Should the LMS say again that they were deleted, you see it here again."), "good")
    return redirect(url_for("admin.requests"), 303)


def _person_or_404(person_id: int) -> Person:
    session = db.session()
    found = queries.person_of(session, tenant(session, current()), person_id)
    if found is None:
        abort(404)
    return found


def _form(person: Person, typed: dict[str, str], errors: dict[str, list[str]]) -> str:
    return render_template("admin/new_request.html", person=person, typed=typed, errors=errors)
