"""Courses and what is in them: who may see them, their activities, and copies."""

from dataclasses import dataclass
from typing import Any

from lti_tool.sandbox import people
from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.records import Activity, Course, LineItem, Module, Person, Tool
from lti_tool.sandbox.store import db, insert, new_id, new_number, next_number, update, writing


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """Who somebody is in a course."""

    person: Person
    role: str
    status: str
    section_ids: list[str]
    section_names: list[str]
    group_ids: list[str]
    group_names: list[str]


def enrolment(course: Course, person: Person) -> Enrolment | None:
    """
    How a person belongs to a course; an admin who is not enrolled may look in as `admin`.
    """
    found = enrolments(course, "enrolment.person_id = ?", person.id)
    if found:
        return found[0]
    if person.kind == "admin":
        return Enrolment(
            person=person,
            role="admin",
            status="Active",
            section_ids=[],
            section_names=[],
            group_ids=[],
            group_names=[],
        )
    return None


def enrolments(course: Course, where: str = "1", *values: Any) -> list[Enrolment]:
    """
    People of a course in the order they came.
    """
    rows = db().execute(
        "SELECT person.*, enrolment.role, enrolment.status, section.id AS section_id,"
        " section.name AS section_name, grouping.id AS group_id, grouping.name AS group_name"
        " FROM enrolment JOIN person ON person.id = enrolment.person_id"
        " LEFT JOIN section ON section.id = enrolment.section_id"
        " LEFT JOIN section AS grouping ON grouping.id = enrolment.group_id"
        f" WHERE enrolment.course_id = ? AND {where}",
        (course.id, *values),
    )
    return [
        Enrolment(
            person=Person.load(row),
            role=row["role"],
            status=row["status"],
            section_ids=[row["section_id"]] if row["section_id"] else [],
            section_names=[row["section_name"]] if row["section_id"] else [],
            group_ids=[row["group_id"]] if row["group_id"] else [],
            group_names=[row["group_name"]] if row["group_id"] else [],
        )
        for row in rows
    ]


def courses_of(person: Person) -> list[Course]:
    if person.kind == "admin":
        return Course.where("1 ORDER BY number")
    return Course.where("id IN (SELECT course_id FROM enrolment WHERE person_id = ?) ORDER BY number", person.id)


def modules(course: Course) -> list[Module]:
    return Module.where("course_id = ? ORDER BY position", course.id)


def activities(course: Course) -> list[Activity]:
    return Activity.where("course_id = ? AND module_id IS NOT NULL ORDER BY position", course.id)


def navigation_link(course: Course, tool: Tool) -> Activity:
    """
    The course menu's own link to a tool: a resource link that names no activity.
    """
    with writing():
        found = Activity.first("course_id = ? AND tool_id = ? AND kind = 'navigation'", course.id, tool.id)
        if found is None:
            insert(
                "activity",
                id=new_id(),
                course_id=course.id,
                tool_id=tool.id,
                kind="navigation",
                title=tool.name,
                url=tool.target_link_uri,
                position=0,
            )
            return navigation_link(course, tool)
    return found


def resource_link_id(activity: Activity) -> str:
    """
    The id that tools see (Canvas uses the course's id for its menu).
    """
    if activity.kind == "navigation" and brand().navigation_is_context:
        return activity.course_id
    return activity.id


def add_activity(module: Module, tool: Tool | None, item: dict[str, Any]) -> Activity:
    """
    Keep one content item of a deep linking answer as an activity, and its line item if it asks for one.
    """
    habits = brand()
    kept = item if habits.keeps_window else {}
    with writing():
        activity_id = new_id()
        insert(
            "activity",
            id=activity_id,
            course_id=module.course_id,
            module_id=module.id,
            tool_id=tool.id if tool else None,
            kind="lti" if tool else "link",
            title=item.get("title") or (tool.name if tool else item["url"]),
            text=item.get("text") or "",
            url=item.get("url") or (tool.target_link_uri if tool else ""),
            custom={str(name): str(value) for name, value in (item.get("custom") or {}).items()},
            target="window" if "window" in kept and "iframe" not in kept else "iframe",
            available=kept.get("available") or {},
            submission=kept.get("submission") or {},
            item=item,
            position=next_number("activity", "position"),
        )
        activity = Activity.known(activity_id)
        if tool and isinstance(item.get("lineItem"), dict):
            add_line_item(activity, tool, item["lineItem"])
    return activity


