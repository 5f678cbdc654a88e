"""
Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over ``id.timestamp.body``, by one of at most two secrets.

Our own, since the reference library stumbles over headers that are none and knows one secret only;
both it and svix are tried against this in the tests.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

PREFIX = "whsec_"
VERSION = "v1"
SECRET_BYTES = 32
FEWEST_BYTES, MOST_BYTES = 24, 64
TOLERANCE = timedelta(minutes=5)
LONGEST_ID = 200
MOST_SIGNATURES = 10


class BadSignature(Exception):
    """Not proven to come from who knows the secret. The words are for the counter of refusals."""


def new_secret() -> str:
    """A secret as both sides keep it: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key in a ``whsec_`` secret. Raises :class:`ValueError` for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as err:
        raise ValueError("no base64") from err
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError("too short or too long")
    return key


def sign(secret: str, *, message_id: str, at: datetime, body: bytes) -> str:
    """One entry of ``webhook-signature``."""
    signed = b"%s.%d.%s" % (message_id.encode(), int(at.timestamp()), body)
    return f"{VERSION},{base64.b64encode(hmac.digest(secret_bytes(secret), signed, sha256)).decode()}"


def verify(known: Iterable[str], headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """
    The message's id, once one of the *known* secrets is found to have signed it.

    *headers* are looked up as ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``. Raises
    :class:`BadSignature`, whatever they hold.
    """
    message_id, told, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message_id or len(message_id) > LONGEST_ID or not message_id.isascii():
        raise BadSignature("no id")
    if not (told.isascii() and told.isdigit() and len(told) < 13):
        raise BadSignature("no timestamp")
    if abs(now.timestamp() - int(told)) > TOLERANCE.total_seconds():
        raise BadSignature("timestamp too far off")
    signed = b"%s.%s.%s" % (message_id.encode(), told.encode(), body)
    expected = [base64.b64encode(hmac.digest(secret_bytes(each), signed, sha256)).decode() for each in known]
    for entry in given.split(" ")[:MOST_SIGNATURES]:
        version, _, value = entry.partition(",")
        if version == VERSION and value.isascii() and any(hmac.compare_digest(value, each) for each in expected):
            return message_id
    raise BadSignature("wrong signature")
