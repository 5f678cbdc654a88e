"""
The keys that Hearth signs with: deep-linking answers and service assertions (security framework 1.1 section 6).

A key is published at once and signs a day later, when every platform's copy of our key set
knows it. Loading a private key takes 40 ms, so each process does it once.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto.jwk import JWK
from pylti1p3.deep_link import DeepLink
from pylti1p3.registration import Registration as LibraryRegistration
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.config import Settings
from lti_tool.lti.models import SigningKey

log = logging.getLogger(__name__)

SIZE = 2048
PUBLISH_FIRST = timedelta(hours=24)
"""How long a key is published before it signs: longer than platforms keep our key set."""
_signers: dict[tuple[str, str], "Signer"] = {}
"""The private keys that this process has loaded, by ``kid`` and stored form."""

ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('lti_signing_key'))")


@dataclass(frozen=True)
class Signer:
    """A private key, loaded."""

    kid: str
    private_key: rsa.RSAPrivateKey

    def sign(self, claims: Mapping[str, Any]) -> str:
        """*claims* as a signed JWT."""
        # The library's way of signing a message; it asks for nothing but kid and key.
        signed: str = DeepLink(_LibraryKey(self), "", {}).encode_jwt(dict(claims))
        return signed


def signer(session: Session, *, settings: Settings, now: datetime) -> Signer:
    """The key to sign with at this moment; the first is made when it is needed."""
    current = _current(session, now=now)
    if current is None:
        ensure(session, settings=settings, now=now)
        current = _current(session, now=now)
        assert current is not None  # noqa: S101 - ensure has made one
    kid, stored = current
    return _load(settings, kid, stored)


def sign(session: Session, claims: Mapping[str, Any], *, settings: Settings, now: datetime) -> str:
    """*claims* as a JWT signed with the present key."""
    return signer(session, settings=settings, now=now).sign(claims)


def ensure(session: Session, *, settings: Settings, now: datetime) -> None:
    """Make the first key, unless there is one that signs."""
    session.execute(ONE_AT_A_TIME)
    if _current(session, now=now) is None:
        _make(session, settings=settings, now=now, signs_from=now)


def rotate(session: Session, *, settings: Settings, now: datetime, at_once: bool = False) -> str:
    """
    Publish a new key, to sign with it in a day or *at_once*, and return its ``kid``.

    Keys older than the present one retire.
    """
    session.execute(ONE_AT_A_TIME)
    current = _current(session, now=now)
    if current is not None:
        present = session.get_one(SigningKey, current[0])
        for old in session.scalars(
            select(SigningKey).where(SigningKey.retired_at.is_(None), SigningKey.signs_from < present.signs_from)
        ):
            old.retired_at = now
    kid = _make(
        session, settings=settings, now=now, signs_from=now if at_once or current is None else now + PUBLISH_FIRST
    )
    session.flush()
    log.info("signing key %s published, older keys retired", kid)
    return kid


def key_set(session: Session, *, settings: Settings, now: datetime) -> dict[str, list[dict[str, str]]]:
    """Our public keys as a JWK set (RFC 7517 section 5): the present one, the next, and those just replaced."""
    published = session.scalars(_published()).all()
    if not published:
        ensure(session, settings=settings, now=now)
        published = session.scalars(_published()).all()
    return {"keys": [_as_jwk(key.kid, key.public_pem) for key in published]}


def listing(session: Session, *, settings: Settings, now: datetime) -> list[dict[str, str]]:
    """Every key there ever was, newest first, with its state: next, signing, published or retired."""
    current = _current(session, now=now)
    signing = current[0] if current else None
    return [
        {
            "kid": key.kid,
            "state": state_of(key, signing, now=now),
            "created_at": key.created_at.isoformat(timespec="seconds"),
            "signs_from": key.signs_from.isoformat(timespec="seconds"),
        }
        for key in session.scalars(select(SigningKey).order_by(SigningKey.created_at.desc(), SigningKey.kid))
    ]


def _published() -> Any:
    return (
        select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.signs_from.desc(), SigningKey.kid)
    )


def _current(session: Session, *, now: datetime) -> tuple[str, str] | None:
    """``kid`` and stored private key of what signs now."""
    row = session.execute(
        select(SigningKey.kid, SigningKey.private_pem)
        .where(SigningKey.retired_at.is_(None), SigningKey.signs_from <= now)
        .order_by(SigningKey.signs_from.desc(), SigningKey.kid)
        .limit(1)
    ).one_or_none()
    return (row.kid, row.private_pem) if row else None


def _make(session: Session, *, settings: Settings, now: datetime, signs_from: datetime) -> str:
    private = rsa.generate_private_key(public_exponent=65537, key_size=SIZE)
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public_pem = (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    # RFC 7638: the key's own thumbprint, so that no two keys share a kid.
    kid: str = JWK.from_pem(public_pem.encode()).thumbprint()
    session.add(
        SigningKey(
            kid=kid,
            private_pem=vault.encrypt(settings, private_pem),
            public_pem=public_pem,
            created_at=now,
            signs_from=signs_from,
        )
    )
    session.flush()
    return kid


def state_of(key: SigningKey, signing: str | None, *, now: datetime) -> str:
    """``next``, ``signing``, ``published`` or ``retired``; *signing* is the id of the key that signs now."""
    if key.retired_at is not None:
        return "retired"
    if key.kid == signing:
        return "signing"
    return "next" if key.signs_from > now else "published"


def _load(settings: Settings, kid: str, stored: str) -> Signer:
    loaded = _signers.get((kid, stored))
    if loaded is None:
        private = serialization.load_pem_private_key(vault.decrypt(settings, stored).encode(), password=None)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101 - we made it
        loaded = _signers[kid, stored] = Signer(kid, private)
    return loaded


@lru_cache(maxsize=16)
def _numbers(public_pem: str) -> tuple[str, str]:
    public = serialization.load_pem_public_key(public_pem.encode())
    assert isinstance(public, rsa.RSAPublicKey)  # noqa: S101 - we made it
    numbers = public.public_numbers()
    return _base64url(numbers.n), _base64url(numbers.e)


def _as_jwk(kid: str, public_pem: str) -> dict[str, str]:
    n, e = _numbers(public_pem)
    return {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": n, "e": e}


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()


class _LibraryKey(LibraryRegistration):
    """A key of ours in the shape that PyLTI1p3 signs with."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def get_kid(self) -> str:
        return self._signer.kid

    def get_tool_private_key(self) -> Any:
        return self._signer.private_key
