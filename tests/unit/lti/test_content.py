"""
The items of deep linking, as a platform reads them.
"""

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.lti.content import Frame, LineItem, Picture, ResourceLinkItem, SubmissionReview, Window

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_link_can_say_everything_that_the_specification_knows() -> None:
    """Deep Linking 2.0 section 3.3, submission review 1.0 section 4."""
    item = ResourceLinkItem(
        url="https://hearth.example/lti/launch",
        title="First drafts",
        text="Read each other's drafts.",
        icon=Picture(url="https://hearth.example/icon.png", width=64, height=64),
        thumbnail=Picture(url="https://hearth.example/thumbnail.png"),
        custom={"hearth_activity": "7"},
        window=Window(target_name="hearth", width=900, height=700, features="menubar=no"),
        frame=Frame(width=800, height=600),
        line_item=LineItem(
            score_maximum=10,
            label="Drafts",
            resource_id="7",
            tag="grade",
            grades_released=False,
            submission_review=SubmissionReview(
                reviewable=("Submitted",), label="Read it", url="https://hearth.example/lti/launch", custom={"a": "b"}
            ),
        ),
        available_from=MONDAY,
        available_until=MONDAY + timedelta(days=14),
        submission_from=MONDAY,
        submission_until=MONDAY + timedelta(days=7),
    )

    assert item.as_json() == {
        "type": "ltiResourceLink",
        "url": "https://hearth.example/lti/launch",
        "title": "First drafts",
        "text": "Read each other's drafts.",
        "icon": {"url": "https://hearth.example/icon.png", "width": 64, "height": 64},
        "thumbnail": {"url": "https://hearth.example/thumbnail.png"},
        "custom": {"hearth_activity": "7"},
        "window": {"targetName": "hearth", "width": 900, "height": 700, "windowFeatures": "menubar=no"},
        "iframe": {"width": 800, "height": 600},
        "lineItem": {
            "label": "Drafts",
            "scoreMaximum": 10,
            "resourceId": "7",
            "tag": "grade",
            "gradesReleased": False,
            "submissionReview": {
                "reviewableStatus": ["Submitted"],
                "label": "Read it",
                "url": "https://hearth.example/lti/launch",
                "custom": {"a": "b"},
            },
        },
        "available": {"startDateTime": "2026-03-02T09:30:00+00:00", "endDateTime": "2026-03-16T09:30:00+00:00"},
        "submission": {"startDateTime": "2026-03-02T09:30:00+00:00", "endDateTime": "2026-03-09T09:30:00+00:00"},
    }


def test_what_is_not_said_is_left_out() -> None:
    """An empty object would mean something to some platforms."""
    assert ResourceLinkItem().as_json() == {"type": "ltiResourceLink"}


@pytest.mark.parametrize("maximum", [0, -1, float("nan")])
def test_a_column_needs_a_maximum_above_zero(maximum: float) -> None:
    """AGS 2.0 section 3.2.8."""
    with pytest.raises(ValueError, match="above zero"):
        LineItem(score_maximum=maximum)
