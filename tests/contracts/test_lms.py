"""
One suite for every LMS at the gate, and after it what each does differently.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canvas.lms import CanvasLms
from lti_tool.lms.port import Grade, Lms, RegistrationOffer
from lti_tool.lms.standard import StandardLms
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import Rejected
from moodle.lms import MoodleLms

MOMENT = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"

ALL: dict[str, Lms] = {"standard": StandardLms(), "canvas": CanvasLms(), "moodle": MoodleLms()}


@pytest.fixture(params=list(ALL.values()), ids=list(ALL))
def lms(request: pytest.FixtureRequest) -> Lms:
    made: Lms = request.param
    return made


def claims(**changes: Any) -> dict[str, Any]:
    """A launch as any platform sends it."""
    return {
        "sub": "person-1",
        "name": "Mai Tran",
        lti.MESSAGE_TYPE: "LtiResourceLinkRequest",
        lti.DEPLOYMENT_ID: "1",
        lti.TARGET_LINK_URI: "https://hearth.example/lti/launch",
        lti.RESOURCE_LINK: {"id": "link-1", "title": "First drafts"},
        lti.CONTEXT: {"id": "course-1", "label": "BIO 1", "title": "Biology"},
        lti.ROLES: [f"{MEMBERSHIP}#Learner"],
    } | changes


def grade(**changes: Any) -> Grade:
    given: dict[str, Any] = {
        "subject": "person-1",
        "score_given": 8.5,
        "score_maximum": 10.0,
        "comment": "Clear and kind.",
        "timestamp": MOMENT,
        "submitted_at": MOMENT - timedelta(days=1),
        "is_new_work": True,
    }
    return Grade(**given | changes)


def offer(**platform: Any) -> RegistrationOffer:
    return RegistrationOffer(
        public_url="https://hearth.example:8443",
        name="Hearth",
        description="Peer feedback",
        scopes=lti.SCOPES,
        custom={},
        platform_configuration=platform,
    )


# Launches


def test_a_launch_is_read(lms: Lms) -> None:
    facts = lms.read_launch(
        claims(
            **{
                lti.AGS_ENDPOINT: {
                    "scope": [lti.SCOPE_SCORE],
                    "lineitems": "https://lms.example/items?type_id=1",
                    "lineitem": "https://lms.example/items/3/lineitem?type_id=1",
                },
                lti.NRPS: {"context_memberships_url": "https://lms.example/members", "service_versions": ["2.0"]},
                lti.TOOL_PLATFORM: {"product_family_code": "MOODLE"},
                lti.LAUNCH_PRESENTATION: {"locale": "fr"},
            }
        )
    )

    assert (facts.message, facts.subject, facts.name, facts.role) == (
        "resource_link",
        "person-1",
        "Mai Tran",
        "learner",
    )
    assert (facts.context_id, facts.context_title, facts.context_label) == ("course-1", "Biology", "BIO 1")
    assert (facts.resource_link_id, facts.resource_link_title) == ("link-1", "First drafts")
    assert facts.roster_url == "https://lms.example/members"
    assert facts.line_items_url == "https://lms.example/items?type_id=1"
    assert facts.line_item_url == "https://lms.example/items/3/lineitem?type_id=1"
    assert facts.scopes == (lti.SCOPE_SCORE,)
    assert (facts.family, facts.locale) == ("moodle", "fr")


def test_what_a_launch_leaves_out_is_empty(lms: Lms) -> None:
    least = {name: value for name, value in claims().items() if name not in ("sub", "name", lti.CONTEXT)}

    facts = lms.read_launch(least)

    assert facts.subject is None
    assert (facts.name, facts.context_id) == ("", "")
    assert (facts.roster_url, facts.line_items_url, facts.line_item_url, facts.deep_linking) == (None, None, None, None)


def test_a_line_item_that_was_deleted_is_told_from_one_that_was_not_mentioned(lms: Lms) -> None:
    """Moodle sends ``"lineitem": ""`` after the activity's own one was deleted."""
    gone = lms.read_launch(claims(**{lti.AGS_ENDPOINT: {"lineitems": "https://lms.example/items", "lineitem": ""}}))
    unsaid = lms.read_launch(claims(**{lti.AGS_ENDPOINT: {"lineitems": "https://lms.example/items"}}))

    assert gone.line_item_url == ""
    assert unsaid.line_item_url is None


