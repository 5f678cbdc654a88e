"""
How Canvas looks where we are launched: the brand that its theme editor made.
"""

import json
import re

PRIMARY = "ic-brand-primary"
LONGEST = 50_000
LONG, SHORT = re.compile(r"#[0-9a-f]{6}"), re.compile(r"#[0-9a-f]{3}")


def colour(brand_config: str) -> str:
    """
    The primary colour in ``$com.instructure.brandConfigJSON``, as six hexadecimal digits; "" where there is none.
    """
    if len(brand_config) > LONGEST:
        return ""
    try:
        told = json.loads(brand_config)
    except (ValueError, RecursionError):
        return ""
    primary = told.get(PRIMARY) if isinstance(told, dict) else None
    text = primary.strip().lower() if isinstance(primary, str) else ""
    if LONG.fullmatch(text):
        return text[1:]
    return "".join(digit * 2 for digit in text[1:]) if SHORT.fullmatch(text) else ""
