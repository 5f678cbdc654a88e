"""A pretend LMS and a tiny tool beside it, both on real ports of this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from lti_tool.sandbox import client
from lti_tool.sandbox.app import create_app
from lti_tool.sandbox.config import SandboxConfig
from tests.functional.sandbox.tiny_tool import Browser, TinyTool, serving


class World:
    """Everything a test needs: the LMS, its API, the tool, and browsers for people."""

    def __init__(self, stack: ExitStack, url: str, app: Flask, tool: TinyTool) -> None:
        self.stack, self.url, self.app, self.tool = stack, url, app, tool
        self.api_client = stack.enter_context(client.browser())

    def api(self, method: str, path: str, **body: Any) -> Any:
        """Drive the LMS by its API; answers what it answered."""
        answer = self.api_call(method, path, **body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def api_call(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.api_client.request(method, f"{self.url}/sandbox{path}", json=body or None, timeout=60)

    def state(self) -> Any:
        return self.api("GET", "/api/state")

    def person(self, kind: str, position: int = 0) -> Any:
        return [each for each in self.state()["people"] if each["kind"] == kind][position]

    def browser(self, person: Any = None) -> Browser:
        browser = Browser(self.url, self.stack.enter_context(client.browser()))
        if person:
            browser.sign_in(person)
        return browser

    def install(self, brand: str = "standard") -> Any:
        if brand != "standard":
            self.api("PATCH", "/api/settings", brand=brand)
        return self.api("POST", "/api/tools", url=f"{self.tool.url}/register")

    def add_activity(self, **item: Any) -> Any:
        content = {"type": "ltiResourceLink", "title": "Peer review", "lineItem": {"scoreMaximum": 10}, **item}
        return self.api("POST", "/api/activities", item=content)

    def launch(self, person: Any, activity: Any, **query: Any) -> dict[str, Any]:
        """Open an activity as somebody would; gives the claims that the tool heard."""
        course = self.course_of(activity)
        page = self.browser(person).get(f"/courses/{course}/activities/{activity['id']}/launch", **query)
        assert "Launched" in page.text, page.text
        return self.tool.last_claims()

    def course_of(self, activity: Any) -> str:
        for course in self.state()["courses"]:
            for module in course["modules"]:
                if activity["id"] in [each["id"] for each in module["activities"]]:
                    return str(course["id"])
        raise AssertionError("no such activity")

    def line_item(self, activity: Any) -> str:
        """The address of an activity's line item, as a launch tells it."""
        claims = self.launch(self.person("teacher"), activity)
        endpoint = claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
        return str(endpoint["lineitem"])

    def grade(self, activity: Any, person: Any) -> Any:
        items = self.api("GET", f"/api/gradebook?course={self.course_of(activity)}")["line_items"]
        item = next(each for each in items if each["activity_id"] == activity["id"])
        return next((each for each in item["grades"] if each["person_id"] == person["id"]), None)


class Door:
    """Lets a server start before its app knows its address."""

    def __init__(self) -> None:
        self.app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make a world with settings of one's own."""
    with ExitStack() as stack:

        def make(**settings: Any) -> World:
            tool, lms_door = TinyTool(), Door()
            tool.url = stack.enter_context(serving(tool.app, "tool.localhost"))
            url = stack.enter_context(serving(lms_door, "lms.localhost"))
            if settings.pop("install_at_start", False):
                settings["install_url"] = f"{tool.url}/register"
            lms_door.app = create_app(SandboxConfig(data=tmp_path / "sandbox", url=url, **settings))
            return World(stack, url, lms_door.app, tool)

        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A fresh LMS with no tool yet."""
    return make_world()


@pytest.fixture
def installed(world: World) -> World:
    """A plain LMS where the tiny tool is installed and active."""
    world.install()
    return world