ROLES: dict[str, tuple[list[str], str]] = {
    "instructor": ([f"{MEMBERSHIP}#Instructor"], "teacher"),
    "learner": ([f"{MEMBERSHIP}#Learner"], "learner"),
    "assistant alone": ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], "assistant"),
    "assistant with parent": (
        [f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}/Instructor#TeachingAssistant"],
        "assistant",
    ),
    "primary instructor alone": ([f"{MEMBERSHIP}/Instructor#PrimaryInstructor"], "teacher"),
    "teacher who assists too": (
        [f"{MEMBERSHIP}/Instructor#Lecturer", f"{MEMBERSHIP}/Instructor#TeachingAssistant"],
        "teacher",
    ),
    "designer": ([f"{MEMBERSHIP}#ContentDeveloper"], "teacher"),
    "course administrator": ([f"{MEMBERSHIP}#Administrator"], "teacher"),
    "mentor": ([f"{MEMBERSHIP}#Mentor"], "observer"),
    "learner's sub-role": ([f"{MEMBERSHIP}/Learner#NonCreditLearner"], "learner"),
    "teacher who learns too": ([f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"], "teacher"),
    "institution's administrator": ([f"{INSTITUTION}#Administrator"], "observer"),
    "institution's instructor": ([f"{INSTITUTION}#Instructor"], "observer"),
    "institution's staff as learner": ([f"{INSTITUTION}#Staff", f"{MEMBERSHIP}#Learner"], "learner"),
    "teacher who is student elsewhere": ([f"{INSTITUTION}#Student", f"{MEMBERSHIP}#Instructor"], "teacher"),
    "short instructor": (["Instructor"], "teacher"),
    "short learner": (["Learner"], "learner"),
    "none": ([], "observer"),
    "empty word": ([""], "observer"),
    "unknown": (["http://example.org#Instructor", "urn:x:Instructor"], "observer"),
}


@pytest.mark.parametrize("roles, role", ROLES.values(), ids=ROLES)
def test_the_role_is_that_of_the_context(lms: Lms, roles: list[str], role: str) -> None:
    """Institution roles never grant course rights, in launches and rosters alike."""
    assert lms.read_launch(claims(**{lti.ROLES: roles})).role == role
    assert lms.read_member({"user_id": "1", "roles": roles}).role == role


def test_the_institutions_administrator_is_known_without_rights(lms: Lms) -> None:
    facts = lms.read_launch(claims(**{lti.ROLES: [f"{INSTITUTION}#Administrator", f"{MEMBERSHIP}#Learner"]}))

    assert facts.is_admin
    assert facts.role == "learner"


def test_the_student_view_is_known(lms: Lms) -> None:
    test_user = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

    assert lms.read_launch(claims(**{lti.ROLES: [f"{MEMBERSHIP}#Learner", test_user]})).is_test_user
    assert not lms.read_launch(claims()).is_test_user


def test_unresolved_variables_are_absent(lms: Lms) -> None:
    custom = {
        "context_history": "$Context.id.history",
        "link_history": "$ResourceLink.id.history",
        "groups": "$Moodle.Person.userGroupIds",
        "sections": "$Canvas.course.sectionIds",
        "price": "$5 each",
    }

    facts = lms.read_launch(claims(**{lti.CUSTOM: custom}))

    assert (facts.context_history, facts.resource_link_history, facts.groups, facts.sections) == ((), (), (), ())
    assert facts.custom == {"price": "$5 each"}


def test_histories_are_decoded_nearest_first(lms: Lms) -> None:
    facts = lms.read_launch(claims(**{lti.CUSTOM: {"context_history": "4, a%2Cb,,9", "groups": "1,4,1"}}))

    assert facts.context_history == ("4", "a,b", "9")
    assert facts.groups == ("1", "4")


def test_our_parameters_lead_back_to_the_activity(lms: Lms) -> None:
    facts = lms.read_launch(claims(**{lti.CUSTOM: {"hearth_activity": "abc", "hearth_placement": "p1"}}))

    assert (facts.activity, facts.placement) == ("abc", "p1")


def test_a_submission_review_names_whose_work(lms: Lms) -> None:
    facts = lms.read_launch(
        claims(**{lti.MESSAGE_TYPE: "LtiSubmissionReviewRequest", lti.FOR_USER: {"user_id": "person-2"}})
    )

    assert (facts.message, facts.review_of) == ("submission_review", "person-2")


def test_deep_linking_settings_are_read(lms: Lms) -> None:
    settings = {
        "deep_link_return_url": "https://lms.example/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "accept_multiple": "true",
        "accept_lineitem": False,
        "data": "",
    }

    read = lms.read_launch(
        claims(**{lti.MESSAGE_TYPE: "LtiDeepLinkingRequest", lti.DEEP_LINKING_SETTINGS: settings})
    ).deep_linking

    assert read is not None
    assert (read.accept_types, read.accept_targets) == (("ltiResourceLink",), ("iframe",))
    assert (read.accept_multiple, read.accept_line_item, read.data) == (True, False, "")


# Scores


def test_a_score_is_final_or_not_sent(lms: Lms) -> None:
    """Anything but FullyGraded erases the grade on some platforms."""
    payload = lms.score_payload(grade())

    assert payload is not None
    assert payload["userId"] == "person-1"
    assert (payload["activityProgress"], payload["gradingProgress"]) == ("Completed", "FullyGraded")
    assert (payload["scoreGiven"], payload["scoreMaximum"]) == (8.5, 10.0)


def test_every_score_brings_its_comment_along(lms: Lms) -> None:
    """Moodle takes a score without one as the wish to have none."""
    payload = lms.score_payload(grade(is_new_work=False))

    assert payload is not None
    assert payload["comment"] == "Clear and kind."


def test_timestamps_have_fractions_and_a_zone(lms: Lms) -> None:
    payload = lms.score_payload(grade())

    assert payload is not None
    assert payload["timestamp"] == "2026-03-02T09:30:00.250+00:00"
    assert payload["submission"] == {"submittedAt": "2026-03-01T09:30:00.250+00:00"}


def test_a_score_of_zero_is_a_score(lms: Lms) -> None:
    payload = lms.score_payload(grade(score_given=0.0))

    assert payload is not None
    assert payload["scoreGiven"] == 0.0


# Rosters


def test_a_member_is_read(lms: Lms) -> None:
    member = lms.read_member({"user_id": "7", "roles": ["Learner"], "given_name": "Mai", "family_name": "Tran"})

    assert (member.subject, member.role, member.is_active, member.name) == ("7", "learner", True, "Mai Tran")


@pytest.mark.parametrize("status, active", [("Active", True), (None, True), ("Inactive", False), ("Deleted", False)])
def test_only_the_active_are_active(lms: Lms, status: str | None, active: bool) -> None:
    assert lms.read_member({"user_id": "7", "roles": [], "status": status}).is_active is active


def test_an_anonymous_member_has_no_name(lms: Lms) -> None:
    """So that a known name is not overwritten."""
    assert lms.read_member({"user_id": "7"}).name == ""


@pytest.mark.parametrize("user_id", [None, "", True, ["7"]])
def test_a_member_without_an_id_makes_the_roster_useless(lms: Lms, user_id: object) -> None:
    with pytest.raises(Rejected):
        lms.read_member({"user_id": user_id, "roles": ["Learner"]})


# Registration


def test_the_registration_says_where_everything_is(lms: Lms) -> None:
    made = lms.registration(offer())
    tool = made[lti.TOOL_CONFIGURATION]

    assert made["initiate_login_uri"] == "https://hearth.example:8443/lti/login"
    assert made["redirect_uris"] == ["https://hearth.example:8443/lti/launch"]
    assert made["jwks_uri"] == "https://hearth.example:8443/lti/jwks.json"
    assert (made["token_endpoint_auth_method"], made["application_type"]) == ("private_key_jwt", "web")
    assert made["response_types"] == ["id_token"]
    assert tool["domain"] == "hearth.example:8443"
    assert tool["target_link_uri"] == "https://hearth.example:8443/lti/launch"
    assert {message["type"] for message in tool["messages"]} >= {"LtiResourceLinkRequest", "LtiDeepLinkingRequest"}


def test_reading_scopes_are_asked_for_beside_the_writing_ones(lms: Lms) -> None:
    assert set(lms.registration(offer())["scope"].split()) == set(lti.SCOPES)


def test_only_scopes_that_the_platform_has_are_asked_for(lms: Lms) -> None:
    made = lms.registration(offer(scopes_supported=["openid", lti.SCOPE_SCORE]))

    assert made["scope"] == lti.SCOPE_SCORE


def test_names_are_asked_for_and_mail_is_not(lms: Lms) -> None:
    wanted = lms.registration(offer())[lti.TOOL_CONFIGURATION]["claims"]

    assert {"sub", "name", "given_name", "family_name"} <= set(wanted)
    assert "email" not in wanted


def test_the_histories_are_asked_for(lms: Lms) -> None:
    custom = lms.registration(offer())[lti.TOOL_CONFIGURATION]["custom_parameters"]

    assert custom["context_history"] == "$Context.id.history"
    assert custom["link_history"] == "$ResourceLink.id.history"
    assert all(name == name.lower() and name.replace("_", "").isalnum() for name in custom)


# What Moodle does differently


def test_moodle_says_with_409_that_it_has_this_second_already() -> None:
    assert MoodleLms().score_was_kept(409)
    assert not MoodleLms().score_was_kept(400)
    assert not StandardLms().score_was_kept(409)


def test_moodle_escapes_names_in_rosters_only() -> None:
    assert MoodleLms().read_member({"user_id": "7", "name": "Ann &amp; Bob O&#039;Neil"}).name == "Ann & Bob O'Neil"
    assert MoodleLms().read_launch(claims(name="Ann &amp; Bob")).name == "Ann &amp; Bob"


def test_moodle_is_asked_for_no_page_size() -> None:
    """Results break off with one, and rosters shift between pages."""
    url = "https://moodle.example/mod/lti/services.php/CourseSection/2/bindings/1/memberships"

    assert MoodleLms().results_page_size() is None
    assert MoodleLms().roster_page_url(url) == url


def test_moodle_fills_in_groups() -> None:
    custom = MoodleLms().registration(offer())[lti.TOOL_CONFIGURATION]["custom_parameters"]

    assert custom["groups"] == "$Moodle.Person.userGroupIds"
    assert "$User.username" not in custom.values()


@pytest.mark.parametrize(
    "hint, url",
    [
        ('{"cmid":12,"launchid":"x"}', "https://moodle.example/school/mod/lti/launch.php?id=12"),
        ('{"cmid":"12"}', "https://moodle.example/school/mod/lti/launch.php?id=12"),
        ('{"cmid":0}', None),
        ('{"cmid":"12&evil=1"}', None),
        ('{"cmid":true}', None),
        ("[12]", None),
        ("not JSON", None),
        ("", None),
        (None, None),
    ],
)
def test_moodle_starts_over_from_the_activity(hint: str | None, url: str | None) -> None:
    """Its hints are good for one launch, so the login cannot be repeated."""
    assert MoodleLms().relaunch_url(issuer="https://moodle.example/school/", message_hint=hint) == url


def test_elsewhere_the_login_is_simply_repeated() -> None:
    for lms in (StandardLms(), CanvasLms()):
        assert lms.relaunch_url(issuer="https://lms.example", message_hint='{"cmid":12}') is None


# What Canvas does differently


def test_canvas_makes_one_submission_and_leaves_a_teachers_grade_alone() -> None:
    first, later = CanvasLms().score_payload(grade()), CanvasLms().score_payload(grade(is_new_work=False))

    assert first is not None
    assert later is not None
    key = "https://canvas.instructure.com/lti/submission"
    assert (first[key]["new_submission"], later[key]["new_submission"]) == (True, False)
    assert first[key]["submission_type"] == "external_tool"
    assert first[key]["prioritize_non_tool_grade"] is later[key]["prioritize_non_tool_grade"] is True


def test_canvas_shows_no_submission_of_who_handed_in_nothing() -> None:
    payload = CanvasLms().score_payload(grade(submitted_at=None, is_new_work=False))

    assert payload is not None
    told = payload["https://canvas.instructure.com/lti/submission"]
    assert (told["new_submission"], told["submission_type"]) == (False, "none")
    assert payload["scoreGiven"] == 8.5


def test_canvas_hears_of_work_and_keeps_the_grade_it_has() -> None:
    told = CanvasLms().score_payload(grade(score_given=None, is_graded=False))

    assert told is not None
    assert (told["activityProgress"], told["gradingProgress"]) == ("Submitted", "Pending")
    assert "scoreGiven" not in told
    assert told["submission"] == {"submittedAt": "2026-03-01T09:30:00.250+00:00"}
    assert told["https://canvas.instructure.com/lti/submission"] == {
        "new_submission": True,
        "preserve_score": True,
        "prioritize_non_tool_grade": True,
        "submission_type": "external_tool",
        "submitted_at": "2026-03-01T09:30:00.250+00:00",
    }


@pytest.mark.parametrize("lms", [StandardLms(), MoodleLms()], ids=["standard", "moodle"])
def test_elsewhere_work_without_a_grade_is_not_told(lms: Lms) -> None:
    """A score without scoreGiven takes a grade away there."""
    assert not lms.hears_of_work()
    assert lms.score_payload(grade(score_given=None, is_graded=False)) is None


def test_canvas_cannot_take_a_grade_back() -> None:
    """A score that is not final would only empty the submission."""
    assert CanvasLms().score_payload(grade(score_given=None)) is None


@pytest.mark.parametrize("lms", [StandardLms(), MoodleLms()], ids=["standard", "moodle"])
def test_elsewhere_a_grade_is_taken_back_by_a_reset(lms: Lms) -> None:
    payload = lms.score_payload(grade(score_given=None))

    assert payload is not None
    assert (payload["activityProgress"], payload["gradingProgress"]) == ("Initialized", "NotReady")
    assert "scoreGiven" not in payload


def test_canvas_gives_fifty_at_once() -> None:
    url = "https://canvas.example/api/lti/courses/1/names_and_roles"

    assert CanvasLms().roster_page_url(url) == url + "?limit=50"
    assert CanvasLms().roster_page_url(url + "?rlid=3") == url + "?rlid=3&limit=50"
    assert CanvasLms().results_page_size() == 50


PLACES = {"course_navigation", "assignment_selection", "link_selection", "editor_button", "account_navigation"}
CHOOSING = {"assignment_selection", "link_selection", "editor_button"}
CANVAS_EXTENSION = "https://canvas.instructure.com/lti/"


def test_canvas_is_registered_with_a_message_for_each_place() -> None:
    tool = CanvasLms().registration(offer())[lti.TOOL_CONFIGURATION]
    by_place = {message["placements"][0]: message for message in tool["messages"]}

    assert set(by_place) == {CANVAS_EXTENSION + place for place in PLACES}
    for place, message in by_place.items():
        chooses = place.removeprefix(CANVAS_EXTENSION) in CHOOSING
        assert message["type"] == ("LtiDeepLinkingRequest" if chooses else "LtiResourceLinkRequest")
        assert message["label"]
        assert message["icon_uri"].startswith("https://hearth.example:8443/")
    assert by_place[CANVAS_EXTENSION + "account_navigation"][CANVAS_EXTENSION + "visibility"] == "admins"
    assert by_place[CANVAS_EXTENSION + "course_navigation"][CANVAS_EXTENSION + "course_navigation/default_enabled"] is (
        False
    )
    assert tool[CANVAS_EXTENSION + "privacy_level"] == "name_only"
    assert tool["custom_parameters"]["sections"] == "$Canvas.course.sectionIds"


def test_both_ways_of_installing_in_canvas_offer_the_same() -> None:
    pasted = CanvasLms().configuration(offer())
    registered = CanvasLms().registration(offer())
    tool = registered[lti.TOOL_CONFIGURATION]
    (extension,) = pasted["extensions"]

    assert pasted["custom_fields"] == tool["custom_parameters"]
    assert set(pasted["scopes"]) == set(registered["scope"].split())
    assert extension["domain"] == tool["domain"] == "hearth.example:8443"
    assert extension["tool_id"] == tool[CANVAS_EXTENSION + "tool_id"]
    assert extension["privacy_level"] == tool[CANVAS_EXTENSION + "privacy_level"]
    assert {
        (each["placement"], each["message_type"], each["text"], each["visibility"])
        for each in extension["settings"]["placements"]
    } == {
        (
            each["placements"][0].removeprefix(CANVAS_EXTENSION),
            each["type"],
            each["label"],
            each[CANVAS_EXTENSION + "visibility"],
        )
        for each in tool["messages"]
    }


def test_the_navigation_of_a_canvas_account_is_no_course() -> None:
    """Its ``context`` is the account: an admin who comes from there comes for the institution."""
    facts = CanvasLms().read_launch(
        claims(
            **{
                lti.CONTEXT: {"id": "account-1", "title": "Northfield College", "type": ["Account"]},
                lti.ROLES: [f"{INSTITUTION}#Administrator"],
                "https://www.instructure.com/placement": "account_navigation",
            }
        )
    )

    assert (facts.context_id, facts.context_title, facts.lms_course_id) == ("", "", "")
    assert facts.is_admin


@pytest.mark.parametrize(
    "brand, colour",
    [
        ('{"ic-brand-primary": "#0374B5", "ic-link-color": "#fff"}', "0374b5"),
        ('{"ic-brand-primary": " #Fa0 "}', "ffaa00"),
        ('{"ic-brand-primary": "red"}', ""),
        ('{"ic-brand-primary": "#12345g"}', ""),
        ('{"ic-brand-primary": "#000000;}body{display:none"}', ""),
        ('{"ic-brand-primary": 7}', ""),
        ('["#0374B5"]', ""),
        ("[" * 30_000, ""),
        ("not JSON", ""),
        ("$com.instructure.brandConfigJSON", ""),
    ],
)
def test_the_colour_of_a_canvas_is_a_colour_or_nothing(brand: str, colour: str) -> None:
    assert CanvasLms().read_launch(claims(**{lti.CUSTOM: {"brand": brand}})).brand_colour == colour


def test_canvas_tells_who_needs_more_contrast() -> None:
    told = [
        CanvasLms().read_launch(claims(**{lti.CUSTOM: {"high_contrast": value}})).more_contrast
        for value in ("true", "false", "$Canvas.user.prefersHighContrast", True)
    ]

    assert told == [True, False, False, True]
