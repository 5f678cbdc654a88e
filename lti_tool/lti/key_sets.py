"""
The platforms' public keys (RFC 7517), kept in this process for five minutes.

An unknown ``kid`` means that the platform may have rotated: the set is read once more, but not
for everybody who invents a ``kid``. A platform whose key set is away for a while is believed by
its last known keys for an hour.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from lti_tool.http import HTTPClient
from lti_tool.lti.errors import KeySetUnavailable, UnknownKey, WeakKey

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=5)
STALE = timedelta(hours=1)
COOL_DOWN = timedelta(seconds=30)
"""Between two reads that an unknown ``kid`` asked for."""
PAUSE_AFTER_FAILURE = timedelta(seconds=10)
DEADLINE_SECONDS = 5.0
LARGEST = 256 * 1024
MOST_KEYS = 50
SMALLEST_KEY = 2048


@dataclass
class _Known:
    """What we know of one key set address."""

    keys: Mapping[str, RSAPublicKey]
    weak: frozenset[str]
    read_at: datetime
    forced_at: datetime | None = None


class KeySets:
    """The key sets of all platforms, by address."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._failed_at: dict[str, datetime] = {}
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def key(self, url: str, kid: str, *, client: HTTPClient, now: datetime) -> RSAPublicKey:
        """The key *kid* of the set at *url*."""
        known = self._known.get(url)
        if known is not None and kid in known.keys and now - known.read_at < FRESH:
            return known.keys[kid]
        with self._lock(url):
            known = self._refreshed(url, kid, client=client, now=now)
        if kid in known.keys:
            return known.keys[kid]
        if kid in known.weak:
            raise WeakKey(kid[:100])
        raise UnknownKey(kid[:100])

    def forget(self) -> None:
        """Know nothing again."""
        with self._guard:
            self._known.clear()
            self._failed_at.clear()

    def _lock(self, url: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(url, threading.Lock())

    def _refreshed(self, url: str, kid: str, *, client: HTTPClient, now: datetime) -> _Known:
        known = self._known.get(url)
        if known is None or now - known.read_at >= FRESH:
            return self._read(url, known, client=client, now=now, forced_at=known.forced_at if known else None)
        if kid in known.keys or kid in known.weak:
            return known
        if known.forced_at is not None and now - known.forced_at < COOL_DOWN:
            return known
        log.info("unknown kid, reading the key set at %s again", url)
        return self._read(url, known, client=client, now=now, forced_at=now)

    def _read(
        self, url: str, known: _Known | None, *, client: HTTPClient, now: datetime, forced_at: datetime | None
    ) -> _Known:
        failed_at = self._failed_at.get(url)
        is_believable = known is not None and now - known.read_at < STALE
        if failed_at is not None and now - failed_at < PAUSE_AFTER_FAILURE:
            if known is not None and is_believable:
                return known
            raise KeySetUnavailable("it failed a moment ago")
        try:
            keys, weak = _fetch(url, client)
        except KeySetUnavailable as err:
            self._failed_at[url] = now
            log.warning("key set at %s cannot be read: %s", url, err.detail)
            if known is not None and is_believable:
                return known
            raise
        self._failed_at.pop(url, None)
        self._known[url] = _Known(keys=keys, weak=weak, read_at=now, forced_at=forced_at)
        return self._known[url]


key_sets = KeySets()
"""Those of this process."""


def _fetch(url: str, client: HTTPClient) -> tuple[dict[str, RSAPublicKey], frozenset[str]]:
    try:
        answer = client.get(url, headers={"Accept": "application/json"}, deadline=DEADLINE_SECONDS, limit=LARGEST)
        if answer.status_code != 200:
            raise KeySetUnavailable(f"status {answer.status_code}")
        document = answer.json()
    except requests.RequestException as err:
        raise KeySetUnavailable(f"{type(err).__name__}: {err}"[:200]) from err
    except (ValueError, RecursionError) as err:
        raise KeySetUnavailable("not JSON") from err
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise KeySetUnavailable("no keys in it")
    keys: dict[str, RSAPublicKey] = {}
    weak: set[str] = set()
    for each in listed[:MOST_KEYS]:
        kid, key = _parse(each)
        if key is None:
            continue
        if key.key_size < SMALLEST_KEY:
            weak.add(kid)
        else:
            keys[kid] = key
    return keys, frozenset(weak)


def _parse(jwk: Any) -> tuple[str, RSAPublicKey | None]:
    """The ``kid`` and key of one entry; no key where it is none that may verify a launch."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA" or not isinstance(jwk.get("kid"), str):
        return "", None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256" or "d" in jwk:
        return "", None
    try:
        key = RSAAlgorithm.from_jwk(jwk)
    except Exception as err:
        log.warning("a key of a key set cannot be read: %s", type(err).__name__)
        return "", None
    return (jwk["kid"], key) if isinstance(key, RSAPublicKey) else ("", None)
