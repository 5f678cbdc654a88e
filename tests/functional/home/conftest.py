"""A room that shows on its cards what a test wants to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.web.rooms import Card, NoticeWords, Placement
from lti_tool.web.viewer import Viewer


@dataclass
class Workshop:
    """A room without tables. Its addresses are those of a real one."""

    kind: str = "exchange"
    name: str = "Workshop"
    description: str = "Made for tests"
    show: str = "exchange.show"
    new: str = "exchange.new"
    review: str = "exchange.person"
    on_cards: dict[str, Card] = field(default_factory=dict)
    """By title of the activity; others have a card that says little."""
    hidden: set[str] = field(default_factory=set)

    def cards(
        self, session: Session, viewer: Viewer, activities: Sequence[Activity], *, now: datetime
    ) -> Mapping[int, Card]:
        return {
            activity.id: self.on_cards.get(activity.title, Card(status="Open."))
            for activity in activities
            if activity.title not in self.hidden
        }

    def placement(self, session: Session, activity: Activity) -> Placement:
        return Placement(title=activity.title)

    def clone(self, session: Session, activity: Activity, copy: Activity, *, now: datetime) -> None:
        return

    def notice(self, kind: str, facts: Mapping[str, Any], *, activity_id: int) -> NoticeWords | None:
        return None


@pytest.fixture
def workshop(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """The only room of the house."""
    room = Workshop()
    monkeypatch.setitem(app.extensions, "hearth.rooms", {room.kind: room})
    return room
