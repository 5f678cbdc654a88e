"""
What views share: loading through the viewer, and answering browsers with and without htmx.
"""

from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.exchange import queries
from lti_tool.exchange.models import Exchange
from lti_tool.web.errors import Refused
from lti_tool.web.viewer import current


def exchange_or_404(id: int) -> Exchange:
    """The exchange, if this viewer may see it."""
    found = queries.exchange_for(db.session(), current(), id)
    if found is None:
        abort(404)
    return found


def require_part() -> int:
    """The person who takes part. Whoever only looks is told so."""
    viewer = current()
    if not viewer.takes_part:
        raise Refused(_("You are only looking here, so nothing you write can be handed in."))
    return viewer.person_id


def is_htmx() -> bool:
    """Whether a fragment is wanted rather than a page."""
    return request.headers.get("HX-Request") == "true"


def go_to(url: str, *, saying: str | None = None, kind: str = "good") -> ResponseReturnValue:
    """Go on to another page, as whoever asked understands it."""
    if saying:
        flash(saying, kind)
    if is_htmx():
        return "", 204, {"HX-Redirect": url}
    return redirect(url, 303)


def form_values(*names: str) -> dict[str, Any]:
    """The named fields of the form that were sent at all."""
    return {name: request.form[name] for name in names if name in request.form}
