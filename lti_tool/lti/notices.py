"""
The Platform Notification Service (LTI-PNS 1.0): ask a platform for its notices, and believe those that come.

A notice is a signed message like a launch, without a browser and so without state: what makes it ours is its
signature, its audience and its deployment. It may come twice; its id tells.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from lti_tool.http import HTTPClient
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import KeySetUnavailable, LtiError
from lti_tool.lti.key_sets import key_sets

ALGORITHM = "RS256"
LEEWAY_SECONDS = 15
LONGEST_ID = 255
LONGEST_TOKEN = 100_000
MOST_AT_ONCE = 100


class RefusedNotice(Exception):
    """Not a notice of this platform for us; says why in one word or two."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Whom notices are for: one registration, and which of its deployments we know."""

    issuer: str
    client_id: str
    jwks_url: str
    deployments: Collection[str]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice that was believed."""

    id: str
    type: str
    timestamp: str
    deployment_id: str
    context_id: str
    """The course it is about; "" where it is about none."""
    origins: tuple[str, ...]
    """Where a copied course came from, nearest first."""


def tokens_in(document: Any) -> list[str]:
    """The signed notices in a body, ``{"notices": [{"jwt": …}]}``. Raises ``ValueError`` for another shape."""
    listed = document.get("notices") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not listed or len(listed) > MOST_AT_ONCE:
        raise ValueError("no list of notices")
    found = [each.get("jwt") if isinstance(each, Mapping) else None for each in listed]
    if not all(isinstance(each, str) for each in found):
        raise ValueError("a notice without a token")
    return [str(each) for each in found]


def believe(token: str, listener: Listener, *, client: HTTPClient, now: datetime) -> Notice:
    """
    The notice in *token*, once everything about it holds.

    Raises :class:`RefusedNotice`, or :class:`KeySetUnavailable`: then nobody can tell yet.
    """
    claims = _signed(token, listener, client=client, now=now)
    party = claims.get("azp")
    audience = claims.get("aud")
    if party not in (None, listener.client_id) or (isinstance(audience, list) and audience != [listener.client_id]):
        raise RefusedNotice("for somebody else too")
    if claims.get(lti.VERSION) != lti.LTI_VERSION:
        raise RefusedNotice("wrong version")
    deployment_id = claims.get(lti.DEPLOYMENT_ID)
    if not isinstance(deployment_id, str) or deployment_id not in listener.deployments:
        raise RefusedNotice("unknown deployment")
    told = claims.get(lti.NOTICE)
    if not isinstance(told, Mapping):
        raise RefusedNotice("no notice")
    return Notice(
        id=_text(told.get("id"), "id"),
        type=_text(told.get("type"), "type"),
        timestamp=_text(told.get("timestamp"), "timestamp"),
        deployment_id=deployment_id,
        context_id=_context(claims.get(lti.CONTEXT)),
        origins=tuple(filter(None, map(_context, _list(claims.get(lti.ORIGIN_CONTEXTS))))),
    )


def _signed(token: str, listener: Listener, *, client: HTTPClient, now: datetime) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise RefusedNotice("too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError) as err:
        raise RefusedNotice("not a signed token") from err
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or not kid:
        raise RefusedNotice("no key of ours")
    try:
        key = key_sets.key(listener.jwks_url, kid, client=client, now=now)
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=listener.client_id,
            issuer=listener.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat", "exp", "nonce"], "verify_sub": False},
        )
    except KeySetUnavailable:
        raise
    except LtiError as err:
        raise RefusedNotice(f"key: {err.code}") from err
    except jwt.InvalidSignatureError as err:
        raise RefusedNotice("wrong signature") from err
    except (jwt.InvalidTokenError, ValueError, RecursionError) as err:
        raise RefusedNotice(f"claims: {type(err).__name__}") from err


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID or "\x00" in value:
        raise RefusedNotice(f"no {name}")
    return value


def _context(value: Any) -> str:
    """The id of a context, told as an object or by itself."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and 1 <= len(found) <= LONGEST_ID and "\x00" not in found else ""


def _list(value: Any) -> list[Any]:
    return value[:MOST_AT_ONCE] if isinstance(value, list) else []
