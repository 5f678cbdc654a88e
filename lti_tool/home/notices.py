"""
What the viewer was told in this course, and the one address that works without a login: no more mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import fields, validate

from lti_tool import db, notices
from lti_tool.clock import now
from lti_tool.config import Settings, running
from lti_tool.courses.models import Activity, Membership
from lti_tool.notices import operations, queries
from lti_tool.notices.models import Notice
from lti_tool.notices.rules import Rhythm
from lti_tool.web.fields import LARGEST_ID, FormSchema
from lti_tool.web.guards import member_required, open_to_all
from lti_tool.web.rooms import NoticeWords, rooms
from lti_tool.web.viewer import current

bp = Blueprint("notices", __name__, template_folder="templates")
doors = Blueprint("unsubscribing", __name__, template_folder="templates")

RHYTHMS = {
    Rhythm.NEVER: lazy_gettext("Never"),
    Rhythm.DAILY: lazy_gettext("Once a day, if there is something new"),
    Rhythm.WAITING: lazy_gettext("When something waits for me, at most every four hours"),
}


class RhythmForm(FormSchema):
    """How often mail is wanted."""

    rhythm = fields.String(
        required=True, validate=validate.OneOf(list(Rhythm), error=lazy_gettext("Choose one of these."))
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """One notice in words."""

    notice: Notice
    words: NoticeWords


@bp.get("/notices")
@member_required
def show() -> ResponseReturnValue:
    """Everything this person was told here, newest first, by activity."""
    return _page()


@bp.post("/notices/<int:id>/reading")
@member_required
def read(id: int) -> ResponseReturnValue:
    """Seen; on to what it is about."""
    viewer, session = current(), db.session()
    found = (
        queries.notice_of(session, person_id=viewer.person_id, course_id=viewer.course_id, id=id)
        if id <= LARGEST_ID
        else None
    )
    if found is None:
        abort(404)
    notices.mark_read(session, found, now=now())
    session.commit()
    said = in_words(found)
    if said is None:
        return redirect(url_for("notices.show"), 303)
    return redirect(url_for(said.endpoint, **said.values, _anchor=said.anchor), 303)


@bp.post("/notices/readings")
@member_required
def read_all() -> ResponseReturnValue:
    """All that was on the page is seen."""
    viewer, session = current(), db.session()
    upto = request.form.get("upto", "")
    if not (upto.isascii() and upto.isdigit() and len(upto) < 11 and int(upto) <= LARGEST_ID):
        abort(404)
    notices.mark_all_read(session, person_id=viewer.person_id, course_id=viewer.course_id, upto=int(upto), now=now())
    session.commit()
    return redirect(url_for("notices.show"), 303)


@bp.post("/notices/mail")
@member_required
def choose_mail() -> ResponseReturnValue:
    """How often mail is wanted from this course."""
    if not running().sends_mail:
        abort(404)
    viewer, session = current(), db.session()
    form = RhythmForm()
    problems = form.validate({"rhythm": request.form.get("rhythm", "")})
    if problems:
        return _page(errors=problems), 422
    operations.choose_rhythm(session, membership_id=viewer.membership_id, rhythm=Rhythm(request.form["rhythm"]))
    session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("notices.show"), 303)


@doors.get("/unsubscribe/<token>")
@open_to_all
def ask(token: str) -> ResponseReturnValue:
    """A page with one button: fetching an address must not change anything, for mail scanners fetch them all."""
    _member_of(token)
    return render_template("home/unsubscribe.html", token=token, is_done=False)


@doors.post("/unsubscribe/<token>")
@open_to_all
def unsubscribe(token: str) -> ResponseReturnValue:
    """No more mail of this course: by the button, or by the mail program itself (RFC 8058)."""
    membership_id = _member_of(token)
    session = db.session()
    if session.get(Membership, membership_id) is not None:
        operations.choose_rhythm(session, membership_id=membership_id, rhythm=Rhythm.NEVER)
        session.commit()
    return render_template("home/unsubscribe.html", token=token, is_done=True)


def in_words(notice: Notice) -> NoticeWords | None:
    """What the notice's room makes of it; None where the room or the kind is no more."""
    room = rooms().get(notice.activity.kind)
    return room.notice(notice.kind, notice.facts, activity_id=notice.activity_id) if room else None


def unsubscribe_token(settings: Settings, membership_id: int) -> str:
    """What the address to end mail carries. It can do nothing else, so it need not expire."""
    return str(_serializer(settings).dumps(membership_id))


def _page(errors: object = None) -> str:
    viewer, session = current(), db.session()
    found = queries.notices_of(session, person_id=viewer.person_id, course_id=viewer.course_id)
    mail = running().sends_mail
    return render_template(
        "home/notices.html",
        groups=_by_activity(found),
        newest=max((each.id for each in found), default=0),
        sends_mail=mail,
        rhythm=queries.rhythm_of(session, viewer.membership_id) if mail else None,
        rhythms=RHYTHMS,
        errors=errors,
    )


def _by_activity(found: Sequence[Notice]) -> list[tuple[Activity, list[Told]]]:
    """The activity with the newest notice first."""
    groups: dict[int, tuple[Activity, list[Told]]] = {}
    for each in found:
        words = in_words(each)
        if words is not None:
            groups.setdefault(each.activity_id, (each.activity, []))[1].append(Told(notice=each, words=words))
    return list(groups.values())


def _member_of(token: str) -> int:
    try:
        found = _serializer(running()).loads(token)
    except BadSignature:
        abort(404)
    return int(found)


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key, salt="unsubscribe")
