"""
Access tokens for a platform's services: the client-credentials grant with a signed assertion
(security framework 1.1 section 4.1).

One token for each registration and set of scopes, kept in this process and, encrypted, in the
database for the others.
"""

import json
import logging
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from lti_tool import db, vault
from lti_tool.config import Settings
from lti_tool.http import HTTPClient
from lti_tool.lti import keys
from lti_tool.lti.errors import NotGranted, Rejected, Unavailable
from lti_tool.lti.platforms import Registration
from lti_tool.lti.wire import raise_for_trouble

log = logging.getLogger(__name__)

ASSERTION_LIFE = timedelta(minutes=5)
REFRESH_EARLY = timedelta(seconds=60)
DEFAULT_LIFE = timedelta(hours=1)
LONGEST_LIFE = timedelta(days=1)
LONGEST_ANSWER = 64 * 1024

FIND = text(
    "select token, granted, expires_at from lti_access_token where platform_id = :platform_id and scopes = :scopes"
)

KEEP = text(
    """
    insert into lti_access_token (platform_id, scopes, token, granted, expires_at)
    values (:platform_id, :scopes, :token, :granted, :expires_at)
    on conflict (platform_id, scopes) do update
       set token = excluded.token, granted = excluded.granted, expires_at = excluded.expires_at
    """
)

DROP = text("delete from lti_access_token where platform_id = :platform_id and scopes = :scopes and token = :token")


@dataclass(frozen=True, kw_only=True)
class Token:
    """A bearer token, and what it is good for."""

    value: str
    stored: str
    """As the database keeps it."""
    granted: frozenset[str]
    expires_at: datetime


class Tokens:
    """The tokens of this process."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, str], Token] = {}
        self._guard = threading.Lock()
        self._locks: dict[tuple[int, str, str], threading.Lock] = {}

    def get(
        self,
        registration: Registration,
        scopes: Iterable[str],
        *,
        client: HTTPClient,
        settings: Settings,
        now: datetime,
    ) -> Token:
        """A token for all of *scopes*. Raises :class:`NotGranted` where the platform gives fewer."""
        asked = " ".join(sorted(set(scopes)))
        place = (registration.platform_id, registration.client_id, asked)
        with self._lock(place):
            token = self._known.get(place)
            if token is None or token.expires_at - REFRESH_EARLY <= now:
                token = _stored(registration, asked, settings=settings, now=now)
            if token is None:
                token = _ask(registration, asked, client=client, settings=settings, now=now)
                _keep(registration, asked, token)
            self._known[place] = token
        missing = set(asked.split()) - token.granted
        if missing:
            raise NotGranted(" ".join(sorted(missing)))
        return token

    def drop(self, registration: Registration, scopes: Iterable[str], token: Token) -> None:
        """Forget a token that the platform no longer takes."""
        asked = " ".join(sorted(set(scopes)))
        place = (registration.platform_id, registration.client_id, asked)
        with self._lock(place):
            if self._known.get(place) == token:
                del self._known[place]
            with db.transaction() as session:
                session.execute(DROP, {"platform_id": registration.platform_id, "scopes": asked, "token": token.stored})

    def forget(self) -> None:
        """Know nothing again; the database still does."""
        with self._guard:
            self._known.clear()

    def _lock(self, place: tuple[int, str, str]) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(place, threading.Lock())


tokens = Tokens()
"""Those of this process."""


def assertion(registration: Registration, *, settings: Settings, now: datetime) -> str:
    """Our signed word that we are this client (RFC 7523 section 3)."""
    issued = int(now.timestamp())
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.token_audience or registration.token_url,
        "iat": issued,
        "exp": issued + int(ASSERTION_LIFE.total_seconds()),
        "jti": secrets.token_urlsafe(24),
    }
    with db.transaction() as session:
        return keys.sign(session, claims, settings=settings, now=now)


def _stored(registration: Registration, asked: str, *, settings: Settings, now: datetime) -> Token | None:
    with db.transaction() as session:
        row = session.execute(FIND, {"platform_id": registration.platform_id, "scopes": asked}).one_or_none()
    if row is None or row.expires_at - REFRESH_EARLY <= now:
        return None
    try:
        value = vault.decrypt(settings, row.token)
    except vault.VaultError:
        return None
    return Token(value=value, stored=row.token, granted=frozenset(row.granted.split()), expires_at=row.expires_at)


def _keep(registration: Registration, asked: str, token: Token) -> None:
    with db.transaction() as session:
        session.execute(
            KEEP,
            {
                "platform_id": registration.platform_id,
                "scopes": asked,
                "token": token.stored,
                "granted": " ".join(sorted(token.granted)),
                "expires_at": token.expires_at,
            },
        )


def _ask(registration: Registration, asked: str, *, client: HTTPClient, settings: Settings, now: datetime) -> Token:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(registration, settings=settings, now=now),
        "scope": asked,
    }
    try:
        # No list of media types: some platforms read Accept as one exact word.
        answer = client.post(
            registration.token_url, data=form, headers={"Accept": "application/json"}, limit=LONGEST_ANSWER
        )
    except requests.RequestException as err:
        raise Unavailable(type(err).__name__) from err
    said = _read(answer)
    error = str(said.get("error") or "") if said else ""
    if error == "invalid_scope":
        raise NotGranted(asked)
    if answer.status_code in (400, 401) and error:
        raise Rejected(answer.status_code, error[:100])
    raise_for_trouble(answer)
    value = said.get("access_token") if said else None
    if not isinstance(value, str) or not value or str(said.get("token_type", "bearer")).lower() != "bearer":
        # A login or maintenance page, most likely.
        raise Unavailable("the token endpoint gave no token", status=answer.status_code)
    granted = said.get("scope")
    log.info("platform %s gave a token", registration.platform_id)
    return Token(
        value=value,
        stored=vault.encrypt(settings, value),
        granted=frozenset(granted.split() if isinstance(granted, str) else asked.split()),
        expires_at=now + _life(said.get("expires_in")),
    )


def _read(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer, whatever its media type claims; empty where there is none."""
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _life(seconds: Any) -> timedelta:
    try:
        life = timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFE
    return min(max(life, timedelta()), LONGEST_LIFE)
