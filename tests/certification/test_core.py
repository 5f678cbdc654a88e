"""
The vectors of the 1EdTech certification suite for LTI 1.3 Core, by our own fixtures, through the real doors.
"""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Person
from lti_tool.lti import vocabulary as lti
from tests.factories.lti import (
    CONTEXT_ROLE,
    INSTRUCTOR,
    LEARNER,
    PretendPlatform,
    deep_linking,
    launch,
    log_in,
    make_pretend_platform,
)

NO_PERSONAL_DATA = {"name": None, "given_name": None, "family_name": None, "email": None}
ONLY_EMAIL = {"name": None, "given_name": None, "family_name": None}
ONLY_NAMES = {"email": None}


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


BAD_HEADERS: dict[str, dict[str, Any]] = {
    "no kid": {"kid": None},
    "kid no word": {"kid": 7},
    "wrong kid": {"kid": "nobody's"},
    "something critical that we do not know": {"crit": ["b64"], "b64": False},
}


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_bad_header_is_refused(client: FlaskClient, platform: PretendPlatform, header: dict[str, Any]) -> None:
    """A key id must be there, and be one of the platform's."""
    asked = log_in(client, platform)
    token = platform.sign(platform.claims(asked["nonce"]), **header)

    with platform.key_set():
        answer = client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})

    assert answer.status_code == 401


NOT_LTI_1_3 = {
    "two parts": lambda token: token.rsplit(".", 1)[0],
    "one part": lambda token: token.partition(".")[0],
    "four parts": lambda token: f"{token}.x",
    "not base64": lambda token: f"%%%.{token.partition('.')[2]}",
    "not the alphabet of tokens": lambda token: f"{token.replace('.', '+', 1)}.x",
    "padded": lambda token: f"{token}=",
    "not ASCII": lambda token: f"{token}é",
    "far too long": lambda token: f"{token}{'A' * 100_000}",
    "empty": lambda _: "",
}


@pytest.mark.parametrize("spoil", NOT_LTI_1_3.values(), ids=NOT_LTI_1_3)
def test_what_is_no_token_is_refused(client: FlaskClient, platform: PretendPlatform, spoil: Any) -> None:
    """Three parts of base64, or nothing."""
    asked = log_in(client, platform)
    token = spoil(platform.sign(platform.claims(asked["nonce"])))

    with platform.key_set():
        answer = client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})

    assert answer.status_code in (400, 401)


MEANINGLESS = {
    "unrelated": {"name": "badltilaunch"},
    "empty": {},
    "a list": ["LtiResourceLinkRequest"],
    "a word": "launch",
    "a number": 13,
    "null": None,
    "no JSON": b"\xff\xfe",
    "nested without end": b"[" * 5000,
}


@pytest.mark.parametrize("payload", MEANINGLESS.values(), ids=MEANINGLESS)
def test_a_meaningless_payload_is_refused(client: FlaskClient, platform: PretendPlatform, payload: Any) -> None:
    """A good signature under nonsense is still nonsense."""
    asked = log_in(client, platform)

    with platform.key_set():
        answer = client.post("/lti/launch", data={"id_token": platform.sign(payload), "state": asked["state"]})

    assert answer.status_code == 401


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "exp and iat far in the past": ({"exp": 11, "iat": 11}, 401),
    "wrong version": ({lti.VERSION: "11.3"}, 400),
    "no version": ({lti.VERSION: None}, 400),
    "deployment_id missing": ({lti.DEPLOYMENT_ID: None}, 400),
    "deployment_id empty": ({lti.DEPLOYMENT_ID: ""}, 400),
    "message_type missing": ({lti.MESSAGE_TYPE: None}, 400),
    "message_type unknown": ({lti.MESSAGE_TYPE: "LtiDanceRequest"}, 400),
    "message_type no word": ({lti.MESSAGE_TYPE: ["LtiResourceLinkRequest"]}, 400),
    "role claim missing": ({lti.ROLES: None}, 400),
    "role claim no list": ({lti.ROLES: LEARNER}, 400),
    "user missing": ({"sub": ""}, 400),
    "resource_link missing": ({lti.RESOURCE_LINK: None}, 400),
    "resource_link id missing": ({lti.RESOURCE_LINK: {"title": "First drafts"}}, 400),
    "resource_link id empty": ({lti.RESOURCE_LINK: {"id": ""}}, 400),
    "several claims missing": ({lti.ROLES: None, lti.RESOURCE_LINK: None, lti.CONTEXT: None, "iss": None}, 401),
}


