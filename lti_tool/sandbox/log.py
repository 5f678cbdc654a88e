"""Every message in and out, kept for the log page; old ones fall off the end."""

import json
from typing import Any

from flask import Response, g, request

from lti_tool.sandbox.store import db, insert, utc_now

MOST_MESSAGES = 2_000
MOST_LETTERS = 20_000
HEADERS_SHOWN = ("Accept", "Authorization", "Content-Type", "Origin", "User-Agent")
KINDS = {
    "login": "login",
    "auth": "auth",
    "launch": "launch",
    "registration": "registration",
    "deep_linking": "deep linking",
    "token": "token",
    "keys": "keys",
    "roster": "roster",
    "line_item": "line items",
    "score": "scores",
    "result": "results",
    "event": "events",
    "companion": "plugin",
}


def record(kind: str, direction: str, method: str, url: str, *, status: int | None, **details: Any) -> None:
    """
    Keep one message; `details` are its parts by name, ready to be shown.
    """
    number: int = db().execute("SELECT coalesce(max(id), 0) FROM message").fetchone()[0]
    insert(
        "message",
        at=utc_now().isoformat(timespec="milliseconds"),
        kind=kind,
        direction=direction,
        method=method,
        url=url,
        status=status,
        details={name: _cut(part) for name, part in details.items() if part not in (None, "", {})},
    )
    if number > MOST_MESSAGES:
        db().execute("DELETE FROM message WHERE id <= ?", (number - MOST_MESSAGES,))


def note(**parts: Any) -> None:
    """
    Add a part to the log entry of the request being answered.
    """
    g.setdefault("log_notes", {}).update(parts)


def record_request(kind: str, response: Response) -> Response:
    """
    Keep the request being answered and our answer to it.
    """
    headers = {name: request.headers[name] for name in HEADERS_SHOWN if name in request.headers}
    sent = request.form.to_dict() or pretty(request.get_data(as_text=True))
    shown = response.content_type or ""
    answer = pretty(response.get_data(as_text=True)) if "html" not in shown else None
    links = {"Link": response.headers["Link"]} if "Link" in response.headers else None
    record(
        kind,
        "in",
        request.method,
        request.url,
        status=response.status_code,
        **g.pop("log_notes", {}),
        request_headers=headers,
        request_body=sent,
        answer_headers=links,
        answer_body=answer,
    )
    return response


def messages(kind: str = "", words: str = "", most: int = 100, before: int = 0) -> list[dict[str, Any]]:
    """
    The newest messages first, of one kind or containing some words.
    """
    clauses, values = ["1"], []
    if kind:
        clauses.append("kind = ?")
        values.append(kind)
    if words:
        clauses.append("(url LIKE ? OR details LIKE ? OR status = ?)")
        values += [f"%{words}%", f"%{words}%", words]
    if before:
        clauses.append("id < ?")
        values.append(str(before))
    rows = db().execute(
        f"SELECT * FROM message WHERE {' AND '.join(clauses)} ORDER BY id DESC LIMIT ?",
        (*values, most),
    )
    return [{**dict(row), "details": json.loads(row["details"])} for row in rows]


def clear() -> None:
    db().execute("DELETE FROM message")


def pretty(text: str) -> Any:
    """
    JSON as itself, so that it is shown with indents; anything else as it came.
    """
    try:
        return json.loads(text) if len(text) <= MOST_LETTERS else text
    except ValueError:
        return text


def _cut(part: Any) -> Any:
    words = part if isinstance(part, str) else json.dumps(part)
    if len(words) <= MOST_LETTERS:
        return part
    return f"{words[:MOST_LETTERS]} … ({len(words):,} characters)"
