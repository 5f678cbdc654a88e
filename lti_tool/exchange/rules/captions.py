"""
What is said in a recording: captions with times (WebVTT, or SubRip as many programs write it), or a transcript.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CAPTIONS, TRANSCRIPT = "captions", "transcript"
MOST_CUES = 10_000
LONGEST_WORDS = 300_000

ARROW = re.compile(
    r"^(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})[ \t]+-->[ \t]+(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
)
TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>|\{\\[^}]*\}")
NAMED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&lrm;": "", "&rlm;": ""}
ENTITY = re.compile("|".join(NAMED))


@dataclass(frozen=True, kw_only=True)
class Cue:
    """Words that stand under a recording for a while."""

    start: int
    """Milliseconds from the beginning."""
    end: int
    text: str
    """One line or more, without marks."""


def has_times(text: str) -> bool:
    """Whether these are captions rather than a transcript."""
    text = text.lstrip("\ufeff")
    return text.startswith("WEBVTT") or any(ARROW.match(line.strip()) for line in text.splitlines()[:20])


def parsed(text: str) -> tuple[Cue, ...]:
    """
    The cues of WebVTT (https://www.w3.org/TR/webvtt1/) or SubRip, in their order.

    Notes, styles, names of cues and of who speaks are left out: they may say who made them. What is
    no cue is passed over, as browsers do.
    """
    found: list[Cue] = []
    for block in re.split(r"\n[ \t]*\n", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        # A cue may have a name, in SubRip its number, in the line before its times.
        for place, line in enumerate(lines[:2]):
            match = ARROW.match(line.strip())
            if match:
                said = "\n".join(filter(None, (_plain(each) for each in lines[place + 1 :])))
                start, end = _milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:])
                if said and start < end:
                    found.append(Cue(start=start, end=end, text=said))
                break
        if len(found) == MOST_CUES:
            break
    return tuple(sorted(found, key=lambda cue: cue.start))


def written(cues: Iterable[Cue]) -> str:
    """The cues as WebVTT, and nothing else."""
    blocks = (f"{_clock(cue.start)} --> {_clock(cue.end)}\n{_escaped(cue.text)}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def as_text(cues: Sequence[Cue]) -> str:
    """What is said, without times, a line for each cue."""
    return "\n".join(cue.text.replace("\n", " ") for cue in cues)


def _plain(line: str) -> str:
    return ENTITY.sub(lambda each: NAMED[each[0]], TAG.sub("", line)).replace("-->", "→").strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _milliseconds(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def _clock(at: int) -> str:
    return f"{at // 3_600_000:02}:{at // 60_000 % 60:02}:{at // 1000 % 60:02}.{at % 1000:03}"
