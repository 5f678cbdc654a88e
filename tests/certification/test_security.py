"""
Our own vectors beyond the certification suite: every way a login or a token can be wrong, through the real doors.
"""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.courses.models import Deployment, Membership, Person, Platform
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.models import Attempt
from lti_tool.web.guards import BROWSER_COOKIE
from tests.factories.courses import make_deployment, make_platform
from tests.factories.lti import (
    LAUNCH,
    PretendPlatform,
    changed,
    hs256,
    jwk,
    launch,
    log_in,
    make_pretend_platform,
    private_key,
)

COOKIE_DOMAIN = "localhost"
OUR_OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Origin": "https://hearth.example"}
"""Where the test client files our cookies, whatever host it is told to speak to."""


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


def seconds_from_now(seconds: float) -> int:
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())


def post(client: FlaskClient, platform: PretendPlatform, token: str, state: str) -> Any:
    with platform.key_set():
        return client.post("/lti/launch", data={"id_token": token, "state": state})


def code_of(client: FlaskClient, platform: PretendPlatform, token: str, state: str) -> tuple[int, str]:
    """Status and machine code of a refusal."""
    with platform.key_set():
        answer = client.post(
            "/lti/launch", data={"id_token": token, "state": state}, headers={"Accept": "application/problem+json"}
        )
    return answer.status_code, answer.get_json(force=True)["code"]


# Signatures ----------------------------------------------------------------------------------------------------------


def test_a_changed_payload_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    header, payload, signature = platform.sign(platform.claims(asked["nonce"])).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "somebody else"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    assert code_of(client, platform, f"{header}.{forged}.{signature}", asked["state"]) == (401, "signature_bad")


