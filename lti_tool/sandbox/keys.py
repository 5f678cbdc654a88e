"""The platform's own signing keys, and checking what tools sign with theirs."""

import base64
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lti_tool.sandbox import client
from lti_tool.sandbox.records import Tool
from lti_tool.sandbox.store import db, get_setting, insert, new_id, next_number, put_setting, utc_now, writing

PUBLISHED_KEYS = 2


class Refused(Exception):
    """A signed message cannot be believed; the words say why."""


def rotate() -> str:
    """
    Make a new signing key; the one before it stays published for tools that cache.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    kid = f"sandbox-{new_id()[:8]}"
    with writing():
        number = next_number("signing_key")
        insert("signing_key", kid=kid, pem=pem, made_at=utc_now().isoformat(), number=number)
        db().execute("DELETE FROM signing_key WHERE number <= ?", (number - PUBLISHED_KEYS,))
    return kid


def current_kid() -> str:
    kid: str = db().execute("SELECT kid FROM signing_key ORDER BY number DESC").fetchone()["kid"]
    return kid


def public_keys() -> dict[str, Any]:
    """
    The JSON Web Key Set that tools fetch.
    """
    rows = db().execute("SELECT kid, pem FROM signing_key ORDER BY number DESC").fetchall()
    return {"keys": [_public(row["kid"], row["pem"]) for row in rows]}


def sign(claims: dict[str, Any], *, with_kid: bool = True) -> str:
    row = db().execute("SELECT kid, pem FROM signing_key ORDER BY number DESC").fetchone()
    headers = {"kid": row["kid"]} if with_kid else {}
    return jwt.encode(claims, row["pem"], algorithm="RS256", headers=headers)


def verified(token: str, tool: Tool) -> dict[str, Any]:
    """
    Return the claims of a token that this tool signed and that is not expired (LTI security 1.1, 4).
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as err:
        raise Refused(f"That is not a JWT: {err}") from err
    if header.get("alg") != "RS256":
        raise Refused(f"The algorithm is {header.get('alg')!r}, not RS256.")
    if not header.get("kid"):
        raise Refused("The header names no kid.")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _tool_key(tool, header["kid"]),
            algorithms=["RS256"],
            leeway=10,
            options={"verify_aud": False, "require": ["exp", "iat", "iss"]},
        )
    except jwt.InvalidTokenError as err:
        raise Refused(f"The token is not valid: {err}") from err
    return claims


def _tool_key(tool: Tool, kid: str) -> Any:
    """
    The tool's public key: from the set we keep, fetched again once when the kid is new.
    """
    kept = get_setting(f"jwks:{tool.id}", {})
    found = _pick(kept, kid)
    if found is None:
        try:
            kept = client.get_json(tool.jwks_url, kind="keys")
        except client.Unreachable as err:
            raise Refused(f"The tool's key set cannot be read: {err}") from err
        put_setting(f"jwks:{tool.id}", kept)
        found = _pick(kept, kid)
    if found is None:
        raise Refused(f"The tool's key set has no key {kid!r}.")
    try:
        return jwt.PyJWK(found, algorithm="RS256").key
    except (jwt.PyJWKError, jwt.InvalidKeyError) as err:
        raise Refused(f"The tool's key {kid!r} cannot be used: {err}") from err


def _pick(key_set: Any, kid: str) -> dict[str, Any] | None:
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    for key in keys if isinstance(keys, list) else []:
        if isinstance(key, dict) and key.get("kid") == kid:
            return key
    return None


def _public(kid: str, pem: str) -> dict[str, Any]:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"The key {kid} is no RSA key.")
    shown: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {**shown, "kid": kid, "alg": "RS256", "use": "sig"}


def peek(token: str) -> Any:
    """
    The claims of a token for the log, unverified.
    """
    try:
        body = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return "(not a JWT)"
