"""
What deep linking speaks of (LTI Deep Linking 2.0): the platform's wishes, and the items we answer with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

RESOURCE_LINK = "ltiResourceLink"
"""The only type of item that we answer with."""


@dataclass(frozen=True, kw_only=True)
class DeepLinkingSettings:
    """``deep_linking_settings`` (section 4.4.1)."""

    return_url: str
    accept_types: tuple[str, ...]
    accept_targets: tuple[str, ...] = ()
    accept_multiple: bool = False
    accept_line_item: bool = True
    title: str = ""
    text: str = ""
    data: Any = None
    """Opaque. Echoed in the answer exactly when it was received, even when empty."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """``icon`` and ``thumbnail`` (section 3.2)."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """How to open the link in a window of its own."""

    target_name: str | None = None
    width: int | None = None
    height: int | None = None
    features: str | None = None


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The size of the frame to open the link in."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class SubmissionReview:
    """How the gradebook opens somebody's work (submission review 1.0)."""

    reviewable: tuple[Literal["None", "InProgress", "Submitted", "Completed"], ...] = (
        "InProgress",
        "Submitted",
        "Completed",
    )
    label: str | None = None
    url: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """The column that the LMS makes in its gradebook along with the link."""

    score_maximum: float
    label: str | None = None
    resource_id: str | None = None
    tag: str | None = None
    grades_released: bool | None = None
    submission_review: SubmissionReview | bool = False
    """True: reviews open like the link itself."""

    def __post_init__(self) -> None:
        if not self.score_maximum > 0:
            raise ValueError("a line item needs a maximum above zero")


@dataclass(frozen=True, kw_only=True)
class ResourceLinkItem:
    """``ltiResourceLink`` (section 3.3)."""

    url: str | None = None
    title: str | None = None
    text: str | None = None
    icon: Picture | None = None
    thumbnail: Picture | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None
    frame: Frame | None = None
    line_item: LineItem | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    submission_from: datetime | None = None
    submission_until: datetime | None = None

    def as_json(self, *, with_line_item: bool = True) -> dict[str, Any]:
        """The item as the platform reads it; what is not said is left out."""
        return _said(
            {
                "type": RESOURCE_LINK,
                "url": self.url,
                "title": self.title,
                "text": self.text,
                "icon": self.icon and _picture(self.icon),
                "thumbnail": self.thumbnail and _picture(self.thumbnail),
                "custom": dict(self.custom) or None,
                "window": self.window and _window(self.window),
                "iframe": self.frame and {"width": self.frame.width, "height": self.frame.height},
                "lineItem": _line_item(self.line_item) if self.line_item and with_line_item else None,
                "available": _span(self.available_from, self.available_until),
                "submission": _span(self.submission_from, self.submission_until),
            }
        )


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _picture(picture: Picture) -> dict[str, Any]:
    return _said({"url": picture.url, "width": picture.width, "height": picture.height})


def _window(window: Window) -> dict[str, Any]:
    return _said(
        {
            "targetName": window.target_name,
            "width": window.width,
            "height": window.height,
            "windowFeatures": window.features,
        }
    )


def _line_item(item: LineItem) -> dict[str, Any]:
    review = SubmissionReview() if item.submission_review is True else item.submission_review
    return _said(
        {
            "label": item.label,
            "scoreMaximum": item.score_maximum,
            "resourceId": item.resource_id,
            "tag": item.tag,
            "gradesReleased": item.grades_released,
            "submissionReview": _review(review) if review else None,
        }
    )


def _review(review: SubmissionReview) -> dict[str, Any]:
    return _said(
        {
            "reviewableStatus": list(review.reviewable),
            "label": review.label,
            "url": review.url,
            "custom": dict(review.custom) or None,
        }
    )


def _span(begin: datetime | None, end: datetime | None) -> dict[str, str] | None:
    return _said({"startDateTime": begin and _iso(begin), "endDateTime": end and _iso(end)}) or None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