def test_a_key_of_another_registration_is_refused(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Another platform's key under our platform's kid."""
    asked = log_in(client, platform)
    stranger = make_pretend_platform(session)
    stranger.key = "another"
    token = stranger.sign(platform.claims(asked["nonce"]), kid="first")

    assert code_of(client, platform, token, asked["state"]) == (401, "signature_bad")


@pytest.mark.parametrize("algorithm", ["none", "NONE", "HS256", "ES256", "RS512", "PS256", 256, None])
def test_any_algorithm_but_ours_is_refused(
    client: FlaskClient, platform: PretendPlatform, algorithm: str | int | None
) -> None:
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]), alg=algorithm)

    assert code_of(client, platform, token, asked["state"]) == (401, "algorithm_refused")


def test_alg_none_without_a_signature_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]), alg="none").rsplit(".", 1)[0] + "."

    assert code_of(client, platform, token, asked["state"]) == (401, "algorithm_refused")


def test_the_public_key_as_a_shared_secret_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    pem = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    token = hs256(platform.claims(asked["nonce"]), base64.b64encode(pem).decode(), "first")

    assert code_of(client, platform, token, asked["state"]) == (401, "algorithm_refused")


def test_a_weak_key_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    """1024 bits, however well signed."""
    asked = log_in(client, platform)
    platform.key, platform.size, platform.published = "weak", 1024, [jwk("weak", size=1024)]
    token = platform.sign(platform.claims(asked["nonce"]))

    assert code_of(client, platform, token, asked["state"]) == (401, "key_weak")


def test_a_rotated_key_is_found_by_one_more_read(client: FlaskClient, platform: PretendPlatform) -> None:
    """The set is read again for a kid it did not have; an invented kid does not make us read it a third time."""
    with platform.key_set():
        first = log_in(client, platform)
        token = platform.sign(platform.claims(first["nonce"]))
        assert client.post("/lti/launch", data={"id_token": token, "state": first["state"]}).status_code == 303
        platform.key, platform.published = "second", [jwk("second"), jwk("first")]
        second = log_in(client, platform)
        token = platform.sign(platform.claims(second["nonce"]))
        assert client.post("/lti/launch", data={"id_token": token, "state": second["state"]}).status_code == 303
        assert platform.key_set_reads == 2
        third = log_in(client, platform)
        token = platform.sign(platform.claims(third["nonce"]), kid="invented")
        answer = client.post("/lti/launch", data={"id_token": token, "state": third["state"]})

    assert answer.status_code == 401
    assert platform.key_set_reads == 2


def test_a_warm_launch_reads_no_key_set(client: FlaskClient, platform: PretendPlatform) -> None:
    with platform.key_set():
        for _ in range(3):
            asked = log_in(client, platform)
            token = platform.sign(platform.claims(asked["nonce"]))
            assert client.post("/lti/launch", data={"id_token": token, "state": asked["state"]}).status_code == 303

    assert platform.key_set_reads == 1


BROKEN_KEY_SETS: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "body": "oh no"},
    "404": {"status": 404, "json": {"keys": []}},
    "redirect": {"status": 302, "headers": {"Location": "https://elsewhere.example/jwks"}},
    "empty body": {"body": ""},
    "empty set": {"json": {"keys": []}},
    "error document": {"json": {"error": "nope"}},
    "a list": {"json": []},
    "keys of no use": {"json": {"keys": [None, 1, {"kty": "EC", "kid": "first"}, {"kty": "RSA", "kid": "first"}]}},
    "HTML": {"body": "<!doctype html><h1>Maintenance</h1>", "content_type": "text/html"},
    "huge": {"body": b'{"keys": [' + b" " * 300_000 + b"]}"},
    "no connection": {"body": requests.ConnectionError("refused")},
    "slow": {"body": requests.ReadTimeout("slow")},
    "deeply nested": {"body": "[" * 100_000},
}


@pytest.mark.parametrize("answer", BROKEN_KEY_SETS.values(), ids=BROKEN_KEY_SETS)
def test_a_broken_key_set_refuses_the_launch(
    client: FlaskClient, platform: PretendPlatform, answer: dict[str, Any]
) -> None:
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]))
    key_sets.forget()

    with responses.RequestsMock() as network:
        network.get(platform.platform.jwks_url, **answer)
        refused = client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})

    assert refused.status_code == 401


# Who it is from, and for whom ----------------------------------------------------------------------------------------

AUDIENCES: dict[str, tuple[dict[str, Any], str]] = {
    "wrong iss": ({"iss": "https://other.example"}, "issuer_wrong"),
    "iss with a slash more": ({"iss": "+/"}, "issuer_wrong"),
    "iss missing": ({"iss": None}, "issuer_wrong"),
    "wrong aud": ({"aud": "somebody"}, "audience_wrong"),
    "aud missing": ({"aud": None}, "audience_wrong"),
    "aud empty array": ({"aud": []}, "audience_wrong"),
    "aud array without us": ({"aud": ["somebody"], "azp": "+"}, "audience_wrong"),
    "extra unknown aud": ({"aud": ["+", "somebody"], "azp": "+"}, "audience_wrong"),
    "extra aud that is no word": ({"aud": ["+", {"a": 1}], "azp": "+"}, "audience_wrong"),
    "azp missing": ({"aud": ["+", "https://hearth.example"]}, "azp_wrong"),
    "azp mismatch": ({"aud": ["+", "https://hearth.example"], "azp": "somebody"}, "azp_wrong"),
    "azp mismatch, one aud": ({"azp": "somebody"}, "azp_wrong"),
}


def filled_in(platform: PretendPlatform, changes: dict[str, Any]) -> dict[str, Any]:
    """``+`` stands for our client_id, and in ``iss`` for the issuer."""
    client_id, issuer = platform.platform.client_id, platform.platform.issuer

    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(each) for each in value]
        return client_id if value == "+" else issuer + "/" if value == "+/" else value

    return {name: fill(value) for name, value in changes.items()}


@pytest.mark.parametrize("changes, code", AUDIENCES.values(), ids=AUDIENCES)
def test_a_token_for_somebody_else_is_refused(
    client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any], code: str
) -> None:
    asked = log_in(client, platform)
    token = platform.sign(changed(platform.claims(asked["nonce"]), filled_in(platform, changes)))

    assert code_of(client, platform, token, asked["state"]) == (401, code)


OURS: dict[str, dict[str, Any]] = {
    "array of one": {"aud": ["+"]},
    "azp beside one": {"aud": "+", "azp": "+"},
    "first of an array": {"aud": ["+", "https://hearth.example"], "azp": "+"},
    "second of an array": {"aud": ["https://hearth.example/lti/launch", "+"], "azp": "+"},
}


@pytest.mark.parametrize("changes", OURS.values(), ids=OURS)
def test_our_client_id_may_stand_anywhere(
    client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any]
) -> None:
    answer = launch(client, platform, filled_in(platform, changes))

    assert answer.status_code == 303


def test_another_registration_of_ours_there_is_a_known_audience(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    make_platform(session, issuer=platform.platform.issuer, client_id="our other client")
    session.commit()

    answer = launch(client, platform, filled_in(platform, {"aud": ["our other client", "+"], "azp": "+"}))

    assert answer.status_code == 303


def test_a_deployment_of_another_client_is_refused(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    other = make_deployment(session, make_platform(session), deployment_id="theirs")
    session.commit()

    answer = launch(client, platform, {lti.DEPLOYMENT_ID: other.deployment_id})

    assert answer.status_code == 403


def test_the_twenty_first_deployment_is_known_too(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    for number in range(25):
        make_deployment(session, platform.platform, deployment_id=f"many-{number}")
    session.commit()

    answer = launch(client, platform, {lti.DEPLOYMENT_ID: "many-24"})

    assert answer.status_code == 303


def test_a_pending_platform_learns_its_deployment_from_the_first_launch(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Registered without a deployment id: the platform's own signature names it, once."""
    session.execute(update(Platform).values(state="pending"))
    session.commit()

    assert launch(client, platform, {lti.DEPLOYMENT_ID: "told at launch"}).status_code == 303
    assert launch(client, platform, {lti.DEPLOYMENT_ID: "told later"}).status_code == 403

    session.expire_all()
    assert session.scalars(select(Platform.state)).all() == ["active"]
    assert "told at launch" in session.scalars(select(Deployment.deployment_id)).all()


def test_two_clients_of_one_issuer_are_two_tenants(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """The same person id at the same issuer: two people, for they come through different clients."""
    other = make_pretend_platform(session, issuer=platform.platform.issuer, jwks_url=platform.platform.jwks_url)

    assert launch(client, platform).status_code == 303
    assert launch(client, other).status_code == 303

    assert len(session.scalars(select(Person).where(Person.sub == "person-1")).all()) == 2


# Times ---------------------------------------------------------------------------------------------------------------

TIMES: dict[str, tuple[dict[str, Any], str | None]] = {
    "exp missing": ({"exp": None}, "time_missing"),
    "exp a word": ({"exp": "tomorrow"}, "time_missing"),
    "exp true": ({"exp": True}, "time_missing"),
    "exp infinite": ({"exp": float("inf")}, "time_missing"),
    "exp beyond all numbers": ({"exp": 10**400}, "time_missing"),
    "exp just passed": ({"exp": -5}, None),
    "exp passed": ({"exp": -60}, "token_expired"),
    "iat missing": ({"iat": None}, "time_missing"),
    "iat a list": ({"iat": [1]}, "time_missing"),
    "iat a year old": ({"iat": -365 * 86400}, "token_too_old"),
    "iat five minutes old": ({"iat": -300}, None),
    "iat eleven minutes old": ({"iat": -660}, "token_too_old"),
    "iat a little ahead": ({"iat": 8}, None),
    "iat far ahead": ({"iat": 60}, "token_from_future"),
    "nbf a little ahead": ({"nbf": 8}, None),
    "nbf far ahead": ({"nbf": 60}, "token_from_future"),
    "nbf a word": ({"nbf": "soon"}, "time_missing"),
    "a token that lives for a minute": ({"exp": 60}, None),
}


@pytest.mark.parametrize("offsets, code", TIMES.values(), ids=TIMES)
def test_times_are_held_against_our_clock(
    client: FlaskClient, platform: PretendPlatform, offsets: dict[str, Any], code: str | None
) -> None:
    """Numbers below a thousand million are offsets from now."""
    asked = log_in(client, platform)
    moments = {
        name: seconds_from_now(value) if type(value) is int and abs(value) < 10**9 else value
        for name, value in offsets.items()
    }
    token = platform.sign(changed(platform.claims(asked["nonce"]), moments))

    if code is None:
        assert post(client, platform, token, asked["state"]).status_code == 303
    else:
        assert code_of(client, platform, token, asked["state"]) == (401, code)


# Nonce and state -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nonce", [None, "", "unknown", 5, ["x"]])
def test_a_wrong_nonce_is_refused(client: FlaskClient, platform: PretendPlatform, nonce: Any) -> None:
    asked = log_in(client, platform)
    token = platform.sign(changed(platform.claims(asked["nonce"]), {"nonce": nonce}))

    assert code_of(client, platform, token, asked["state"]) == (401, "nonce_wrong")


def test_the_nonce_of_another_login_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    first, second = log_in(client, platform), log_in(client, platform)
    token = platform.sign(platform.claims(first["nonce"]))

    assert code_of(client, platform, token, second["state"]) == (401, "nonce_wrong")


def test_a_replay_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]))

    assert post(client, platform, token, asked["state"]).status_code == 303
    assert code_of(client, platform, token, asked["state"]) == (401, "state_spent")


