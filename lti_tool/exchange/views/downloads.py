"""
Files of a work, for those who may read it.
"""

from flask import Response, abort, current_app
from flask.typing import ResponseReturnValue

from lti_tool import db, files
from lti_tool.exchange import queries
from lti_tool.exchange.models import ExampleFile, SubmissionFile
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current


@bp.get("/exchanges/<int:id>/files/<int:file_id>")
@member_required
def download(id: int, file_id: int) -> ResponseReturnValue:
    """One file."""
    exchange = exchange_or_404(id)
    found = queries.file_for(db.session(), current(), exchange, file_id)
    if found is None:
        abort(404)
    try:
        data = files.storage(current_app.extensions["hearth.settings"]).read(db.session(), found.key)
    except files.Missing:
        abort(404)
    return file_response(found, data)


def file_response(file: SubmissionFile | ExampleFile, data: bytes) -> Response:
    """A file on its way out: images may be shown in the page; everything else is saved, and nothing in it ever runs."""
    response = Response(data, content_type=file.media_type)
    response.headers.set("Content-Disposition", "inline" if file.is_image else "attachment", filename=file.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