@pytest.mark.parametrize("changes, status", REFUSED.values(), ids=REFUSED)
def test_a_broken_launch_is_refused(
    client: FlaskClient, platform: PretendPlatform, session: Session, changes: dict[str, Any], status: int
) -> None:
    """The page is a refusal, and nobody is checked in."""
    answer = launch(client, platform, changes)

    assert answer.status_code == status
    assert session.scalars(select(Person)).all() == []


ACCEPTED: dict[str, tuple[dict[str, Any], str]] = {
    "instructor, full data": ({lti.ROLES: [INSTRUCTOR]}, "teacher"),
    "instructor, no personal data": ({lti.ROLES: [INSTRUCTOR], **NO_PERSONAL_DATA}, "teacher"),
    "instructor, only e-mail": ({lti.ROLES: [INSTRUCTOR], **ONLY_EMAIL}, "teacher"),
    "instructor, only names": ({lti.ROLES: [INSTRUCTOR], **ONLY_NAMES}, "teacher"),
    "instructor, no context": ({lti.ROLES: [INSTRUCTOR], lti.CONTEXT: None}, "teacher"),
    "instructor, several roles": (
        {lti.ROLES: [INSTRUCTOR, "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"]},
        "teacher",
    ),
    "instructor, short role": ({lti.ROLES: ["Instructor"]}, "teacher"),
    "instructor, unknown role beside": ({lti.ROLES: ["http://example.org/roles#Wizard", INSTRUCTOR]}, "teacher"),
    "student, full data": ({}, "learner"),
    "student, no personal data": (NO_PERSONAL_DATA, "learner"),
    "student, only e-mail": (ONLY_EMAIL, "learner"),
    "student, only names": (ONLY_NAMES, "learner"),
    "student, several roles": ({lti.ROLES: [LEARNER, f"{CONTEXT_ROLE}#Mentor"]}, "learner"),
    "student, short role": ({lti.ROLES: ["Learner"]}, "learner"),
    "student, only the resource link": (
        {lti.CONTEXT: None, lti.TOOL_PLATFORM: None, lti.LAUNCH_PRESENTATION: None, **NO_PERSONAL_DATA},
        "learner",
    ),
    "no role": ({lti.ROLES: []}, "observer"),
    "an empty role": ({lti.ROLES: [""]}, "observer"),
    "only an unknown role": ({lti.ROLES: ["http://example.org/roles#Wizard"]}, "observer"),
    "claims we do not know": ({"https://example.org/claim/moon": {"phase": "full"}}, "learner"),
    "AGS with only lineitems": (
        {lti.AGS_ENDPOINT: {"scope": [lti.SCOPE_LINE_ITEM], "lineitems": "https://lms.example/lineitems"}},
        "learner",
    ),
    "NRPS": (
        {lti.NRPS: {"context_memberships_url": "https://lms.example/members", "service_versions": ["2.0"]}},
        "learner",
    ),
}


@pytest.mark.parametrize("changes, role", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_launch_is_accepted(
    client: FlaskClient, platform: PretendPlatform, session: Session, changes: dict[str, Any], role: str
) -> None:
    """It leads to a page of a session, in the role that the context gives."""
    answer = launch(client, platform, changes)

    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith("/s/")
    assert session.scalars(select(Membership.role)).all() == [role]


@pytest.mark.parametrize("kind", ["link", "file", "html", "ltiResourceLink", "image"])
def test_a_deep_linking_request_is_accepted(client: FlaskClient, platform: PretendPlatform, kind: str) -> None:
    """Whatever kind of content the platform takes, the teacher sees the picker."""
    answer = launch(client, platform, deep_linking(accept_types=[kind], data="opaque"))

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/picker")
