"""
Errors of the web layer, and the one place that turns any error into a page or problem+json.

    WebError
    ├── SessionEnded   this tab's session is over, or belongs to another browser
    ├── StaleForm      the form was not made by this session
    ├── NotYours       the viewer may not do this (shown as missing when it is a thing)
    └── Refused        a rule said no; carries the sentence to show
"""

import logging
import re
import secrets
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from marshmallow import ValidationError
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import BadHost, HTTPException, default_exceptions

from lti_tool import db
from lti_tool.lti.errors import LtiError

log = logging.getLogger(__name__)

Words: TypeAlias = str | LazyString

PROBLEM = "application/problem+json"

NOT_TYPED = frozenset({"csrf_token"})
CODE = re.compile(r"[a-z0-9_.:+-]{0,24}|[A-Z0-9:.+-]{0,32}")
"""What radio buttons, dates and ids send, rather than people."""

MOST_KEPT = 40

OVERTAKEN = (IntegrityError, StaleDataError, ObjectDeletedError)
"""A row came, or went, between our looking and our writing."""


class WebError(Exception):
    """An error that a page explains."""

    status: ClassVar[int] = 400


class SessionEnded(WebError):
    """The session of this address is over, or this is another browser."""

    status = 401


class StaleForm(WebError):
    """A form without a valid token of this session."""

    status = 403


class NotYours(WebError):
    """The viewer's role does not allow it."""

    status = 403


class Refused(WebError):
    """A rule of the product said no; ``sentence`` tells the person why and what to do."""

    status = 409

    def __init__(self, sentence: str | LazyString) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What people are told about an error."""

    status: int
    title: Words
    sentence: Words
    way_out: Words = ""
    code: str = ""
    """For who helps them; also the log's word."""


COLLISIONS = (DeadlockDetected, SerializationFailure, LockNotAvailable)
"""What PostgreSQL ends one of two transactions with that are in each other's way."""

BACK_TO_COURSE = _("Go back to your course and open the activity again from there.")
TRY_AGAIN = _("Please try again in a minute. If it happens again, tell your teacher.")
ABOUT_ADDRESS = _("Perhaps it was taken away, or it is not for you to see.")

OTHERWISE = Explanation(
    status=400,
    title=_("Hearth could not read that"),
    sentence=_("The request was incomplete or broken."),
    way_out=BACK_TO_COURSE,
    code="bad_request",
)

SAID: dict[type[Exception], Explanation] = {
    SessionEnded: Explanation(
        status=401,
        title=_("Please open this again from your course"),
        sentence=_("This page was left open for long, or it was opened in another browser. Hearth no longer knows it."),
        way_out=BACK_TO_COURSE,
        code="session_ended",
    ),
    StaleForm: Explanation(
        status=403,
        title=_("This form is out of date"),
        sentence=_("The page it came from belongs to another visit, so nothing was changed."),
        way_out=BACK_TO_COURSE,
        code="form_stale",
    ),
    NotYours: Explanation(
        status=403,
        title=_("This is for somebody else"),
        sentence=_("In this course you may not do this. If you think you should, ask your teacher."),
        code="not_yours",
    ),
    ValidationError: OTHERWISE,
    DataError: Explanation(
        status=400,
        title=_("Hearth could not read that"),
        sentence=_("Something that was sent holds signs or numbers that cannot be kept."),
        way_out=_("Go back and take out anything unusual, such as text pasted from another program."),
        code="unreadable",
    ),
    **dict.fromkeys(
        OVERTAKEN,
        Explanation(
            status=409,
            title=_("Somebody was quicker"),
            sentence=_("What this was about was changed or taken away in the same moment, so nothing was saved."),
            way_out=_("Go back and look once more."),
            code="conflict",
        ),
    ),
    UnicodeError: Explanation(
        status=400,
        title=_("Hearth could not read that"),
        sentence=_("Something that was sent holds signs that are no text."),
        code="unreadable",
    ),
    # JSON deeper than we can follow, within a message that an LMS signed.
    RecursionError: Explanation(
        status=400,
        title=_("Hearth could not read that"),
        sentence=_("Something that was sent is nested too deeply."),
        code="unreadable",
    ),
    **dict.fromkeys(
        (OperationalError, InterfaceError, NoConnectionFree),
        Explanation(
            status=503,
            title=_("Hearth is taking a break"),
            sentence=_("It cannot reach its own memory just now."),
            way_out=TRY_AGAIN,
            code="database_away",
        ),
    ),
}

COLLIDED = Explanation(
    status=409,
    title=_("Two things at once"),
    sentence=_("Somebody else changed the same thing in the same moment, so nothing was saved."),
    way_out=_("Please try again."),
    code="collision",
)

