"""Misbehaviour on demand: what an admin or a test switched on, acted out by the services."""

import time
from typing import Any

from flask import Response

from lti_tool.sandbox.store import get_setting, put_setting, writing

FAULTS: dict[str, tuple[str, ...]] = {
    "launch": ("login_error", "bad_signature", "expired", "wrong_nonce", "no_kid", "anonymous"),
    "token": ("401", "429", "500", "html", "slow"),
    "keys": ("500", "html", "empty", "slow"),
    "roster": ("500", "429", "403", "slow", "lost_page", "foreign_next", "loop"),
    "score": ("403", "409", "422", "429", "500", "empty", "slow", "lost_answer"),
    "line_item": ("403", "429", "500", "html", "slow"),
    "companion": ("403", "500", "html", "slow"),
    "result": ("403", "429", "500", "html", "slow", "foreign_next", "loop"),
}
"""What can go wrong, by service. `lost_answer`: the score is kept, and then we answer 500."""

PLAIN = {
    "401": (401, "application/json", '{"error": "invalid_client"}'),
    "403": (403, "text/plain", "403 Forbidden (Rate Limit Exceeded)"),
    "409": (409, "application/json", '{"error": "conflict"}'),
    "422": (422, "application/json", '{"errors": {"type": "unprocessable_entity"}}'),
    "429": (429, "text/plain", "Too many requests"),
    "500": (500, "text/html", "<h1>Internal server error</h1>"),
    "html": (200, "text/html", "<!doctype html><title>Maintenance</title><p>Back soon.</p>"),
    "empty": (200, "application/json", ""),
}
DEFAULT_SECONDS = 30


def switched_on() -> dict[str, dict[str, Any]]:
    """
    The faults that are on: service to {kind, times?, seconds?}.
    """
    faults: dict[str, dict[str, Any]] = get_setting("faults", {})
    return faults


def switch(wanted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """
    Switch faults on and off: `{"score": "500"}`, `{"score": {"kind": "500", "times": 2}}`, `{"score": null}`.
    """
    with writing():
        faults = switched_on()
        for service, fault in wanted.items():
            if service not in FAULTS:
                raise ValueError(f"{service!r} is none of {', '.join(FAULTS)}.")
            faults.pop(service, None)
            if fault:
                faults[service] = _checked(service, fault)
        put_setting("faults", faults)
    return faults


def clear() -> None:
    put_setting("faults", {})


def take(service: str) -> str | None:
    """
    The fault to act out now, counted down when it was asked for a number of times.
    """
    if service not in switched_on():
        return None
    with writing():
        faults = switched_on()
        fault = faults.get(service)
        if fault is None:
            return None
        if fault.get("times"):
            fault["times"] -= 1
            if not fault["times"]:
                del faults[service]
            put_setting("faults", faults)
    if fault["kind"] == "slow":
        time.sleep(min(float(fault.get("seconds", DEFAULT_SECONDS)), 120))
    kind: str = fault["kind"]
    return kind


def answer(kind: str | None) -> Response | None:
    """
    The plain wrong answer for a fault, if it is one of those.
    """
    if kind not in PLAIN:
        return None
    status, media, body = PLAIN[kind]
    response = Response(body, status, content_type=media)
    if kind == "429":
        response.headers["Retry-After"] = "2"
    return response


def _checked(service: str, fault: Any) -> dict[str, Any]:
    details = fault if isinstance(fault, dict) else {"kind": fault}
    if details.get("kind") not in FAULTS[service]:
        raise ValueError(f"{service} knows {', '.join(FAULTS[service])}.")
    kept: dict[str, Any] = {"kind": details["kind"]}
    if details.get("times"):
        kept["times"] = int(details["times"])
    if details.get("seconds") is not None:
        kept["seconds"] = float(details["seconds"])
    return kept
