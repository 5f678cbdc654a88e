"""Adding activities by deep linking 2.0."""

from typing import Any

import pytest

from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import CLAIM, DEEP_LINK

LINK = {"type": "ltiResourceLink", "title": "Peer review"}


def test_several_items_come_into_the_module(installed: World) -> None:
    launch = select(installed)
    items = [
        {**LINK, "custom": {"hearth_activity": "7"}, "lineItem": {"scoreMaximum": 5, "resourceId": "7", "tag": "t"}},
        {"type": "ltiResourceLink", "title": "Wall", "text": "Say hello", "window": {"targetName": "wall"}},
    ]

    page = answer(installed, launch, items)

    assert "Added 2 activities" in page.text
    first, second = module(installed)["activities"]
    assert first["custom"] == {"hearth_activity": "7"}
    assert (second["title"], second["text"], second["target"]) == ("Wall", "Say hello", "window")
    column = installed.api("GET", "/api/gradebook")["line_items"][0]
    assert (column["score_maximum"], column["resource_id"], column["tag"]) == (5.0, "7", "t")


def test_the_new_activity_launches_with_its_custom_values(installed: World) -> None:
    answer(installed, select(installed), [{**LINK, "custom": {"hearth_activity": "7"}}])

    claims = installed.launch(installed.person("student"), module(installed)["activities"][0])

    assert claims[f"{CLAIM}custom"]["hearth_activity"] == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "http://elsewhere"},
        {"iss": "somebody"},
        {"nonce": ""},
        {f"{CLAIM}deployment_id": "other"},
        {f"{CLAIM}message_type": "LtiResourceLinkRequest"},
        {f"{CLAIM}version": "1.1"},
        {f"{DEEP_LINK}data": "changed"},
        {"exp": 1},
    ],
)
def test_an_answer_that_cannot_be_believed_adds_nothing(installed: World, changes: dict[str, Any]) -> None:
    page = answer(installed, select(installed), [LINK], **changes)

    assert page.status_code == 400
    assert module(installed)["activities"] == []


def test_an_answer_counts_once(installed: World) -> None:
    launch = select(installed)

    answer(installed, launch, [LINK])
    again = answer(installed, launch, [LINK])

    assert again.status_code == 400
    assert len(module(installed)["activities"]) == 1


def test_an_error_from_the_tool_is_shown(installed: World) -> None:
    page = answer(installed, select(installed), [], **{f"{DEEP_LINK}errormsg": "The cat <ate> it"})

    assert "The cat &lt;ate&gt; it" in page.text
    assert "Nothing was added" in page.text


def test_moodle_shows_no_error_sends_no_data_and_ignores_the_window(world: World) -> None:
    world.install("moodle")
    launch = select(world)

    page = answer(world, launch, [{**LINK, "window": {}}], **{f"{DEEP_LINK}errormsg": "Oh dear"})

    assert "data" not in launch[f"{DEEP_LINK}deep_linking_settings"]
    assert "Oh dear" not in page.text
    assert module(world)["activities"][0]["target"] == "iframe"


def test_canvas_takes_one_assignment_and_names_the_placement(world: World) -> None:
    world.install("canvas")

    launch = select(world)

    assert launch["https://www.instructure.com/placement"] == "assignment_selection"
    assert launch[f"{DEEP_LINK}deep_linking_settings"]["accept_multiple"] is False
    assert launch["exp"] - launch["iat"] == 3600


def test_a_student_cannot_add(installed: World) -> None:
    course, tool = installed.state()["courses"][0]["id"], installed.state()["tools"][0]["id"]
    student = installed.browser(installed.person("student"))

    page = student.get(f"/courses/{course}/modules/{module(installed)['id']}/add/{tool}/launch")

    assert page.status_code == 403


def select(world: World) -> dict[str, Any]:
    """Open the tool's picker as the teacher; gives the claims that the tool heard."""
    course, tool = world.state()["courses"][0]["id"], world.state()["tools"][0]["id"]
    teacher = world.browser(world.person("teacher"))
    teacher.get(f"/courses/{course}/modules/{module(world)['id']}/add/{tool}/launch")
    claims = world.tool.last_claims()
    assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingRequest"
    return claims


def answer(world: World, launch: dict[str, Any], items: list[dict[str, Any]], **changes: Any) -> Any:
    token = world.tool.deep_link_answer(launch, items, **changes)
    address = launch[f"{DEEP_LINK}deep_linking_settings"]["deep_link_return_url"]
    return world.browser(world.person("teacher")).post(address, {"JWT": token}, headers={"Origin": world.tool.url})


def module(world: World) -> Any:
    return world.state()["courses"][0]["modules"][0]
