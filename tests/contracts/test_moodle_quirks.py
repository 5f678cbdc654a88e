"""
Moodle 4.5 as it is: launches and roster entries in the shapes that a real site sends, read at the gate.

What it does to scores, tokens, pages and columns stands in ``tests/unit/lti/test_services.py``; how people see it, in
``docs/moodle.md``.
"""

from typing import Any

import pytest

from lti_tool.lms.port import RegistrationOffer
from lti_tool.lti import vocabulary as lti
from moodle.lms import MoodleLms

SITE = "https://moodle.example"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
SERVICES = f"{SITE}/mod/lti/services.php"


def launch(**changes: Any) -> dict[str, Any]:
    """A student's launch as Moodle 4.5.6 signs it."""
    return {
        "nonce": "n-1",
        "iat": 1772443800,
        "exp": 1772443860,
        "iss": SITE,
        "aud": "aBcDeF123",
        "sub": "5",
        lti.DEPLOYMENT_ID: "4",
        lti.TARGET_LINK_URI: "https://hearth.example/lti/launch",
        lti.MESSAGE_TYPE: "LtiResourceLinkRequest",
        lti.VERSION: "1.3.0",
        lti.ROLES: [f"{MEMBERSHIP}#Learner"],
        lti.CONTEXT: {"id": "3", "label": "DES101", "title": "Designing for People", "type": ["CourseSection"]},
        lti.RESOURCE_LINK: {"title": "First drafts", "description": "ONE page", "id": "7"},
        "https://purl.imsglobal.org/spec/lti/claim/lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        "given_name": "Mai",
        "family_name": "Tran",
        "name": "Mai Tran",
        "https://purl.imsglobal.org/spec/lti/claim/ext": {"user_username": "mai", "lms": "moodle-2"},
        lti.LAUNCH_PRESENTATION: {
            "locale": "en",
            "document_target": "iframe",
            "return_url": f"{SITE}/mod/lti/return.php?course=3&launch_container=3&instanceid=7&sesskey=abc",
        },
        lti.TOOL_PLATFORM: {
            "guid": "moodle.example",
            "name": "Northfield",
            "description": "",
            "product_family_code": "moodle",
            "version": "2024100706",
        },
        lti.CUSTOM: {"context_history": "", "link_history": "$ResourceLink.id.history", "groups": "1,4"},
        lti.NRPS: {
            "context_memberships_url": f"{SERVICES}/CourseSection/3/bindings/4/memberships",
            "service_versions": ["1.0", "2.0"],
        },
        lti.AGS_ENDPOINT: {
            "scope": [lti.SCOPE_LINE_ITEM, lti.SCOPE_SCORE],
            "lineitems": f"{SERVICES}/3/lineitems?type_id=4",
            "lineitem": f"{SERVICES}/3/lineitems/9/lineitem?type_id=4",
        },
    } | changes


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def test_a_launch_is_read_with_its_short_context_type_and_its_empty_ids() -> None:
    facts = MoodleLms().read_launch(launch())

    assert (facts.subject, facts.name, facts.role) == ("5", "Mai Tran", "learner")
    assert (facts.context_id, facts.context_title, facts.context_label) == ("3", "Designing for People", "DES101")
    assert (facts.resource_link_id, facts.deployment_id, facts.family) == ("7", "4", "moodle")


def test_its_events_call_people_and_courses_as_its_launches_do() -> None:
    """So an event about user 5 in course 3 concerns who launched as sub 5 in context 3."""
    facts = MoodleLms().read_launch(launch())

    assert (facts.lms_course_id, facts.lms_person_id) == ("3", "5")


def test_a_course_that_was_copied_from_none_has_an_empty_history() -> None:
    assert MoodleLms().read_launch(launch()).context_history == ()


def test_a_variable_that_moodle_does_not_know_is_nothing() -> None:
    facts = MoodleLms().read_launch(launch())

    assert facts.resource_link_history == ()
    assert facts.sections == ()


@pytest.mark.parametrize("told, groups", [("1,4", ("1", "4")), ("", ()), ("$Moodle.Person.userGroupIds", ())])
def test_groups_come_with_each_launch(told: str, groups: tuple[str, ...]) -> None:
    assert MoodleLms().read_launch(launch(**{lti.CUSTOM: {"groups": told}})).groups == groups


