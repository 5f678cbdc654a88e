"""
Files that whoever gives feedback adds to it.
"""

from dataclasses import dataclass
from typing import ClassVar

from lti_tool.exchange.rules.options import Options


@dataclass(frozen=True, kw_only=True)
class AttachingOptions(Options):
    """Whether feedback may have files."""

    TOPIC: ClassVar[str] = "attaching"

    most: int = 0
    """In one review; 0: none."""
    recordings: bool = False
    """Audio and video may be among them."""

    @property
    def is_on(self) -> bool:
        return self.most > 0
