"""Launches from the pretend LMS (LTI core 1.3, security framework 1.1)."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import AGS, CLAIM, NRPS

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


def test_a_student_launches_an_activity_in_its_frame(installed: World) -> None:
    activity = installed.add_activity(custom={"hearth_activity": "42"})
    student = installed.person("student")

    claims = installed.launch(student, activity)

    assert claims["iss"] == installed.url
    assert claims["sub"] == student["id"]
    assert claims[f"{CLAIM}message_type"] == "LtiResourceLinkRequest"
    assert claims[f"{CLAIM}deployment_id"] == installed.tool.deployment_id
    assert f"{MEMBERSHIP}Learner" in claims[f"{CLAIM}roles"]
    assert claims[f"{CLAIM}resource_link"]["id"] == activity["id"]
    assert claims[f"{CLAIM}custom"] == {"site": "everywhere", "history": "", "hearth_activity": "42"}
    assert claims[f"{CLAIM}launch_presentation"]["document_target"] == "iframe"
    assert claims[AGS]["lineitem"].startswith(claims[AGS]["lineitems"])
    assert claims[NRPS]["service_versions"] == ["2.0"]
    assert claims["exp"] - claims["iat"] == 300
    assert installed.tool.logins[-1]["lti_storage_target"] == "_parent"


def test_the_login_can_come_by_get(installed: World) -> None:
    installed.api("PATCH", "/api/settings", login_method="GET")
    activity = installed.add_activity()

    claims = installed.launch(installed.person("student"), activity)

    assert claims[f"{CLAIM}resource_link"]["id"] == activity["id"]


def test_the_link_in_the_course_menu_names_no_activity(installed: World) -> None:
    course = installed.state()["courses"][0]["id"]
    tool = installed.state()["tools"][0]["id"]
    teacher = installed.browser(installed.person("teacher"))

    page = teacher.get(f"/courses/{course}/tools/{tool}").text
    address = page.split('id="tool-frame"')[1].split('src="')[1].split('"')[0]
    teacher.get(address)

    claims = installed.tool.last_claims()
    assert claims[f"{CLAIM}custom"] == {"site": "everywhere", "history": ""}
    assert "lineitem" not in claims[AGS]


@pytest.mark.parametrize("brand", ["standard", "canvas"])
def test_an_admin_opens_a_tool_for_the_whole_site(world: World, brand: str) -> None:
    world.install(brand)
    tool = world.state()["tools"][0]["id"]
    admin = world.browser(world.person("admin"))

    page = admin.get(f"/admin/tools/{tool}/site").text
    admin.get(page.split('id="tool-frame"')[1].split('src="')[1].split('"')[0])

    claims = world.tool.last_claims()
    assert claims[f"{CLAIM}roles"][0] == "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
    assert claims[f"{CLAIM}resource_link"]["id"] == "account-1"
    assert (f"{CLAIM}context" in claims) == (brand == "canvas")
    assert AGS not in claims
    assert NRPS not in claims


def test_nobody_else_opens_a_tool_for_the_whole_site(installed: World) -> None:
    tool = installed.state()["tools"][0]["id"]
    teacher = installed.person("teacher")

    assert installed.browser(teacher).get(f"/admin/tools/{tool}/site").status_code == 403
    assert installed.api_call("POST", "/api/launches", person=teacher["id"], site=True).status_code == 403


def test_one_kind_of_lms_has_no_place_for_tools_of_the_whole_site(world: World) -> None:
    world.install("moodle")
    tool = world.state()["tools"][0]["id"]

    assert world.browser(world.person("admin")).get(f"/admin/tools/{tool}/site").status_code == 404


def test_staff_in_student_view_keep_their_sub(installed: World) -> None:
    activity = installed.add_activity()
    teacher = installed.person("teacher")

    claims = installed.launch(teacher, activity, view="student")

    assert claims["sub"] == teacher["id"]
    assert claims[f"{CLAIM}roles"] == [
        f"{MEMBERSHIP}Learner",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
    ]


def test_a_student_cannot_choose_another_view(installed: World) -> None:
    activity = installed.add_activity()

    claims = installed.launch(installed.person("student"), activity, view="teacher")

    assert f"{MEMBERSHIP}Instructor" not in claims[f"{CLAIM}roles"]


def test_the_audience_can_be_an_array(installed: World) -> None:
    installed.api("PATCH", "/api/settings", audience="array")
    activity = installed.add_activity()

    claims = installed.launch(installed.person("student"), activity)

    assert claims["aud"] == [installed.tool.client_id]
    assert claims["azp"] == installed.tool.client_id


def test_names_stay_here_when_the_tool_did_not_ask_for_them(installed: World) -> None:
    installed.api("PATCH", f"/api/tools/{installed.tool.client_id}", claims=["sub", "iss"])
    activity = installed.add_activity()

    claims = installed.launch(installed.person("student"), activity)

    assert not {"name", "given_name", "family_name", "email"} & set(claims)


def test_groups_and_sections_come_by_custom_variables(installed: World) -> None:
    activity = installed.add_activity(
        custom={
            "groups": "$Moodle.Person.userGroupIds",
            "sections": "$Canvas.course.sectionIds",
            "unknown": "$Something.else",
        }
    )

    first = installed.launch(installed.person("student", 0), activity)[f"{CLAIM}custom"]
    second = installed.launch(installed.person("student", 1), activity)[f"{CLAIM}custom"]

    assert first["groups"].isdecimal()
    assert first["sections"].isdecimal()
    assert first["groups"] != second["groups"]
    assert first["unknown"] == "$Something.else"


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"scope": "openid email"}, "invalid_request"),
        ({"response_type": "code"}, "invalid_request"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"lti_message_hint": "never-heard-of"}, "invalid_request"),
        ({"login_hint": "somebody-else"}, "login_required"),
    ],
)
def test_a_wrong_question_is_answered_with_an_error(installed: World, changes: dict[str, str], error: str) -> None:
    answer = ask(installed, **changes)

    assert 'name="error"' in answer.text
    assert f'value="{error}"' in answer.text
    assert f'action="{installed.tool.url}/launch"' in answer.text


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": "http://evil.localhost/launch"}])
def test_nothing_goes_to_an_address_that_is_not_registered(installed: World, changes: dict[str, str]) -> None:
    answer = ask(installed, **changes)

    assert answer.status_code == 400
    assert "<form id" not in answer.text


def test_somebody_else_at_the_browser_is_refused(installed: World) -> None:
    activity = installed.add_activity()
    first, second = installed.person("student", 0), installed.person("student", 1)
    started = installed.api("POST", "/api/launches", person=first["id"], activity=activity["id"])
    other = installed.api("POST", "/api/launches", person=second["id"], activity=activity["id"])

    answer = ask(installed, fields=started["fields"], cookie=other["cookie"])

    assert 'value="login_required"' in answer.text


def test_a_tool_that_is_not_approved_cannot_launch(installed: World) -> None:
    installed.api("PATCH", f"/api/tools/{installed.tool.client_id}", state="pending")

    answer = installed.api_call("POST", "/api/launches", person=installed.person("student")["id"])

    assert answer.status_code == 404


@pytest.mark.parametrize("fault", ["bad_signature", "expired", "wrong_nonce", "no_kid"])
def test_a_token_is_spoiled_on_demand(installed: World, fault: str) -> None:
    activity = installed.add_activity()
    installed.api("PUT", "/faults", launch={"kind": fault, "times": 1})

    with pytest.raises(Exception, match=r"."):
        nonce_checked(installed, installed.launch(installed.person("student"), activity))

    assert installed.launch(installed.person("student"), activity)["sub"]


def test_an_anonymous_launch_has_no_sub(installed: World) -> None:
    activity = installed.add_activity()
    installed.api("PUT", "/faults", launch="anonymous")

    claims = installed.launch(installed.person("student"), activity)

    assert "sub" not in claims


def test_a_rotated_key_is_used_at_once_and_the_old_one_stays_published(installed: World) -> None:
    before = installed.state()["kids"]

    installed.api("POST", "/api/keys")

    after = installed.state()["kids"]
    assert after[1:] == before
    assert installed.launch(installed.person("student"), installed.add_activity())["sub"]


def test_an_activity_that_is_not_open_yet_stays_closed_to_students(installed: World) -> None:
    activity = installed.add_activity(available={"startDateTime": "2999-01-01T00:00:00Z"})
    course = installed.course_of(activity)
    address = f"/courses/{course}/activities/{activity['id']}/launch"

    assert installed.browser(installed.person("student")).get(address).status_code == 403
    assert installed.browser(installed.person("teacher")).get(address).ok


def ask(world: World, fields: Any = None, cookie: str | None = None, **changes: str) -> Any:
    """Send an authentication request, right but for the changes."""
    started = world.api("POST", "/api/launches", person=world.person("student")["id"])
    fields = fields or started["fields"]
    question = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": world.tool.client_id,
        "redirect_uri": f"{world.tool.url}/launch",
        "state": "s",
        "nonce": f"n-{time.time()}",
        "login_hint": fields["login_hint"],
        "lti_message_hint": fields["lti_message_hint"],
        **changes,
    }
    address = f"{world.url}/lti/auth?{urlencode(question)}"
    return world.tool.send("GET", address, headers={"Cookie": cookie or started["cookie"]})


def nonce_checked(world: World, claims: dict[str, Any]) -> None:
    if claims["nonce"].startswith("not-"):
        raise ValueError("the nonce is not ours")
