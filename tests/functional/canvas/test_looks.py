"""Hearth takes over how Canvas looks to whoever launches."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from lti_tool.lti import vocabulary as lti
from tests.factories.lti import PretendPlatform, launch, make_pretend_platform

BRAND = json.dumps({"ic-brand-primary": "#0374B5"})


@pytest.fixture
def canvas(session: Session) -> PretendPlatform:
    return make_pretend_platform(session, family="canvas")


def sheets(client: FlaskClient, platform: PretendPlatform, **custom: Any) -> list[str]:
    """The stylesheets of the first page after a launch."""
    page = client.get(launch(client, platform, {lti.CUSTOM: custom}).headers["Location"])
    assert "style=" not in page.text
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)


def test_a_page_wears_the_colour_of_the_institution(client: FlaskClient, canvas: PretendPlatform) -> None:
    base, colour = sheets(client, canvas, brand=BRAND)

    assert base.endswith("css/app.css")
    answer = client.get(colour)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.text == ":root{--brand:#0374b5}"
    assert answer.cache_control.immutable


def test_who_needs_more_contrast_gets_it_whatever_their_system_says(
    client: FlaskClient, canvas: PretendPlatform
) -> None:
    *_, contrast = sheets(client, canvas, high_contrast="true")

    assert contrast.endswith("css/contrast.css")
    assert client.get(contrast).status_code == 200


def test_without_either_a_page_looks_like_ourselves(client: FlaskClient, canvas: PretendPlatform) -> None:
    found = sheets(client, canvas, brand="$com.instructure.brandConfigJSON", high_contrast="false")

    assert len(found) == 1


@pytest.mark.parametrize("colour", ["0374B5", "red", "0374b5}", "0374b5ff", "%0a0374b5"])
def test_nothing_but_a_colour_comes_into_the_stylesheet(client: FlaskClient, colour: str) -> None:
    assert client.get(f"/brand/{colour}.css").status_code == 404
