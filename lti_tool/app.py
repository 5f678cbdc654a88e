"""
The only place where real parts meet: settings, database, brands, rooms, pages.
"""

from collections.abc import Mapping

from flask import Flask, Response, jsonify
from werkzeug.middleware.proxy_fix import ProxyFix

from canvas.lms import CanvasLms
from lti_tool import config, db, health, lms, logs, privacy, web
from lti_tool.admin import sections as admin_sections
from lti_tool.admin import views as admin_views
from lti_tool.calendars import operations as calendars
from lti_tool.config import Settings
from lti_tool.courses.groups import tellers
from lti_tool.courses.listening import groups_moved
from lti_tool.exchange import views as exchange_views
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.home import notices as notice_views
from lti_tool.home import views as home_views
from lti_tool.journal.hiding import names_hidden
from lti_tool.launch import views as launch_views
from lti_tool.lti import registration
from lti_tool.outgoing import OUTGOING
from lti_tool.reconcile import institution as comparisons
from lti_tool.reconcile import views as reconcile_views
from lti_tool.subscriptions import GROUPS_MOVED, SUBSCRIPTIONS
from lti_tool.web.guards import open_to_all
from lti_tool.web.rooms import Room, rooms
from moodle.lms import MoodleLms
from webhooks import app as letterbox
from webhooks import views as letterbox_views
from webhooks.companions import privacy as companion_privacy
from webhooks.companions.grouping import teller_of
from webhooks.companions.room import sections as companion_sections
from webhooks.companions.room import views as companion_pages
from webhooks.drain import subscriptions
from webhooks.outbox import hiding as outbox_hiding
from webhooks.outbox import privacy as outbox_privacy
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.room import sections as endpoint_sections
from webhooks.outbox.room import views as endpoint_pages
from webhooks.room import sections as letterbox_sections
from webhooks.room import views as letterbox_pages

ADMIN_SECTIONS = (
    admin_sections.OVERVIEW,
    admin_sections.COURSES,
    admin_sections.GRADES,
    letterbox_sections.EVENTS,
    admin_sections.CALENDAR,
    companion_sections.HEARS,
    endpoint_sections.ENDPOINTS,
    comparisons.SECTION,
    admin_sections.REQUESTS,
    admin_sections.KEYS,
    admin_sections.RETENTION,
    admin_sections.AUDIT,
)
"""The admin room's navigation, from left to right; see :mod:`lti_tool.web.institution`."""

SIGNED_IN = "/s/<handle>"
"""Every page of a signed-in person lives under the handle of their session."""

ADMIN = f"{SIGNED_IN}/admin"
"""Every page of the admin room, whichever part of the house brings it."""


def create_app(settings: Settings | None = None) -> Flask:
    """The web application, bound to its database. Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    _know_brands()
    subscriptions.install(SUBSCRIPTIONS)
    groups_moved.install(GROUPS_MOVED)
    tellers.install(teller_of)
    calendars.rooms.install(lambda session, activity: rooms()[activity.kind].due_dates(session, activity))
    catalogue.install(OUTGOING)
    names_hidden.install((outbox_hiding.names_hidden,))
    privacy.install({"told_to_lms": companion_privacy, "told_to_endpoints": outbox_privacy})
    db.bind(db.make_engine(db.database_url(settings), pool=settings.database_pool))

    app = Flask("lti_tool", static_folder="static", template_folder="web/templates")
    app.secret_key = settings.secret_key
    largest = max(settings.upload_max_mb, settings.recording_max_mb)
    app.config["MAX_CONTENT_LENGTH"] = (largest + 1) * 1024 * 1024
    app.extensions["hearth.settings"] = settings
    app.extensions["hearth.rooms"] = _by_kind(ExchangeRoom())
    app.extensions["hearth.admin_sections"] = ADMIN_SECTIONS
    app.extensions["hearth.personal_data"] = privacy

    logs.install(app, settings)
    web.install(app, settings)
    app.register_blueprint(health.bp)
    app.register_blueprint(launch_views.doors)
    app.register_blueprint(notice_views.doors)
    # So that one process can serve a small school; a large one lets the letterbox stand by itself.
    app.register_blueprint(letterbox_views.bp)
    for room in (home_views.bp, notice_views.bp, reconcile_views.bp, launch_views.bp, exchange_views.bp):
        app.register_blueprint(room, url_prefix=SIGNED_IN)
    for sections in (admin_views.bp, letterbox_pages.bp, companion_pages.bp, endpoint_pages.bp, comparisons.bp):
        app.register_blueprint(sections, url_prefix=ADMIN)
    app.add_url_rule("/canvas/config.json", "canvas_configuration", canvas_configuration)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


@open_to_all
def canvas_configuration() -> Response:
    """The tool as Canvas reads it by *Enter URL*, or as an admin pastes it. Public: it tells nothing but addresses."""
    answer = jsonify(CanvasLms().configuration(registration.offer(config.running(), {})))
    answer.cache_control.public = True
    answer.cache_control.max_age = 3600
    return answer


def create_letterbox(settings: Settings | None = None) -> Flask:
    """The letterbox by itself: it keeps what comes, and the worker reads it."""
    _know_brands()
    return letterbox.create_app(settings)


def _know_brands() -> None:
    lms.register("canvas", CanvasLms())
    lms.register("moodle", MoodleLms())


def _by_kind(*rooms: Room) -> Mapping[str, Room]:
    return {room.kind: room for room in rooms}
