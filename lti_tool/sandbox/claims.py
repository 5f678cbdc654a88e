"""The claims of an id_token: what a launch tells the tool (LTI core 1.3, section 5.3-5.4)."""

import time
from dataclasses import dataclass
from typing import Any

from flask import url_for

from lti_tool.sandbox import courses, launches, notices
from lti_tool.sandbox.brand import Brand, brand
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Activity, Course, Launch, LineItem, Person, Tool
from lti_tool.sandbox.roles import launch_roles
from lti_tool.sandbox.store import db, get_setting, insert, new_id
from lti_tool.sandbox.variables import Surroundings, fill_in
from lti_tool.sandbox.vocabulary import (
    AGS_CLAIM,
    AGS_SCOPE,
    CLAIM,
    DEEP_LINK,
    DEEP_LINKING,
    INSTITUTION,
    NRPS_CLAIM,
    PLACEMENT_CLAIM,
    ROSTER_READ,
    SUBMISSION_REVIEW,
    SYSTEM,
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A launch with everything it is about."""

    launch: Launch
    tool: Tool
    course: Course
    member: Enrolment
    activity: Activity | None
    habits: Brand


def of_launch(launch: Launch, tool: Tool, course: Course, member: Enrolment, *, nonce: str) -> dict[str, Any]:
    """
    Everything the token of this launch says.
    """
    habits = brand()
    person = member.person
    activity = Activity.get(launch.details.get("activity"))
    scene = Scene(launch=launch, tool=tool, course=course, member=member, activity=activity, habits=habits)
    if launch.details.get("site"):
        return _of_site(scene, nonce)
    role = launch.details["role"]
    claims = {
        **_envelope(tool, habits, nonce),
        **identity(person, tool),
        "locale": person.locale,
        f"{CLAIM}message_type": launch.message,
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}deployment_id": tool.deployment_id,
        f"{CLAIM}target_link_uri": launch.url,
        f"{CLAIM}roles": launch_roles(role, habits),
        f"{CLAIM}context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": [habits.context_type],
        },
        f"{CLAIM}tool_platform": _platform(habits),
        f"{CLAIM}launch_presentation": {
            "document_target": launch.details["target"],
            "locale": person.locale,
            "return_url": launches.issuer() + url_for("pages.course", course_id=course.id),
        },
        f"{CLAIM}custom": custom_of(scene),
    }
    if launch.message == DEEP_LINKING:
        claims[f"{DEEP_LINK}deep_linking_settings"] = _settings(launch, habits)
    elif activity is not None:
        claims[f"{CLAIM}resource_link"] = {
            "id": courses.resource_link_id(activity),
            "title": activity.title,
            "description": activity.text,
        }
    if launch.message == SUBMISSION_REVIEW:
        claims[f"{CLAIM}for_user"] = for_user(launch.details["for_user"], habits)
    if habits.placement_claim:
        claims[PLACEMENT_CLAIM] = _placement(launch, activity)
    return claims | _services(scene)


def _of_site(scene: Scene, nonce: str) -> dict[str, Any]:
    """
    What a launch from the site's administration says: LTI knows a context there not at all (core 1.3, 5.4.1),
    Canvas calls the account by it.
    """
    launch, tool, habits, person = scene.launch, scene.tool, scene.habits, scene.member.person
    account = {"id": "account-1", "label": "Willow College", "title": "Willow College", "type": ["Account"]}
    here = {f"{CLAIM}context": account, PLACEMENT_CLAIM: "account_navigation"} if habits.placement_claim else {}
    return {
        **_envelope(tool, habits, nonce),
        **identity(person, tool),
        "locale": person.locale,
        f"{CLAIM}message_type": launch.message,
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}deployment_id": tool.deployment_id,
        f"{CLAIM}target_link_uri": launch.url,
        f"{CLAIM}roles": [f"{INSTITUTION}Administrator", f"{SYSTEM}User"],
        f"{CLAIM}resource_link": {"id": "account-1", "title": tool.name},
        f"{CLAIM}tool_platform": _platform(habits),
        f"{CLAIM}launch_presentation": {
            "document_target": launch.details["target"],
            "locale": person.locale,
            "return_url": launches.issuer() + url_for("admin.show"),
        },
        **here,
    }


def _platform(habits: Brand) -> dict[str, str]:
    return {
        "guid": launches.issuer(),
        "name": "Willow College (a pretend LMS)",
        "product_family_code": habits.family_code,
        "version": "1.0",
    }


def identity(person: Person, tool: Tool) -> dict[str, str]:
    """
    Who it is, as far as the tool may know: it gets the names and the address it registered for.
    """
    told = {"sub": person.id}
    if "name" in tool.claims or "given_name" in tool.claims:
        told |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
        }
    if "email" in tool.claims:
        told["email"] = person.email
    return told


def for_user(person_id: str, habits: Brand) -> dict[str, Any]:
    person = Person.get(person_id)
    if habits.short_ta or person is None:
        return {"user_id": person_id}
    return {"user_id": person.id, "name": person.name, "roles": launch_roles("student", habits)}


def custom_of(scene: Scene) -> dict[str, str]:
    """
    Custom values of tool, message and activity, the nearest winning (Moodle: the tool's).
    """
    launch, tool, activity, habits = scene.launch, scene.tool, scene.activity, scene.habits
    declared = (tool.message(launch.message) or {}).get("custom_parameters") or {}
    item = LineItem.get(launch.details.get("line_item"))
    review = (item.body.get("submissionReview") or {}).get("custom") or {} if item else {}
    own = {**(activity.custom if activity else {}), **review}
    merged = {**own, **tool.custom} if habits.tool_custom_wins else {**tool.custom, **declared, **own}
    values = {str(name): str(value) for name, value in merged.items()}
    at = Surroundings(
        issuer=launches.issuer(), course=scene.course, member=scene.member, activity=activity, line_item=item
    )
    filled = fill_in(values, at, habits)
    if habits.tool_custom_wins:
        lowered = {_moodle_name(name): value for name, value in filled.items()}
        return {**lowered, **filled}
    return filled


def line_item_url(item: LineItem, tail: str = "") -> str:
    """
    The address of a line item; Moodle's carries a query that must be kept.
    """
    path = f"{url_for('ags.line_items', course_id=item.course_id)}/{item.id}"
    if brand().type_id:
        tool = Tool.get(item.tool_id)
        return f"{launches.issuer()}{path}/lineitem{tail}?type_id={tool.number if tool else 0}"
    return f"{launches.issuer()}{path}{tail}"


def line_items_url(course: Course, tool: Tool) -> str:
    address = launches.issuer() + url_for("ags.line_items", course_id=course.id)
    return f"{address}?type_id={tool.number}" if brand().type_id else address


def _envelope(tool: Tool, habits: Brand, nonce: str) -> dict[str, Any]:
    now = int(time.time())
    envelope: dict[str, Any] = {
        "iss": launches.issuer(),
        "aud": tool.client_id,
        "iat": now,
        "exp": now + habits.token_life,
        "nonce": nonce,
    }
    if get_setting("audience") == "array":
        envelope |= {"aud": [tool.client_id], "azp": tool.client_id}
    if habits.name == "canvas":
        envelope["azp"] = tool.client_id
    return envelope


def _settings(launch: Launch, habits: Brand) -> dict[str, Any]:
    """
    deep_linking_settings (deep linking 2.0, section 3.3). Its return address carries a one-time ticket.
    """
    ticket = new_id()
    insert(
        "ticket",
        id=ticket,
        kind="deep_linking",
        details={"launch": launch.id},
        expires_at=time.time() + 3600,
    )
    several = launch.details.get("placement") != "assignment_selection"
    settings: dict[str, Any] = {
        "deep_link_return_url": f"{launches.return_url()}?ticket={ticket}",
        "accept_types": list(habits.accept_types),
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": several,
        "auto_create": False,
    }
    if habits.name != "moodle":
        settings["accept_lineitem"] = launch.details.get("placement") != "link_selection"
    if habits.sends_data:
        settings["data"] = f"ticket:{ticket}"
    return settings


def _services(scene: Scene) -> dict[str, Any]:
    tool, course, activity = scene.tool, scene.course, scene.activity
    services: dict[str, Any] = notices.claim_for(tool)
    scopes = [scope for scope in tool.scopes if scope.startswith(AGS_SCOPE)]
    if scopes:
        endpoint: dict[str, Any] = {"scope": scopes, "lineitems": line_items_url(course, tool)}
        items = LineItem.where("activity_id = ? LIMIT 2", activity.id) if activity else []
        chosen = LineItem.get(scene.launch.details.get("line_item"))
        if chosen or len(items) == 1:
            endpoint["lineitem"] = line_item_url(chosen or items[0])
        services[AGS_CLAIM] = endpoint
    if ROSTER_READ in tool.scopes and (not scene.habits.roster_needs_activity or _is_used(course, tool)):
        address = launches.issuer() + url_for("nrps.memberships", course_id=course.id)
        services[NRPS_CLAIM] = {"context_memberships_url": address, "service_versions": ["2.0"]}
    return services


def _placement(launch: Launch, activity: Activity | None) -> str | None:
    if launch.message == DEEP_LINKING:
        placement: str = launch.details["placement"]
        return placement
    return "course_navigation" if activity and activity.kind == "navigation" else "assignment_selection"


def _is_used(course: Course, tool: Tool) -> bool:
    query = "SELECT 1 FROM activity WHERE course_id = ? AND tool_id = ? LIMIT 1"
    return db().execute(query, (course.id, tool.id)).fetchone() is not None


def _moodle_name(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())
