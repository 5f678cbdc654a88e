"""
How a platform gets to know us, and we it: dynamic registration 1.0 behind an invitation, or by hand.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from flask_babel import lazy_gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import http
from lti_tool.config import Settings
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import InvitationUnusable, RegistrationError, RegistrationRefused
from lti_tool.lti.offer import RegistrationOffer
from lti_tool.lti.platforms import store

log = logging.getLogger(__name__)

NAME = "Hearth"
DESCRIPTION = "Peer feedback, reflection and community for the people in a course."
LONGEST_WORDS = 500

Configure = Callable[[str, RegistrationOffer], dict[str, Any]]
"""Builds the tool configuration for an LMS family; ``lms`` knows how."""

INVITE = text(
    """
    insert into lti_invitation (token_hash, note, created_at, expires_at) values (:token_hash, :note, :now, :expires_at)
    """
)

# The row stays locked until the end of the transaction: a second try of the same invitation waits, and
# finds it used, unless the first one failed and was rolled back.
SPEND_INVITATION = text(
    """
    update lti_invitation set used_at = :now
     where token_hash = :token_hash and used_at is null and expires_at > :now
    returning id
    """
)

KNOWN_ADDRESSES = text("select jwks_url, token_url from platform where issuer = :issuer and client_id = :client_id")
NOTE_PLATFORM = text("update lti_invitation set platform_id = :platform_id where id = :id")


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A platform that knows us now."""

    platform_id: int
    issuer: str
    name: str
    family: str


class PlatformConfiguration(Schema):
    """The OpenID configuration of a platform (section 3.4)."""

    class Meta(Schema.Meta):
        unknown = EXCLUDE

    issuer = fields.String(required=True, validate=validate.Length(1, 500))
    authorization_endpoint = fields.String(required=True)
    token_endpoint = fields.String(required=True)
    jwks_uri = fields.String(required=True)
    registration_endpoint = fields.String(required=True)
    # Where the token audience is not the endpoint (Desire2Learn calls it so).
    authorization_server = fields.String(allow_none=True)
    response_types_supported = fields.List(fields.String())
    token_endpoint_auth_methods_supported = fields.List(fields.String())
    id_token_signing_alg_values_supported = fields.List(fields.String())
    about = fields.Dict(data_key=lti.PLATFORM_CONFIGURATION, allow_none=True)


class PlatformByHand(Schema):
    """What ``hearth platform add`` reads."""

    issuer = fields.String(required=True, validate=validate.Length(1, 500))
    client_id = fields.String(required=True, validate=validate.Length(1, 255))
    deployment_ids = fields.List(
        fields.String(validate=validate.Length(1, 255)), required=True, validate=validate.Length(1)
    )
    auth_url = fields.String(required=True)
    token_url = fields.String(required=True)
    jwks_url = fields.String(required=True)
    audience = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    family = fields.String(allow_none=True, validate=validate.Length(max=100))


_platform_configuration = PlatformConfiguration()
_platform_by_hand = PlatformByHand()


def offer(settings: Settings, platform_configuration: Mapping[str, Any]) -> RegistrationOffer:
    """What Hearth offers to whoever registers it."""
    return RegistrationOffer(
        public_url=settings.public_url,
        name=NAME,
        description=DESCRIPTION,
        scopes=lti.SCOPES,
        custom={},
        platform_configuration=platform_configuration,
    )


def create_invitation(session: Session, *, note: str, lifetime: timedelta, now: datetime) -> str:
    """Make a single-use, expiring right to register, and return its token; only a hash of it is kept."""
    token = secrets.token_urlsafe(24)
    session.execute(INVITE, {"token_hash": _hash(token), "note": note, "now": now, "expires_at": now + lifetime})
    return token


