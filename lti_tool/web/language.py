"""
In which language a page speaks: that of the launch, else the browser's first that we know.
"""

from babel import Locale, UnknownLocaleError
from flask import Flask, g, request
from flask_babel import Babel, get_babel, get_locale


def install(app: Flask) -> None:
    """Give templates and views ``_()`` in the reader's language, and dates in UTC."""
    Babel(app, default_timezone="UTC", locale_selector=choose)


def choose() -> str | None:
    """The best language we have words in; None for the default."""
    known = {str(locale): locale for locale in get_babel().list_translations()}
    viewer = g.get("viewer")
    wished = viewer.locale if viewer else None
    if wished:
        found = Locale.negotiate([wished.replace("-", "_")], known, sep="_") if _is_locale(wished) else None
        if found is not None:
            return str(found)
    return request.accept_languages.best_match([name.replace("_", "-") for name in known])


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
