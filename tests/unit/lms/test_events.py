"""Events of Canvas and Moodle as they come, and what they are to us."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas.events import UNWANTED, WANTED, global_id
from canvas.lms import CanvasLms
from lti_tool.lms.events import (
    CourseActivity,
    CourseChanged,
    CourseCopied,
    GroupsChanged,
    IncomingEvent,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    PlaceChanged,
    RosterChanged,
    UnreadableEvent,
    WorkHandedIn,
)
from lti_tool.lms.port import Lms
from lti_tool.lms.standard import StandardLms
from lti_tool.subscriptions import SUBSCRIPTIONS
from moodle.lms import MoodleLms

DOCS = Path(__file__).parents[3] / "docs"
PAYLOADS = Path(__file__).parents[2] / "payloads"
COURSE, PERSON = "700000000000042", "700000000000012"
CANVAS: Mapping[str, type[LmsEvent] | None] = {
    "enrollment_created": RosterChanged,
    "enrollment_updated": RosterChanged,
    "enrollment_state_created": RosterChanged,
    "enrollment_state_updated": RosterChanged,
    "user_account_association_created": None,
    "user_created": PersonChanged,
    "user_updated": PersonChanged,
    "course_created": CourseChanged,
    "course_updated": CourseChanged,
    "course_section_created": GroupsChanged,
    "course_section_updated": GroupsChanged,
    "content_migration_completed": CourseCopied,
    "lti_resource_link_created": CourseActivity,
    "lti_resource_link_updated": PlaceChanged,
    "submission_created": WorkHandedIn,
    "submission_updated": WorkHandedIn,
    "grade_change": WorkHandedIn,
    "group_category_created": GroupsChanged,
    "group_category_updated": GroupsChanged,
    "group_created": GroupsChanged,
    "group_updated": GroupsChanged,
    "group_membership_created": GroupsChanged,
    "group_membership_updated": GroupsChanged,
    "discussion_topic_created": CourseActivity,
    "discussion_topic_updated": CourseActivity,
    "discussion_entry_created": CourseActivity,
}
MOODLE: Mapping[str, type[LmsEvent]] = {
    **dict.fromkeys(["user_enrolment_created", "user_enrolment_updated", "user_enrolment_deleted"], RosterChanged),
    **dict.fromkeys(
        ["role_assigned", "role_unassigned", "cohort_member_added", "cohort_member_removed"], RosterChanged
    ),
    "course_reset_ended": RosterChanged,
    **dict.fromkeys(["group_created", "group_updated", "group_deleted"], GroupsChanged),
    **dict.fromkeys(["group_member_added", "group_member_removed"], GroupsChanged),
    **dict.fromkeys(["grouping_created", "grouping_updated", "grouping_deleted"], GroupsChanged),
    **dict.fromkeys(["grouping_group_assigned", "grouping_group_unassigned"], GroupsChanged),
    **dict.fromkeys(["course_created", "course_updated", "course_deleted"], CourseChanged),
    "course_restored": CourseCopied,
    "user_updated": PersonChanged,
    "user_deleted": PersonDeleted,
    "user_graded": WorkHandedIn,
    **dict.fromkeys(["course_module_updated", "course_module_deleted"], PlaceChanged),
    **dict.fromkeys(["course_module_created", "course_module_completion_updated", "course_completed"], CourseActivity),
    **dict.fromkeys(["calendar_event_created", "calendar_event_updated", "calendar_event_deleted"], CourseActivity),
}


def payload(brand: str, name: str) -> Any:
    """A recorded shape."""
    return json.loads((PAYLOADS / brand / f"{name}.json").read_text())


def one(lms: Lms, document: Any, *, message_id: str = "msg_1") -> IncomingEvent:
    (event,) = lms.read_events(document, message_id=message_id)
    return event


def translated(lms: Lms, document: Any) -> list[LmsEvent]:
    return [told for event in lms.read_events(document, message_id="msg_1") for told in lms.translate(event)]


def test_every_recorded_shape_has_a_line_here() -> None:
    assert {file.stem for file in (PAYLOADS / "canvas").glob("*.json")} == {*CANVAS, "caliper"}
    assert {file.stem for file in (PAYLOADS / "moodle").glob("*.json")} == set(MOODLE)


@pytest.mark.parametrize("name, kind", CANVAS.items())
def test_an_event_of_canvas_is_what_the_table_says(name: str, kind: type[LmsEvent] | None) -> None:
    told = translated(CanvasLms(), payload("canvas", name))

    assert [type(each) for each in told] == ([kind] if kind else [])


@pytest.mark.parametrize("name, is_gone", [("course_module_updated", False), ("course_module_deleted", True)])
def test_an_external_tool_of_a_course_is_a_place_and_other_activities_are_none(name: str, is_gone: bool) -> None:
    told = payload("moodle", name) | {"courseid": 42}

    told["other"] = {"modulename": "lti", "instanceid": 3}
    (event,) = translated(MoodleLms(), told)
    assert event == PlaceChanged(course="42", link="3", is_gone=is_gone, occurred_at=event.occurred_at)

    told["other"] = {"modulename": "quiz", "instanceid": 3}
    assert [type(each) for each in translated(MoodleLms(), told)] == [CourseActivity]


@pytest.mark.parametrize("name, kind", MOODLE.items())
def test_an_event_of_moodle_is_what_the_table_says(name: str, kind: type[LmsEvent]) -> None:
    told = translated(MoodleLms(), payload("moodle", name))

    assert [type(each) for each in told] == [kind]


def test_an_admin_of_canvas_subscribes_to_what_is_heard_and_to_nothing_else() -> None:
    assert {*WANTED, *UNWANTED} == set(CANVAS)
    assert not set(WANTED) & set(UNWANTED)
    assert {CANVAS[name] for name in WANTED} <= set(SUBSCRIPTIONS)
    assert CanvasLms().event_setup("jwt").event_names == WANTED


def test_the_guides_name_every_event_of_canvas_that_is_wanted_and_every_reason() -> None:
    guide = (DOCS / "canvas.md").read_text()

    assert [name for name in (*WANTED, *UNWANTED) if f"`{name}`" not in guide] == []


def test_the_state_of_an_enrolment_is_told_by_the_enrolment_alone() -> None:
    (told,) = translated(CanvasLms(), payload("canvas", "enrollment_state_updated"))

    assert isinstance(told, RosterChanged)
    assert (told.course, told.enrolment) == ("", "700000000000077")


def test_a_link_that_canvas_has_deleted_is_a_place_that_is_gone() -> None:
    (told,) = translated(CanvasLms(), payload("canvas", "lti_resource_link_updated"))

    assert isinstance(told, PlaceChanged)
    assert (told.course, told.link, told.is_gone) == (COURSE, "rl-9", True)


def test_local_and_global_ids_of_canvas_are_one_course() -> None:
    told = [
        each.course
        for name in ("enrollment_created", "course_section_created", "group_category_created", "group_created")
        for each in translated(CanvasLms(), payload("canvas", name))
        if isinstance(each, RosterChanged | GroupsChanged)
    ]

    assert told == [COURSE] * 4


@pytest.mark.parametrize(
    "value, known",
    [
        ("42", COURSE),
        (42, COURSE),
        (COURSE, COURSE),
        (int(COURSE), COURSE),
        (True, ""),
        (None, ""),
        ("x", ""),
        ([], ""),
    ],
    ids=["local text", "local", "global text", "global", "switch", "nothing", "letters", "list"],
)
def test_an_id_is_made_global_by_the_shard_of_its_school(value: Any, known: str) -> None:
    assert global_id(value, 70) == known


def test_both_ways_of_canvas_to_write_a_moment_are_read() -> None:
    iso, spaced = (one(CanvasLms(), payload("canvas", f"enrollment_{name}")) for name in ("created", "updated"))

    assert iso.occurred_at == datetime(2026, 9, 1, 8, 1, tzinfo=UTC)
    assert spaced.occurred_at == datetime(2026, 9, 1, 8, 2, tzinfo=UTC)


def test_the_same_event_of_canvas_has_the_same_key_and_another_has_another() -> None:
    lms = CanvasLms()
    keys = {one(lms, payload("canvas", name)).key for name in CANVAS}
    again = {one(lms, json.loads(json.dumps(payload("canvas", name), sort_keys=True))).key for name in CANVAS}

    assert len(keys) == len(CANVAS)
    assert keys == again


def test_a_caliper_envelope_holds_several_events_with_ids_of_their_own() -> None:
    told = translated(CanvasLms(), payload("canvas", "caliper"))
    events = CanvasLms().read_events(payload("canvas", "caliper"), message_id="")

    assert [type(each) for each in told] == [RosterChanged, CourseChanged]
    assert {each.course for each in told if isinstance(each, RosterChanged | CourseChanged)} == {COURSE}
    assert [each.key[:9] for each in events] == ["urn:uuid:"] * 2
    assert isinstance(told[1], CourseChanged)
    assert told[1].title == "Biology of rivers"


@pytest.mark.parametrize("name", [*CANVAS, "caliper"])
def test_of_a_canvas_event_no_address_login_or_text_is_kept(name: str) -> None:
    kept = json.dumps([dict(each.payload) for each in CanvasLms().read_events(payload("canvas", name), message_id="")])

    for private in ("203.0.113.9", "Mozilla", "amara@school", "In the clouds", "What I think", "Tell us"):
        assert private not in kept


@pytest.mark.parametrize("name", MOODLE)
def test_of_a_moodle_event_no_mail_is_kept(name: str) -> None:
    assert "@" not in json.dumps(dict(one(MoodleLms(), payload("moodle", name)).payload))


def test_our_plugin_and_local_webhooks_say_the_same() -> None:
    plain = payload("moodle", "user_enrolment_created")
    ours = {"type": "moodle.user_enrolment_created", "timestamp": 1, "data": {"site": "s", "event": plain}}
    batch = {
        "type": "moodle.events",
        "timestamp": 1,
        "data": {"site": "s", "events": [plain, plain | {"eventid": "e2"}]},
    }

    assert translated(MoodleLms(), ours) == translated(MoodleLms(), plain | {"token": "t"})
    assert [each.key for each in MoodleLms().read_events(batch, message_id="msg_1")] == ["msg_1/0", "e2"]
    assert MoodleLms().event_token(plain | {"token": "t"}) == "t"
    assert MoodleLms().event_token([]) == ""


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "body", "event_name", "event_time", "data", "eventname", "timecreated", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("lms", [CanvasLms(), MoodleLms(), StandardLms()], ids=["canvas", "moodle", "standard"])
@given(junk=JUNK)
def test_a_body_of_no_known_shape_is_told_and_breaks_nothing(lms: Lms, junk: Any) -> None:
    try:
        events = lms.read_events(junk, message_id="m")
    except UnreadableEvent:
        return
    for event in events:
        lms.translate(event)


@pytest.mark.parametrize("time", ["²", "9" * 5000, "1.5", True, None, -1])
def test_a_moodle_event_of_an_odd_time_is_none(time: Any) -> None:
    with pytest.raises(UnreadableEvent):
        MoodleLms().read_events({"eventname": "x", "timecreated": time}, message_id="m")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "soon", 5])
def test_a_canvas_event_of_an_odd_time_is_none(time: Any) -> None:
    with pytest.raises(UnreadableEvent):
        CanvasLms().read_events({"metadata": {"event_name": "x", "event_time": time}, "body": {}}, message_id="m")


def test_a_course_of_which_canvas_tells_no_state_stays_over_or_running() -> None:
    about = {"event_name": "course_updated", "event_time": "2026-09-01T08:00:00Z", "root_account_id": "70000000000001"}
    for state, is_over in (
        ({}, None),
        ({"workflow_state": "completed"}, True),
        ({"workflow_state": "available"}, False),
    ):
        body = {"course_id": "42", "name": "Biology", **state}
        (told,) = translated(CanvasLms(), {"metadata": about, "body": body})
        assert isinstance(told, CourseChanged)
        assert told.is_over is is_over


def test_a_plain_lms_tells_of_its_roster() -> None:
    document = {"type": "roster.changed", "timestamp": "2026-09-01T08:00:00Z", "data": {"context_id": "c1"}}

    assert translated(StandardLms(), document) == [
        RosterChanged(course="c1", occurred_at=datetime(2026, 9, 1, 8, 0, tzinfo=UTC))
    ]
