"""
How platforms get to know us: by an invitation, once; or by an operator's hand.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lti_tool import lms
from lti_tool.config import Settings
from lti_tool.courses.models import Deployment, Platform
from lti_tool.lti import registration
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import InvitationUnusable, RegistrationError, RegistrationRefused
from lti_tool.lti.models import Invitation

SITE = "https://moodle.example"
CONFIGURATION = f"{SITE}/mod/lti/openid-configuration.php"
ENDPOINT = f"{SITE}/mod/lti/openid-registration.php"
WEEK = timedelta(days=7)


def configuration(**changes: Any) -> dict[str, Any]:
    given = {
        "issuer": SITE,
        "authorization_endpoint": f"{SITE}/mod/lti/auth.php",
        "token_endpoint": f"{SITE}/mod/lti/token.php",
        "jwks_uri": f"{SITE}/mod/lti/certs.php",
        "registration_endpoint": ENDPOINT,
        "response_types_supported": ["id_token"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", *lti.SCOPES],
        lti.PLATFORM_CONFIGURATION: {"product_family_code": "moodle", "version": "4.5.6"},
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def granted(client_id: Any = "abc", deployment_id: Any = "3") -> dict[str, Any]:
    return {"client_id": client_id, lti.TOOL_CONFIGURATION: {"deployment_id": deployment_id}}


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def invitation(session: Session, now: datetime) -> str:
    token = registration.create_invitation(session, note="Northfield", lifetime=WEEK, now=now)
    session.commit()
    return token


def register(session: Session, invitation: str, settings: Settings, now: datetime, **changes: Any) -> Any:
    given: dict[str, Any] = {"configuration_url": CONFIGURATION, "token": "reg-token"} | changes
    return registration.register(
        session,
        invitation,
        configure=lambda family, offer: lms.for_family(family).registration(offer),
        settings=settings,
        now=now,
        **given,
    )


@pytest.mark.parametrize("status", [200, 201])
def test_a_platform_is_written_down_with_its_deployment(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime, status: int
) -> None:
    """Moodle answers 200, the specification says 201."""
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted(), status=status)

    made = register(session, invitation, settings, now)

    platform = session.get_one(Platform, made.platform_id)
    assert (platform.issuer, platform.client_id, platform.family, platform.state) == (SITE, "abc", "moodle", "active")
    assert platform.auth_url == f"{SITE}/mod/lti/auth.php"
    assert [each.deployment_id for each in platform.deployments] == ["3"]
    assert session.scalars(select(Invitation.platform_id)).one() == platform.id


def test_the_registration_token_goes_along_to_both_addresses(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    """Canvas shows its configuration to the bearer only."""
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())

    register(session, invitation, settings, now)

    assert [call.request.headers["Authorization"] for call in network.calls] == ["Bearer reg-token"] * 2
    sent = json.loads(network.calls[1].request.body or "")
    assert sent["initiate_login_uri"] == "https://hearth.example/lti/login"
    assert sent[lti.TOOL_CONFIGURATION]["custom_parameters"]["groups"] == "$Moodle.Person.userGroupIds"


def test_an_invitation_is_good_for_one_platform(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())
    register(session, invitation, settings, now)

    with pytest.raises(InvitationUnusable):
        register(session, invitation, settings, now)


@pytest.mark.parametrize("token", ["", "unknown", "x" * 3000, "nul\x00"])
def test_an_invitation_that_nobody_made_opens_nothing(
    session: Session, invitation: str, settings: Settings, now: datetime, token: str
) -> None:
    with pytest.raises(InvitationUnusable):
        register(session, token, settings, now)


def test_an_invitation_expires(session: Session, invitation: str, settings: Settings, now: datetime) -> None:
    with pytest.raises(InvitationUnusable):
        register(session, invitation, settings, now + WEEK)


def test_an_invitation_is_kept_as_a_hash(session: Session, invitation: str) -> None:
    assert invitation not in session.scalars(select(Invitation.token_hash)).one()


def test_a_failure_leaves_the_invitation_good(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    network.get(CONFIGURATION, status=500)
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())
    with pytest.raises(RegistrationError):
        register(session, invitation, settings, now)
    session.rollback()

    register(session, invitation, settings, now)


def test_registering_once_more_brings_the_platform_up_to_date(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    """Moodle updates a tool by the same way, with the client_id it has."""
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())
    first = register(session, invitation, settings, now)
    session.execute(update(Platform).values(auth_url="https://moodle.example/old"))
    again = registration.create_invitation(session, note="", lifetime=WEEK, now=now)

    second = register(session, again, settings, now)

    session.expire_all()
    assert second.platform_id == first.platform_id
    assert session.scalars(select(Platform.auth_url)).all() == [f"{SITE}/mod/lti/auth.php"]
    assert session.scalar(select(func.count()).select_from(Deployment)) == 1


@pytest.mark.parametrize("moved", ["jwks_uri", "token_endpoint"])
def test_an_invitation_cannot_move_the_keys_of_a_known_platform(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime, moved: str
) -> None:
    """Who can place one file on a school's host must not become that school."""
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())
    known = register(session, invitation, settings, now)
    before = session.get_one(Platform, known.platform_id).jwks_url
    second = registration.create_invitation(session, note="", lifetime=WEEK, now=now)
    network.replace(responses.GET, CONFIGURATION, json=configuration() | {moved: f"{SITE}/elsewhere"})

    with pytest.raises(RegistrationError):
        register(session, second, settings, now)

    session.expire_all()
    assert session.get_one(Platform, known.platform_id).jwks_url == before


