"""
The LTI doors: login, launch, key set, registration.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import config, db, lms
from lti_tool.clock import now
from lti_tool.launch import arrival, consent, picker
from lti_tool.launch.blueprints import bp, doors
from lti_tool.lti import keys, login, refusals, registration
from lti_tool.lti import launch as lti_launch
from lti_tool.lti.errors import AttemptOfAnotherBrowser, LtiError, TargetNotOurs
from lti_tool.web.guards import browser_secret, hash_secret, keep_browser_secret, new_secret, open_to_all, platform_call

__all__ = ["bp", "consent", "doors", "picker"]

log = logging.getLogger(__name__)

KEY_SET_LIFETIME = timedelta(hours=1)


@doors.route("/login", methods=["GET", "POST"])
@platform_call
def log_in() -> ResponseReturnValue:
    """Third-party initiated login (security framework 1.1 section 5.1.1): off to the platform with state and nonce."""
    db.without_transaction(db.session())
    return _begin(request.values.to_dict())


@doors.post("/again")
@platform_call
def again() -> ResponseReturnValue:
    """Start a login over in a window of our own, where cookies of ours are first-party."""
    attempt = login.abandoned(db.session(), request.form.get("state", ""), now=now())
    elsewhere = lms.for_family(attempt.registration.family).relaunch_url(
        issuer=attempt.registration.issuer, message_hint=attempt.message_hint
    )
    if elsewhere is not None:
        db.session.commit()
        return redirect(elsewhere, 303)
    return _begin(attempt.login_parameters())


@doors.post("/launch")
@platform_call
def launch() -> ResponseReturnValue:
    """The platform's answer: spend the attempt, verify, check in, and go where the launch leads."""
    form = request.form
    secret = browser_secret()
    proof = form.get("browser_proof") if _sent_by_our_own_page() else None
    try:
        attempt = lti_launch.spend(db.session(), form.get("state", ""), proof=_hash(proof or secret), now=now())
    except AttemptOfAnotherBrowser as other:
        db.session.rollback()
        return _prove_otherwise(other, form, asked_storage="browser_proof" in form)
    try:
        claims = lti_launch.verify(db.session(), form, attempt, settings=config.running(), now=now())
    except LtiError as err:
        # The attempt stays spent: who sends one bad token gets no second try with it.
        refusals.count(db.session(), attempt.registration.platform_id, err.code, now=now())
        db.session.commit()
        raise
    facts = lms.for_family(attempt.registration.family).read_launch(claims)
    if facts.subject is None:
        db.session.commit()
        return render_template(
            "launch/anonymous.html", title=facts.resource_link_title or facts.context_title or _("Welcome to Hearth")
        )
    # A secret that only the LMS could give back means that no cookie came: then the handle alone must do.
    handle = new_secret()
    to = arrival.arrive(
        db.session(),
        facts,
        attempt,
        handle=handle,
        browser_hash=None if proof else _hash(secret),
        now=now(),
        lifetime=_lifetime(cookieless=bool(proof)),
        keeps_addresses=config.running().sends_mail,
    )
    db.session.commit()
    return redirect(url_for(to.endpoint, handle=handle, **to.values), 303)


@doors.get("/launch")
@open_to_all
def launch_by_hand() -> ResponseReturnValue:
    """Somebody (or an LMS that looks for a cartridge) opened the launch address itself."""
    return render_template("launch/by_hand.html"), 405, {"Allow": "POST"}


@doors.get("/jwks.json")
@open_to_all
def key_set() -> ResponseReturnValue:
    """Our public keys (RFC 7517), the next one included before it signs."""
    answer = jsonify(keys.key_set(db.session(), settings=config.running(), now=now()))
    db.session.commit()
    answer.cache_control.public = True
    answer.cache_control.max_age = int(KEY_SET_LIFETIME.total_seconds())
    return answer


@doors.get("/register/<invitation>")
@platform_call
def register(invitation: str) -> ResponseReturnValue:
    """Dynamic registration 1.0: the platform's admin opened our invitation; fetch, answer, close."""
    try:
        platform = registration.register(
            db.session(),
            invitation,
            configuration_url=request.args.get("openid_configuration", ""),
            token=request.args.get("registration_token"),
            configure=lambda family, offer: lms.for_family(family).registration(offer),
            settings=config.running(),
            now=now(),
        )
    except LtiError as err:
        db.session.rollback()
        log.warning("registration refused: %s", err.code)
        return render_template("launch/not_registered.html", **registration_words(err)), err.status
    db.session.commit()
    return render_template("launch/registered.html", name=platform.name or platform.issuer)


def registration_words(err: LtiError) -> dict[str, str]:
    """What to tell the admin whose registration failed."""
    return {
        "sentence": str(err),
        "detail": getattr(err, "detail", "") or "",
        "advice": _("Ask whoever runs Hearth for a new invitation if this one is used up, then try again."),
    }


def _begin(parameters: Mapping[str, str]) -> Response:
    secret = browser_secret() or new_secret()
    try:
        begun = login.begin(
            db.session(),
            parameters,
            browser_hash=hash_secret(secret),
            redirect_uri=config.running().launch_url,
            settings=config.running(),
            now=now(),
        )
    except TargetNotOurs as err:
        refusals.count_login(db.session(), parameters, err.code, now=now())
        db.session.commit()
        raise
    db.session.commit()
    if begun.storage_target is None:
        response = make_response(redirect(begun.redirect_url, 302))
    else:
        response = make_response(
            _storage_page(
                "put_data",
                begun.storage_target,
                begun.redirect_url,
                begun.state,
                value=secret,
                next_url=begun.redirect_url,
            )
        )
    keep_browser_secret(response, secret)
    return response


def _prove_otherwise(
    other: AttemptOfAnotherBrowser, form: Mapping[str, str], *, asked_storage: bool
) -> ResponseReturnValue:
    """No cookie came back: ask the platform's storage, else offer a window of our own."""
    if other.storage_target is not None and not asked_storage:
        answer = make_response(
            _storage_page("get_data", other.storage_target, other.auth_url, other.state, fields=dict(form))
        )
        # Lets the page's form say where it comes from, see _sent_by_our_own_page.
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer
    return render_template("launch/new_window.html", state=other.state), 401


def _sent_by_our_own_page() -> bool:
    """
    Whether the browser itself says that the form comes from a page of ours.

    Whoever begins a login knows its secret, and could post it from any page in anybody else's
    browser, who would then be signed in as them. Only our page asks the storage of the LMS first.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == config.running().public_url


def _storage_page(subject: str, target: str, auth_url: str, state: str, **more: object) -> str:
    parts = urlsplit(auth_url)
    return render_template(
        "launch/storage.html",
        subject=subject,
        target=target,
        # The answer must come from the origin of the platform's login (lti-cs-pm section 2.1).
        origin=f"{parts.scheme}://{parts.netloc}",
        key=f"hearth_{state}",
        **more,
    )


def _hash(secret: str | None) -> str | None:
    return hash_secret(secret) if secret else None


def _lifetime(*, cookieless: bool) -> timedelta:
    return timedelta(hours=1 if cookieless else config.running().session_hours)
