"""An interface of its own beside LTI, with OAuth 2.0: the calendar of a course. As Canvas has it, on a small scale."""

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from lti_tool.sandbox import log
from lti_tool.sandbox.session import signed_in
from lti_tool.sandbox.store import get_setting, put_setting, writing

bp = Blueprint("rest", __name__)

KEY_ID, KEY = "10000000000099", "a-developer-key"
"""The one developer key there is."""
PAGE = 10


@bp.get("/login/oauth2/auth")
def consent() -> ResponseReturnValue:
    """Whoever administers the place says yes at once."""
    person = signed_in()
    asked = request.args
    if person is None or person.kind != "admin":
        return "Sign in as an admin first.", 403
    if asked.get("client_id") != KEY_ID or asked.get("response_type") != "code":
        return "No such developer key.", 400
    code = secrets.token_urlsafe(16)
    put_setting("rest_code", {"code": code, "redirect_uri": asked["redirect_uri"]})
    return redirect(f"{asked['redirect_uri']}?code={code}&state={asked.get('state', '')}")


@bp.post("/login/oauth2/token")
def token() -> ResponseReturnValue:
    """A token for a code, which is good once, or for a refresh token."""
    form = request.form
    if (form.get("client_id"), form.get("client_secret")) != (KEY_ID, KEY):
        return jsonify(error="invalid_client"), 401
    if form.get("grant_type") == "authorization_code":
        known = get_setting("rest_code", {})
        if not known or (form.get("code"), form.get("redirect_uri")) != (known["code"], known["redirect_uri"]):
            return jsonify(error="invalid_grant"), 400
        put_setting("rest_code", {})
        put_setting("rest_refresh", secrets.token_urlsafe(16))
    elif form.get("refresh_token") != get_setting("rest_refresh", None):
        return jsonify(error="invalid_grant"), 400
    put_setting("rest_token", secrets.token_urlsafe(16))
    told = {"access_token": get_setting("rest_token"), "token_type": "Bearer", "expires_in": 3600}
    if form["grant_type"] == "authorization_code":
        told["refresh_token"] = get_setting("rest_refresh")
    return jsonify(told)


@bp.get("/api/v1/calendar_events")
def listed() -> ResponseReturnValue:
    """The events of some courses, page by page."""
    if refused := _refused():
        return refused
    wanted, begin, end = request.args.getlist("context_codes[]"), request.args["start_date"], request.args["end_date"]
    found = [
        each for each in _events().values() if each["context_code"] in wanted and begin <= each["start_at"][:10] <= end
    ]
    page = request.args.get("page", 1, type=int)
    answer = jsonify(found[(page - 1) * PAGE : page * PAGE])
    if page * PAGE < len(found):
        more = MultiDict(request.args)
        more["page"] = str(page + 1)
        answer.headers["Link"] = f'<{request.base_url}?{_query(more)}>; rel="next"'
    return answer


@bp.post("/api/v1/calendar_events")
def add() -> ResponseReturnValue:
    """A new event."""
    return _refused() or _kept(secrets.randbelow(10**9) + 1, {}, 201)


@bp.put("/api/v1/calendar_events/<int:id>")
def change(id: int) -> ResponseReturnValue:
    """Change some of an event."""
    return _refused() or _kept(id, _events().get(str(id)) or abort(404), 200)


@bp.delete("/api/v1/calendar_events/<int:id>")
def remove(id: int) -> ResponseReturnValue:
    """Take an event away."""
    if refused := _refused():
        return refused
    with writing():
        events = _events()
        gone = events.pop(str(id), None)
        put_setting("calendar", events)
    return jsonify({**gone, "workflow_state": "deleted"}) if gone else abort(404)


@bp.get("/sandbox/api/calendar")
def calendar() -> ResponseReturnValue:
    """What stands in the calendars of all courses, for tests and curious people."""
    return jsonify(list(_events().values()))


@bp.after_request
def keep(response: Response) -> Response:
    response.headers["X-Request-Cost"] = "1.0"
    response.headers["X-Rate-Limit-Remaining"] = "690.0"
    return log.record_request("rest", response)


def _kept(id: int, before: dict[str, Any], status: int) -> ResponseReturnValue:
    told = (request.get_json(silent=True) or {}).get("calendar_event")
    if not isinstance(told, dict) or not {"context_code", "title", "start_at"} <= {**before, **told}.keys():
        return jsonify(errors={"context_code": "invalid"}), 400
    with writing():
        event = {**before, **told, "id": id, "workflow_state": "active"}
        put_setting("calendar", {**_events(), str(id): event})
    return jsonify(event), status


def _refused() -> ResponseReturnValue | None:
    good = get_setting("rest_token", None)
    if good and request.headers.get("Authorization") == f"Bearer {good}":
        return None
    return jsonify(errors=[{"message": "Invalid access token."}]), 401


def _events() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = get_setting("calendar", {})
    return found


def _query(values: "MultiDict[str, str]") -> str:
    return urlencode(list(values.items(multi=True)))
