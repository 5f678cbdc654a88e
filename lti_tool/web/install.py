"""
Fit the web layer into the application: one call, made by ``create_app``.
"""

from typing import Any

from flask import Flask, current_app, g, request

from lti_tool import db
from lti_tool.config import Settings
from lti_tool.web import assets, brand, errors, headers, language, pages
from lti_tool.web.saying import SaidInOneTab

LARGEST_FORM_TEXT = 2 * 1024 * 1024
"""Of all fields of a form together; files are counted by ``MAX_CONTENT_LENGTH`` alone."""

MOST_FORM_PARTS = 500

LARGEST_ENCODED_FORM = 3 * LARGEST_FORM_TEXT
"""
Of a form without files, and of anything else that is no multipart body: there each byte may be sent as ``%E2``.

Werkzeug splits such a form without any limit of its own, and its pieces take fifty times its place.
"""


def install(app: Flask, settings: Settings) -> None:
    """Give *app* sessions in addresses, languages, helpers for templates, headers and error pages."""
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_FORM_TEXT
    app.config["MAX_FORM_PARTS"] = MOST_FORM_PARTS
    app.before_request(_limit_text)
    app.session_interface = SaidInOneTab()
    app.url_value_preprocessor(_take_handle)
    app.url_defaults(_give_handle)
    app.teardown_appcontext(_end)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    language.install(app)
    assets.install(app)
    brand.install(app)
    pages.install(app, settings)
    headers.install(app, settings)
    errors.install(app)


def _limit_text() -> None:
    """Only who sends files may send much."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = LARGEST_ENCODED_FORM


def _take_handle(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """``/s/<handle>/…``: the handle is for the guards; views need not know it."""
    g.handle = values.pop("handle", None) if values else None


def _give_handle(endpoint: str, values: dict[str, Any]) -> None:
    """``url_for("exchange.show", id=7)`` stays in the session of this request."""
    handle = g.get("handle")
    if handle and "handle" not in values and _asks_for_handle(endpoint):
        values["handle"] = handle


def _asks_for_handle(endpoint: str) -> bool:
    return current_app.url_map.is_endpoint_expecting(endpoint, "handle")


def _end(_: BaseException | None) -> None:
    db.session.remove()