def test_a_refused_token_spends_the_login(client: FlaskClient, platform: PretendPlatform) -> None:
    """Who sends one bad token gets no second try with the same state."""
    asked = log_in(client, platform)
    good = platform.sign(platform.claims(asked["nonce"]))

    assert post(client, platform, good[:-4] + "AAAA", asked["state"]).status_code == 401
    assert code_of(client, platform, good, asked["state"]) == (401, "state_spent")


def test_of_two_at_the_same_moment_one_gets_in(app: Flask, client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    form = {"id_token": platform.sign(platform.claims(asked["nonce"])), "state": asked["state"]}
    cookie = client.get_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)
    assert cookie is not None
    statuses: list[int] = []

    def go() -> None:
        browser = app.test_client()
        browser.environ_base.update({"wsgi.url_scheme": "https", "HTTP_HOST": "hearth.example"})
        browser.set_cookie(BROWSER_COOKIE, cookie.value, domain=COOKIE_DOMAIN)
        statuses.append(browser.post("/lti/launch", data=form).status_code)

    with platform.key_set():
        threads = [threading.Thread(target=go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(statuses) == [303, 401, 401, 401]


@pytest.mark.parametrize(
    "state, code",
    [
        ("", "state_missing"),
        ("x", "state_missing"),
        ("../../etc/passwd-and-more", "state_missing"),
        ("\x00" * 32, "state_missing"),
        ("A" * 32, "state_unknown"),
        ("A" * 5000, "state_missing"),
    ],
)
def test_a_state_that_is_not_ours_is_refused(
    client: FlaskClient, platform: PretendPlatform, state: str, code: str
) -> None:
    asked = log_in(client, platform)

    assert code_of(client, platform, platform.sign(platform.claims(asked["nonce"])), state) == (401, code)


def test_an_expired_login_is_refused(client: FlaskClient, platform: PretendPlatform, session: Session) -> None:
    asked = log_in(client, platform)
    session.execute(update(Attempt).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()

    token = platform.sign(platform.claims(asked["nonce"]))

    assert code_of(client, platform, token, asked["state"]) == (401, "state_expired")


def test_another_browser_gets_a_window_of_its_own_and_spends_nothing(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """The proof is the cookie; without it nothing is believed, and the login stays good for its own browser."""
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]))
    client.delete_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)

    answer = post(client, platform, token, asked["state"])

    assert answer.status_code == 401
    assert "/lti/again" in answer.text
    assert session.scalars(select(Attempt.used_at)).all() == [None]
    assert session.scalars(select(Person)).all() == []


