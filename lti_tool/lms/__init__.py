"""The gate to any LMS; ``for_family`` finds the one that speaks to a platform."""

from lti_tool.lms.port import Lms
from lti_tool.lms.standard import StandardLms

_families: dict[str, Lms] = {}
_standard = StandardLms()


def register(family: str, lms: Lms) -> None:
    """Let *lms* speak to platforms whose ``product_family_code`` is *family*. Called by ``app.py``."""
    _families[family] = lms


def for_family(family: str) -> Lms:
    """The brand's ``Lms``, or plain LTI Advantage for any we do not know."""
    return _families.get(family.lower(), _standard)
