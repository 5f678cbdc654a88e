"""
The second half of a launch: spend the attempt, then believe the token, step by named step.

``spend`` proves the browser and takes the attempt in one conditional UPDATE. ``verify`` runs
PyLTI1p3's message launch with every one of its checks replaced and put into an order in which
no claim is read before the signature held.
"""

import binascii
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn, Self

import requests
from jwt.algorithms import RSAAlgorithm
from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import http
from lti_tool.config import Settings
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import (
    AttemptExpired,
    AttemptMissing,
    AttemptOfAnotherBrowser,
    AttemptSpent,
    AttemptUnknown,
    BadSignature,
    MalformedMessage,
    MalformedToken,
    MissingKeyId,
    MissingTime,
    MissingToken,
    PlatformDisabled,
    PlatformRefused,
    TargetChanged,
    TargetNotOurs,
    TokenExpired,
    TokenFromFuture,
    TokenTooOld,
    UnknownDeployment,
    UnknownMessageType,
    WrongAlgorithm,
    WrongAudience,
    WrongAuthorizedParty,
    WrongIssuer,
    WrongNonce,
    WrongVersion,
)
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.login import is_ours, is_state
from lti_tool.lti.messages import LONGEST_ID, reader_of
from lti_tool.lti.platforms import COLUMNS, Registration, adopt_deployment, find_deployment, registration_of

ALGORITHM = "RS256"
RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
URL_SAFE = bytes.maketrans(b"-_+/=", b"+/!!!")
"""From the alphabet of tokens to the usual one; what only the usual one has is no letter in either."""
LEEWAY = timedelta(seconds=15)
OLDEST = timedelta(minutes=10)
"""A token older than this has been somewhere else in between."""
LONGEST_TOKEN = 100_000
LONGEST_HEADER = 2_000
KNOWN_DEPLOYMENTS = 20
"""A platform with more is asked for the one it needs."""

SPEND = text(
    f"""
    update lti_attempt a
       set used_at = :now
      from platform p
     where a.state = :state and a.used_at is null and a.expires_at > :now and a.browser_hash = :proof
       and p.id = a.platform_id and p.state in ('active', 'pending')
    returning a.nonce, a.target_link_uri, a.message_hint, {COLUMNS},
              (select jsonb_object_agg(d.deployment_id, d.id)
                 from (select deployment_id, id from deployment
                        where platform_id = p.id order by id limit {KNOWN_DEPLOYMENTS}) d) as deployments
    """  # noqa: S608 - constants only
)

WHY_NOT = text(
    """
    select a.used_at, a.expires_at, a.storage_target, p.auth_url, p.state as platform_state
      from lti_attempt a join platform p on p.id = a.platform_id
     where a.state = :state
    """
)

OUR_CLIENTS = text("select client_id from platform where issuer = :issuer")


@dataclass(frozen=True, kw_only=True)
class Spent:
    """An attempt that is used up: whom the browser was sent to, and what for."""

    state: str
    nonce: str
    target_link_uri: str
    message_hint: str | None
    registration: Registration
    deployments: Mapping[str, int] = field(default_factory=dict)
    """Deployments of this client, by ``deployment_id``: the ids of their rows. Many-tenanted clients have more."""

    def deployment_pk(self, session: Session, deployment_id: str) -> int:
        """The id of the row of a deployment of this client."""
        known = self.deployments.get(deployment_id)
        if known is None:
            known = find_deployment(session, self.registration.platform_id, deployment_id)
        if known is None:
            raise UnknownDeployment(deployment_id[:LONGEST_ID])
        return known


def spend(session: Session, state: str, *, proof: str | None, now: datetime) -> Spent:
    """
    Use up the attempt of *state*: once, in time, and only for the browser whose proof this is.

    *proof* is the hash of the secret that the browser brought, by cookie or by the platform's
    storage. Without the right one the attempt stays as it is.
    """
    if not is_state(state):
        raise AttemptMissing
    row = session.execute(SPEND, {"state": state, "proof": proof, "now": now}).one_or_none()
    if row is None:
        _refuse(session, state, now=now)
    return Spent(
        state=state,
        nonce=row.nonce,
        target_link_uri=row.target_link_uri,
        message_hint=row.message_hint,
        registration=registration_of(row),
        deployments=row.deployments or {},
    )


def verify(
    session: Session, form: Mapping[str, str], attempt: Spent, *, settings: Settings, now: datetime
) -> dict[str, Any]:
    """
    The claims of the platform's answer *form*, once everything about them holds.
    """
    launch = _Launch(form, attempt, session=session, settings=settings, now=now)
    try:
        launch.validate()
    except LtiException as err:
        raise MalformedToken(str(err)[:200]) from err
    return launch.claims


