"""
Further settings, a topic at a time: what most exchanges leave as it is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self


@dataclass(frozen=True, kw_only=True)
class Options:
    """
    The settings of one topic, with what holds where nobody chose. Kept as JSON under the topic's name.

    Values are what JSON knows, and moments. A key that no field has is forgotten, so a setting may go.
    """

    TOPIC: ClassVar[str]
    MOMENTS: ClassVar[frozenset[str]] = frozenset()
    """The fields that are moments: kept in ISO 8601, with their zone."""

    def as_dict(self) -> dict[str, Any]:
        """As the exchange keeps it."""
        values = asdict(self)
        return {
            name: value.isoformat() if name in self.MOMENTS and value is not None else value
            for name, value in values.items()
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; what is not kept is as nobody chose it."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        for name in cls.MOMENTS & values.keys():
            if values[name] is not None:
                values[name] = datetime.fromisoformat(values[name])
        return cls(**values)

    def for_copy(self, now: datetime) -> Self:
        """What a copy of the exchange begins with: neither people nor moments that have passed."""
        return self


def fingerprint(settings: object) -> str:
    """A short word for all that *settings* say: the same for the same settings, another for any others."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:20]


def is_changed(saved: Options, chosen: Options, *, base: str | None) -> bool:
    """Whether *saved* is neither what it was when *base* was its fingerprint, nor what is *chosen* now."""
    return base is not None and base != fingerprint(saved) and chosen != saved