def add_line_item(activity: Activity, tool: Tool, wanted: dict[str, Any]) -> LineItem:
    """
    Make the gradebook column that came with an activity (deep linking 2.0, 4.2.1 lineItem).
    """
    moodle = brand().put_clears
    label = activity.title if moodle else wanted.get("label") or activity.title
    return insert_line_item(
        course_id=activity.course_id,
        tool_id=tool.id,
        activity_id=activity.id,
        label=label,
        score_maximum=float(wanted.get("scoreMaximum") or 100),
        resource_id=wanted.get("resourceId"),
        tag=wanted.get("tag"),
        body={
            name: value for name, value in wanted.items() if name not in ("label", "scoreMaximum", "resourceId", "tag")
        },
    )


def insert_line_item(**values: Any) -> LineItem:
    with writing():
        item_id = new_id()
        insert("line_item", id=item_id, number=next_number("line_item"), **values)
    return LineItem.known(item_id)


def copy_activity(activity: Activity, module_id: str | None = None, course: Course | None = None) -> str:
    """
    Copy an activity: new ids; url, custom values and resourceId are kept. Returns the new id.
    """
    inside = course is None
    with writing():
        copy_id = new_id()
        insert(
            "activity",
            id=copy_id,
            course_id=course.id if course else activity.course_id,
            module_id=module_id or activity.module_id,
            tool_id=activity.tool_id,
            kind=activity.kind,
            title=f"{activity.title} (copy)" if inside else activity.title,
            text=activity.text,
            url=activity.url,
            custom=activity.custom,
            target=activity.target,
            available=activity.available,
            submission=activity.submission,
            item=activity.item,
            history=[activity.id, *activity.history],
            position=next_number("activity", "position"),
        )
        for item in LineItem.where("activity_id = ?", activity.id):
            _copy_line_item(item, copy_id, course)
    return copy_id


def copy_course(course: Course, *, title: str, with_students: bool) -> Course:
    """
    Copy a course as LMSs do: new ids all over, settings kept, no grades; staff come along.
    """
    with writing():
        copy_id = new_number()
        number = next_number("course")
        insert(
            "course",
            id=copy_id,
            number=number,
            label=f"{course.label}-{number}",
            title=title,
            history=[course.id, *course.history],
        )
        copy = Course.known(copy_id)
        _copy_people(course, copy, with_students=with_students)
        contents = activities(course)
        for module in modules(course):
            module_id = new_id()
            insert("module", id=module_id, course_id=copy_id, title=module.title, position=module.position)
            for activity in contents:
                if activity.module_id == module.id:
                    copy_activity(activity, module_id, copy)
        for item in LineItem.where("course_id = ? AND activity_id IS NULL", course.id):
            _copy_line_item(item, None, copy)
    return copy


def rename_activity(activity: Activity, *, title: str, target: str) -> None:
    update("activity", activity.id, title=title, target=target)


def remove_activity(activity: Activity) -> None:
    db().execute("DELETE FROM activity WHERE id = ?", (activity.id,))


def _copy_line_item(item: LineItem, activity_id: str | None, course: Course | None) -> None:
    insert_line_item(
        course_id=course.id if course else item.course_id,
        tool_id=item.tool_id,
        activity_id=activity_id,
        label=item.label,
        score_maximum=item.score_maximum,
        resource_id=item.resource_id,
        tag=item.tag,
        body=item.body,
    )


def _copy_people(course: Course, copy: Course, *, with_students: bool) -> None:
    people.add_parts(copy.id)
    roles = ("teacher", "ta", "student") if with_students else ("teacher", "ta")
    for role in roles:
        members = enrolments(course, "enrolment.role = ? ORDER BY enrolment.number", role)
        people.enrol(copy, [member.person.id for member in members], role)