def _refuse(session: Session, state: str, *, now: datetime) -> NoReturn:
    row = session.execute(WHY_NOT, {"state": state}).one_or_none()
    if row is None:
        raise AttemptUnknown
    if row.used_at is not None:
        raise AttemptSpent
    if row.expires_at <= now:
        raise AttemptExpired
    if row.platform_state == "disabled":
        raise PlatformDisabled
    raise AttemptOfAnotherBrowser(state, storage_target=row.storage_target, auth_url=row.auth_url)


def _decoded(part: str) -> bytes:
    """One part of a token (RFC 7515 appendix C)."""
    try:
        return binascii.a2b_base64(part.encode().translate(URL_SAFE) + b"=" * (-len(part) % 4), strict_mode=True)
    except ValueError as err:
        raise MalformedToken("not base64") from err


def _json(text: bytes) -> Any:
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as err:
        raise MalformedToken("not JSON") from err


class _Form(Request):
    """The posted form, as the library wants to read it."""

    def __init__(self, form: Mapping[str, str]) -> None:
        super().__init__()
        self._form = form

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._form.get(key, "")


class _NoCookies(CookieService):
    """Our attempts live in the database."""

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        raise NotImplementedError


class _NoToolConf(ToolConfAbstract[_Form]):
    """Registrations come from the attempt, so the library finds none by itself."""

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> LibraryRegistration:
        raise NotImplementedError

    def find_registration_by_params(self, iss: str, client_id: str, *args: Any, **kwargs: Any) -> LibraryRegistration:
        raise NotImplementedError

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        raise NotImplementedError

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        raise NotImplementedError


_cookies = _NoCookies()
_no_tool_conf = _NoToolConf()
_requests = requests.Session()
"""The library wants one. Every call of ours goes through ``lti_tool.http``."""


