"""Installing a tool in the pretend LMS (LTI Dynamic Registration 1.0) and its access tokens (security 1.1)."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.sandbox import install
from lti_tool.sandbox.store import put_setting, update
from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import SCOPE, TOOL_CONFIGURATION


def test_an_admin_installs_and_approves_a_tool(world: World) -> None:
    admin = world.browser(world.person("admin"))

    page = admin.get("/admin/tools/new", url=f"{world.tool.url}/register?keep=this").text
    address = page.split('id="registration-frame"')[1].split('src="')[1].split('"')[0].replace("&amp;", "&")
    admin.get(address)

    tool = world.state()["tools"][0]
    assert "keep=this" in address
    assert tool["state"] == "pending"
    assert tool["client_id"] == world.tool.client_id
    admin.post(f"/admin/tools/{tool['id']}/state", {"state": "active"})
    assert world.state()["tools"][0]["state"] == "active"


def test_the_details_for_entering_the_platform_by_hand_are_shown(installed: World) -> None:
    tool = installed.state()["tools"][0]

    page = installed.browser(installed.person("admin")).get(f"/admin/tools/{tool['id']}").text

    assert tool["platform"]["issuer"] == installed.url
    assert tool["platform"]["deployment_ids"] == [installed.tool.deployment_id]
    assert tool["platform"]["token_url"] in page


def test_students_are_kept_out_of_administration(world: World) -> None:
    assert world.browser(world.person("student")).get("/admin").status_code == 403


def test_a_tool_is_installed_at_start_when_asked_for(make_world: Callable[..., World]) -> None:
    world = make_world(install_at_start=True)

    deadline = time.monotonic() + 60
    while not world.state()["tools"] and time.monotonic() < deadline:
        time.sleep(0.1)

    assert [tool["name"] for tool in world.state()["tools"]] == ["Tiny tool"]


def test_an_installation_that_a_dead_process_began_is_begun_again(make_world: Callable[..., World]) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    world = make_world()
    claim = {"by": ended.pid, "until": time.time() + 60}
    with world.app.app_context():
        put_setting("installing", claim)

    again = make_world(install_at_start=True)

    deadline = time.monotonic() + 60
    while not again.state()["tools"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [tool["state"] for tool in again.state()["tools"]] == ["active"]


def test_a_tool_that_asks_first_gets_its_button_pressed(world: World) -> None:
    tool = world.api("POST", "/api/tools", url=f"{world.tool.url}/asking")

    assert tool["state"] == "active"


@pytest.mark.parametrize(
    "wants, error",
    [
        ({"response_types": ["code"]}, "invalid_response_types"),
        ({"redirect_uris": []}, "invalid_redirect_uris"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_token_endpoint_auth_method"),
        ({"application_type": "native"}, "invalid_application_type"),
        ({"client_name": ""}, "missing required attribute client_name"),
        ({TOOL_CONFIGURATION: {"target_link_uri": "http://elsewhere.example/"}}, "missing_domain"),
        ({TOOL_CONFIGURATION: {"domain": "a", "target_link_uri": "http://b/"}}, "domain_targetlinkuri_mismatch"),
    ],
)
def test_a_wrong_registration_is_refused(world: World, wants: dict[str, Any], error: str) -> None:
    world.tool.wants = wants

    answer = world.api_call("POST", "/api/tools", url=f"{world.tool.url}/register")

    assert answer.status_code == 502
    assert world.tool.registered is not None
    assert world.tool.registered.status_code == 400
    assert world.tool.registered.json()["error_description"] == error


def test_a_registration_token_works_once(world: World) -> None:
    admin = world.browser(world.person("admin"))
    page = admin.get("/admin/tools/new", url=f"{world.tool.url}/register").text
    address = page.split('id="registration-frame"')[1].split('src="')[1].split('"')[0].replace("&amp;", "&")

    admin.get(address)
    admin.get(address)

    assert len(world.state()["tools"]) == 1
    assert world.tool.registered is not None
    assert world.tool.registered.status_code == 401


def test_moodle_answers_200_and_tells_errors_as_plain_text(world: World) -> None:
    world.install("moodle")
    assert world.tool.registered is not None
    assert world.tool.registered.status_code == 200

    world.tool.wants = {"response_types": []}
    world.api_call("POST", "/api/tools", url=f"{world.tool.url}/register")

    assert world.tool.registered.text == "invalid_response_types"


def test_canvas_shows_its_configuration_only_with_the_token(world: World) -> None:
    world.install("canvas")

    answer = world.tool.send("GET", f"{world.url}/.well-known/openid-configuration")

    assert answer.status_code == 401
    assert world.tool.deployment_id.startswith("1:")


def test_a_token_is_given_for_the_scopes_that_are_allowed(installed: World) -> None:
    answer = installed.tool.ask_for_token(f"{SCOPE}score {SCOPE}unheard-of").json()

    assert answer["scope"] == f"{SCOPE}score"
    assert answer["expires_in"] == 3600


@pytest.mark.parametrize(
    "changes", [{"aud": "http://elsewhere"}, {"iss": "somebody"}, {"jti": ""}, {"exp": 1}, {"sub": "nobody"}]
)
def test_a_wrong_assertion_gets_no_token(installed: World, changes: dict[str, Any]) -> None:
    answer = installed.tool.ask_for_token(assertion=installed.tool.assertion(**changes))

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_an_assertion_works_once(installed: World) -> None:
    assertion = installed.tool.assertion()

    first, second = (installed.tool.ask_for_token(assertion=assertion) for _ in range(2))

    assert first.ok
    assert second.status_code == 401


def test_a_key_that_the_tool_made_anew_is_fetched(installed: World) -> None:
    assert installed.tool.ask_for_token().ok

    installed.tool.kid = "another-key"

    assert installed.tool.ask_for_token().ok


def test_garbage_is_refused_and_never_breaks_the_site(installed: World) -> None:
    for assertion in ("x", "a.b.c", "é.é.é", "..", "eyJ.eyJ.eyJ"):
        assert installed.tool.ask_for_token(assertion=assertion).status_code == 401


def test_moodle_gives_its_tokens_as_html_and_refuses_with_400(world: World) -> None:
    world.install("moodle")

    good = world.tool.ask_for_token()
    bad = world.tool.ask_for_token(assertion="x.y.z")

    assert good.headers["Content-Type"].startswith("text/html")
    assert good.json()["token_type"] == "Bearer"
    assert bad.status_code == 400


def test_a_tool_that_registers_later_than_its_answer_was_waited_for_is_installed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the invitation is used up, and its answer lost: asking again would be refused for ever."""
    asked: list[str] = []
    really = install.install

    def lose_the_answer(url: str) -> None:
        asked.append(url)
        tool = really(url)
        update("tool", tool.id, state="pending")
        raise install.NotInstalled("no answer in time")

    monkeypatch.setattr(install, "install", lose_the_answer)
    monkeypatch.setattr(install, "PAUSE", 0.01)
    config = world.app.config["SANDBOX"]

    install._install_at_start(world.app, config, f"{world.tool.url}/register")

    assert [tool["state"] for tool in world.state()["tools"]] == ["active"]
    assert len(asked) == 1
