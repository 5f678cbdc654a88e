"""A platform that speaks LTI by the book, and as far beside it as a test wants."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool import vault
from lti_tool.config import Settings
from lti_tool.courses.models import Deployment, Platform
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.models import SigningKey
from lti_tool.lti.tokens import tokens
from tests.factories.courses import make_deployment, make_platform

TOOL = "https://hearth.example"
LAUNCH = f"{TOOL}/lti/launch"
CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTRUCTOR = f"{CONTEXT_ROLE}#Instructor"
LEARNER = f"{CONTEXT_ROLE}#Learner"


def private_key(name: str = "first", size: int = 2048) -> rsa.RSAPrivateKey:
    """A key of this name, the same for the whole run."""
    return _made(name, size)


@lru_cache(maxsize=8)
def _made(name: str, size: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def jwk(name: str = "first", *, kid: str | None = None, size: int = 2048) -> dict[str, Any]:
    """The public half of a key as a platform publishes it."""
    made: dict[str, Any] = RSAAlgorithm.to_jwk(private_key(name, size).public_key(), as_dict=True)
    return made | {"kid": kid or name, "alg": "RS256", "use": "sig"}


class PretendPlatform:
    """One registration of the tool at a platform with a key of its own."""

    def __init__(self, platform: Platform, deployment: Deployment) -> None:
        self.platform = platform
        self.deployment = deployment
        self.key = "first"
        self.size = 2048
        self.published: list[dict[str, Any]] = [jwk("first")]
        self.key_set_reads = 0

    def login_parameters(self, **changes: str | None) -> dict[str, str]:
        """What the platform sends to begin a login; None takes a parameter away."""
        given = {
            "iss": self.platform.issuer,
            "login_hint": "person-1",
            "target_link_uri": LAUNCH,
            "lti_message_hint": "hint-1",
            "client_id": self.platform.client_id,
            "lti_deployment_id": self.deployment.deployment_id,
        } | changes
        return {name: value for name, value in given.items() if value is not None}

    def claims(self, nonce: str, *, now: datetime | None = None) -> dict[str, Any]:
        """A resource link launch with full data."""
        issued = int((now or datetime.now(UTC)).timestamp())
        return {
            "iss": self.platform.issuer,
            "aud": self.platform.client_id,
            "sub": "person-1",
            "iat": issued,
            "exp": issued + 3600,
            "nonce": nonce,
            "name": "Mai Tran",
            "given_name": "Mai",
            "family_name": "Tran",
            "email": "mai@school.example",
            lti.VERSION: "1.3.0",
            lti.MESSAGE_TYPE: "LtiResourceLinkRequest",
            lti.DEPLOYMENT_ID: self.deployment.deployment_id,
            lti.TARGET_LINK_URI: LAUNCH,
            lti.RESOURCE_LINK: {"id": "link-1", "title": "First drafts"},
            lti.CONTEXT: {"id": "course-1", "label": "BIO 1", "title": "Biology", "type": [f"{CONTEXT_ROLE}#x"]},
            lti.ROLES: [LEARNER],
            lti.TOOL_PLATFORM: {"guid": "site-1", "product_family_code": "pretend"},
            lti.LAUNCH_PRESENTATION: {"locale": "en", "document_target": "iframe"},
        }

    def sign(self, claims: Any, **header: Any) -> str:
        """*claims* as a token; a header value of None takes that header away."""
        headers: dict[str, Any] = {"alg": "RS256", "typ": "JWT", "kid": self.key} | header
        headers = {name: value for name, value in headers.items() if value is not None}
        text = f"{_part(headers)}.{_part(claims)}"
        signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(text.encode(), private_key(self.key, self.size))
        return f"{text}.{_bytes(signature)}"

    @contextmanager
    def key_set(self) -> Iterator[responses.RequestsMock]:
        """Let the platform's key set be read, and nothing else of the network."""
        key_sets.forget()

        def answer(_: Any) -> tuple[int, dict[str, str], str]:
            self.key_set_reads += 1
            return 200, {"Content-Type": "application/json"}, json.dumps({"keys": self.published})

        with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
            network.add_callback(responses.GET, self.platform.jwks_url, callback=answer)
            yield network


def make_pretend_platform(session: Session, **values: Any) -> PretendPlatform:
    """A registered platform with one deployment, committed."""
    tokens.forget()
    platform = make_platform(session, **values)
    deployment = make_deployment(session, platform, deployment_id="deployment-1")
    session.commit()
    return PretendPlatform(platform, deployment)


def log_in(client: FlaskClient, platform: PretendPlatform, **changes: str | None) -> dict[str, str]:
    """Begin a login as the browser does; returns what the platform is asked (state, nonce, …)."""
    answer = client.post("/lti/login", data=platform.login_parameters(**changes))
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))


def launch(client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any] | None = None) -> TestResponse:
    """A whole launch through the doors. A claim that is changed to None is taken away."""
    asked = log_in(client, platform)
    claims = changed(platform.claims(asked["nonce"]), changes or {})
    with platform.key_set():
        return client.post("/lti/launch", data={"id_token": platform.sign(claims), "state": asked["state"]})


def changed(claims: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """*claims* with *changes*; None takes a claim away."""
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def deep_linking(**settings: Any) -> dict[str, Any]:
    """The changes that make a deep-linking request of a launch."""
    given = {
        "deep_link_return_url": "https://lms.example/return",
        "accept_types": ["link", "file", "html", "ltiResourceLink", "image"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
    } | settings
    return {
        lti.MESSAGE_TYPE: "LtiDeepLinkingRequest",
        lti.RESOURCE_LINK: None,
        lti.ROLES: [INSTRUCTOR],
        lti.DEEP_LINKING_SETTINGS: {name: value for name, value in given.items() if value is not None},
    }


def keep_signing_key(session: Session, settings: Settings) -> None:
    """Give the tool the same key as in every other test: making one takes longer than most tests."""
    private = private_key("the tool's")
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    session.add(
        SigningKey(
            kid="the tool's",
            private_pem=_kept(private_pem.decode(), settings),
            public_pem=public_pem.decode(),
            signs_from=datetime(2020, 1, 1, tzinfo=UTC),
        )
    )
    session.flush()


@lru_cache(maxsize=2)
def _kept(private_pem: str, settings: Settings) -> str:
    """Encrypted once, so that the tool loads it once."""
    return vault.encrypt(settings, private_pem)


def hs256(claims: dict[str, Any], secret: str, kid: str) -> str:
    """A token signed with a symmetric key, as in the old confusion of algorithms."""
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})


def _part(value: Any) -> str:
    return _bytes(value if isinstance(value, bytes) else json.dumps(value).encode())


def _bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