def test_registering_once_more_does_not_switch_on_what_was_switched_off(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted())
    register(session, invitation, settings, now)
    session.execute(update(Platform).values(state="disabled"))
    again = registration.create_invitation(session, note="", lifetime=WEEK, now=now)

    register(session, again, settings, now)

    session.expire_all()
    assert session.scalars(select(Platform.state)).all() == ["disabled"]


@pytest.mark.parametrize("deployment_id", [None, "", "x" * 256, ["3"], True])
def test_without_a_deployment_id_the_platform_waits_for_its_first_launch(
    session: Session,
    invitation: str,
    network: responses.RequestsMock,
    settings: Settings,
    now: datetime,
    deployment_id: Any,
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted(deployment_id=deployment_id))

    made = register(session, invitation, settings, now)

    assert session.get_one(Platform, made.platform_id).state == "pending"


def test_numbers_as_ids_are_taken_as_words(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=granted(client_id=10000000000013, deployment_id=3))

    made = register(session, invitation, settings, now)

    platform = session.get_one(Platform, made.platform_id)
    assert platform.client_id == "10000000000013"
    assert [each.deployment_id for each in platform.deployments] == ["3"]


def test_the_authorization_server_is_the_audience_of_our_words(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime
) -> None:
    network.get(CONFIGURATION, json=configuration(authorization_server="https://api.lms.example/auth/token"))
    network.post(ENDPOINT, json=granted())

    made = register(session, invitation, settings, now)

    assert session.get_one(Platform, made.platform_id).token_audience == "https://api.lms.example/auth/token"


BAD_CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "404 page": {"status": 404, "body": "<html>"},
    "redirect": {"status": 302, "headers": {"Location": "https://elsewhere.example"}},
    "HTML": {"body": "<html>", "content_type": "text/html"},
    "a list": {"json": []},
    "null": {"json": None},
    "another issuer": {"json": configuration(issuer="https://evil.example")},
    "no issuer": {"json": configuration(issuer=None)},
    "no key set": {"json": configuration(jwks_uri=None)},
    "no registration endpoint": {"json": configuration(registration_endpoint=None)},
    "plain http": {"json": configuration(token_endpoint="http://moodle.example/token")},
    "an inner address": {"json": configuration(registration_endpoint="https://127.0.0.1/register")},
    "a fragment": {"json": configuration(authorization_endpoint=f"{SITE}/auth#x")},
    "no id_token": {"json": configuration(response_types_supported=["code"])},
    "another way of signing": {"json": configuration(id_token_signing_alg_values_supported=["ES256"])},
    "another way of asking": {"json": configuration(token_endpoint_auth_methods_supported=["client_secret_basic"])},
    "about no object": {"json": configuration(**{lti.PLATFORM_CONFIGURATION: "moodle"})},
    "no connection": {"body": requests.ConnectionError()},
    "huge": {"body": b" " * 3_000_000},
}


@pytest.mark.parametrize("answer", BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS)
def test_a_configuration_that_cannot_be_trusted_is_refused(
    session: Session,
    invitation: str,
    network: responses.RequestsMock,
    settings: Settings,
    now: datetime,
    answer: dict[str, Any],
) -> None:
    network.get(CONFIGURATION, **answer)

    with pytest.raises(RegistrationError):
        register(session, invitation, settings, now)

    assert len(network.calls) == 1


