"""The page of the plugin: whom it listens to, the token for it, and what it was told."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import companion, session
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Tool

bp = Blueprint("listening", __name__)


@bp.get("/admin/companion")
def show() -> ResponseReturnValue:
    _admin_with_plugin()
    return _page()


@bp.post("/admin/companion/tool")
def choose() -> ResponseReturnValue:
    """
    Whom it listens to.
    """
    _admin_with_plugin()
    companion.choose(Tool.get(request.form.get("tool")) or abort(404))
    return redirect(url_for("listening.show"))


@bp.post("/admin/companion/token")
def open_way() -> ResponseReturnValue:
    """
    A token for the tool, shown once.
    """
    _admin_with_plugin()
    return _page(token=companion.open_way())


@bp.post("/admin/companion/token/undo")
def close_way() -> ResponseReturnValue:
    _admin_with_plugin()
    companion.close_way()
    return redirect(url_for("listening.show"))


def _admin_with_plugin() -> None:
    session.admin_or_403()
    if not brand().has_companion:
        abort(404)


def _page(token: str = "") -> str:
    return render_template(
        "companion.html",
        token=token,
        is_open=companion.is_open(),
        tools=Tool.where("state = 'active' ORDER BY number"),
        chosen=companion.chosen(),
        heard=companion.heard(),
        completions=companion.completions(),
        calendar=companion.calendar(),
    )
