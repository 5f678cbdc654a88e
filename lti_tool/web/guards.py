"""
Guards: each view has exactly one; a house test lists the views that have none.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as Responds

from lti_tool import db
from lti_tool.clock import now
from lti_tool.web import viewer as viewers
from lti_tool.web.errors import NotYours, SessionEnded, StaleForm

BROWSER_COOKIE = "__Host-hearth"

View = Callable[..., Any]


def open_to_all(view: View) -> View:
    """Anybody may ask: health, key set, the page that begins a login."""
    return _guarded(view, "open_to_all")


def platform_call(view: View) -> View:
    """A platform's browser redirect or post; the view itself proves where it came from."""
    return _guarded(view, "platform_call")


def member_required(view: View) -> View:
    """Somebody whose launch made this session, in the browser of that launch."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _enter()
        return view(*args, **kwargs)

    return _guarded(guarded, "member_required")


def staff_required(view: View) -> View:
    """A teacher or teaching assistant of this course, by the roles of this session's launch."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _enter()
        if not g.viewer.is_staff:
            raise NotYours
        return view(*args, **kwargs)

    return _guarded(guarded, "staff_required")


def teacher_required(view: View) -> View:
    """A teacher of this course: may add, arrange and set up."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _enter()
        if not g.viewer.is_teacher:
            raise NotYours
        return view(*args, **kwargs)

    return _guarded(guarded, "teacher_required")


def admin_required(view: View) -> View:
    """
    The institution's administrator, by the roles of this session's launch; to anybody else the room is missing.

    It opens no course: what is in one is asked for by the guards above.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _enter()
        if not g.viewer.is_admin or g.viewer.is_preview:
            abort(404)
        return view(*args, **kwargs)

    return _guarded(guarded, "admin_required")


def csrf_token() -> str:
    """The token that forms of this session carry as ``csrf_token`` and htmx as ``X-CSRFToken``."""
    return _csrf_serializer().dumps(g.viewer.handle)


def browser_secret() -> str | None:
    """What this browser proves itself with; None where it sent no cookie."""
    return request.cookies.get(BROWSER_COOKIE) or None


def hash_secret(secret: str) -> str:
    """What the database keeps of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_browser_secret(response: Responds, secret: str) -> None:
    """Set the cookie that comes back in the LMS's frame wherever any cookie does."""
    response.set_cookie(
        BROWSER_COOKIE,
        secret,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
        path="/",
        max_age=180 * 24 * 3600,
    )


def new_secret() -> str:
    """192 random bits, safe in an address."""
    return secrets.token_urlsafe(24)


def _enter() -> None:
    handle = g.get("handle")
    if request.method in ("GET", "HEAD"):
        db.without_transaction(db.session())
    found = viewers.find(db.session(), handle, now=now()) if handle else None
    if found is None:
        raise SessionEnded
    if found.browser_hash is not None:
        secret = browser_secret()
        if secret is None or not hmac.compare_digest(hash_secret(secret), found.browser_hash):
            raise SessionEnded
    g.viewer = found
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _check_csrf()


def _check_csrf() -> None:
    token = request.headers.get("X-CSRFToken") or request.form.get("csrf_token", "")
    try:
        if _csrf_serializer().loads(token) == g.viewer.handle:
            return
    except BadSignature:
        pass
    raise StaleForm


def _csrf_serializer() -> URLSafeSerializer:
    secret = current_app.secret_key
    if not secret:
        abort(500)
    return URLSafeSerializer(secret, salt="csrf")


def _guarded(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view
