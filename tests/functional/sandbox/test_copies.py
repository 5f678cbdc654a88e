"""Copying activities and courses."""

from typing import Any

import pytest

from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import CLAIM

HISTORY = {"context": "$Context.id.history", "link": "$ResourceLink.id.history"}


def test_a_copied_course_has_new_ids_and_the_old_settings(installed: World) -> None:
    activity = installed.add_activity(custom={"hearth_activity": "7"}, lineItem={"scoreMaximum": 5, "resourceId": "7"})
    course = installed.course_of(activity)

    copy = copy_of(installed, course)

    twin = copy["modules"][0]["activities"][0]
    column = installed.api("GET", f"/api/gradebook?course={copy['id']}")["line_items"][0]
    assert copy["id"] != course
    assert copy["history"] == [course]
    assert twin["id"] != activity["id"]
    assert (twin["title"], twin["custom"]) == (activity["title"], {"hearth_activity": "7"})
    assert (column["resource_id"], column["score_maximum"], column["grades"]) == ("7", 5.0, [])


def test_the_history_is_told_nearest_ancestor_first(installed: World) -> None:
    activity = installed.add_activity(custom=HISTORY)
    course = installed.course_of(activity)
    child = copy_of(installed, course)
    grandchild = copy_of(installed, child["id"])

    launched = grandchild["modules"][0]["activities"][0]
    custom = installed.launch(installed.person("teacher"), launched)[f"{CLAIM}custom"]

    assert custom["context"] == f"{child['id']},{course}"
    assert custom["link"] == f"{child['modules'][0]['activities'][0]['id']},{activity['id']}"


@pytest.mark.parametrize("brand", ["moodle", "canvas"])
def test_moodle_and_canvas_do_not_know_the_history_of_links(world: World, brand: str) -> None:
    world.install(brand)
    activity = world.add_activity(custom=HISTORY)

    custom = world.launch(world.person("teacher"), activity)[f"{CLAIM}custom"]

    assert custom["link"] == "$ResourceLink.id.history"
    assert custom["context"] == ""


def test_students_come_along_only_when_asked_for(installed: World) -> None:
    course = installed.state()["courses"][0]["id"]
    alone = copy_of(installed, course)
    together = copy_of(installed, course, students=True)
    student = installed.browser(installed.person("student"))

    assert student.get(f"/courses/{alone['id']}").status_code == 404
    assert student.get(f"/courses/{together['id']}").ok
    assert installed.browser(installed.person("teacher")).get(f"/courses/{alone['id']}").ok


def test_an_activity_is_copied_within_its_course(installed: World) -> None:
    activity = installed.add_activity(custom={"hearth_activity": "7"})

    copy = installed.api("POST", f"/api/activities/{activity['id']}/copy")

    assert copy["id"] != activity["id"]
    assert copy["title"] == "Peer review (copy)"
    assert copy["custom"] == activity["custom"]
    assert copy["line_items"] != activity["line_items"]


def copy_of(world: World, course: str, **wanted: Any) -> Any:
    return world.api("POST", f"/api/courses/{course}/copy", **wanted)
