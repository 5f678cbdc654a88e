"""Settings of the pretend LMS, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BRANDS = ("standard", "canvas", "moodle")


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """
    Everything that can be chosen from outside.
    """

    data: Path
    """Folder of the little store; it is made when missing."""

    url: str = "http://lms.localhost:8001"
    """Own base address, and the LTI issuer. No trailing slash."""

    students: int = 8
    """How many students live here at least."""

    brand: str = "standard"
    """Whom it acts like at first: standard, canvas or moodle."""

    install_url: str | None = None
    """Registration address of a tool to install at start, if none is installed yet."""

    secret: str | None = None
    """Signs the sign-in cookie; without it one is made and kept in the store."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "SandboxConfig":
        port = _number(environ, "SANDBOX_PORT", 8001)
        var = Path(environ.get("HEARTH_VAR") or "var")
        brand = environ.get("SANDBOX_BRAND") or "standard"
        if brand not in BRANDS:
            raise ValueError(f"SANDBOX_BRAND is {brand!r}; use one of {', '.join(BRANDS)}.")
        return cls(
            data=Path(environ.get("SANDBOX_DATA") or var / "sandbox"),
            url=(environ.get("SANDBOX_URL") or f"http://lms.localhost:{port}").rstrip("/"),
            students=_number(environ, "SANDBOX_STUDENTS", 8),
            brand=brand,
            install_url=environ.get("SANDBOX_INSTALL_URL") or None,
            secret=environ.get("SANDBOX_SECRET") or None,
        )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    words = environ.get(name) or str(default)
    if not words.isdecimal():
        raise ValueError(f"{name} is {words!r}; use a whole number.")
    return int(words)
