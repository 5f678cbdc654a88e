"""Who may frame a page, and where its forms may lead."""

import pytest

from lti_tool.courses.models import Role
from lti_tool.web.headers import origin_of, platform_origins, policy
from lti_tool.web.viewer import Viewer


@pytest.mark.parametrize(
    "address, origin",
    [
        ("https://lms.example/mod/lti?a=1", "https://lms.example"),
        ("https://LMS.example:8443/", "https://lms.example:8443"),
        ("http://lms.localhost:8001", "http://lms.localhost:8001"),
        ("http://127.0.0.1:8001/x", "http://127.0.0.1:8001"),
    ],
)
def test_an_address_has_an_origin(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "lms.example",
        "http://lms.example",
        "javascript:alert(1)",
        "https://",
        "https://lms.example; script-src *",
        "https://lms.example\r\nX: y",
        "https://*",
        "https://[::1",
        "https://lms.example:notaport",
        "https://münchen.example",
    ],
)
def test_what_is_no_safe_origin_gets_into_no_header(address: str) -> None:
    assert origin_of(address) is None


def test_only_the_viewers_platform_may_frame_the_page() -> None:
    rules = policy(viewer(), anywhere=("https:",))

    assert "frame-ancestors 'self' https://lms.example" in rules.split("; ")
    assert "https:;" not in f"{rules};"


def test_without_a_viewer_any_platform_may_frame_the_page() -> None:
    rules = policy(None, anywhere=("https:", "http://localhost:*"))

    assert "frame-ancestors 'self' https: http://localhost:*" in rules.split("; ")


def test_a_platform_of_many_hosts_frames_the_page_from_the_host_of_the_launch() -> None:
    hosted = viewer(frame_origin="https://school.lms.example")

    assert platform_origins(hosted) == ("https://lms.example", "https://school.lms.example")


def test_chosen_content_may_be_sent_where_the_platform_waits_for_it() -> None:
    picking = viewer(deep_link={"return_url": "https://content.lms.example/return"})

    assert platform_origins(picking) == ("https://lms.example", "https://content.lms.example")


def test_nothing_may_evaluate_or_inline() -> None:
    rules = policy(viewer(), anywhere=())

    assert "unsafe" not in rules
    assert "default-src 'self'" in rules


def viewer(*, deep_link: dict[str, str] | None = None, frame_origin: str | None = None) -> Viewer:
    return Viewer(
        handle="h",
        browser_hash=None,
        membership_id=1,
        person_id=1,
        course_id=1,
        deployment_id=1,
        platform_id=1,
        issuer="https://lms.example/moodle",
        role=Role.TEACHER,
        name="",
        course_title="",
        is_in_course=True,
        sections=(),
        groups=(),
        is_admin=False,
        is_preview=False,
        resource_link_id=None,
        deep_link=deep_link,
        locale=None,
        frame_origin=frame_origin,
    )
