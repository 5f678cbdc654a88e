"""OpenID Connect third-party login: the platform's half (1EdTech security framework 1.1, section 5.1)."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import claims, courses, faults, keys, launches, log
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Course, Launch, Tool
from lti_tool.sandbox.session import signed_in
from lti_tool.sandbox.store import get_setting

bp = Blueprint("platform", __name__, url_prefix="/lti")

ASKED_EXACTLY = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}


class Refusal(Exception):
    """An authentication request that is answered with an error, told to the tool."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class HintSpent(Exception):
    """A message hint that works once came again."""


def start(launch: Launch, tool: Tool) -> ResponseReturnValue:
    """
    Send the browser to the tool's login address, by a form that posts itself or by a redirect.
    """
    fields = launches.login_fields(launch, tool)
    method = get_setting("login_method", "POST")
    log.record("login", "out", method, tool.login_url, status=None, fields=fields)
    return render_template("post_away.html", url=tool.login_url, fields=fields, method=method)


@bp.route("/auth", methods=["GET", "POST"])
def authenticate() -> ResponseReturnValue:
    """
    Answer the tool's authentication request with an id_token, posted by the browser.
    """
    asked = request.values
    tool = Tool.first("client_id = ?", asked.get("client_id", ""))
    redirect_uri = asked.get("redirect_uri", "")
    if tool is None or not tool.is_active:
        return _page("We do not know this client_id, or the tool is not active.")
    if redirect_uri not in tool.redirect_uris:
        return _page("The redirect_uri is not one that the tool registered.")
    try:
        launch, course, member = _allowed(asked, tool)
    except HintSpent:
        return _page("Invalid request: this lti_message_hint is unknown or was used before.", 404)
    except Refusal as refusal:
        log.note(refused=f"{refusal.error}: {refusal.description}")
        said = {"error": refusal.error, "error_description": refusal.description}
        return _post(redirect_uri, {**said, "state": asked.get("state", "")})
    fault = faults.take("launch")
    if fault == "login_error":
        said = {"error": "access_denied", "error_description": "The pretend LMS was told to refuse."}
        return _post(redirect_uri, {**said, "state": asked["state"]})
    told = _spoiled(claims.of_launch(launch, tool, course, member, nonce=asked["nonce"]), fault)
    log.note(person=member.person.name, id_token_claims=told)
    fields = {"id_token": _signed(told, fault), "state": asked["state"]}
    target = launches.storage_target()
    if target and launch.details.get("target") != "window":
        fields["lti_storage_target"] = target
    return _post(redirect_uri, fields)


@bp.get("/jwks.json")
def key_set() -> ResponseReturnValue:
    """
    The platform's public keys.
    """
    fault = faults.take("keys")
    wrong = faults.answer(fault) if fault != "empty" else jsonify(keys=[])
    return wrong or jsonify(keys.public_keys())


@bp.get("/storage")
def storage() -> str:
    """
    The frame `post_message_forwarding`: keeps values for tools (platform storage, lti-pm-s 0.1).
    """
    tools = Tool.where("state = 'active'")
    return render_template("storage.html", origins=launches.origins(tools))


@bp.after_request
def keep(response: Response) -> Response:
    kind = {"platform.authenticate": "auth", "platform.key_set": "keys"}.get(request.endpoint or "")
    return log.record_request(kind, response) if kind else response


def _allowed(asked: Any, tool: Tool) -> tuple[Launch, Course, Enrolment]:
    """
    What may be launched for whom; everything else is refused (security 1.1, 5.1.1.2-5.1.1.5).
    """
    for name, value in ASKED_EXACTLY.items():
        if asked.get(name) != value:
            raise Refusal("invalid_request", f"{name} must be {value}.")
    for name in ("nonce", "state", "login_hint"):
        if not asked.get(name):
            raise Refusal("invalid_request", f"{name} is missing.")
    launch = launches.find(asked.get("lti_message_hint", ""))
    if launch is None or launch.tool_id != tool.id:
        if brand().hint_is_spent:
            raise HintSpent
        raise Refusal("invalid_request", "The lti_message_hint is unknown or too old.")
    person = signed_in()
    if person is None or person.id != asked["login_hint"] or person.id != launch.person_id:
        raise Refusal("login_required", "Somebody else, or nobody, is signed in here.")
    course = Course.get(launch.course_id)
    member = courses.enrolment(course, person) if course else None
    if course is None or member is None:
        raise Refusal("access_denied", "This person is not in the course.")
    return launch, course, member


def _post(url: str, fields: dict[str, str]) -> ResponseReturnValue:
    return render_template("post_away.html", url=url, fields=fields, method="POST")


def _page(words: str, status: int = 400) -> ResponseReturnValue:
    log.note(refused=words)
    return render_template("error.html", title="This launch cannot go on", words=words), status


def _spoiled(told: dict[str, Any], fault: str | None) -> dict[str, Any]:
    if fault == "expired":
        return {**told, "iat": told["iat"] - 7200, "exp": told["exp"] - 7200}
    if fault == "wrong_nonce":
        return {**told, "nonce": "not-the-nonce-that-was-asked-for"}
    if fault == "anonymous":
        personal = ("sub", "name", "given_name", "family_name", "email")
        return {name: value for name, value in told.items() if name not in personal}
    return told


def _signed(told: dict[str, Any], fault: str | None) -> str:
    token = keys.sign(told, with_kid=fault != "no_kid")
    if fault == "bad_signature":
        head, _, signature = token.rpartition(".")
        return f"{head}.{signature[:-6]}{'A' * 6}"
    return token
