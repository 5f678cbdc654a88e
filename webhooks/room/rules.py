"""
What of an event an admin is shown: which course or person it is about, by their numbers, and nobody's name.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "…"
NAMES = re.compile("name|login|mail|title|sis|phone|text|body|description|message", re.IGNORECASE)
"""What a field is called that may name somebody, or hold what they wrote."""
PLAIN = re.compile(r"[A-Za-z0-9_.:+\\-]{1,100}")
"""A number, a moment, a word of a machine: one run without blanks."""


def shown(payload: Any, *, field: str = "") -> Any:
    """
    *payload* as JSON has it, with :data:`HIDDEN` for each value that may be a person's name or words.

    Fields stay, so that whoever looks for a fault sees that there was something.
    """
    if isinstance(payload, Mapping):
        return {str(name): shown(value, field=str(name)) for name, value in payload.items()}
    if isinstance(payload, list):
        return [shown(each, field=field) for each in payload]
    if isinstance(payload, str) and payload and (NAMES.search(field) or not PLAIN.fullmatch(payload)):
        return HIDDEN
    return payload