def test_a_browser_with_another_cookie_is_another_browser(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    client.set_cookie(BROWSER_COOKIE, "somebody else's secret", domain=COOKIE_DOMAIN)

    answer = post(client, platform, platform.sign(platform.claims(asked["nonce"])), asked["state"])

    assert answer.status_code == 401


def test_the_platforms_storage_proves_a_browser_without_cookies(client: FlaskClient, platform: PretendPlatform) -> None:
    """The login page hands the secret to the platform's frame; the launch page asks for it and posts it along."""
    page = client.post("/lti/login", data=platform.login_parameters(lti_storage_target="_parent"))
    assert page.status_code == 200
    cookie = client.get_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)
    assert cookie is not None
    assert cookie.value in page.text
    state = page.text.split('data-key="hearth_')[1].split('"')[0]
    nonce = page.text.split("nonce=")[1].split("&")[0]
    form = {"id_token": platform.sign(platform.claims(nonce)), "state": state}
    client.delete_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)

    with platform.key_set():
        asked = client.post("/lti/launch", data=form)
        assert 'data-storage="get_data"' in asked.text
        assert asked.headers["Referrer-Policy"] == "same-origin"
        wrong = client.post("/lti/launch", data={**form, "browser_proof": "a guess"}, headers=OUR_OWN_PAGE)
        assert wrong.status_code == 401
        right = client.post("/lti/launch", data={**form, "browser_proof": cookie.value}, headers=OUR_OWN_PAGE)

    assert right.status_code == 303


