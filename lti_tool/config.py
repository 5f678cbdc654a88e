"""
Settings: read once from the environment, frozen, loud about what is missing or wrong.

``docs/configuration.md`` explains each of them; a house test compares the two.
"""

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app, has_app_context

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """Some settings are missing or wrong; ``problems`` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            "\n".join(["Hearth cannot start with these settings:", *(f"  - {problem}" for problem in problems)])
        )
        self.problems = problems


def is_loopback_host(host: str) -> bool:
    """Whether *host* names this machine only (RFC 6761 section 6.3 for ``*.localhost``)."""
    return host in LOOPBACK_NAMES or host.endswith(".localhost")


def _secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"needs at least {SHORTEST_SECRET} characters; `openssl rand -hex 32` makes one")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("needs an address such as https://hearth.school.example")
    if parts.path not in ("", "/"):
        raise ValueError("needs an address without a path: Hearth lives at the root of its host")
    if parts.scheme == "http" and not is_loopback_host(parts.hostname):
        raise ValueError("needs https; plain http works on this machine only, because LMSs and browsers refuse it")
    return f"{parts.scheme}://{parts.netloc}"


def _switch(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("needs 1 or 0")


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError as err:
            raise ValueError(f"needs a whole number from {least} to {most}") from err
        if not least <= value <= most:
            raise ValueError(f"needs a whole number from {least} to {most}")
        return value

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"needs one of: {', '.join(words)}")
        return text.lower()

    return read


def _database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("needs a postgresql:// address: PostgreSQL is the only database Hearth knows")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        found = tuple(ipaddress.ip_network(each.strip()) for each in text.split(","))
    except ValueError as err:
        raise ValueError("needs networks such as 10.20.0.0/16, separated by commas") from err
    for each in found:
        if each.is_loopback or each.is_link_local or each.prefixlen == 0:
            raise ValueError(f"must not name {each}: no LMS lives there, but secrets of this host may")
    return found


def _file_store(text: str) -> str:
    if text == "database" or Path(text).is_absolute():
        return text
    raise ValueError("needs the word database or the absolute path of a folder")


def _smtp_url(text: str) -> str:
    parts = urlsplit(text)
    try:
        is_sound = parts.scheme in ("smtp", "smtps") and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound:
        raise ValueError("needs an address such as smtp://user:password@mail.school.example:587?starttls=1")
    return text


def _mail_address(text: str) -> str:
    name, at, domain = text.rpartition("@")
    if not at or not name or not domain or not text.isprintable():
        raise ValueError("needs an e-mail address such as hearth@school.example")
    return text


def _hours(text: str) -> str:
    try:
        begin, end = (time.fromisoformat(each.strip()) for each in text.split("-"))
    except ValueError as err:
        raise ValueError("needs two times such as 21:00-07:00") from err
    return f"{begin:%H:%M}-{end:%H:%M}"


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise ValueError("needs a time zone such as Europe/Vienna") from err


def _ports(text: str) -> str:
    found = [each.strip() for each in text.split(",")]
    if not all(each.isascii() and each.isdigit() and 0 < int(each) < 65536 for each in found):
        raise ValueError("needs ports such as 443,8443")
    return ",".join(found)


def setting(name: str, read: Callable[[str], Any] = str, **kwargs: Any) -> Any:
    """A field of :class:`Settings` read from the environment variable *name*."""
    return field(metadata={"name": name, "read": read}, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the outside decides. ``Settings.from_environment()`` is the only reader."""

    secret_key: str = setting("SECRET_KEY", _secret, repr=False)
    public_url: str = setting("PUBLIC_URL", _base_url)
    database_url: str | None = setting("DATABASE_URL", _database_url, default=None, repr=False)
    database_pool: int = setting("DATABASE_POOL", _number(1, 200), default=8)
    var: Path = setting("HEARTH_VAR", Path, default=Path("var"))
    port: int = setting("PORT", _number(1, 65535), default=8000)
    webhooks_port: int = setting("WEBHOOKS_PORT", _number(1, 65535), default=8002)
    sandbox_port: int = setting("SANDBOX_PORT", _number(1, 65535), default=8001)
    allow_loopback_platforms: bool = setting("ALLOW_LOOPBACK_PLATFORMS", _switch, default=False)
    private_networks: tuple[Network, ...] = setting("PRIVATE_NETWORKS", _networks, default=())
    trusted_proxies: int = setting("TRUSTED_PROXIES", _number(0, 10), default=0)
    ca_bundle: Path | None = setting("CA_BUNDLE", Path, default=None)
    session_hours: int = setting("SESSION_HOURS", _number(1, 72), default=12)
    file_store: str = setting("FILE_STORE", _file_store, default="database")
    upload_max_mb: int = setting("UPLOAD_MAX_MB", _number(1, 500), default=25)
    recording_max_mb: int = setting("RECORDING_MAX_MB", _number(1, 500), default=200)
    roster_sync_hours: int = setting("ROSTER_SYNC_HOURS", _number(1, 168), default=6)
    reconcile_hours: int = setting("RECONCILE_HOURS", _number(0, 720), default=24)
    smtp_url: str | None = setting("HEARTH_SMTP_URL", _smtp_url, default=None, repr=False)
    mail_from: str | None = setting("HEARTH_MAIL_FROM", _mail_address, default=None)
    quiet_hours: str = setting("HEARTH_QUIET_HOURS", _hours, default="21:00-07:00")
    time_zone: str = setting("HEARTH_TIME_ZONE", _time_zone, default="UTC")
    webhook_payload_days: int = setting("WEBHOOK_PAYLOAD_DAYS", _number(1, 365), default=7)
    webhook_private_networks: tuple[Network, ...] = setting("WEBHOOK_PRIVATE_NETWORKS", _networks, default=())
    webhook_ports: str = setting("WEBHOOK_PORTS", _ports, default="443,8443")
    webhook_concurrency: int = setting("WEBHOOK_CONCURRENCY", _number(1, 200), default=48)
    worker_concurrency: int = setting("WORKER_CONCURRENCY", _number(1, 64), default=4)
    log_level: str = setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), default="info")
    log_format: str = setting("LOG_FORMAT", _one_of("json", "console"), default="json")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings, or raise :class:`SettingsError` naming every problem at once."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for each in fields(cls):
            name = each.metadata["name"]
            text = environment.get(name, "").strip()
            if not text:
                if each.name in ("secret_key", "public_url"):
                    problems.append(f"{name} is missing")
                continue
            try:
                values[each.name] = each.metadata["read"](text)
            except ValueError as err:
                problems.append(f"{name} {err}")
        if problems:
            raise SettingsError(problems)
        return cls(**values)

    @property
    def sends_mail(self) -> bool:
        """Whether digests go out. Where they do not, no address is kept."""
        return self.smtp_url is not None and self.mail_from is not None

    @property
    def launch_url(self) -> str:
        """Where platforms send launches to: the one redirect address, and the target of each of our links."""
        return f"{self.public_url}/lti/launch"


def running() -> Settings:
    """The settings of the application that is running, or of the environment where none is."""
    if has_app_context():
        found: Settings = current_app.extensions["hearth.settings"]
        return found
    return Settings.from_environment()