def register(
    session: Session,
    invitation: str,
    *,
    configuration_url: str,
    token: str | None,
    configure: Configure,
    settings: Settings,
    now: datetime,
) -> Registered:
    """
    Register at the platform whose admin opened our *invitation* (section 3.3 onwards).

    Whatever fails leaves the invitation unspent, so long as the caller rolls back: the admin
    may try again. A platform that registers once more is brought up to date.
    """
    invitation_id = _spend(session, invitation, now=now)
    client = http.client(settings)
    platform = _read_configuration(client, configuration_url, token)
    about = platform.get("about") or {}
    family = str(about.get("product_family_code") or "").lower()[:100]
    answer = _post(
        client, platform["registration_endpoint"], configure(family, offer(settings, platform["whole"])), token
    )
    client_id, deployment_id = _granted(answer)
    _keep_addresses(session, platform, client_id)
    name = _name(about, platform["issuer"])
    platform_id = store(
        session,
        {
            "issuer": platform["issuer"],
            "client_id": client_id,
            "name": name,
            "family": family,
            "auth_url": platform["authorization_endpoint"],
            "token_url": platform["token_endpoint"],
            "token_audience": platform.get("authorization_server"),
            "jwks_url": platform["jwks_uri"],
        },
        deployment_ids=[deployment_id] if deployment_id else [],
    )
    session.execute(NOTE_PLATFORM, {"platform_id": platform_id, "id": invitation_id})
    log.info("platform %s registered", platform_id)
    return Registered(platform_id=platform_id, issuer=platform["issuer"], name=name, family=family)


def _keep_addresses(session: Session, platform: Mapping[str, Any], client_id: str) -> None:
    """
    Refuse to move a known platform's keys or tokens elsewhere: an invitation may not take a school over.

    Whoever runs Hearth moves them with ``hearth platform add``.
    """
    known = session.execute(KNOWN_ADDRESSES, {"issuer": platform["issuer"], "client_id": client_id}).one_or_none()
    if known is not None and (known.jwks_url, known.token_url) != (platform["jwks_uri"], platform["token_endpoint"]):
        raise RegistrationError(
            _("This LMS is registered with other addresses. Whoever runs Hearth has to change them first."),
            detail=str(platform["issuer"]),
        )


def add_platform(session: Session, given: Any, *, settings: Settings) -> int:
    """
    Write down a platform that an operator describes, or bring it up to date. Returns its id.
    """
    try:
        read = _platform_by_hand.load(given)
    except ValidationError as err:
        raise RegistrationError(_("This does not describe a platform: %(problems)s", problems=_in_words(err))) from err
    for name in ("auth_url", "token_url", "jwks_url"):
        _check_address(read[name], name, settings)
    return store(
        session,
        {
            "issuer": read["issuer"],
            "client_id": read["client_id"],
            "name": read.get("name") or "",
            "family": (read.get("family") or "").lower(),
            "auth_url": read["auth_url"],
            "token_url": read["token_url"],
            "token_audience": read.get("audience"),
            "jwks_url": read["jwks_url"],
        },
        deployment_ids=read["deployment_ids"],
    )


def _spend(session: Session, invitation: str, *, now: datetime) -> int:
    found: int | None = session.execute(
        SPEND_INVITATION, {"token_hash": _hash(invitation), "now": now}
    ).scalar_one_or_none()
    if found is None:
        raise InvitationUnusable
    return found


def _read_configuration(client: http.HTTPClient, url: str, token: str | None) -> dict[str, Any]:
    """Fetch and check the platform's configuration (section 3.4)."""
    if not url:
        raise RegistrationError(
            _("The LMS did not say where its configuration is. Open this address from its tool settings.")
        )
    try:
        # Some platforms show it only to the bearer of the token.
        answer = client.get(url, headers={"Accept": "application/json", **_bearer(token)})
    except requests.RequestException as err:
        raise RegistrationError(_("The LMS's configuration could not be read."), detail=_network(err)) from err
    if answer.status_code != 200:
        raise RegistrationError(_("The LMS's configuration could not be read."), detail=_words(answer))
    try:
        whole = answer.json()
        read: dict[str, Any] = _platform_configuration.load(whole)
    except ValidationError as err:
        raise RegistrationError(_("The LMS's configuration is incomplete."), detail=_in_words(err)) from err
    except (ValueError, RecursionError, TypeError) as err:
        raise RegistrationError(_("The LMS's configuration is not JSON.")) from err
    _check_configuration(client, url, read)
    return {**read, "whole": whole}


