"""Access tokens for the services: client_credentials with a signed assertion (security 1.1, section 4.1)."""

import json
import secrets
import sqlite3
import time
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.sandbox import faults, keys, launches, log
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Tool
from lti_tool.sandbox.store import db, insert
from lti_tool.sandbox.vocabulary import JWT_BEARER

bp = Blueprint("tokens", __name__, url_prefix="/lti")

TOKEN_LIFE = 3600
LONGEST_ASSERTION = 3600


@bp.post("/token")
def token() -> Response:
    """
    Give a token for the scopes that were asked for and are allowed.
    """
    wrong = faults.answer(faults.take("token"))
    if wrong:
        return wrong
    form = request.form
    log.note(assertion_claims=keys.peek(form.get("client_assertion", "")))
    if form.get("grant_type") != "client_credentials":
        return _refuse("unsupported_grant_type", "grant_type must be client_credentials.")
    if form.get("client_assertion_type") != JWT_BEARER:
        return _refuse("invalid_request", f"client_assertion_type must be {JWT_BEARER}.")
    try:
        tool = _proven(form.get("client_assertion", ""))
    except keys.Refused as refusal:
        return _refuse("invalid_client", str(refusal))
    granted = [scope for scope in form.get("scope", "").split() if scope in tool.scopes]
    if not granted:
        return _refuse("invalid_scope", "None of these scopes is allowed for this tool.")
    return _answer(
        {
            "access_token": _keep_token(tool, granted),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE,
            "scope": " ".join(granted),
        }
    )


def tool_with(*scopes: str) -> Tool | Response:
    """
    The tool that calls a service, if its bearer token allows one of the scopes; else the refusal.
    """
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    row = (
        db()
        .execute(
            "SELECT details FROM ticket WHERE id = ? AND kind = 'token' AND expires_at > ?",
            (_digest(bearer), time.time()),
        )
        .fetchone()
    )
    details = json.loads(row["details"]) if row and kind.lower() == "bearer" else {}
    tool = Tool.get(details.get("tool"))
    if tool is None or not tool.is_active:
        return _unauthorized("The bearer token is missing, unknown or expired.", 401)
    if not set(scopes) & set(details["scopes"]):
        status = 401 if brand().exact_media else 403
        return _unauthorized(f"The token does not have the scope {' or '.join(scopes)}.", status)
    return tool


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("token", response)


def _proven(assertion: str) -> Tool:
    """
    The tool whose client assertion this is: iss = sub = client_id, for us, used once.
    """
    claimed = keys.peek(assertion)
    client_id = claimed.get("sub") if isinstance(claimed, dict) else None
    tool = Tool.first("client_id = ?", str(client_id))
    if tool is None or not tool.is_active:
        raise keys.Refused(f"No active tool has the client_id {client_id!r}.")
    said = keys.verified(assertion, tool)
    if brand().checks_whole_answer:
        _check_assertion(said, tool)
    return tool


def _check_assertion(said: dict[str, Any], tool: Tool) -> None:
    if said.get("iss") != tool.client_id:
        raise keys.Refused("iss must be the client_id.")
    audience = said.get("aud")
    ours = {f"{launches.issuer()}/lti/token", launches.issuer()}
    if not ours & set(audience if isinstance(audience, list) else [audience]):
        raise keys.Refused(f"aud must be {launches.issuer()}/lti/token.")
    if said["exp"] - said["iat"] > LONGEST_ASSERTION:
        raise keys.Refused("The assertion lives too long.")
    if not said.get("jti"):
        raise keys.Refused("jti is missing.")
    try:
        insert(
            "ticket",
            id=_digest(f"{tool.client_id} {said['jti']}"),
            kind="jti",
            details={},
            expires_at=said["exp"] + 60,
        )
    except sqlite3.IntegrityError as err:
        raise keys.Refused("This jti was used before.") from err


def _keep_token(tool: Tool, scopes: list[str]) -> str:
    now = time.time()
    db().execute("DELETE FROM ticket WHERE expires_at < ?", (now - 60,))
    bearer = secrets.token_urlsafe(32)
    details = {"tool": tool.id, "scopes": scopes}
    insert("ticket", id=_digest(bearer), kind="token", details=details, expires_at=now + TOKEN_LIFE)
    return bearer


def _refuse(error: str, words: str) -> Response:
    status = 401 if error == "invalid_client" and not brand().token_errors_are_400 else 400
    return _answer({"error": error, "error_description": words}, status)


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    response = Response(json.dumps(body), status, content_type=brand().grant_media)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unauthorized(words: str, status: int) -> Response:
    response = Response(json.dumps({"error": words}), status, content_type="application/json")
    response.headers["WWW-Authenticate"] = 'Bearer realm="pretend LMS"'
    return response


def _digest(words: str) -> str:
    return sha256(words.encode()).hexdigest()
