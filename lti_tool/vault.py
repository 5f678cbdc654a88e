"""
Small secrets at rest: encrypted with keys derived from ``SECRET_KEY``.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti_tool.config import Settings


class VaultError(Exception):
    """What is stored was encrypted with another ``SECRET_KEY``, or was changed."""


def encrypt(settings: Settings, secret: str) -> str:
    """What the database may keep of *secret*."""
    return _fernet(settings.secret_key).encrypt(secret.encode()).decode()


def decrypt(settings: Settings, stored: str) -> str:
    """The secret that :func:`encrypt` was given."""
    try:
        return _fernet(settings.secret_key).decrypt(stored.encode()).decode()
    except InvalidToken as err:
        raise VaultError("a stored secret cannot be read: was SECRET_KEY changed?") from err


def is_readable(settings: Settings, stored: str) -> bool:
    """Whether :func:`decrypt` can give it back."""
    try:
        decrypt(settings, stored)
    except VaultError:
        return False
    return True


@lru_cache(maxsize=4)
def _fernet(secret_key: str) -> Fernet:
    # A purpose of its own, so that the key that signs cookies encrypts nothing.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearth secrets at rest").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