def _check_configuration(client: http.HTTPClient, url: str, read: Mapping[str, Any]) -> None:
    """The issuer's own host says so, at addresses that we call, with signatures that we speak."""
    if _host(read["issuer"]) != _host(url) or _host(url) is None:
        raise RegistrationError(_("The LMS's configuration speaks for another host."), detail=str(read["issuer"])[:200])
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"):
        try:
            http.check_url(read[name], allow_loopback=client.allow_loopback)
        except http.ForbiddenAddress as err:
            raise RegistrationError(
                _("The LMS's configuration names an address that Hearth does not call."), detail=f"{name}: {err}"
            ) from err
    spoken = {
        "response_types_supported": "id_token",
        "token_endpoint_auth_methods_supported": "private_key_jwt",
        "id_token_signing_alg_values_supported": "RS256",
    }
    for name, ours in spoken.items():
        if name in read and ours not in read[name]:
            raise RegistrationError(_("The LMS and Hearth have no way of signing in common."), detail=f"{name}: {ours}")


def _post(client: http.HTTPClient, url: str, configuration: Mapping[str, Any], token: str | None) -> Any:
    """Send our configuration (section 3.5) and read what was made of it (section 3.6)."""
    try:
        answer = client.post(url, json=dict(configuration), headers={"Accept": "application/json", **_bearer(token)})
    except requests.RequestException as err:
        raise RegistrationError(_("The LMS could not be reached to register."), detail=_network(err)) from err
    if answer.status_code not in (200, 201):
        raise RegistrationRefused(_("The LMS refused to register Hearth."), detail=_words(answer))
    try:
        return answer.json()
    except (ValueError, RecursionError) as err:
        raise RegistrationRefused(
            _("The LMS answered with something that is no registration."), detail=_words(answer)
        ) from err


def _granted(answer: Any) -> tuple[str, str | None]:
    """``client_id``, and ``deployment_id`` where the platform made one along the way."""
    client_id = answer.get("client_id") if isinstance(answer, dict) else None
    if isinstance(client_id, int) and not isinstance(client_id, bool):
        client_id = str(client_id)
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= 255 or "\x00" in client_id:
        raise RegistrationRefused(_("The LMS answered with something that is no registration."), detail="client_id")
    tool = answer.get(lti.TOOL_CONFIGURATION)
    deployment_id = tool.get("deployment_id") if isinstance(tool, dict) else None
    if isinstance(deployment_id, int) and not isinstance(deployment_id, bool):
        deployment_id = str(deployment_id)
    if not isinstance(deployment_id, str) or not 1 <= len(deployment_id) <= 255 or "\x00" in deployment_id:
        # The first verified launch will name it.
        return client_id, None
    return client_id, deployment_id


def _check_address(url: str, name: str, settings: Settings) -> None:
    try:
        http.check_url(url, allow_loopback=settings.allow_loopback_platforms)
    except http.ForbiddenAddress as err:
        raise RegistrationError(
            _(
                "%(name)s needs an https address. Plain http works on this machine only,"
                " and there only with ALLOW_LOOPBACK_PLATFORMS=1.",
                name=name,
            ),
            detail=str(err),
        ) from err


def _name(about: Mapping[str, Any], issuer: str) -> str:
    """What the platform calls itself: an account's name (a hosted LMS has many), else its host."""
    for key, value in about.items():
        if key.endswith("account_name") and isinstance(value, str) and value:
            return value.replace("\x00", "")[:200]
    return _host(issuer) or ""


def _words(answer: requests.Response) -> str:
    """What the platform said: an OAuth error, plain text, or only its status."""
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        parts = [said.get("error"), said.get("error_description") or said.get("message") or said.get("errors")]
        words = ": ".join(part if isinstance(part, str) else json.dumps(part) for part in parts if part)
    else:
        words = answer.content[: LONGEST_WORDS * 2].decode("utf-8", "replace")
    # An error page is no sentence for a person, whatever else it may be.
    if not words.strip() or "<" in words:
        words = f"{answer.status_code} {answer.reason or ''}"
    return " ".join(words.split())[:LONGEST_WORDS]


def _network(err: requests.RequestException) -> str:
    return str(err)[:200] if isinstance(err, http.ForbiddenAddress) else type(err).__name__


def _in_words(err: ValidationError) -> str:
    messages = err.messages if isinstance(err.messages, dict) else {"": err.messages}
    return "; ".join(
        f"{name}: {' '.join(map(str, why)) if isinstance(why, list) else why}" for name, why in messages.items()
    )


def _bearer(token: str | None) -> dict[str, str]:
    # A header cannot hold every sign that a query can.
    return {"Authorization": f"Bearer {token}"} if token and token.isascii() and token.isprintable() else {}


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
