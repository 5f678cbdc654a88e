"""
What changed between two versions of a text, word by word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

SAME, GONE, NEW = "same", "gone", "new"

MOST_LINES = 4_000
MOST_PAIRS = 400_000
"""How many words may be compared with how many, within one passage and in the whole text ten times that."""

_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Change:
    """A run of text that stayed, went, or came."""

    kind: str
    text: str


def changes(old: str, new: str) -> tuple[Change, ...]:
    """
    How *old* became *new*: what stayed and went makes up the old text, what stayed and came the new.

    First line by line, then word by word within what differs. Passages too long for that are shown
    as wholly replaced, so that no text, however made, keeps the server busy.
    """
    found = list(_by_line(old.splitlines(keepends=True), new.splitlines(keepends=True)))
    return tuple(_tidy(found))


def _by_line(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    if len(old) > MOST_LINES or len(new) > MOST_LINES:
        yield from _replaced("".join(old), "".join(new))
        return
    budget = 10 * MOST_PAIRS
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        before, after = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield Change(SAME, before)
            continue
        words_before, words_after = _WORD.findall(before), _WORD.findall(after)
        cost = len(words_before) * len(words_after)
        if cost > MOST_PAIRS or cost > budget:
            yield from _replaced(before, after)
            continue
        budget -= cost
        for kind, e, f, g, h in SequenceMatcher(None, words_before, words_after).get_opcodes():
            if kind == "equal":
                yield Change(SAME, "".join(words_before[e:f]))
            else:
                yield from _replaced("".join(words_before[e:f]), "".join(words_after[g:h]))


def _replaced(before: str, after: str) -> Iterator[Change]:
    if before:
        yield Change(GONE, before)
    if after:
        yield Change(NEW, after)


def _tidy(found: list[Change]) -> Iterator[Change]:
    """A blank between two changed words belongs to the change: phrases read better than crumbs."""
    last = len(found) - 1
    loose: list[Change] = []
    for place, each in enumerate(found):
        is_blank = each.kind == SAME and each.text.isspace() and "\n" not in each.text
        if is_blank and 0 < place < last:
            loose += [Change(GONE, each.text), Change(NEW, each.text)]
        else:
            loose.append(each)
    for is_same, run in groupby(loose, key=lambda each: each.kind == SAME):
        pieces = list(run)
        if is_same:
            yield Change(SAME, "".join(each.text for each in pieces))
        else:
            before = "".join(each.text for each in pieces if each.kind == GONE)
            after = "".join(each.text for each in pieces if each.kind == NEW)
            yield from _replaced(before, after)
