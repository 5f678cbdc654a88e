"""Deep linking 2.0: reading the tool's answer and putting its items into the module."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import courses, keys, launches, log
from lti_tool.sandbox.brand import Brand, brand
from lti_tool.sandbox.records import Activity, Launch, Module, Tool
from lti_tool.sandbox.store import db, insert, utc_now, writing
from lti_tool.sandbox.vocabulary import CLAIM, DEEP_LINK, DEEP_LINKING_ANSWER

bp = Blueprint("deep_linking", __name__, url_prefix="/lti")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an answer."""

    added: list[Activity]
    ignored: list[str]
    message: str = ""
    error: str = ""


@bp.post("/deep-linking")
def receive() -> ResponseReturnValue:
    """
    Check the answer, keep its items, and lead the browser back to the course.
    """
    launch, tool, module = _asked_for(request.args.get("ticket", ""))
    if launch is None or tool is None or module is None:
        return _page("This selection is not open any more; start it again from the course.")
    token = request.form.get("JWT", "")
    log.note(answer_claims=keys.peek(token))
    try:
        said = _checked(token, tool, request.args["ticket"])
    except keys.Refused as refusal:
        return _page(f"The tool's answer cannot be believed. {refusal}")
    with writing():
        if not db().execute("DELETE FROM ticket WHERE id = ?", (request.args["ticket"],)).rowcount:
            return _page("This answer was received before.")
        outcome = _keep(said, tool, module, brand())
    shown = outcome if brand().shows_answer_message else Outcome(added=outcome.added, ignored=[])
    return render_template("returned.html", outcome=shown, course_id=module.course_id)


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("deep_linking", response)


def _asked_for(ticket: str) -> tuple[Launch | None, Tool | None, Module | None]:
    query = "SELECT details FROM ticket WHERE id = ? AND kind = 'deep_linking' AND expires_at > ?"
    row = db().execute(query, (ticket, utc_now().timestamp())).fetchone()
    launch = Launch.get(json.loads(row["details"])["launch"]) if row else None
    if launch is None:
        return None, None, None
    return launch, Tool.get(launch.tool_id), Module.get(launch.details.get("module"))


def _checked(token: str, tool: Tool, ticket: str) -> dict[str, Any]:
    """
    The claims of a believable answer (deep linking 2.0, section 4.5; security 1.1, 5.2).
    """
    said = keys.verified(token, tool)
    if said.get("iss") != tool.client_id:
        raise keys.Refused("iss must be the client_id.")
    if not brand().checks_whole_answer:
        return said
    audience = said.get("aud")
    if launches.issuer() not in (audience if isinstance(audience, list) else [audience]):
        raise keys.Refused("aud must be this platform's issuer.")
    expected = {
        f"{CLAIM}deployment_id": tool.deployment_id,
        f"{CLAIM}message_type": DEEP_LINKING_ANSWER,
        f"{CLAIM}version": "1.3.0",
    }
    for name, value in expected.items():
        if said.get(name) != value:
            raise keys.Refused(f"{name.rpartition('/')[2]} must be {value}.")
    if brand().sends_data and said.get(f"{DEEP_LINK}data") != f"ticket:{ticket}":
        raise keys.Refused("data must come back as it was sent.")
    _spend_nonce(said, tool)
    return said


def _spend_nonce(said: dict[str, Any], tool: Tool) -> None:
    if not said.get("nonce"):
        raise keys.Refused("nonce is missing.")
    ticket = f"nonce {tool.id} {said['nonce']}"
    try:
        insert("ticket", id=ticket, kind="nonce", details={}, expires_at=said["exp"] + 60)
    except sqlite3.IntegrityError as err:
        raise keys.Refused("This nonce was used before.") from err


def _keep(said: dict[str, Any], tool: Tool, module: Module, habits: Brand) -> Outcome:
    items = said.get(f"{DEEP_LINK}content_items") or []
    added, ignored = [], []
    for item in items if isinstance(items, list) else []:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind not in habits.accept_types:
            ignored.append(str(kind))
        elif kind == "ltiResourceLink":
            added.append(courses.add_activity(module, tool, item))
        elif item.get("url"):
            added.append(courses.add_activity(module, None, item))
    return Outcome(
        added=added,
        ignored=ignored,
        message=str(said.get(f"{DEEP_LINK}msg") or ""),
        error=str(said.get(f"{DEEP_LINK}errormsg") or ""),
    )


def _page(words: str) -> ResponseReturnValue:
    log.note(refused=words)
    return render_template("error.html", title="Nothing was added", words=words), 400
