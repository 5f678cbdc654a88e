"""The admin's pages: installing tools, whom to act like, faults, keys; and the log for everybody."""

import json
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import brand, faults, keys, launches, log, platform, registration, session, views
from lti_tool.sandbox.records import Tool
from lti_tool.sandbox.store import db, get_setting, put_setting, update

bp = Blueprint("admin", __name__)

LOG_PAGE = 50
SETTINGS = {
    "brand": tuple(brand.ALL),
    "login_method": ("POST", "GET"),
    "audience": ("string", "array"),
    "storage_target": ("brand", "", "_parent", "post_message_forwarding"),
}


@bp.get("/admin")
def show() -> ResponseReturnValue:
    session.admin_or_403()
    return render_template(
        "admin.html",
        tools=Tool.where("1 ORDER BY number"),
        has_site_tools=brand.brand().has_site_tools,
        settings={name: get_setting(name, choices[0]) for name, choices in SETTINGS.items()},
        choices=SETTINGS,
        brands=brand.ALL,
        faults=faults.FAULTS,
        switched_on=faults.switched_on(),
        kids=[key["kid"] for key in keys.public_keys()["keys"]],
    )


@bp.get("/admin/tools/new")
def register() -> ResponseReturnValue:
    """
    The tool's registration page in a frame.
    """
    session.admin_or_403()
    url = request.args.get("url", "").strip()
    if not url.startswith(("http://", "https://")):
        abort(400, "Paste the registration address that the tool gave you.")
    return render_template("register.html", url=registration.invite(url))


@bp.get("/admin/tools/<tool_id>")
def tool(tool_id: str) -> ResponseReturnValue:
    session.admin_or_403()
    tool = _tool(tool_id)
    return render_template(
        "tool.html",
        tool=tool,
        details=json.dumps(registration.platform_details(tool), indent=2),
        registered=json.dumps(tool.registration, indent=2),
    )


@bp.get("/admin/tools/<tool_id>/site")
def site(tool_id: str) -> ResponseReturnValue:
    """
    A tool that is about the whole site, in its frame.
    """
    session.admin_or_403()
    tool = _active_tool(tool_id)
    return render_template("site.html", launch_url=url_for("admin.launch_site", tool_id=tool.id), **views.frame(tool))


@bp.get("/admin/tools/<tool_id>/site/launch")
def launch_site(tool_id: str) -> ResponseReturnValue:
    """
    Start the launch of the site's admin.
    """
    person = session.admin_or_403()
    tool = _active_tool(tool_id)
    target = "window" if request.args.get("target") == "window" else "iframe"
    return platform.start(launches.open_site(person, tool, target=target), tool)


@bp.post("/admin/tools/<tool_id>/state")
def change_state(tool_id: str) -> ResponseReturnValue:
    """
    Approve a pending tool, or switch one off.
    """
    session.admin_or_403()
    update("tool", _tool(tool_id).id, state="active" if request.form.get("state") == "active" else "off")
    return redirect(url_for("admin.show"))


@bp.post("/admin/tools/<tool_id>/privacy")
def change_privacy(tool_id: str) -> ResponseReturnValue:
    """
    Which personal facts the tool is told.
    """
    session.admin_or_403()
    told = [name for name in ("name", "given_name", "family_name") if request.form.get("names")]
    told += ["email"] if request.form.get("email") else []
    update("tool", _tool(tool_id).id, claims=["sub", "iss", *told])
    return redirect(url_for("admin.tool", tool_id=tool_id))


@bp.post("/admin/tools/<tool_id>/remove")
def remove(tool_id: str) -> ResponseReturnValue:
    session.admin_or_403()
    db().execute("DELETE FROM tool WHERE id = ?", (_tool(tool_id).id,))
    return redirect(url_for("admin.show"))


@bp.post("/admin/settings")
def change_settings() -> ResponseReturnValue:
    session.admin_or_403()
    apply_settings(request.form.to_dict())
    return redirect(url_for("admin.show"))


@bp.post("/admin/faults")
def change_faults() -> ResponseReturnValue:
    session.admin_or_403()
    try:
        faults.switch({name: request.form.get(name) or None for name in faults.FAULTS})
    except ValueError as err:
        abort(400, str(err))
    return redirect(url_for("admin.show"))


@bp.post("/admin/keys")
def rotate_keys() -> ResponseReturnValue:
    session.admin_or_403()
    keys.rotate()
    return redirect(url_for("admin.show"))


@bp.get("/log")
def show_log() -> ResponseReturnValue:
    """
    Every message in and out, newest first.
    """
    kind, words = request.args.get("kind", ""), request.args.get("q", "")
    before = request.args.get("before", 0, type=int)
    found = log.messages(kind, words, LOG_PAGE, before)
    return render_template(
        "log.html",
        messages=found,
        kinds=log.KINDS,
        kind=kind,
        words=words,
        older=found[-1]["id"] if len(found) == LOG_PAGE else None,
    )


@bp.post("/log/clear")
def clear_log() -> ResponseReturnValue:
    log.clear()
    return redirect(url_for("admin.show_log"))


def apply_settings(wanted: dict[str, Any]) -> None:
    """
    Change the site's settings; a value that is no choice is refused.
    """
    for name, value in wanted.items():
        if name not in SETTINGS or value not in SETTINGS[name]:
            abort(400, f"{name} cannot be {value!r}.")
    for name, value in wanted.items():
        put_setting(name, value)


@bp.app_template_filter("pretty")
def pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _active_tool(tool_id: str) -> Tool:
    """A tool that may be opened for the site; Moodle has no place for that."""
    tool = _tool(tool_id)
    if not tool.is_active or not brand.brand().has_site_tools:
        abort(404)
    return tool


def _tool(tool_id: str) -> Tool:
    return Tool.get(tool_id) or abort(404)
