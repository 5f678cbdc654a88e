"""
What LTI's roles mean in a course (LTI 1.3 appendix A.2). Pure.

Only roles in the context count. Institution and system roles say who somebody is elsewhere, and
platforms send both.
"""

from collections.abc import Iterable
from functools import lru_cache

from lti_tool.lms.port import RoleName

CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ADMINISTRATORS = frozenset(
    {
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#sysadmin",
    }
)
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#testuser"

BUILDERS = frozenset({"contentdeveloper", "administrator"})
"""Who builds and runs a course without teaching it."""


def role_in_context(roles: Iterable[str]) -> RoleName:
    """The role that decides what somebody may do here; observer where none does."""
    return _role(tuple(roles))


def is_administrator(roles: Iterable[str]) -> bool:
    """Whether the institution's or the system's administrator is among *roles*."""
    return any(role.lower() in ADMINISTRATORS for role in roles)


def is_test_user(roles: Iterable[str]) -> bool:
    """Whether this is the LMS's own test person, such as "student view"."""
    return any(role.lower() == TEST_USER for role in roles)


@lru_cache(maxsize=512)
def _role(roles: tuple[str, ...]) -> RoleName:
    found = [each for each in map(_in_context, roles) if each is not None]
    principals = {principal for principal, _ in found}
    teaching = {sub for principal, sub in found if principal == "instructor" and sub}
    helps = {sub for sub in teaching if sub.startswith("teachingassistant") or sub == "grader"}
    # The sub-role of an assistant usually comes with its parent, Instructor: it then says less, not more.
    if teaching - helps or principals & BUILDERS:
        return "teacher"
    if helps or "teachingassistant" in principals:
        return "assistant"
    if "instructor" in principals:
        return "teacher"
    return "learner" if "learner" in principals else "observer"


def _in_context(role: str) -> tuple[str, str] | None:
    """Principal role and sub-role of a context role, in lower case; None for any other."""
    if role.startswith(CONTEXT + "#"):
        return role[len(CONTEXT) + 1 :].lower(), ""
    if role.startswith(CONTEXT + "/"):
        principal, _, sub = role[len(CONTEXT) + 1 :].lower().partition("#")
        return principal, sub
    # Short names are deprecated, meant context roles only, and are still sent.
    return (role.lower(), "") if role.isalpha() else None