BAD_ADDRESSES = [
    "",
    "http://moodle.example/config",
    "https://127.0.0.1/config",
    "https://localhost/config",
    "https://moodle.example/config#fragment",
    "https://user@moodle.example/config",
    "file:///etc/passwd",
    "https://[x",
]


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_a_configuration_is_not_fetched_from_just_anywhere(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime, url: str
) -> None:
    with pytest.raises(RegistrationError):
        register(session, invitation, settings, now, configuration_url=url)

    assert len(network.calls) == 0


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "Moodle's plain words": ({"status": 400, "body": "domain_targetlinkuri_mismatch"}, "domain_targetlinkuri_mismatch"),
    "Moodle's used token": (
        {"status": 403, "body": "token_already_used", "content_type": "text/html"},
        "token_already_used",
    ),
    "OAuth words": (
        {"status": 400, "json": {"error": "invalid_client_metadata", "error_description": "No such scope."}},
        "invalid_client_metadata: No such scope.",
    ),
    "an error page": ({"status": 404, "body": "<!doctype html><h1>Oh</h1>"}, "404 Not Found"),
    "nothing at all": ({"status": 500, "body": ""}, "500 Internal Server Error"),
    "a list of errors": ({"status": 422, "json": {"errors": [{"field": "x"}]}}, '[{"field": "x"}]'),
}


@pytest.mark.parametrize("answer, words", REFUSALS.values(), ids=REFUSALS)
def test_the_admin_is_told_what_the_platform_said(
    session: Session,
    invitation: str,
    network: responses.RequestsMock,
    settings: Settings,
    now: datetime,
    answer: dict[str, Any],
    words: str,
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, **answer)

    with pytest.raises(RegistrationRefused) as refused:
        register(session, invitation, settings, now)

    assert refused.value.detail == words


@pytest.mark.parametrize(
    "answer", [{}, [], None, "yes", {"client_id": ""}, {"client_id": "x" * 256}, {"client_id": True}]
)
def test_an_answer_without_client_id_is_no_registration(
    session: Session, invitation: str, network: responses.RequestsMock, settings: Settings, now: datetime, answer: Any
) -> None:
    network.get(CONFIGURATION, json=configuration())
    network.post(ENDPOINT, json=answer)

    with pytest.raises(RegistrationRefused):
        register(session, invitation, settings, now)


# By hand

BY_HAND: dict[str, Any] = {
    "issuer": "https://canvas.instructure.com",
    "client_id": "10000000000013",
    "deployment_ids": ["1:abc", "2:def"],
    "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "token_url": "https://school.example/login/oauth2/token",
    "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
}


def test_an_operator_may_add_a_platform(session: Session, settings: Settings) -> None:
    platform_id = registration.add_platform(session, BY_HAND | {"name": "Our school"}, settings=settings)

    platform = session.get_one(Platform, platform_id)
    assert (platform.name, platform.state, platform.token_audience) == ("Our school", "active", None)
    assert [each.deployment_id for each in platform.deployments] == ["1:abc", "2:def"]


def test_adding_it_again_adds_only_what_is_new(session: Session, settings: Settings) -> None:
    first = registration.add_platform(session, BY_HAND | {"name": "Our school"}, settings=settings)

    again = registration.add_platform(
        session, BY_HAND | {"deployment_ids": ["3:ghi"], "audience": "https://a.example"}, settings=settings
    )

    platform = session.get_one(Platform, again)
    assert again == first
    assert (platform.name, platform.token_audience) == ("Our school", "https://a.example")
    assert {each.deployment_id for each in platform.deployments} == {"1:abc", "2:def", "3:ghi"}


BAD_BY_HAND: dict[str, Any] = {
    "a list": [],
    "a word": "issuer",
    "empty": {},
    "no deployments": BY_HAND | {"deployment_ids": []},
    "a deployment without id": BY_HAND | {"deployment_ids": [""]},
    "a misspelt field": BY_HAND | {"clientid": "x"},
    "a number as id": BY_HAND | {"client_id": 13},
    "plain http": BY_HAND | {"jwks_url": "http://lms.example/jwks"},
    "this machine": BY_HAND | {"token_url": "https://localhost/token"},
    "no address": BY_HAND | {"auth_url": "sso"},
}


@pytest.mark.parametrize("given", BAD_BY_HAND.values(), ids=BAD_BY_HAND)
def test_a_wrong_description_says_what_is_wrong(session: Session, settings: Settings, given: Any) -> None:
    with pytest.raises(RegistrationError) as wrong:
        registration.add_platform(session, given, settings=settings)

    assert str(wrong.value)
    assert session.scalars(select(Platform)).all() == []


def test_plain_http_on_this_machine_works_where_it_is_allowed(session: Session, settings: Settings) -> None:
    here = dict.fromkeys(("auth_url", "token_url", "jwks_url"), "http://lms.localhost:8001/x")

    with pytest.raises(RegistrationError):
        registration.add_platform(session, BY_HAND | here, settings=settings)
    assert registration.add_platform(session, BY_HAND | here, settings=replace(settings, allow_loopback_platforms=True))