class _Launch(MessageLaunch[Any, Any, SessionService, _NoCookies]):
    """PyLTI1p3's launch with our steps. The state was spent before; see :func:`spend`."""

    def __init__(
        self, form: Mapping[str, str], attempt: Spent, *, session: Session, settings: Settings, now: datetime
    ) -> None:
        request = _Form(form)
        super().__init__(
            request,
            _no_tool_conf,
            session_service=SessionService(request),
            cookie_service=_cookies,
            requests_session=_requests,
        )
        self._attempt = attempt
        self._session = session
        self._settings = settings
        self._now = now
        self._parts: list[str] = []
        self._kid = ""
        self.claims: dict[str, Any] = {}

    def validate(self) -> Self:
        """Every step in its order: nothing of the token is believed before ``validate_jwt_signature`` passed."""
        self.validate_platform_answer()
        self.validate_jwt_format()
        self.validate_jwt_signature()
        self.validate_issuer()
        self.validate_audience()
        self.validate_times()
        self.validate_nonce()
        self.validate_message_kind()
        self.validate_deployment()
        self.validate_message()
        self.validate_target()
        self._validated = True
        return self

    def validate_platform_answer(self) -> None:
        """The platform may answer with an error instead (OpenID Connect 3.1.2.6)."""
        error = self._get_request_param("error")
        if error:
            raise PlatformRefused(error[:100], self._get_request_param("error_description")[:300])
        if not self._get_request_param("id_token"):
            raise MissingToken

    def validate_jwt_format(self) -> Self:
        """Three parts; the header names a key and our algorithm, and asks for nothing we do not know."""
        token = self._get_request_param("id_token")
        parts = token.split(".") if len(token) <= LONGEST_TOKEN and token.isascii() else []
        if len(parts) != 3 or len(parts[0]) > LONGEST_HEADER:
            raise MalformedToken("not a signed token")
        said = _json(_decoded(parts[0]))
        # RFC 7515 section 4.1.11: who does not understand what is critical must refuse.
        if not isinstance(said, dict) or "crit" in said:
            raise MalformedToken("the header is none of ours")
        if said.get("alg") != ALGORITHM:
            raise WrongAlgorithm(str(said.get("alg"))[:20])
        kid = said.get("kid")
        if not isinstance(kid, str) or not kid:
            raise MissingKeyId
        self._parts = parts
        self._kid = kid
        return self

    def validate_jwt_signature(self) -> Self:
        """Signed by the key of that name of the platform that this login went to."""
        header, payload, signature = self._parts
        client = http.client(self._settings)
        key = key_sets.key(self._attempt.registration.jwks_url, self._kid, client=client, now=self._now)
        # PyJWT's own decoding looks at every letter three times over; its algorithm is all we need.
        if not RS256.verify(f"{header}.{payload}".encode(), key, _decoded(signature)):
            raise BadSignature
        claims = _json(_decoded(payload))
        if not isinstance(claims, dict):
            raise MalformedToken("the payload is no object")
        self.claims = claims
        return self

    def validate_issuer(self) -> None:
        """``iss``, exactly."""
        if self.claims.get("iss") != self._attempt.registration.issuer:
            raise WrongIssuer(str(self.claims.get("iss"))[:200])

    def validate_audience(self) -> None:
        """``aud`` has our client_id, in any position, and nobody we do not know; ``azp`` is us, where there is one."""
        client_id = self._attempt.registration.client_id
        audience = self.claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if client_id not in named or not self._knows_all(each for each in named if each != client_id):
            raise WrongAudience(str(audience)[:200])
        party = self.claims.get("azp")
        if party != client_id and (party is not None or len(named) > 1):
            raise WrongAuthorizedParty(str(party)[:200])

    def validate_times(self) -> None:
        """``exp`` ahead, ``iat`` behind and not long ago, each give or take our clocks' disagreement."""
        now, leeway = self._now.timestamp(), LEEWAY.total_seconds()
        expires, issued = self._moment("exp"), self._moment("iat")
        if expires is None or issued is None:
            raise MissingTime
        if expires + leeway <= now:
            raise TokenExpired(f"{now - expires:.0f} s ago")
        if issued - leeway > now:
            raise TokenFromFuture(f"iat {issued - now:.0f} s ahead")
        if issued + OLDEST.total_seconds() < now:
            raise TokenTooOld(f"{now - issued:.0f} s old")
        if "nbf" in self.claims:
            begins = self._moment("nbf")
            if begins is None:
                raise MissingTime("nbf")
            if begins - leeway > now:
                raise TokenFromFuture(f"nbf {begins - now:.0f} s ahead")

    def validate_nonce(self) -> Self:
        """The one that this login sent along; it was spent with the attempt."""
        if self.claims.get("nonce") != self._attempt.nonce:
            raise WrongNonce
        return self

    def validate_message_kind(self) -> None:
        """LTI 1.3.0, and a message that we read."""
        if self.claims.get(lti.VERSION) != lti.LTI_VERSION:
            raise WrongVersion(str(self.claims.get(lti.VERSION))[:50])
        if reader_of(self.claims.get(lti.MESSAGE_TYPE)) is None:
            raise UnknownMessageType(str(self.claims.get(lti.MESSAGE_TYPE))[:100])

    def validate_deployment(self) -> Self:
        """A deployment of this client (section 3.1.3): missing is malformed, unknown is forbidden."""
        deployment_id = self.claims.get(lti.DEPLOYMENT_ID)
        if not isinstance(deployment_id, str) or not 1 <= len(deployment_id) <= LONGEST_ID or "\x00" in deployment_id:
            raise MalformedMessage({lti.DEPLOYMENT_ID: "missing or no id"})
        try:
            self._attempt.deployment_pk(self._session, deployment_id)
        except UnknownDeployment:
            if not self._attempt.registration.is_pending:
                raise
            adopt_deployment(self._session, self._attempt.registration.platform_id, deployment_id)
        return self

    def validate_message(self) -> Self:
        """The claims that this message must have."""
        problems_of = reader_of(self.claims[lti.MESSAGE_TYPE])
        assert problems_of is not None  # noqa: S101 - validate_message_kind has seen to it
        if problems := problems_of(self.claims):
            raise MalformedMessage(problems)
        return self

    def validate_target(self) -> None:
        """The signed target is ours, and the one that the login was about."""
        target = self.claims[lti.TARGET_LINK_URI]
        if not is_ours(target, self._settings):
            raise TargetNotOurs(target[:200])
        if target != self._attempt.target_link_uri:
            raise TargetChanged({lti.TARGET_LINK_URI: "not the one of the login"})

    def _knows_all(self, audiences: Iterable[object]) -> bool:
        """Whether each is the platform itself, this tool, or another registration of ours there."""
        issuer = self._attempt.registration.issuer
        known = (issuer, self._settings.public_url, self._settings.launch_url)
        others = [each for each in audiences if each not in known]
        if not others:
            return True
        ours = set(self._session.scalars(OUR_CLIENTS, {"issuer": issuer}))
        return all(isinstance(each, str) and each in ours for each in others)

    def _moment(self, claim: str) -> float | None:
        """A NumericDate; None where it is missing or no number."""
        value = self.claims.get(claim)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            moment = float(value)
        except OverflowError:
            return None
        return moment if math.isfinite(moment) else None

    def _get_request_param(self, key: str) -> str:
        given: str = self._request.get_param(key)
        return given
