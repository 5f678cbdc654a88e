"""LTI Dynamic Registration 1.0: the platform's half."""

import secrets
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import launches, log
from lti_tool.sandbox.brand import Brand, brand
from lti_tool.sandbox.records import Tool
from lti_tool.sandbox.store import db, insert, new_id, next_number, writing
from lti_tool.sandbox.variables import known
from lti_tool.sandbox.vocabulary import (
    DEEP_LINKING,
    PLATFORM_CONFIGURATION,
    RESOURCE_LINK,
    SCOPES,
    SUBMISSION_REVIEW,
    TOOL_CONFIGURATION,
)

bp = Blueprint("registration", __name__)

TOKEN_LIFE = 3600
CANVAS = "https://canvas.instructure.com/lti/"


class BadRegistration(Exception):
    """What the tool sent cannot be registered; the word is the error code."""


def invite(tool_url: str) -> str:
    """
    The tool's registration address with what the tool needs to register here (3.2).
    """
    token = secrets.token_urlsafe(24)
    insert("ticket", id=token, kind="registration", details={}, expires_at=time.time() + TOKEN_LIFE)
    parts = urlsplit(tool_url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [
        ("openid_configuration", launches.issuer() + url_for("registration.configuration")),
        ("registration_token", token),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


@bp.get("/.well-known/openid-configuration")
def configuration() -> ResponseReturnValue:
    """
    The platform's OpenID configuration (3.4).
    """
    habits = brand()
    if habits.configuration_needs_token and _ticket() is None:
        return jsonify(error="A registration token is needed."), 401
    base = launches.issuer()
    return jsonify(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/lti/auth",
            "token_endpoint": f"{base}/lti/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "jwks_uri": f"{base}/lti/jwks.json",
            "registration_endpoint": f"{base}/lti/register",
            "scopes_supported": ["openid", *SCOPES],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
            PLATFORM_CONFIGURATION: _about(habits),
        }
    )


@bp.post("/lti/register")
def register() -> ResponseReturnValue:
    """
    Keep a tool's registration as pending, until an admin approves it (3.5, 3.6).
    """
    habits = brand()
    ticket = _ticket()
    if ticket is None:
        return _refuse("missing_registration_token", 401, habits)
    try:
        wanted = _read(request.get_json(silent=True))
    except BadRegistration as err:
        return _refuse(str(err), 400, habits)
    with writing():
        if not db().execute("DELETE FROM ticket WHERE id = ?", (ticket,)).rowcount:
            return _refuse("token_already_used", 401, habits)
        tool = add_tool(wanted)
    return jsonify(answer(tool)), habits.registration_status


def add_tool(wanted: dict[str, Any], *, active: bool = False) -> Tool:
    """
    Keep a checked registration; it gets a client_id and one deployment.
    """
    own = wanted.get(TOOL_CONFIGURATION) or {}
    with writing():
        number = next_number("tool")
        tool_id = new_id()
        insert(
            "tool",
            id=tool_id,
            number=number,
            client_id=f"1000000000000{number:03}" if brand().name == "canvas" else new_id()[:15],
            deployment_id=f"{number}:{new_id()}" if brand().name == "canvas" else str(number),
            name=wanted["client_name"],
            description=own.get("description") or "",
            state="active" if active else "pending",
            login_url=wanted["initiate_login_uri"],
            target_link_uri=own.get("target_link_uri") or f"https://{own['domain']}",
            redirect_uris=wanted["redirect_uris"],
            jwks_url=wanted["jwks_uri"],
            scopes=[scope for scope in str(wanted.get("scope") or "").split() if scope in SCOPES],
            claims=[str(claim) for claim in own.get("claims") or []],
            custom={str(k): str(v) for k, v in (own.get("custom_parameters") or {}).items()},
            messages=[each for each in own.get("messages") or [] if isinstance(each, dict)],
            registration=wanted,
        )
    return Tool.known(tool_id)


def answer(tool: Tool) -> dict[str, Any]:
    """
    What the tool hears back: its registration with client_id and deployment_id.
    """
    own = tool.registration.get(TOOL_CONFIGURATION) or {}
    return {
        **tool.registration,
        "client_id": tool.client_id,
        "scope": " ".join(tool.scopes),
        TOOL_CONFIGURATION: {**own, "deployment_id": tool.deployment_id},
    }


def platform_details(tool: Tool) -> dict[str, Any]:
    """
    What a tool needs to know about this platform when it is entered by hand.
    """
    base = launches.issuer()
    return {
        "name": "Willow College (a pretend LMS)",
        "issuer": base,
        "client_id": tool.client_id,
        "deployment_ids": [tool.deployment_id],
        "auth_url": f"{base}/lti/auth",
        "token_url": f"{base}/lti/token",
        "jwks_url": f"{base}/lti/jwks.json",
    }


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("registration", response)


def _read(wanted: Any) -> dict[str, Any]:
    """
    Check a client registration (3.5.1; the error words are Moodle's).
    """
    own = wanted.get(TOOL_CONFIGURATION) if isinstance(wanted, dict) else None
    if not isinstance(own, dict):
        raise BadRegistration(f"missing required attribute {TOOL_CONFIGURATION}")
    for name in ("client_name", "initiate_login_uri", "jwks_uri"):
        if not isinstance(wanted.get(name), str) or not wanted[name]:
            raise BadRegistration(f"missing required attribute {name}")
    uris = wanted.get("redirect_uris")
    target = own.get("target_link_uri") or f"//{own.get('domain')}"
    needed = {
        "missing_domain": bool(own.get("domain")),
        "domain_targetlinkuri_mismatch": urlsplit(target).netloc == own.get("domain"),
        "invalid_response_types": "id_token" in (wanted.get("response_types") or []),
        "invalid_redirect_uris": bool(uris) and isinstance(uris, list) and all(isinstance(uri, str) for uri in uris),
        "invalid_token_endpoint_auth_method": wanted.get("token_endpoint_auth_method") == "private_key_jwt",
        "invalid_application_type": wanted.get("application_type", "web") == "web",
    }
    for error, is_right in needed.items():
        if not is_right:
            raise BadRegistration(error)
    checked: dict[str, Any] = wanted
    return checked


def _ticket() -> str | None:
    """
    The registration token of the request, if it is one of ours and not used.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    query = "SELECT id FROM ticket WHERE id = ? AND kind = 'registration' AND expires_at > ?"
    row = db().execute(query, (token, time.time())).fetchone()
    return row["id"] if row and kind.lower() == "bearer" else None


def _about(habits: Brand) -> dict[str, Any]:
    course_level = f"{CANVAS}course_navigation" if habits.name == "canvas" else "CourseNavigation"
    site_level = [f"{CANVAS}account_navigation"] if habits.name == "canvas" else []
    content = [f"{CANVAS}assignment_selection", f"{CANVAS}link_selection"]
    about = {
        "product_family_code": habits.family_code,
        "version": "1.0",
        "messages_supported": [
            {"type": RESOURCE_LINK, "placements": [course_level, *site_level]},
            {
                "type": DEEP_LINKING,
                "placements": content if habits.name == "canvas" else ["ContentArea"],
            },
            {"type": SUBMISSION_REVIEW},
        ],
        "variables": sorted(known(habits)),
    }
    if habits.name == "canvas":
        about[f"{CANVAS}account_name"] = "Willow College"
        about[f"{CANVAS}account_lti_guid"] = "pretend-account:willow"
    return about


def _refuse(error: str, status: int, habits: Brand) -> ResponseReturnValue:
    log.note(refused=error)
    if habits.plain_errors:
        return Response(error, status, content_type="text/html; charset=utf-8")
    return jsonify(error="invalid_client_metadata", error_description=error), status


def by_hand(wanted: dict[str, Any]) -> dict[str, Any]:
    """
    A registration from the few facts an admin types in: name, login_url, target_link_uri, jwks_url.
    """
    target = wanted["target_link_uri"]
    return {
        "client_name": wanted.get("name", "Tool"),
        "initiate_login_uri": wanted["login_url"],
        "redirect_uris": wanted.get("redirect_uris") or [target],
        "jwks_uri": wanted["jwks_url"],
        "scope": " ".join(wanted.get("scopes", SCOPES)),
        TOOL_CONFIGURATION: {
            "domain": urlsplit(target).netloc,
            "target_link_uri": target,
            "claims": wanted.get("claims", ["sub", "iss", "name", "given_name", "family_name", "email"]),
            "custom_parameters": wanted.get("custom", {}),
            "messages": wanted.get("messages", [{"type": DEEP_LINKING}]),
        },
    }