def test_a_parameter_that_comes_twice_is_read_by_its_plain_name() -> None:
    """Moodle sends ``Kind-X`` a second time as ``kind_x``; ours have plain names from the start, and come once."""
    facts = MoodleLms().read_launch(launch(**{lti.CUSTOM: {"Kind-X": "a", "kind_x": "a", "hearth_activity": "b"}}))
    ours = MoodleLms().registration(offer())[lti.TOOL_CONFIGURATION]["custom_parameters"]

    assert facts.activity == "b"
    assert all(name == name.lower() and "-" not in name for name in ours)


def test_no_variable_is_asked_for_that_tells_what_an_admin_withholds() -> None:
    """``$User.username`` is sent even where the admin stopped names."""
    ours = MoodleLms().registration(offer())[lti.TOOL_CONFIGURATION]["custom_parameters"]

    assert not any(value.startswith(("$User.", "$Person.name", "$Person.email")) for value in ours.values())


def test_names_that_are_withheld_are_empty() -> None:
    facts = MoodleLms().read_launch(without(launch(), "name", "given_name", "family_name"))

    assert facts.name == ""


def test_a_site_administrator_teaches_where_they_launch_and_is_known_for_one() -> None:
    roles = [
        f"{MEMBERSHIP}#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    ]

    facts = MoodleLms().read_launch(launch(**{lti.ROLES: roles}))

    assert (facts.role, facts.is_admin) == ("teacher", True)


def test_the_very_first_choosing_of_content_has_no_roster_and_no_data() -> None:
    settings = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": f"{SITE}/mod/lti/contentitem_return.php?course=3&id=4&sesskey=abc",
        "title": "Hearth",
    }
    asked = without(launch(), lti.RESOURCE_LINK, lti.NRPS) | {
        lti.MESSAGE_TYPE: "LtiDeepLinkingRequest",
        lti.DEEP_LINKING_SETTINGS: settings,
        lti.AGS_ENDPOINT: {"scope": [lti.SCOPE_SCORE], "lineitems": f"{SERVICES}/3/lineitems?type_id=4"},
    }

    facts = MoodleLms().read_launch(asked)

    assert facts.roster_url is None
    assert facts.line_items_url == f"{SERVICES}/3/lineitems?type_id=4"
    assert facts.deep_linking is not None
    assert facts.deep_linking.data is None
    # It says nothing of columns, and takes them.
    assert facts.deep_linking.accept_line_item
    assert facts.deep_linking.accept_multiple


def test_a_review_from_the_gradebook_names_a_person_and_nothing_else() -> None:
    asked = launch(**{lti.MESSAGE_TYPE: "LtiSubmissionReviewRequest", lti.FOR_USER: {"user_id": "6"}})

    facts = MoodleLms().read_launch(asked)

    # Whether the one who asks may see it is decided by roles and sub: a student can name anybody here.
    assert (facts.message, facts.review_of, facts.role) == ("submission_review", "6", "learner")


@pytest.mark.parametrize(
    "roles, role",
    [
        (["Learner"], "learner"),
        (["Instructor"], "teacher"),
        # Of a vocabulary that does not exist: it says nothing about a course.
        (["Instructor", "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"], "teacher"),
        (["Learner", "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"], "learner"),
    ],
)
def test_a_roster_has_short_roles(roles: list[str], role: str) -> None:
    member = {
        "status": "Active",
        "roles": roles,
        "user_id": "5",
        "lis_person_sourcedid": "",
        "name": "D&#039;Arcy &amp; Dan",
        "given_name": "D&#039;Arcy",
        "family_name": "&amp; Dan",
        "email": "mai@school.example",
        "ext_user_username": "mai",
    }

    read = MoodleLms().read_member(member)

    assert (read.subject, read.role, read.is_active, read.name) == ("5", role, True, "D'Arcy & Dan")


def test_a_name_that_is_put_together_is_unescaped_too() -> None:
    read = MoodleLms().read_member({"user_id": "5", "given_name": "D&#039;Arcy", "family_name": "&amp; Dan"})

    assert read.name == "D'Arcy & Dan"


def offer() -> RegistrationOffer:
    return RegistrationOffer(
        public_url="https://hearth.example",
        name="Hearth",
        description="Peer feedback",
        scopes=lti.SCOPES,
        custom={},
        platform_configuration={},
    )
