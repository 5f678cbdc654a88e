"""Platform Notification Service 1.0: tools ask for notices, and are told of copied courses. As Canvas has it."""

import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Blueprint, Response, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import client, keys, launches, log
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Course, Tool
from lti_tool.sandbox.store import get_setting, new_id, put_setting
from lti_tool.sandbox.tokens import tool_with
from lti_tool.sandbox.vocabulary import CLAIM, CONTEXT_COPY, HELLO, NOTICE_HANDLERS

bp = Blueprint("notices", __name__, url_prefix="/lti")

TYPES = (HELLO, CONTEXT_COPY)


def claim_for(tool: Tool) -> dict[str, Any]:
    """What a launch says about it; nothing where the tool may not, or the LMS has no notices."""
    if not brand().sends_notices or NOTICE_HANDLERS not in tool.scopes:
        return {}
    return {
        f"{CLAIM}platformnotificationservice": {
            "service_versions": ["1.0"],
            "platform_notification_service_url": launches.issuer() + url_for("notices.handlers", tool_id=tool.id),
            "scope": [NOTICE_HANDLERS],
            "notice_types_supported": list(TYPES),
        }
    }


@bp.route("/tools/<tool_id>/notice-handlers", methods=["GET", "PUT"])
def handlers(tool_id: str) -> ResponseReturnValue:
    """
    The addresses where a tool hears notices, one for each type; an empty one ends it.
    """
    tool = tool_with(NOTICE_HANDLERS)
    if isinstance(tool, Response):
        return tool
    if tool.id != tool_id:
        abort(404)
    known = _handlers(tool)
    if request.method == "PUT":
        body = request.get_json(silent=True) or {}
        kind, handler = body.get("notice_type"), str(body.get("handler", ""))
        if kind not in TYPES or (handler and not _is_of(tool, handler)):
            return jsonify(error="An unknown type, or a handler that is not on the tool's host."), 400
        known[kind] = handler
        put_setting(f"notice_handlers:{tool.id}", known)
        return jsonify(notice_type=kind, handler=handler)
    told = [{"notice_type": kind, "handler": known.get(kind, "")} for kind in TYPES]
    return jsonify(client_id=tool.client_id, deployment_id=tool.deployment_id, notice_handlers=told)


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("notices", response)


def course_was_copied(course: Course, origin: Course) -> None:
    """Tell every tool that wants to hear of it. Once: who does not listen has missed it."""
    about = {f"{CLAIM}context": {"id": course.id}, f"{CLAIM}origin_contexts": [origin.id]}
    for tool in Tool.where("state = 'active'"):
        send(tool, CONTEXT_COPY, about)


def send(tool: Tool, kind: str, about: dict[str, Any]) -> int | None:
    """Send one notice, and return what the tool answered; None where nobody listens."""
    handler = _handlers(tool).get(kind)
    if not handler or not brand().sends_notices:
        return None
    now = int(time.time())
    told = {
        "iss": launches.issuer(),
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": secrets.token_urlsafe(16),
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}deployment_id": tool.deployment_id,
        f"{CLAIM}notice": {"id": new_id(), "timestamp": datetime.now(UTC).isoformat(), "type": kind},
        **about,
    }
    status: int | None = None
    try:
        with client.browser() as session:
            answer = session.post(
                handler,
                data=json.dumps({"notices": [{"jwt": keys.sign(told)}]}),
                headers={"Content-Type": "application/json"},
                timeout=client.TIMEOUT,
                allow_redirects=False,
            )
            status = answer.status_code
    except (requests.RequestException, OSError) as err:
        log.note(notice_lost=str(err))
    log.record("notice", "out", "POST", handler, status=status, claims=told)
    return status


def _handlers(tool: Tool) -> dict[str, str]:
    known: dict[str, str] = get_setting(f"notice_handlers:{tool.id}", {})
    return dict(known)


def _is_of(tool: Tool, handler: str) -> bool:
    return handler.startswith(tool.target_link_uri.partition("/lti/")[0] + "/")
