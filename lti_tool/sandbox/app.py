"""Putting the pretend LMS together."""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError

from lti_tool.sandbox import (
    admin,
    ags,
    api,
    deeplinking,
    editing,
    grading,
    install,
    keys,
    listening,
    notices,
    nrps,
    people,
    platform,
    registration,
    rest,
    telling,
    tokens,
    views,
    webservice,
)
from lti_tool.sandbox.config import SandboxConfig
from lti_tool.sandbox.store import db, get_setting, open_store, put_setting, setting_up

CONTENT_SECURITY = (
    "default-src 'self'; img-src 'self' data:; frame-src http: https:; form-action http: https:;"
    " base-uri 'none'; object-src 'none'; frame-ancestors 'self'"
)
ERRORS = {
    403: ("Not for you", "This person may not do that. Sign in as somebody who may."),
    404: ("Not here", "This page is not here, or not for this person."),
}
PROTOCOL = ("/lti/", "/.well-known/")


def create_app(config: SandboxConfig) -> Flask:
    """
    Make the app, its store and its people; install the tool of SANDBOX_INSTALL_URL in the background.
    """
    app = Flask(__name__)
    app.config["SANDBOX"] = config
    app.config["TRUSTED_HOSTS"] = ["localhost", ".localhost", "127.0.0.1", "[::1]"]
    app.config["MAX_CONTENT_LENGTH"] = 4_000_000
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=30)
    # The tool's frame comes back to our auth address by cross-site requests, so the cookie says None.
    app.config.update(
        SESSION_COOKIE_NAME="sandbox",
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    open_store(app, config.data)
    with app.app_context(), setting_up(config.data):
        _settle(config)
        app.secret_key = config.secret or get_setting("secret")
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_protect)
    app.register_error_handler(HTTPException, _error_page)
    app.context_processor(views.for_every_page)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    install.in_background(app)
    return app


def _settle(config: SandboxConfig) -> None:
    people.settle(config.students)
    if get_setting("secret") is None:
        put_setting("secret", secrets.token_hex(32))
    # A brand chosen by an admin stays over a restart; a changed environment wins.
    if get_setting("brand_asked") != config.brand:
        put_setting("brand_asked", config.brand)
        put_setting("brand", config.brand)
    if db().execute("SELECT 1 FROM signing_key").fetchone() is None:
        keys.rotate()


def _blueprints() -> tuple[Any, ...]:
    return (
        views.bp,
        editing.bp,
        grading.bp,
        admin.bp,
        telling.bp,
        listening.bp,
        webservice.bp,
        api.bp,
        platform.bp,
        registration.bp,
        tokens.bp,
        deeplinking.bp,
        nrps.bp,
        ags.bp,
        notices.bp,
        rest.bp,
    )


def _refuse_foreign_forms() -> None:
    """
    Our own forms and the API are for our own pages: a browser says where a post comes from.
    """
    origin = request.headers.get("Origin")
    if request.method == "GET" or origin is None or request.path.startswith(PROTOCOL):
        return
    if urlsplit(origin).netloc != request.host:
        abort(403)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    if isinstance(error, SecurityError):
        # A foreign Host header: no address of ours can be built, so no page either.
        return Response("Bad request", status, content_type="text/plain")
    if request.path.startswith((*PROTOCOL, "/sandbox/")):
        return jsonify(error=error.description), status
    title, words = ERRORS.get(status, (error.name, error.description))
    chosen = words if error.description == type(error).description else error.description
    return render_template("error.html", title=title, words=chosen), status
