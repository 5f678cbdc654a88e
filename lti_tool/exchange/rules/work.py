"""
What is handed in: what a topic's settings ask of a work, and what stands beside its words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from lti_tool.exchange.rules.criteria import REQUIRED
from lti_tool.exchange.rules.options import Options

ALLOWED, UNWANTED = "allowed", "unwanted"
WAYS = (ALLOWED, REQUIRED, UNWANTED)

STAGES = ("idea", "first_draft", "nearly_done")
MOST_QUESTIONS = 3
LONGEST_PLACE = 120
"""Of the line that says where something is shown."""
MOST_LINKS = 5
LONGEST_QUESTION = 300
LONGEST_LINK = 2_000
LONGEST_LINK_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class WorkOptions(Options):
    """What is handed in, and how often."""

    TOPIC: ClassVar[str] = "work"

    text: str = ALLOWED
    files: str = ALLOWED
    links: str = UNWANTED
    rounds: bool = False
    """Whoever has received feedback may hand in a revised version."""
    ask: bool = False
    """Authors say how far the work is, and ask their reviewers up to three questions."""
    live: bool = False
    """Nothing is handed in: it is shown live, and people sign up for it."""
    recordings: bool = False
    """Audio and video may be among the files."""
    transcripts: bool = False
    """Each of them must come with what is said in it."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Something elsewhere that belongs to a work. It is shown and never fetched."""

    url: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside the words of a work: how far it is, what its author asks, where more of it is."""

    stage: str = ""
    """One of :data:`STAGES`, or nothing."""
    questions: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As works and their versions keep it."""
        links = [{"url": link.url, "title": link.title} for link in self.links]
        return {"stage": self.stage, "questions": list(self.questions), "links": links} if self else {}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            stage=kept.get("stage", ""),
            questions=tuple(kept.get("questions", ())),
            links=tuple(Link(**link) for link in kept.get("links", ())),
        )

    def __bool__(self) -> bool:
        return bool(self.stage or self.questions or self.links)


def is_link(url: str) -> bool:
    """Whether *url* is an address that we show: https, a host, nobody's password, nothing invisible."""
    if len(url) > LONGEST_LINK or not url.isascii() or any(letter <= " " or letter in '"<>\\^`{|}' for letter in url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https" and bool(parts.hostname) and "." in (parts.hostname or "") and "@" not in parts.netloc
    )


def missing_parts(options: WorkOptions, *, body: str, files: int, links: int) -> tuple[str, ...]:
    """Which parts a work lacks to be handed in: ``text``, ``files``, ``links``; ``any`` where it has none at all."""
    if options.live:
        return ()
    has = {"text": bool(body.strip()), "files": files > 0, "links": links > 0}
    asked = {"text": options.text, "files": options.files, "links": options.links}
    lacking = tuple(part for part, is_there in has.items() if asked[part] == REQUIRED and not is_there)
    return lacking or (() if any(has.values()) else ("any",))


def unanswered(questions: Sequence[str], answers: Sequence[str]) -> tuple[int, ...]:
    """The places of the author's questions that have no answer yet."""
    return tuple(place for place in range(len(questions)) if place >= len(answers) or not answers[place].strip())


def may_hand_in_again(options: WorkOptions, *, is_read: bool, has_feedback: bool) -> bool:
    """Whether handed-in work may be replaced: while nobody reads it, and in rounds once feedback has come."""
    return not is_read or (options.rounds and has_feedback)
