"""
Headers on every answer: what the page may load, who may frame it, who may keep it.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g

from lti_tool.config import Settings, is_loopback_host
from lti_tool.web.viewer import Viewer

LOOPBACK = ("http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*")


def install(app: Flask, settings: Settings) -> None:
    """Finish every answer of *app*."""

    def finish(response: Response) -> Response:
        found: Viewer | None = g.get("viewer")
        loopback = LOOPBACK if settings.allow_loopback_platforms else ()
        response.headers.setdefault("Content-Security-Policy", policy(found, anywhere=("https:", *loopback)))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        # An address holds the handle of a session: it goes to nobody, not even to our own logs by way of a referrer.
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store" if g.get("handle") else "no-store"
        return response

    app.after_request(finish)


def policy(viewer: Viewer | None, *, anywhere: tuple[str, ...]) -> str:
    """
    The Content-Security-Policy of a page for *viewer*.

    Without one we do not know the platform yet: *anywhere* may then frame the page, and its forms may
    lead *anywhere*, because a browser applies ``form-action`` to the redirects of a login too.
    """
    platform = platform_origins(viewer) if viewer else anywhere
    rules = {
        "default-src": ("'self'",),
        "img-src": ("'self'", "data:", "blob:"),
        "object-src": ("'none'",),
        "base-uri": ("'none'",),
        "form-action": ("'self'", *platform),
        "frame-ancestors": ("'self'", *platform),
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def platform_origins(viewer: Viewer) -> tuple[str, ...]:
    """The origins of the viewer's LMS: of its issuer, of its pages, and of where it waits for chosen content."""
    wishes = viewer.deep_link or {}
    origins = map(origin_of, (viewer.issuer, viewer.frame_origin or "", wishes.get("return_url", "")))
    return tuple(dict.fromkeys(origin for origin in origins if origin))


def origin_of(address: str) -> str | None:
    """
    ``https://lms.example:8443`` of an address; None where it has none to trust.

    The answer goes into a header: only what a host may be made of passes.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not all(letter.isascii() and (letter.isalnum() or letter in "-.") for letter in host):
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(host)):
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"
