"""What a click in the LMS starts: a launch is noted here and found again by its message hint."""

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, url_for

from lti_tool.sandbox.brand import brand
from lti_tool.sandbox.config import SandboxConfig
from lti_tool.sandbox.records import Activity, Course, Launch, LineItem, Person, Tool
from lti_tool.sandbox.store import db, get_setting, insert, new_id
from lti_tool.sandbox.vocabulary import DEEP_LINKING, RESOURCE_LINK, SUBMISSION_REVIEW

HINT_LIFE = 900


def issuer() -> str:
    config: SandboxConfig = current_app.config["SANDBOX"]
    return config.url


def storage_target() -> str | None:
    """
    The frame that keeps values for tools, as the brand has it or as the site was set.
    """
    target: str | None = get_setting("storage_target", "brand")
    return brand().storage_target if target == "brand" else target or None


def open_activity(activity: Activity, person: Person, tool: Tool, *, role: str, target: str) -> Launch:
    """
    A resource link launch.
    """
    return _note(
        person,
        tool,
        activity.course_id,
        message=RESOURCE_LINK,
        url=activity.url or tool.target_link_uri,
        activity=activity.id,
        role=role,
        target=target,
    )


def open_site(person: Person, tool: Tool, *, target: str) -> Launch:
    """
    A launch from the site's own administration, outside of any course.
    """
    # The store wants a course with every launch; the token tells none.
    course = Course.where("1 ORDER BY number LIMIT 1")[0]
    return _note(
        person,
        tool,
        course.id,
        message=RESOURCE_LINK,
        url=tool.target_link_uri,
        role="admin",
        target=target,
        site=True,
    )


def select_content(course: Course, module_id: str, person: Person, tool: Tool, *, role: str, placement: str) -> Launch:
    """
    A deep linking launch; what comes back goes into the module.
    """
    declared = tool.message(DEEP_LINKING) or {}
    return _note(
        person,
        tool,
        course.id,
        message=DEEP_LINKING,
        url=declared.get("target_link_uri") or tool.target_link_uri,
        module=module_id,
        role=role,
        target="iframe",
        placement=placement,
    )


def review_submission(
    item: LineItem, activity: Activity, person: Person, tool: Tool, *, role: str, student_id: str
) -> Launch:
    """
    A submission review launch from the gradebook.
    """
    review = item.body.get("submissionReview") or {}
    return _note(
        person,
        tool,
        item.course_id,
        message=SUBMISSION_REVIEW,
        url=review.get("url") or activity.url or tool.target_link_uri,
        activity=activity.id,
        line_item=item.id,
        for_user=student_id,
        role=role,
        target="iframe",
    )


def login_fields(launch: Launch, tool: Tool) -> dict[str, str]:
    """
    The parameters of the login initiation (security 1.1, 5.1.1.1; core 1.3, 4.1).
    """
    fields = {
        "iss": issuer(),
        "target_link_uri": launch.url,
        "login_hint": launch.person_id,
        "lti_message_hint": _hint(launch),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    target = storage_target()
    if target and launch.details.get("target") != "window":
        fields["lti_storage_target"] = target
    if brand().name == "canvas":
        fields |= {
            "deployment_id": tool.deployment_id,
            "canvas_region": "not_configured",
            "canvas_environment": "prod",
        }
    return fields


def find(hint: str) -> Launch | None:
    """
    The launch that a message hint points to; where hints are single-use it is spent here.
    """
    launch = Launch.first("id = ? AND expires_at > ?", _launch_id(hint), time.time())
    if launch is None:
        return None
    spent = db().execute("UPDATE launch SET spent = spent + 1 WHERE id = ?", (launch.id,)).rowcount
    fresh = Launch.get(launch.id)
    if brand().hint_is_spent and (not spent or fresh is None or fresh.spent > 1):
        return None
    return launch


def return_url() -> str:
    return issuer() + url_for("deep_linking.receive")


def origins(tools: Sequence[Tool]) -> str:
    """
    The origins of tools, for checking messages in the browser.
    """
    urls = [url for tool in tools for url in (tool.login_url, tool.target_link_uri, *tool.redirect_uris)]
    parts = [urlsplit(url) for url in urls]
    return " ".join(sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc}))


def _note(person: Person, tool: Tool, course_id: str, *, message: str, url: str, **details: Any) -> Launch:
    now = time.time()
    db().execute("DELETE FROM launch WHERE expires_at < ?", (now - HINT_LIFE,))
    launch_id = new_id()
    insert(
        "launch",
        id=launch_id,
        person_id=person.id,
        tool_id=tool.id,
        course_id=course_id,
        message=message,
        url=url,
        details=details,
        expires_at=now + HINT_LIFE,
    )
    return Launch.known(launch_id)


def _hint(launch: Launch) -> str:
    if brand().name == "moodle":
        return json.dumps({"cmid": launch.details.get("activity", ""), "launchid": launch.id})
    return launch.id


def _launch_id(hint: str) -> str:
    try:
        unpacked = json.loads(hint)
    except ValueError:
        return hint
    return str(unpacked.get("launchid")) if isinstance(unpacked, dict) else hint
