"""
The deep-link picker: a teacher chooses what their course shall show (LTI Deep Linking 2.0).

The same page serves a teacher whose link opens the course home and who wants it to open an
activity instead.
"""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lti_tool import config, db
from lti_tool.clock import now
from lti_tool.courses import operations, queries
from lti_tool.courses.models import Activity
from lti_tool.journal import record
from lti_tool.launch.blueprints import bp
from lti_tool.lms.port import DeepLinkingSettings
from lti_tool.lti import deep_linking
from lti_tool.web.guards import new_secret, teacher_required
from lti_tool.web.rooms import rooms
from lti_tool.web.viewer import Viewer, current


@bp.get("/picker")
@teacher_required
def picker() -> ResponseReturnValue:
    """What can be added to the course, new or already made."""
    settings = _choosing()
    return _page(settings, problem=_cannot_choose(settings))


@bp.post("/picker")
@teacher_required
def place_chosen() -> ResponseReturnValue:
    """Answer the LMS with the activities that were chosen."""
    settings = _choosing()
    chosen = _chosen_activities(request.form.getlist("activity", type=int))
    if not chosen:
        return _page(settings, problem=_("Choose at least one activity, or make a new one.")), 422
    if len(chosen) > 1 and not settings.accept_multiple:
        return _page(settings, problem=_("Your LMS takes one thing at a time here. Choose one.")), 422
    return _answer(settings, chosen)


@bp.get("/picker/<int:id>")
@teacher_required
def place(id: int) -> ResponseReturnValue:
    """Answer the LMS with one activity: where the form that makes a new one leads."""
    activity = queries.activity_in(db.session(), current().course_id, id)
    if activity is None:
        abort(404)
    return _answer(_choosing(), [activity])


@bp.post("/picker/home")
@teacher_required
def place_home() -> ResponseReturnValue:
    """Answer the LMS with a link to the course home."""
    settings = _choosing()
    item = deep_linking.ResourceLinkItem(url=config.running().launch_url, title=_("Course home"), custom=_custom(None))
    return _send(settings, [item])


@bp.post("/picker/nothing")
@teacher_required
def place_nothing() -> ResponseReturnValue:
    """Answer the LMS with nothing, as who changed their mind would expect."""
    settings = _choosing()
    problem = _cannot_choose(settings)
    return _send(settings, [], error=str(problem) if problem else None)


@bp.get("/link")
@teacher_required
def link() -> ResponseReturnValue:
    """Let the link of this launch open an activity instead of the course home."""
    if current().resource_link_id is None:
        abort(404)
    return _page(None, problem=None)


@bp.post("/link")
@teacher_required
def bind() -> ResponseReturnValue:
    """Bind the link of this launch to one activity."""
    viewer = current()
    session = db.session()
    chosen = _chosen_activities(request.form.getlist("activity", type=int)[:1])
    if viewer.resource_link_id is None:
        abort(404)
    if not chosen:
        return _page(None, problem=_("Choose one activity, or make a new one.")), 422
    operations.open_activity_with(session, viewer.resource_link_id, chosen[0])
    record(
        session,
        "link.bound",
        course_id=viewer.course_id,
        person_id=viewer.person_id,
        activity_id=chosen[0].id,
        now=now(),
    )
    session.commit()
    return redirect(url_for(rooms()[chosen[0].kind].show, id=chosen[0].id), 303)


def _choosing() -> DeepLinkingSettings:
    """The platform's wishes. A session that was not launched for choosing has no picker."""
    found = current().deep_link
    if found is None:
        abort(404)
    return deep_linking.settings_from(found)


def _cannot_choose(settings: DeepLinkingSettings) -> str | None:
    if deep_linking.RESOURCE_LINK in settings.accept_types:
        return None
    sentence: str = _(
        "This place of your LMS takes no activities, only other kinds of content. "
        "Add Hearth from the list of activities or from a module instead."
    )
    return sentence


def _page(settings: DeepLinkingSettings | None, *, problem: str | None) -> str:
    viewer = current()
    session = db.session()
    placed = queries.placed(session, viewer.course_id)
    twice = _("Already in the course; another link opens the same activity.")
    return render_template(
        "launch/picker.html",
        choosing=settings is not None,
        can_choose=settings is None or deep_linking.RESOURCE_LINK in settings.accept_types,
        multiple=settings is not None and settings.accept_multiple,
        problem=problem,
        rooms=list(rooms().values()),
        options=[
            (each.id, each.title, twice if each.id in placed else "")
            for each in queries.activities_of(session, viewer.course_id)
        ],
    )


def _chosen_activities(ids: Sequence[int]) -> list[Activity]:
    mine = queries.activities_of(db.session(), current().course_id)
    return [activity for activity in mine if activity.id in ids]


def _answer(settings: DeepLinkingSettings, chosen: Sequence[Activity]) -> ResponseReturnValue:
    session = db.session()
    return _send(settings, [_item(session, activity) for activity in chosen])


def _item(session: Session, activity: Activity) -> deep_linking.ResourceLinkItem:
    placement = rooms()[activity.kind].placement(session, activity)
    line_item = None
    if placement.score_maximum is not None:
        line_item = deep_linking.LineItem(
            label=placement.title,
            score_maximum=placement.score_maximum,
            resource_id=str(activity.public_id),
            submission_review=True,
        )
    return deep_linking.ResourceLinkItem(
        url=config.running().launch_url,
        title=placement.title,
        text=placement.text,
        custom=_custom(activity),
        line_item=line_item,
        available_from=placement.available_from,
        available_until=placement.available_until,
        submission_until=placement.due_at,
    )


def _custom(activity: Activity | None) -> dict[str, str]:
    made = {"hearth_placement": new_secret()}
    if activity is not None:
        made["hearth_activity"] = str(activity.public_id)
    return made


def _send(
    settings: DeepLinkingSettings, items: Sequence[deep_linking.ResourceLinkItem], *, error: str | None = None
) -> ResponseReturnValue:
    viewer: Viewer = current()
    session = db.session()
    token = deep_linking.response_jwt(
        session, viewer.deployment_id, settings, items, error=error, app_settings=config.running(), now=now()
    )
    record(
        session,
        "activities.placed",
        course_id=viewer.course_id,
        person_id=viewer.person_id,
        now=now(),
        count=len(items),
    )
    session.commit()
    return render_template("launch/submit.html", action=settings.return_url, jwt=token)
