"""Institutions with an admin each, who come as real admins do: by a launch outside of any course."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.lti import vocabulary as lti
from tests.factories.lti import PretendPlatform, launch

ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
OUTSIDE: dict[str, Any] = {lti.CONTEXT: None, lti.ROLES: [ADMINISTRATOR], "sub": "admin-1", "name": "Ruth Goldberg"}


@dataclass(frozen=True)
class Admin:
    """Somebody in the admin room of their institution."""

    client: FlaskClient
    platform: PretendPlatform
    room: str
    """The address of the room's first page."""

    def get(self, rest: str = "") -> TestResponse:
        return self.client.get(f"{self.room}{rest}")

    def post(self, rest: str, **typed: Any) -> TestResponse:
        """Send a form of the room, as a browser would."""
        return self.client.post(f"{self.room}{rest}", data={"csrf_token": self.token(), **typed})

    def token(self) -> str:
        """What htmx sends along on every page of the room."""
        found = re.search(r'"X-CSRFToken": "([^"]+)"', unescape(self.get().text))
        assert found
        return found[1]


def come(client: FlaskClient, platform: PretendPlatform, changes: dict[str, Any] | None = None) -> Admin:
    """Launch Hearth from the LMS's own administration."""
    there = launch(client, platform, {**OUTSIDE, **(changes or {})})
    return Admin(client, platform, there.headers["Location"])
