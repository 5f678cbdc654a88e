"""The small helpers of templates."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lti_tool.web.pages import field_id, problems_of, utc_input


@pytest.mark.parametrize(
    "name, expected",
    [
        ("title", "Too short. Too dull."),
        ("criteria-1-title", "Needs a name."),
        ("criteria.1.title", "Needs a name."),
        ("criteria-0-title", ""),
        ("missing", ""),
    ],
)
def test_a_field_finds_what_is_wrong_with_it(name: str, expected: str) -> None:
    messages = {"title": ["Too short.", "Too dull."], "criteria": {1: {"title": ["Needs a name."]}}}

    assert problems_of(messages, name) == expected


@pytest.mark.parametrize("errors", [None, [], "text"])
def test_without_messages_nothing_is_wrong(errors: object) -> None:
    assert problems_of(errors, "title") == ""


def test_ids_of_fields_meet_no_id_of_the_page() -> None:
    assert field_id("content") == "field-content"
    assert field_id("Your words, please") == "field-your-words-please"


def test_a_moment_fills_its_field_in_utc() -> None:
    summer = datetime(2026, 5, 3, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert utc_input(summer) == "2026-05-03T12:00"


@pytest.mark.parametrize(
    "typed, shown",
    [
        ("2026-05-03T12:00:00.000Z", "2026-05-03T12:00"),
        ("2026-05-03T12:00", "2026-05-03T12:00"),
        ("soon", "soon"),
        (None, ""),
    ],
)
def test_a_moment_that_was_typed_comes_back(typed: str | None, shown: str) -> None:
    assert utc_input(typed) == shown


def test_a_moment_without_a_zone_is_utc() -> None:
    assert utc_input(datetime(2026, 5, 3, 12, 0, tzinfo=UTC)) == "2026-05-03T12:00"
