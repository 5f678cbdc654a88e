"""The site itself: signing in, editing, its log, its faults, its store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lti_tool.sandbox import client
from lti_tool.sandbox.app import create_app
from lti_tool.sandbox.config import SandboxConfig
from tests.functional.sandbox.conftest import World


def test_anybody_signs_in_by_a_click_and_sees_their_courses(world: World) -> None:
    browser = world.browser()
    assert "Amara Okafor" in browser.get("/").text

    browser.sign_in(world.person("student"))

    page = browser.get("/courses").text
    assert "Designing for People" in page
    assert "Introductory Biology" in page


def test_a_visitor_is_led_to_the_sign_in_page_and_back(world: World) -> None:
    course = world.state()["courses"][0]["id"]
    browser = world.browser()

    page = browser.get(f"/courses/{course}/people")
    after = browser.post("/sign-in", {"person": world.person("student")["id"], "back": f"/courses/{course}/people"})

    assert "Who do you want to be?" in page.text
    assert "<h1>People</h1>" in after.text


@pytest.mark.parametrize("back", ["http://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_elsewhere_after_signing_in(world: World, back: str) -> None:
    page = world.browser().post("/sign-in", {"person": world.person("student")["id"], "back": back})

    assert page.url == f"{world.url}/courses"


def test_a_form_from_another_site_is_refused(world: World) -> None:
    answer = world.browser().post("/sign-in", {"person": "x"}, headers={"Origin": "http://evil.localhost"})

    assert answer.status_code == 403


def test_a_host_that_is_not_this_machine_is_refused(world: World) -> None:
    assert world.app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_teacher_arranges_the_course_and_a_student_cannot(installed: World) -> None:
    activity = installed.add_activity()
    course = installed.course_of(activity)
    teacher, student = (installed.browser(installed.person(kind)) for kind in ("teacher", "student"))
    address = f"/courses/{course}/activities/{activity['id']}"

    refused = student.post(address, {"title": "Mine"})
    teacher.post(address, {"title": "Renamed", "target": "window"})
    teacher.post(f"/courses/{course}/modules", {"title": "Week 9"})
    page = student.get(f"/courses/{course}").text
    teacher.post(f"{address}/remove")

    assert refused.status_code == 403
    assert "Renamed" in page
    assert "(new window)" in page
    assert "Week 9" in page
    assert "Renamed" not in student.get(f"/courses/{course}").text


def test_student_view_hides_the_tools_of_the_teacher(installed: World) -> None:
    course = installed.state()["courses"][0]["id"]
    teacher = installed.browser(installed.person("teacher"))

    hidden = teacher.post(f"/courses/{course}/student-view", {"on": "1"}).text
    shown = teacher.post(f"/courses/{course}/student-view", {"on": "0"}).text

    assert "Add activity" not in hidden
    assert "Leave student view" in hidden
    assert "Add activity" in shown


def test_the_log_shows_every_message_newest_first(installed: World) -> None:
    installed.launch(installed.person("student"), installed.add_activity())
    installed.tool.ask_for_token()

    kinds = [message["kind"] for message in installed.api("GET", "/api/log")]
    auth = installed.api("GET", "/api/log?kind=auth")[0]
    page = installed.browser().get("/log", kind="token").text

    assert kinds[0] == "token"
    assert {"login", "auth", "keys", "registration"} <= set(kinds)
    assert auth["details"]["id_token_claims"]["iss"] == installed.url
    assert 'data-kind="token"' in page
    assert 'data-kind="auth"' not in page


def test_the_log_does_not_grow_without_end(installed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_tool.sandbox.log.MOST_MESSAGES", 20)

    for _ in range(30):
        installed.tool.send("GET", f"{installed.url}/lti/jwks.json")

    assert len(installed.api("GET", "/api/log?most=1000")) <= 21


def test_faults_are_switched_on_and_off(installed: World) -> None:
    installed.api("PUT", "/faults", token="429", keys={"kind": "empty", "times": 1})

    limited = installed.tool.ask_for_token()
    empty, full = (installed.tool.send("GET", f"{installed.url}/lti/jwks.json").json() for _ in range(2))
    installed.api("DELETE", "/faults")

    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "2")
    assert empty == {"keys": []}
    assert len(full["keys"]) == 1
    assert installed.tool.ask_for_token().ok


def test_a_fault_that_nobody_knows_is_refused(world: World) -> None:
    assert world.api_call("PUT", "/faults", weather="rain").status_code == 400
    assert world.api_call("PUT", "/faults", token="rain").status_code == 400


def test_a_reset_starts_over_and_can_keep_the_tool(installed: World) -> None:
    installed.add_activity()

    after = installed.api("POST", "/api/reset", students=3, keep_tools=True)

    assert len([each for each in after["people"] if each["kind"] == "student"]) == 3
    assert after["courses"][0]["modules"][0]["activities"] == []
    assert [tool["state"] for tool in after["tools"]] == ["active"]
    assert installed.tool.ask_for_token().ok


def test_a_restart_keeps_everything(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world(students=9)
    world.install()
    activity = world.add_activity()
    before = world.state()

    again = create_app(SandboxConfig(data=tmp_path / "sandbox", url=world.url, students=12))
    after = again.test_client().get("/sandbox/api/state", headers={"Host": "localhost"}).get_json()

    assert after["tools"] == before["tools"]
    assert after["kids"] == before["kids"]
    assert activity["id"] in str(after["courses"])
    assert len(after["people"]) == len(before["people"]) + 3


def test_only_this_machine_is_spoken_to(world: World) -> None:
    answer = world.api_call("POST", "/api/tools", url="http://tool.example/register")

    assert answer.status_code == 502
    assert "not on this machine" in answer.json()["error"]


@pytest.mark.parametrize("words", ["many", "-1", "8.5"])
def test_settings_that_make_no_sense_are_told(words: str) -> None:
    with pytest.raises(ValueError, match="SANDBOX_STUDENTS"):
        SandboxConfig.from_environment({"SANDBOX_STUDENTS": words})


def test_the_port_is_part_of_the_address() -> None:
    config = SandboxConfig.from_environment({"SANDBOX_PORT": "9001", "HEARTH_VAR": "somewhere"})

    assert config.url == "http://lms.localhost:9001"
    assert config.data == Path("somewhere/sandbox")


def test_a_name_below_localhost_is_this_machine(world: World) -> None:
    with client.browser() as browser:
        assert browser.get(f"{world.url}/healthz", timeout=5).json() == {"status": "ok"}
