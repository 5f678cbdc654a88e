"""
Files of a work, and of feedback, for those who may read it.
"""

from collections.abc import Iterator

from flask import Response, abort, current_app, request, stream_with_context
from flask.typing import ResponseReturnValue

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.exchange import queries
from lti_tool.exchange.models import FileFacts, SubmissionFile
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current

PART = 2 * 2**20
"""Bytes of a recording that are sent at a time: players ask for the next ones by themselves."""


@bp.get("/exchanges/<int:id>/files/<int:file_id>")
@member_required
def download(id: int, file_id: int) -> ResponseReturnValue:
    """
    One file. Images and recordings may be shown in the page; everything else is saved, and nothing in it ever runs.

    Recordings are sent in parts to whoever asks for parts (RFC 9110, 14): no browser jumps to a moment without that.
    """
    return _sent(_found(id, file_id))


@bp.get("/exchanges/<int:id>/feedback/files/<int:attached_id>")
@member_required
def feedback_file(id: int, attached_id: int) -> ResponseReturnValue:
    """A file of feedback, sent as one of a work is."""
    found = queries.feedback_file_for(db.session(), current(), exchange_or_404(id), attached_id, now=now())
    return _sent(found) if found is not None else abort(404)


@bp.get("/exchanges/<int:id>/files/<int:file_id>/captions")
@member_required
def captions(id: int, file_id: int) -> ResponseReturnValue:
    """What is said in a recording, as its player shows it."""
    found = _found(id, file_id)
    if found.words is None or not found.words.has_times:
        abort(404)
    return shut_in(Response(found.words.body, content_type="text/vtt; charset=utf-8"))


def _sent(file: FileFacts) -> Response:
    try:
        response = _part(file) if file.is_recording else Response(_storage().read(db.session(), file.key))
    except files.Missing:
        abort(404)
    is_shown = file.is_image or file.is_recording
    response.headers["Content-Type"] = file.media_type
    response.headers.set("Content-Disposition", "inline" if is_shown else "attachment", filename=file.name)
    return shut_in(response)


def _found(id: int, file_id: int) -> SubmissionFile:
    exchange = exchange_or_404(id)
    found = queries.file_for(db.session(), current(), exchange, file_id)
    if found is None:
        abort(404)
    return found


def _part(file: FileFacts) -> Response:
    """The part that was asked for, or its beginning; the whole to whoever asks for no part."""
    asked = request.range
    spans = asked.ranges if asked is not None and asked.units == "bytes" else []
    is_same = not request.if_range.etag or request.if_range.etag == file.sha256
    if len(spans) != 1 or not is_same:
        response = Response(stream_with_context(_stream(file)))
        response.content_length = file.size
    else:
        first, end = _span(spans[0], file.size)
        if first >= min(end, file.size):
            abort(416)
        end = min(end, first + PART)
        response = Response(_storage().read_part(db.session(), file.key, first, end - first), 206)
        response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{file.size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.set_etag(file.sha256)
    return response


def _span(asked: tuple[int, int | None], size: int) -> tuple[int, int]:
    """Where a range begins, and where it is over; one that is counted from the end is."""
    first, end = asked
    return (max(size + first, 0), size) if first < 0 else (first, min(end or size, size))


def _stream(file: FileFacts) -> Iterator[bytes]:
    key, size, storage = file.key, file.size, _storage()
    for start in range(0, size, PART):
        yield storage.read_part(db.session(), key, start, min(PART, size - start))


def _storage() -> files.Storage:
    return files.storage(current_app.extensions["hearth.settings"])


def shut_in(response: Response) -> Response:
    """A file on its way out: nothing in it ever runs, and nobody else's page shows it."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
