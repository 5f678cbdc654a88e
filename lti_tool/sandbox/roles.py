"""Which LTI roles somebody has, in a launch and in the roster (core 1.3, appendix A)."""

from lti_tool.sandbox.brand import Brand
from lti_tool.sandbox.vocabulary import INSTITUTION, MEMBERSHIP, SYSTEM, TEACHING_ASSISTANT

STAFF = ("teacher", "ta", "admin")


def launch_roles(role: str, brand: Brand) -> list[str]:
    """
    The roles of a launch; a student view arrives here as role `student`.
    """
    if brand.short_ta:
        staff = [f"{MEMBERSHIP}Instructor"]
        admin = [*staff, f"{SYSTEM}Administrator", f"{INSTITUTION}Administrator"]
        return {"student": [f"{MEMBERSHIP}Learner"], "admin": admin}.get(role, staff)
    return {
        "teacher": [f"{MEMBERSHIP}Instructor", f"{INSTITUTION}Faculty"],
        "ta": [TEACHING_ASSISTANT, f"{MEMBERSHIP}Instructor", f"{INSTITUTION}Student"],
        "admin": [f"{MEMBERSHIP}Administrator", f"{INSTITUTION}Administrator", f"{SYSTEM}User"],
    }.get(role, [f"{MEMBERSHIP}Learner", f"{INSTITUTION}Student"])


def roster_roles(role: str, brand: Brand) -> list[str]:
    """
    The roles of a member in the roster; Moodle writes them short and takes assistants for learners.
    """
    if brand.short_ta:
        return ["Instructor"] if role == "teacher" else ["Learner"]
    return {
        "teacher": [f"{MEMBERSHIP}Instructor"],
        "ta": [TEACHING_ASSISTANT, f"{MEMBERSHIP}Instructor"],
    }.get(role, [f"{MEMBERSHIP}Learner"])
