"""
What every template may use, beyond what it is given.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, g
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.local import LocalProxy

from lti_tool.config import Settings
from lti_tool.courses.models import Role
from lti_tool.web.guards import csrf_token
from lti_tool.web.headers import origin_of
from lti_tool.web.institution import shown_sections
from lti_tool.web.language import page_direction, page_language
from lti_tool.web.markdown import render
from lti_tool.web.viewer import Viewer


def install(app: Flask, settings: Settings) -> None:
    """Give the helpers below to the templates of *app*, imported components included."""

    def stash_owner() -> str:
        """Under which name this tab keeps typed words: the same for each launch of one person, telling nothing."""
        viewer: Viewer | None = g.get("viewer")
        if viewer is None:
            return ""
        who = f"stash {viewer.membership_id} {viewer.role}".encode()
        return hmac.new(settings.secret_key.encode(), who, hashlib.sha256).hexdigest()[:16]

    app.jinja_env.globals.update(
        admin_sections=shown_sections,
        viewer=LocalProxy(lambda: g.get("viewer")),
        csrf_token=csrf_token,
        csrf_field=csrf_field,
        field_id=field_id,
        frame_origin=frame_origin,
        page_direction=page_direction,
        page_language=page_language,
        problems_of=problems_of,
        role_words=role_words,
        stash_owner=stash_owner,
        utc_input=utc_input,
    )
    app.jinja_env.filters.update(markdown=render, utc_date=utc_date, utc_moment=utc_moment)


def csrf_field() -> Markup:
    """The hidden field that each form of a signed-in page carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())


def field_id(name: str) -> str:
    """The id of a form's field, from its name."""
    return f"field-{re.sub(r'[^a-z0-9]+', '-', str(name).lower()).strip('-')}"


def problems_of(errors: object, name: str) -> str:
    """
    What is wrong with one field, in one line; "" when nothing is.

    *errors* are the messages of a marshmallow ValidationError. ``criteria-0-title`` and
    ``criteria.0.title`` look into nested ones.
    """
    if not isinstance(errors, Mapping):
        return ""
    if name in errors:
        return _line(errors[name])
    found: object = errors
    for part in re.split(r"[.-]", name):
        if not isinstance(found, Mapping):
            return ""
        found = found.get(part, found.get(int(part)) if part.isdecimal() else None)
    return "" if found is None else _line(found)


def role_words(viewer: Viewer) -> str:
    """What somebody is here, as every page says in its corner."""
    if viewer.is_preview:
        return str(_("Student view"))
    words = {
        Role.TEACHER: _("Teacher"),
        Role.ASSISTANT: _("Teaching assistant"),
        Role.LEARNER: _("Student"),
        Role.OBSERVER: _("Observer"),
    }
    return str(words[viewer.role])


def frame_origin() -> str | None:
    """The LMS around us: whom the page tells its height."""
    viewer: Viewer | None = g.get("viewer")
    return origin_of(viewer.frame_origin or viewer.issuer) if viewer else None


def utc_input(value: datetime | str | None) -> str:
    """A moment as ``<input type="datetime-local">`` wants it, in UTC; what was typed stays as it was."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
    text = value or ""
    try:
        typed = datetime.fromisoformat(text)
        return utc_input(typed if typed.tzinfo else typed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return text


def utc_moment(at: datetime) -> str:
    """A moment in words, for who runs no scripts: "3 May 2026, 14:00 UTC"."""
    return f"{format_datetime(at, 'd MMM y, HH:mm')} UTC"


def utc_date(at: datetime) -> str:
    """A day in words: "3 May 2026"."""
    return str(format_date(at, "d MMM y"))


def _line(messages: object) -> str:
    if isinstance(messages, Mapping):
        return " ".join(_line(each) for each in messages.values())
    if isinstance(messages, list | tuple):
        return " ".join(_line(each) for each in messages)
    return str(messages)
