"""
In which language a page speaks: that of the launch, else the browser's first that we know.
"""

from babel import Locale, UnknownLocaleError
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, get_locale

SPOKEN = "en"
"""The language of the words in our templates; all others are translations of it."""


def install(app: Flask) -> None:
    """Give templates and views ``_()`` in the reader's language, and dates in UTC."""
    babel = Babel(app, default_locale=SPOKEN, default_timezone="UTC", locale_selector=choose)
    with app.app_context():
        app.extensions["hearth.languages"] = {SPOKEN, *(str(locale) for locale in babel.list_translations())}


def choose() -> str | None:
    """The best language we have words in; None for the default."""
    known: set[str] = current_app.extensions["hearth.languages"]
    viewer = g.get("viewer")
    if viewer and viewer.locale and _is_locale(viewer.locale):
        found = Locale.negotiate([viewer.locale.replace("-", "_")], known, sep="_")
        if found is not None:
            return str(found)
    if not has_request_context():
        # A job speaks to nobody in particular.
        return None
    best = request.accept_languages.best_match([name.replace("_", "-") for name in sorted(known)])
    return best.replace("-", "_") if best else None


def page_language() -> str:
    """For ``<html lang>``."""
    return str(get_locale() or "en").replace("_", "-")


def page_direction() -> str:
    """For ``<html dir>``."""
    locale = get_locale()
    return str(locale.text_direction) if locale else "ltr"


def _is_locale(text: str) -> bool:
    try:
        Locale.parse(text, sep="-" if "-" in text else "_")
    except (UnknownLocaleError, ValueError):
        return False
    return True
