"""
What of an event an admin is shown: which course or person it is about, by their numbers, and nobody's name. And when a
source has fallen silent.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

HIDDEN = "…"
NAMES = re.compile("name|login|mail|title|sis|phone|text|body|description|message", re.IGNORECASE)
"""What a field is called that may name somebody, or hold what they wrote."""
PLAIN = re.compile(r"[A-Za-z0-9_.:+\\-]{1,100}")
"""A number, a moment, a word of a machine: one run without blanks."""


def shown(payload: Any, *, field: str = "") -> Any:
    """
    *payload* as JSON has it, with :data:`HIDDEN` for each value that may be a person's name or words.

    Fields stay, so that whoever looks for a fault sees that there was something.
    """
    if isinstance(payload, Mapping):
        return {str(name): shown(value, field=str(name)) for name, value in payload.items()}
    if isinstance(payload, list):
        return [shown(each, field=field) for each in payload]
    if isinstance(payload, str) and payload and (NAMES.search(field) or not PLAIN.fullmatch(payload)):
        return HIDDEN
    return payload


class Voice(StrEnum):
    """How a source speaks."""

    NEW = "new"
    """It never has."""
    SPEAKS = "speaks"
    QUIET = "quiet"
    """For much longer than usual; but nobody has opened Hearth either, so perhaps it is holidays."""
    SILENT = "silent"
    """For much longer than usual, though people opened Hearth meanwhile."""


REGULAR = 5
"""On so many days of four weeks a source has to have spoken, before its own habit counts."""
PATIENCE = timedelta(days=7)
"""For whom has no habit yet."""
SHORTEST = timedelta(days=2)


def voice(days: Sequence[date], *, last_at: datetime | None, launched_at: datetime | None, now: datetime) -> Voice:
    """
    Whether a source has fallen silent.

    *days* are those of the last weeks on which it spoke, in their order; *last_at* is when it did last, *launched_at*
    when somebody last opened Hearth.
    """
    if last_at is None:
        return Voice.NEW
    if now - last_at <= patience(days):
        return Voice.SPEAKS
    # Whoever opens Hearth has just been in a course: something must have happened there of which events tell.
    return Voice.SILENT if launched_at is not None and launched_at > last_at + SHORTEST else Voice.QUIET


class Source(Protocol):
    """One address, as far as deciding about it goes; see :class:`webhooks.room.queries.Doing`."""

    @property
    def state(self) -> str: ...
    @property
    def last_at(self) -> datetime | None: ...
    @property
    def given_up(self) -> int: ...
    @property
    def is_refused(self) -> bool: ...
    @property
    def days(self) -> Sequence[date]: ...


class Events(StrEnum):
    """How it stands with the events of an LMS, the worst first."""

    NONE = "none"
    """Nobody has made an address."""
    GIVEN_UP = "given_up"
    REFUSED = "refused"
    """What came last."""
    PAUSED = "paused"
    """Every address."""
    REMOVED = "removed"
    """The LMS still sends to an address that is gone."""
    SILENT = "silent"
    NEW = "new"
    QUIET = "quiet"
    WELL = "well"


def events_are(
    sources: Sequence[Source], *, sent_to_removed: int, launched_at: datetime | None, now: datetime
) -> Events:
    """What to say of *sources*, of which one that is well cannot hide another that is not."""
    active = [each for each in sources if each.state == "active"]
    voices = {voice(each.days, last_at=each.last_at, launched_at=launched_at, now=now) for each in active}
    found = {
        Events.NONE: not sources and not sent_to_removed,
        Events.GIVEN_UP: any(each.given_up for each in sources),
        Events.REFUSED: any(each.is_refused for each in sources),
        Events.PAUSED: bool(sources) and not active,
        Events.REMOVED: bool(sent_to_removed),
        Events.SILENT: Voice.SILENT in voices,
        Events.NEW: voices == {Voice.NEW},
        Events.QUIET: Voice.QUIET in voices and Voice.SPEAKS not in voices,
    }
    return next((each for each, holds in found.items() if holds), Events.WELL)


def patience(days: Sequence[date]) -> timedelta:
    """How long a source that spoke on these *days*, in their order, may keep silent: twice as long as it ever did."""
    if len(days) < REGULAR:
        return PATIENCE
    longest = max(after - before for before, after in itertools.pairwise(days))
    return max(2 * longest, SHORTEST)
