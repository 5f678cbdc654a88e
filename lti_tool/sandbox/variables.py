"""Filling in custom parameters: `$Name` becomes its value, an unknown one stays as it is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from lti_tool.sandbox.brand import Brand
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Activity, Course, LineItem

BRAND_COLOURS = {"ic-brand-primary": "#3c6e57", "ic-link-color": "#2f5d8a"}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a launch or a roster entry is about."""

    issuer: str
    course: Course
    member: Enrolment
    activity: Activity | None
    line_item: LineItem | None = None


Value = Callable[[Surroundings], str | None]

COMMON: dict[str, Value] = {
    "User.id": lambda at: at.member.person.id,
    "User.username": lambda at: at.member.person.username,
    "Person.name.full": lambda at: at.member.person.name,
    "Person.name.given": lambda at: at.member.person.given_name,
    "Person.name.family": lambda at: at.member.person.family_name,
    "Person.email.primary": lambda at: at.member.person.email,
    "Person.address.timezone": lambda at: "Europe/London",
    "Message.locale": lambda at: at.member.person.locale,
    "Context.id": lambda at: at.course.id,
    "Context.title": lambda at: at.course.title,
    "Context.label": lambda at: at.course.label,
    "Context.id.history": lambda at: _history(at.course.history),
    "ResourceLink.id": lambda at: at.activity.id if at.activity else None,
    "ResourceLink.title": lambda at: at.activity.title if at.activity else None,
    "ToolPlatformInstance.guid": lambda at: at.issuer,
}
STANDARD: dict[str, Value] = {
    "ResourceLink.id.history": lambda at: _history(at.activity.history) if at.activity else None,
    "ResourceLink.available.startDateTime": lambda at: _date(at, "available", "startDateTime"),
    "ResourceLink.available.endDateTime": lambda at: _date(at, "available", "endDateTime"),
    "ResourceLink.submission.startDateTime": lambda at: _date(at, "submission", "startDateTime"),
    "ResourceLink.submission.endDateTime": lambda at: _date(at, "submission", "endDateTime"),
}
MOODLE: dict[str, Value] = {
    "Moodle.Person.userGroupIds": lambda at: ",".join(at.member.group_ids),
    "CourseSection.timeFrame.begin": lambda at: "2026-09-01T00:00:00Z",
    "CourseSection.timeFrame.end": lambda at: "",
}
CANVAS: dict[str, Value] = {
    "Canvas.user.id": lambda at: str(at.member.person.number),
    "Canvas.user.globalId": lambda at: str(10**13 + at.member.person.number),
    "Canvas.shard.id": lambda at: "1",
    "Canvas.course.id": lambda at: str(at.course.number),
    "Canvas.course.sectionIds": lambda at: ",".join(at.member.section_ids),
    "com.instructure.User.sectionNames": lambda at: json.dumps(at.member.section_names),
    "Canvas.group.contextIds": lambda at: ",".join(at.member.group_ids),
    "Canvas.enrollment.enrollmentState": lambda at: at.member.status.lower(),
    "Canvas.membership.roles": lambda at: _canvas_role(at.member.role),
    "Canvas.api.domain": lambda at: at.issuer.partition("://")[2],
    "Canvas.root_account.global_id": lambda at: str(10**13 + 1),
    "vnd.Canvas.root_account.uuid": lambda at: "pretend-root-account",
    "vnd.instructure.Course.uuid": lambda at: f"course-{at.course.id}",
    "Canvas.assignment.id": lambda at: str(at.line_item.number) if at.line_item else None,
    "Canvas.assignment.pointsPossible": lambda at: f"{at.line_item.score_maximum:g}" if at.line_item else None,
    "Canvas.course.previousContextIds": lambda at: _history(at.course.history[:1]),
    "Canvas.course.previousContextIds.recursive": lambda at: _history(at.course.history),
    "Canvas.user.prefersHighContrast": lambda at: "false",
    "com.instructure.brandConfigJSON": lambda at: json.dumps(BRAND_COLOURS),
}
GROUPS = ("Moodle.Person.userGroupIds", "Canvas.course.sectionIds", "Canvas.group.contextIds")
"""The plain platform knows these of its neighbours' words too: LTI itself has none for groups."""


def known(brand: Brand) -> dict[str, Value]:
    """
    The variables this kind of LMS knows.
    """
    own = {
        "canvas": CANVAS,
        "moodle": MOODLE,
        "standard": STANDARD | {name: (MOODLE | CANVAS)[name] for name in GROUPS},
    }[brand.name]
    return COMMON | own


def fill_in(custom: dict[str, str], at: Surroundings, brand: Brand) -> dict[str, str]:
    """
    Custom parameters with every known variable replaced (core 1.3, 3.6 and appendix B).
    """
    table = known(brand)
    filled = {}
    for name, value in custom.items():
        variable = table.get(value[1:]) if value.startswith("$") else None
        found = variable(at) if variable else None
        filled[name] = value if found is None else found
    return filled


def _history(ids: list[str]) -> str:
    return ",".join(quote(each, safe="") for each in ids)


def _date(at: Surroundings, what: str, which: str) -> str | None:
    if at.activity is None:
        return None
    dates = at.activity.available if what == "available" else at.activity.submission
    return dates.get(which, "")


def _canvas_role(role: str) -> str:
    names = {"teacher": "TeacherEnrollment", "ta": "TaEnrollment", "student": "StudentEnrollment"}
    return names.get(role, "Account Admin")
