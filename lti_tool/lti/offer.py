"""
What Hearth offers a platform that registers it (LTI dynamic registration 1.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RegistrationOffer:
    """What the tool configuration of a dynamic registration is made from."""

    public_url: str
    name: str
    description: str
    scopes: Sequence[str]
    custom: Mapping[str, str]
    platform_configuration: Mapping[str, Any]
    """The platform's whole OpenID configuration."""
