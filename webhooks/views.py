"""
The slot of the letterbox: ``POST /webhooks/<source>``. Served by itself, and by the pages' process too.
"""

import logging

from flask import Blueprint, Response, abort, current_app, json, request
from psycopg import DataError
from psycopg import Error as DatabaseError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from lti_tool import db
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.web.guards import platform_call
from webhooks import inbox
from webhooks.bell import bell

log = logging.getLogger(__name__)

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

LARGEST = 1024 * 1024
LONGEST_ID = 64


@bp.post("/<public_id>")
@platform_call
def receive(public_id: str) -> Response:
    """Prove, keep once, answer 202; a repeat is answered the same way."""
    request.max_content_length = LARGEST
    settings: Settings = current_app.extensions["hearth.settings"]
    # Each statement stands for itself: the one that keeps events also rings for the worker.
    with db.autocommitting() as connection:
        find = inbox.addresses.find
        address = find(connection, public_id, settings=settings, now=now()) if _is_plain(public_id) else None
        if address is None:
            if _is_plain(public_id) and inbox.count_late(connection, public_id, now=now()):
                abort(410, "This source was removed. Send nothing here any more.")
            abort(404, "There is no such source, or it is paused.")
        body = request.get_data(cache=False)
        headers = {name.lower(): value for name, value in request.headers}
        try:
            events = inbox.read(address, headers, body, settings=settings, now=now())
        except inbox.Refused as err:
            inbox.count_refusal(connection, address, str(err), now=now())
            abort(401, f"Refused: {err}.")
        except inbox.CannotTell as err:
            inbox.count_refusal(connection, address, str(err), now=now())
            return _try_again()
        except inbox.Unreadable as err:
            inbox.count_refusal(connection, address, f"unreadable: {err}", now=now())
            abort(400, f"Not an event of this LMS: {err}.")
        try:
            inbox.remember_site(connection, address, events)
            kept = inbox.keep(connection, address, events, now=now())
        except DataError as err:
            inbox.count_refusal(connection, address, "unreadable: what no database can keep", now=now())
            abort(400, f"Not to be kept: {type(err).__name__}.")
        if kept.relies_on_bell:
            bell.ask()
    return Response(status=202)


def problem(error: HTTPException) -> Response:
    """Machines are told in problem+json (RFC 9457)."""
    code = error.code or 500
    body = json.dumps({"type": "about:blank", "title": error.name, "status": code, "detail": error.description})
    return Response(body, status=code, content_type="application/problem+json")


def unavailable(error: SQLAlchemyError | DatabaseError) -> Response:
    """Nothing was kept; the sender tries again."""
    log.error("an event could not be kept", exc_info=error)
    return _try_again()


def _try_again() -> Response:
    body = json.dumps({"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "Try again."})
    return Response(body, status=503, headers={"Retry-After": "30"}, content_type="application/problem+json")


def _is_plain(public_id: str) -> bool:
    return (
        len(public_id) <= LONGEST_ID and public_id.isascii() and public_id.replace("-", "").replace("_", "").isalnum()
    )


# By number, too: beside the pages their own handlers are told by number, and would come first.
for status in (400, 401, 404, 405, 410, 413):
    bp.register_error_handler(status, problem)
bp.register_error_handler(HTTPException, problem)
bp.register_error_handler(SQLAlchemyError, unavailable)
bp.register_error_handler(DatabaseError, unavailable)
