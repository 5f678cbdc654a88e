"""The roster (Names and Role Provisioning Services 2.0)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests.utils

from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import CLAIM, NRPS

MEDIA = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


def test_everybody_in_the_course_is_listed(installed: World) -> None:
    members = read(installed, roster(installed)).json()["members"]

    assert len(members) == 10
    assert members[0]["roles"] == [f"{MEMBERSHIP}Instructor"]
    assert {"user_id", "name", "given_name", "family_name", "email", "status"} <= set(members[2])


def test_roles_can_be_asked_for(installed: World) -> None:
    short = read(installed, roster(installed), role="Learner").json()["members"]
    full = read(installed, roster(installed), role=f"{MEMBERSHIP}Learner").json()["members"]

    assert len(short) == 8
    assert short == full


def test_pages_follow_each_other_until_all_are_there(installed: World) -> None:
    url: str | None = f"{roster(installed)}?limit=4&role=Learner"
    found: list[str] = []
    while url:
        page = read(installed, url)
        found += [member["user_id"] for member in page.json()["members"]]
        url = next_url(page)

    assert len(found) == len(set(found)) == 8


def test_a_link_of_the_tool_adds_each_members_own_message(installed: World) -> None:
    activity = installed.add_activity(custom={"groups": "$Moodle.Person.userGroupIds"})

    members = read(installed, roster(installed), rlid=activity["id"], role="Learner").json()["members"]

    groups = {member["message"][0][f"{CLAIM}custom"]["groups"] for member in members}
    assert len(groups) == 4
    assert read(installed, roster(installed), rlid="unheard-of").status_code == 404


def test_somebody_who_left_is_not_listed(installed: World) -> None:
    students = [each for each in installed.state()["people"] if each["kind"] == "student"]
    installed.api("PATCH", "/api/enrolments", person=students[0]["id"], status="Deleted")
    installed.api("PATCH", "/api/enrolments", person=students[1]["id"], status="Inactive")

    members = read(installed, roster(installed)).json()["members"]

    statuses = {member["user_id"]: member["status"] for member in members}
    assert students[0]["id"] not in statuses
    assert statuses[students[1]["id"]] == "Inactive"


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_a_call_without_a_good_token_is_refused(installed: World, token: str) -> None:
    answer = installed.tool.send("GET", roster(installed), headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


def test_canvas_pages_by_opaque_bookmarks_of_at_most_fifty(world: World) -> None:
    world.install("canvas")
    world.api("POST", "/api/people", count=60)

    first = read(world, roster(world), limit="500")
    following = next_url(first)
    assert following is not None
    second = read(world, following)

    assert len(first.json()["members"]) == 50
    assert len(second.json()["members"]) == 20
    mark = parse_qs(urlsplit(following).query)["page"][0]
    assert mark != mark.lower()
    assert read(world, f"{roster(world)}?page={mark.lower()}").status_code == 400


def test_moodle_takes_assistants_for_learners_and_escapes_names(world: World) -> None:
    world.install("moodle")
    activity = world.add_activity()
    world.api("POST", "/api/people", name="Bob & Alice O'Neil")

    members = read(world, roster(world, activity)).json()["members"]

    assistant = world.person("ta")
    roles = {member["user_id"]: member["roles"] for member in members}
    launched = world.launch(assistant, activity)[f"{CLAIM}roles"]
    assert launched == [f"{MEMBERSHIP}Instructor"]
    assert roles[assistant["id"]] == ["Learner"]
    assert members[-1]["name"] == "Bob &amp; Alice O&#x27;Neil"


def test_moodle_wants_one_media_type_and_forgets_the_role_on_the_next_page(world: World) -> None:
    world.install("moodle")
    url = roster(world, world.add_activity())

    page = read(world, url, role="Learner", limit="2")

    assert "role=" not in (next_url(page) or "")
    wrong = world.tool.call("GET", url, headers={"Accept": f"{MEDIA}, application/json"})
    assert wrong.status_code == 400


def test_moodle_offers_no_roster_before_the_first_activity(world: World) -> None:
    world.install("moodle")
    course, tool = world.state()["courses"][0], world.state()["tools"][0]
    teacher = world.browser(world.person("teacher"))

    teacher.get(f"/courses/{course['id']}/modules/{course['modules'][0]['id']}/add/{tool['id']}/launch")

    assert NRPS not in world.tool.last_claims()


def test_a_later_page_can_get_lost(installed: World) -> None:
    installed.api("PUT", "/faults", roster="lost_page")

    first = read(installed, roster(installed), limit="4")
    following = next_url(first)
    assert following is not None

    assert first.ok
    assert read(installed, following).status_code == 500


@pytest.mark.parametrize("fault", ["foreign_next", "loop"])
def test_the_next_page_can_lead_astray(installed: World, fault: str) -> None:
    installed.api("PUT", "/faults", roster=fault)

    url = f"{roster(installed)}?limit=4"
    following = next_url(read(installed, url)) or ""

    foreign = not following.startswith(installed.url)
    assert foreign == (fault == "foreign_next")
    assert (next_url(read(installed, following)) == following) if fault == "loop" else True


def test_ten_thousand_students_are_no_trouble(installed: World) -> None:
    installed.api("POST", "/api/people", count=10_000)

    page = read(installed, roster(installed), limit="1000")

    assert len(page.json()["members"]) == 1000
    assert installed.browser(installed.person("teacher")).get("/courses").ok
    names = [row["name"] for row in installed.state()["people"]]
    assert len(names) == len(set(names)) == 200


def roster(world: World, activity: Any = None) -> str:
    claims = world.launch(world.person("teacher"), activity or world.add_activity())
    return str(claims[NRPS]["context_memberships_url"])


def read(world: World, url: str, **query: str) -> Any:
    return world.tool.call("GET", url, headers={"Accept": MEDIA}, params=query)


def next_url(page: Any) -> str | None:
    links = requests.utils.parse_header_links(page.headers.get("Link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next"), None)
