"""
Taking an exchange elsewhere: the files, and what they tell.
"""

import logging
import re
import unicodedata

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from lti_tool.clock import now
from lti_tool.exchange import exporting
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current

log = logging.getLogger(__name__)


@bp.get("/exchanges/<int:id>/export")
@staff_required
def export(id: int) -> ResponseReturnValue:
    """What there is to take, and whose names stand in it."""
    exchange = exchange_or_404(id)
    return render_template("exchange/export.html", exchange=exchange, sight=exporting.sight_of(exchange))


@bp.get("/exchanges/<int:id>/export/<name>")
@staff_required
def export_file(id: int, name: str) -> ResponseReturnValue:
    """One of the files, sent while it is read: a class of any size takes no more memory than one of thirty."""
    exchange = exchange_or_404(id)
    file = exporting.FILES.get(name)
    if file is None:
        abort(404)
    log.info("exchange %s exported as %s by membership %s", id, name, current().membership_id)
    response = Response(exporting.pieces(exchange.id, file, now=now()), content_type=file.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=f"{_slug(exchange.title)}-{id}-{file.name}")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _slug(title: str) -> str:
    """A title as every file system takes it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:60] or "exchange"