def test_a_storage_that_does_not_answer_is_asked_once(client: FlaskClient, platform: PretendPlatform) -> None:
    page = client.post("/lti/login", data=platform.login_parameters(lti_storage_target="_parent"))
    state = page.text.split('data-key="hearth_')[1].split('"')[0]
    client.delete_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)

    answer = client.post("/lti/launch", data={"state": state, "browser_proof": ""}, headers=OUR_OWN_PAGE)

    assert answer.status_code == 401
    assert "/lti/again" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_nobody_is_signed_in_as_the_one_who_sent_them_here(
    client: FlaskClient, platform: PretendPlatform, session: Session, headers: dict[str, str]
) -> None:
    """Login CSRF: an answer to one browser's login, with its secret, posted by a foreign page in another browser."""
    page = client.post("/lti/login", data=platform.login_parameters(lti_storage_target="_parent"))
    cookie = client.get_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)
    assert cookie is not None
    state = page.text.split('data-key="hearth_')[1].split('"')[0]
    nonce = page.text.split("nonce=")[1].split("&")[0]
    client.delete_cookie(BROWSER_COOKIE, domain=COOKIE_DOMAIN)
    form = {"id_token": platform.sign(platform.claims(nonce)), "state": state, "browser_proof": cookie.value}

    with platform.key_set():
        answer = client.post("/lti/launch", data=form, headers=headers)

    assert answer.status_code == 401
    assert session.scalars(select(Person)).all() == []


# Where it leads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, status",
    [
        (None, 400),
        ("https://evil.example/lti/launch", 400),
        ("https://hearth.example.evil.example/lti/launch", 400),
        ("http://hearth.example/lti/launch", 400),
        ("https://hearth.example@evil.example/lti/launch", 400),
        ("https://hearth.example/lti/launch?other=1", 400),
        ("https://[broken", 400),
        ("javascript:alert(1)", 400),
        (7, 400),
    ],
)
def test_a_target_that_is_missing_foreign_or_changed_is_refused(
    client: FlaskClient, platform: PretendPlatform, target: Any, status: int
) -> None:
    answer = launch(client, platform, {lti.TARGET_LINK_URI: target})

    assert answer.status_code == status


# Who -----------------------------------------------------------------------------------------------------------------


def test_an_anonymous_launch_sees_a_page_and_nobody_is_made(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    answer = launch(client, platform, {"sub": None})

    assert answer.status_code == 200
    assert session.scalars(select(Membership)).all() == []


@pytest.mark.parametrize("subject", [7, "", "s" * 256, ["a"], {"id": 1}, True, "nul\x00", "\ud800"])
def test_a_subject_that_is_no_id_is_refused(client: FlaskClient, platform: PretendPlatform, subject: Any) -> None:
    answer = launch(client, platform, {"sub": subject})

    assert answer.status_code == 400


LONG = "x" * 256
TOO_LONG = {
    "sub": {"sub": LONG},
    "deployment_id": {lti.DEPLOYMENT_ID: LONG},
    "resource_link": {lti.RESOURCE_LINK: {"id": LONG}},
    "context": {lti.CONTEXT: {"id": LONG}},
}


@pytest.mark.parametrize("changes", TOO_LONG.values(), ids=TOO_LONG)
def test_ids_of_256_characters_are_refused(
    client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any]
) -> None:
    assert launch(client, platform, changes).status_code == 400