SAID_FOR_STATUS: dict[int, Explanation] = {
    404: Explanation(
        status=404, title=_("There is nothing here"), sentence=ABOUT_ADDRESS, way_out=BACK_TO_COURSE, code="missing"
    ),
    405: Explanation(
        status=405,
        title=_("That is not how this page works"),
        sentence=_("Its address was asked in a way it does not know, perhaps from an old link or by reloading."),
        way_out=BACK_TO_COURSE,
        code="method_not_allowed",
    ),
    413: Explanation(
        status=413,
        title=_("That is too much at once"),
        sentence=_("The files or the text are larger than Hearth takes."),
        way_out=_("Go back in your browser and choose smaller files."),
        code="too_large",
    ),
    415: Explanation(
        status=415,
        title=_("Hearth does not take this kind of file"),
        sentence=_("Please choose another one."),
        code="wrong_kind",
    ),
    429: Explanation(
        status=429,
        title=_("A little slower, please"),
        sentence=_("That was more in a short time than Hearth can do."),
        way_out=_("Wait a minute, then try again."),
        code="too_fast",
    ),
    500: Explanation(
        status=500,
        title=_("Something went wrong in Hearth"),
        sentence=_("This is our mistake, not yours. It was written down, so that it can be mended."),
        way_out=TRY_AGAIN,
        code="broken",
    ),
    502: Explanation(
        status=502,
        title=_("Your LMS did not answer"),
        sentence=_("Hearth asked it for something and got nothing that it can use."),
        way_out=TRY_AGAIN,
        code="lms_away",
    ),
    503: Explanation(
        status=503,
        title=_("Hearth is taking a break"),
        sentence=_("It will be back in a moment."),
        way_out=TRY_AGAIN,
        code="away",
    ),
}


def install(app: Flask) -> None:
    """Answer every error of *app* here."""
    for kind in (WebError, LtiError, HTTPException, *SAID):
        app.register_error_handler(kind, answer)
    # Flask looks for a status of its own first, so a general handler alone would miss them.
    for status in default_exceptions:
        app.register_error_handler(status, answer)


def answer(error: Exception) -> Response:
    """The page, notice or problem document for *error*."""
    db.session.rollback()
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return make_response(error)
    said = explain(error)
    _write_down(error, said)
    # Where the host makes no sense there are no addresses, and so no pages.
    if _wants_json() or isinstance(error, BadHost):
        response = _problem(said)
    elif request.headers.get("HX-Request") == "true":
        response = _notice(said)
    else:
        response = _page(said)
    response.status_code = said.status
    _keep_headers(error, response)
    return response


def explain(error: Exception) -> Explanation:
    """What to say about *error*."""
    if isinstance(error, Refused):
        return Explanation(
            status=error.status, title=_("That is not possible"), sentence=error.sentence, code="refused"
        )
    if isinstance(error, LtiError):
        return Explanation(
            status=error.status, title=_("Hearth could not be opened"), sentence=error.sentence, code=error.code
        )
    if isinstance(error, DataError) and request.method in ("GET", "HEAD"):
        # An address with a number beyond all numbers names nothing.
        return SAID_FOR_STATUS[404]
    if isinstance(error, OperationalError) and isinstance(error.orig, COLLISIONS):
        return COLLIDED
    for kind in type(error).__mro__:
        if kind in SAID:
            return SAID[kind]
    status = error.code if isinstance(error, HTTPException) and error.code else 500
    return SAID_FOR_STATUS.get(status) or replace(OTHERWISE, status=status)


def typed_words() -> dict[str, str]:
    """
    What somebody typed into the form of this request, by field; never tokens, files or what an LMS sent.
    """
    if request.method in ("GET", "HEAD") or g.get("handle") is None:
        return {}
    try:
        fields = request.form.items(multi=True)
    except HTTPException:
        # Too large or broken: there is nothing that could be read.
        return {}
    typed: dict[str, str] = {}
    for name, value in fields:
        if name in NOT_TYPED or CODE.fullmatch(value) or len(typed) == MOST_KEPT:
            continue
        label = name.replace("_", " ").replace("-", " ").capitalize()
        typed[label] = f"{typed[label]}\n\n{value}" if label in typed else value
    return typed


def request_id() -> str:
    """The name of this request in the log."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def _write_down(error: Exception, said: Explanation) -> None:
    # A conflict that no rule foresaw, or a depth without end, may be our mistake too.
    if said.status >= 500 or isinstance(error, (*OVERTAKEN, OperationalError, RecursionError)):
        log.error("request %s answered %s (%s: %s)", request_id(), said.status, said.code, type(error).__name__)
    else:
        log.info("request answered %s (%s: %s)", said.status, said.code, type(error).__name__)


def _page(said: Explanation) -> Response:
    return make_response(
        render_template(
            "error.html", said=said, typed=typed_words(), request_id=request_id() if said.status >= 500 else None
        )
    )


def _notice(said: Explanation) -> Response:
    """For htmx: a notice above the page, which stays as it is, with all that was typed."""
    response = make_response(
        render_template("_error.html", said=said, request_id=request_id() if said.status >= 500 else None)
    )
    response.headers["HX-Retarget"] = "#page-notices"
    response.headers["HX-Reswap"] = "innerHTML show:top"
    return response


def _problem(said: Explanation) -> Response:
    """RFC 9457."""
    document = {
        "type": "about:blank",
        "title": str(said.title),
        "status": said.status,
        "detail": str(said.sentence),
        "code": said.code,
    }
    if said.status >= 500:
        document["request_id"] = request_id()
    response = jsonify(document)
    response.mimetype = PROBLEM
    return response


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", PROBLEM, "application/json"], default="text/html")
    return best != "text/html" and accepted[best] > accepted["text/html"]


def _keep_headers(error: Exception, response: Response) -> None:
    """``Allow`` of a 405, ``Retry-After`` of a 429: HTTP wants them."""
    if not isinstance(error, HTTPException):
        return
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