def test_ids_of_255_characters_are_taken(client: FlaskClient, platform: PretendPlatform, session: Session) -> None:
    most = "x" * 255
    make_deployment(session, platform.platform, deployment_id=most)
    session.commit()
    changes = {
        "sub": most,
        lti.DEPLOYMENT_ID: most,
        lti.RESOURCE_LINK: {"id": most},
        lti.CONTEXT: {"id": most},
    }

    assert launch(client, platform, changes).status_code == 303


STRANGE_OPTIONALS: dict[str, dict[str, Any]] = {
    "names that are no text": {"name": 5, "given_name": ["a"], "family_name": None},
    "a name with NUL": {"name": "Mai\x00"},
    "half a surrogate": {"name": "\ud83d"},
    "a very long name": {"name": "x" * 10_000},
    "locale a list": {lti.LAUNCH_PRESENTATION: {"locale": ["en"]}},
    "locale unknown": {lti.LAUNCH_PRESENTATION: {"locale": "xx-Klingon"}},
    "presentation a word": {lti.LAUNCH_PRESENTATION: "iframe"},
    "platform a word": {lti.TOOL_PLATFORM: "moodle"},
    "custom a list": {lti.CUSTOM: ["a"]},
    "custom with odd values": {lti.CUSTOM: {"a": None, "b": {"c": 1}, "d": 3}},
    "endpoint a list": {lti.AGS_ENDPOINT: []},
    "endpoint without addresses": {lti.AGS_ENDPOINT: {"scope": "all"}},
    "roster without an address": {lti.NRPS: {"context_memberships_url": None}},
    "unresolved variables": {
        lti.CUSTOM: {"context_history": "$Context.id.history", "groups": "$Moodle.Person.userGroupIds"}
    },
    "context type short": {lti.CONTEXT: {"id": "1", "type": ["CourseSection"]}},
    "an activity that is none": {lti.CUSTOM: {"hearth_activity": "'; drop table activity; --"}},
}


@pytest.mark.parametrize("changes", STRANGE_OPTIONALS.values(), ids=STRANGE_OPTIONALS)
def test_optional_claims_never_stop_a_launch(
    client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any]
) -> None:
    assert launch(client, platform, changes).status_code == 303


# Login ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_login_begins_by_get_and_post(client: FlaskClient, platform: PretendPlatform, method: str) -> None:
    parameters = platform.login_parameters()

    if method == "GET":
        answer = client.get("/lti/login", query_string=parameters)
    else:
        answer = client.post("/lti/login", data=parameters)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(platform.platform.auth_url + "?")


def test_the_platform_is_asked_as_the_framework_says(client: FlaskClient, platform: PretendPlatform) -> None:
    hint = '{"cmid":5,"launchid":"a b&c"}'

    asked = log_in(client, platform, lti_message_hint=hint)

    assert asked["lti_message_hint"] == hint
    assert (asked["scope"], asked["response_type"], asked["response_mode"], asked["prompt"]) == (
        "openid",
        "id_token",
        "form_post",
        "none",
    )
    assert asked["redirect_uri"] == LAUNCH
    assert asked["client_id"] == platform.platform.client_id
    assert asked["login_hint"] == "person-1"
    assert min(len(asked["state"]), len(asked["nonce"])) >= 22


def test_the_query_of_an_auth_url_is_kept(client: FlaskClient, session: Session) -> None:
    platform = make_pretend_platform(session, auth_url="https://lms.example/auth?tenant=7&x=")

    answer = client.post("/lti/login", data=platform.login_parameters())

    location = answer.headers["Location"]
    assert location.startswith("https://lms.example/auth?tenant=7&x=&scope=openid")
    assert location.count("?") == 1


@pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
def test_a_login_needs_its_parameters(client: FlaskClient, platform: PretendPlatform, missing: str) -> None:
    for nothing in (None, ""):
        answer = client.post("/lti/login", data=platform.login_parameters(**{missing: nothing}))
        assert answer.status_code == 400


STRANGE_LOGINS: dict[str, tuple[dict[str, str], int]] = {
    "unknown issuer": ({"iss": "https://nobody.example"}, 403),
    "unknown client": ({"client_id": "nobody"}, 403),
    "foreign target": ({"target_link_uri": "https://evil.example/"}, 400),
    "target no address": ({"target_link_uri": "https://[x"}, 400),
    "NUL in the issuer": ({"iss": "https://a\x00.example"}, 400),
    "NUL in the hint": ({"login_hint": "a\x00"}, 400),
    "a hint without end": ({"login_hint": "x" * 10_000}, 400),
    "NUL in the deployment": ({"lti_deployment_id": "\x00"}, 400),
}


@pytest.mark.parametrize("changes, status", STRANGE_LOGINS.values(), ids=STRANGE_LOGINS)
def test_a_strange_login_leads_nowhere(
    client: FlaskClient, platform: PretendPlatform, changes: dict[str, str | None], status: int
) -> None:
    """Nothing taken from the request is ever redirected to."""
    answer = client.post("/lti/login", data=platform.login_parameters(**changes))

    assert answer.status_code == status
    assert "Location" not in answer.headers


def test_a_disabled_platform_is_told_so(client: FlaskClient, platform: PretendPlatform, session: Session) -> None:
    session.execute(update(Platform).values(state="disabled"))
    session.commit()

    assert client.post("/lti/login", data=platform.login_parameters()).status_code == 403


def test_a_platform_disabled_between_login_and_launch_is_refused(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    asked = log_in(client, platform)
    session.execute(update(Platform).values(state="disabled"))
    session.commit()
    token = platform.sign(platform.claims(asked["nonce"]))

    assert code_of(client, platform, token, asked["state"]) == (403, "platform_disabled")


def test_without_client_id_the_only_registration_of_an_issuer_is_meant(
    client: FlaskClient, platform: PretendPlatform
) -> None:
    asked = log_in(client, platform, client_id=None, lti_deployment_id=None)

    assert asked["client_id"] == platform.platform.client_id


def test_without_client_id_the_deployment_decides_among_several(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    other = make_platform(session, issuer=platform.platform.issuer)
    make_deployment(session, other, deployment_id="the other's")
    session.commit()

    asked = log_in(client, platform, client_id=None, lti_deployment_id="the other's")
    ambiguous = client.post("/lti/login", data=platform.login_parameters(client_id=None, lti_deployment_id=None))

    assert asked["client_id"] == other.client_id
    assert ambiguous.status_code == 403


# Errors from the platform --------------------------------------------------------------------------------------------


def test_an_error_of_the_platform_gets_a_kind_page(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)
    form = {"error": "login_required", "error_description": "<b>Who are you?</b>", "state": asked["state"]}

    answer = client.post("/lti/launch", data=form)

    assert answer.status_code == 400
    assert "<b>Who" not in answer.text


def test_an_error_without_our_state_is_refused_as_any_other(client: FlaskClient, platform: PretendPlatform) -> None:
    """The state is checked first, also for errors."""
    answer = client.post("/lti/launch", data={"error": "login_required", "state": "B" * 32})

    assert answer.status_code == 401


def test_an_answer_with_neither_token_nor_error_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    asked = log_in(client, platform)

    assert client.post("/lti/launch", data={"state": asked["state"]}).status_code == 400


def test_a_token_that_nobody_asked_for_is_refused_politely(client: FlaskClient, platform: PretendPlatform) -> None:
    """A phone app of the LMS may post a token with a nonce of its own and no state."""
    token = platform.sign(platform.claims("made up"))

    with platform.key_set():
        answer = client.post("/lti/launch", data={"id_token": token})

    assert answer.status_code == 401
    assert "course" in answer.text
