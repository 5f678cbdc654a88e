"""
Notes on a place in a work: a passage of its text, or a page of one of its files; and where that place is later on.

A text is known as its paragraphs, see :func:`lti_tool.web.markdown.blocks`. White space says nothing: what a
browser selects, what people type and what stands in the text differ in it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Self, TypeAlias

from lti_tool.exchange.rules.options import Options

MOST_NOTES = 50
"""In one review."""
LONGEST_QUOTE = 500
CONTEXT = 40
"""How many characters before and after a quote are kept to know it again."""
MOST_PAGES = 10_000
ALIKE = 0.6
"""From which share of common words on a paragraph is the one that was quoted, changed."""
TELLING = 30
"""So many letters stand together by chance nowhere else."""
LITTLE = 1 / 3
"""Less than this share of what stood around a quote says nothing."""

HERE, MOVED, CHANGED, GONE = "here", "moved", "changed", "gone"


@dataclass(frozen=True, kw_only=True)
class NotesOptions(Options):
    """Notes on single places of a work, and who else reads a review."""

    TOPIC: ClassVar[str] = "notes"

    on: bool = True
    others: bool = False
    """Whoever has reviewed a work reads what others say about it."""
    since: datetime | None = None
    """From when on; what was given before was written for the author alone. None: from the beginning."""

    MOMENTS: ClassVar[frozenset[str]] = frozenset({"since"})

    def chosen_after(self, before: Self, now: datetime) -> Self:
        """These settings in the place of *before*: they hold from *now* on where others did not read along."""
        if not self.others:
            return replace(self, since=None)
        return replace(self, since=before.since if before.others else now)

    def for_copy(self, now: datetime) -> Self:
        """A copy has no reviews from before."""
        return replace(self, since=None)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Words of a paragraph, or the whole of it, in one version of a text."""

    version: int
    block: int
    """Which paragraph, from 0."""
    quote: str
    """The words, with single spaces; of a whole paragraph its beginning."""
    before: str = ""
    after: str = ""
    at: int = 0
    """Where the quote begins in its paragraph, white space not counted."""
    is_whole: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As notes keep it."""
        whole = {"is_whole": True} if self.is_whole else {}
        kept = {"version": self.version, "block": self.block, "quote": self.quote, "at": self.at}
        return kept | {"before": self.before, "after": self.after} | whole


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A page of a file, with a point or an area of it or without."""

    version: int
    file_id: int
    page: int
    """From 1."""
    x: float | None = None
    y: float | None = None
    """Parts of the page's width and height, from its upper left corner; both or neither."""
    width: float | None = None
    height: float | None = None
    """Of an area; both or neither."""

    def as_dict(self) -> dict[str, Any]:
        """As notes keep it."""
        place = {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
        return {"version": self.version, "file_id": self.file_id, "page": self.page} | {
            name: value for name, value in place.items() if value is not None
        }


Anchor: TypeAlias = Passage | Spot


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a reviewer says about one place."""

    id: int
    """Of this review. Never given again, for an older tab may still speak of a note that was taken away."""
    anchor: Anchor
    words: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As drafts and feedback keep it."""
        return {"id": self.id, "anchor": self.anchor.as_dict(), "words": self.words}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        anchor = kept["anchor"]
        return cls(
            id=kept["id"],
            anchor=Spot(**anchor) if "file_id" in anchor else Passage(**anchor),
            words=kept.get("words", ""),
        )

    def without_quote(self) -> "Note":
        """The note once the work it speaks of was erased: nothing of the author's words is left in it."""
        if isinstance(self.anchor, Spot):
            return self
        return Note(id=self.id, anchor=Passage(version=self.anchor.version, block=0, quote=""), words=self.words)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A note that is being typed and not yet added, as its fields say it."""

    where: str = ""
    """``text-3``, the third paragraph; ``file-17``, the file with that id."""
    quote: str = ""
    at: str = ""
    """Where in its paragraph the quote begins, if somebody pointed at it; white space not counted."""
    page: str = ""
    point: str = ""
    """``x y`` or ``x y width height`` in parts of the page."""
    words: str = ""

    def as_dict(self) -> dict[str, str]:
        """As drafts keep it: nothing where nothing was typed."""
        return {name: value for name, value in vars(self).items() if value} if self else {}

    def __bool__(self) -> bool:
        return bool(self.words.strip() or self.quote.strip())


@dataclass(frozen=True, kw_only=True)
class Noting:
    """What a form says of notes: the words of those that it shows, and one that is being typed."""

    words: Mapping[int, str] = field(default_factory=dict)
    """By id. Notes that are not named stay as they are."""
    begun: Begun = field(default_factory=Begun)


@dataclass(frozen=True)
class NotePart:
    """A note as one of the comments of a feedback."""

    id: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a passage is in a text, maybe another version of it."""

    state: str
    """here, moved, changed or gone."""
    block: int | None = None
    start: int = 0
    end: int = 0
    """Of the quote in its paragraph, white space counted; nothing where it has changed."""


def passage(
    blocks: Sequence[str], *, version: int, block: int, quote: str = "", at: int | None = None
) -> Passage | None:
    """
    The passage that *quote* names in a paragraph; the whole paragraph where nothing is quoted.

    *at* tells which, where the words stand there more than once. None where they do not stand there at all.
    """
    if block not in range(len(blocks)):
        return None
    text = blocks[block]
    wanted = squeezed(spaced(quote)[:LONGEST_QUOTE])
    if not wanted:
        return Passage(version=version, block=block, quote=spaced(text)[:LONGEST_QUOTE].strip(), is_whole=True)
    starts = list(_starts(squeezed(text), wanted))
    if not starts:
        return None
    start = min(starts, key=lambda each: abs(each - (at or 0)))
    first, last = _stretched(text, start, start + len(wanted))
    return Passage(
        version=version,
        block=block,
        quote=spaced(text[first:last]),
        before=spaced(text[:first])[-CONTEXT:],
        after=spaced(text[last:])[:CONTEXT],
        at=start,
    )


def place(anchor: Passage, blocks: Sequence[str]) -> Place:
    """
    Find a passage again. In its own version it is where it was; later it may have moved, changed or gone.

    Where the words stand more than once, those count that have the same words around them, then the nearest.
    """
    wanted = squeezed(anchor.quote)
    if not wanted:
        return Place(state=GONE)
    if anchor.is_whole:
        return _place_of_paragraph(anchor, wanted, blocks)
    texts = [squeezed(text) for text in blocks]
    places = [(block, text, start) for block, text in enumerate(texts) for start in _starts(text, wanted)]
    if not places:
        return _place_of_changed(anchor, blocks)
    found = [(_common_context(anchor, text, start, start + len(wanted)), block, start) for block, text, start in places]
    common, block, start = min(
        found, key=lambda each: (-each[0], abs(each[1] - anchor.block), abs(each[2] - anchor.at))
    )
    if len(wanted) < TELLING and common < len(squeezed(anchor.before + anchor.after)) * LITTLE:
        # A few words stand in many a place. The paragraph where they stood may be there still, without them.
        changed = _place_of_changed(anchor, blocks)
        if changed.block not in (None, block):
            return changed
    first, last = _stretched(blocks[block], start, start + len(wanted))
    return Place(state=HERE if block == anchor.block else MOVED, block=block, start=first, end=last)


def in_order(notes: Sequence[Note]) -> tuple[Note, ...]:
    """As one reads the work: the text from top to bottom, then file by file and page by page."""

    def key(note: Note) -> tuple[float, ...]:
        anchor = note.anchor
        if isinstance(anchor, Passage):
            return (0, anchor.block, anchor.at)
        return (1, anchor.file_id, anchor.page, anchor.y or 0, anchor.x or 0)

    return tuple(sorted(notes, key=key))


def point_of(said: str) -> tuple[float, ...] | None:
    """The two or four parts of a page that a form says; nothing of what is no such point. *said* as in Begun."""
    try:
        values = tuple(round(float(each), 4) for each in said.split())
    except ValueError:
        return None
    is_inside = len(values) in (2, 4) and all(0 <= each <= 1 for each in values)
    if not is_inside or (len(values) == 4 and (values[0] + values[2] > 1.0001 or values[1] + values[3] > 1.0001)):
        return None
    return values


def squeezed(text: str) -> str:
    """*text* without any white space."""
    return "".join(text.split())


def spaced(text: str) -> str:
    """*text* with single spaces."""
    return " ".join(text.split())


def _starts(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _stretched(text: str, start: int, end: int) -> tuple[int, int]:
    """The place in *text* of what stands from *start* to *end* in it squeezed."""
    places = [at for at, letter in enumerate(text) if not letter.isspace()]
    return places[start], places[end - 1] + 1


def _common_context(anchor: Passage, text: str, start: int, end: int) -> int:
    """How many letters around the place are those that stood around the quote."""
    before, after = squeezed(anchor.before), squeezed(anchor.after)
    return _same(reversed(before), reversed(text[:start])) + _same(after, text[end:])


def _same(one: Any, other: Any) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _place_of_paragraph(anchor: Passage, wanted: str, blocks: Sequence[str]) -> Place:
    # Of a long paragraph only the beginning was kept.
    is_cut = len(anchor.quote) >= LONGEST_QUOTE - 1
    texts = [squeezed(text) for text in blocks]
    same = [block for block, text in enumerate(texts) if text == wanted or (is_cut and text.startswith(wanted))]
    if not same:
        return _place_of_changed(anchor, blocks)
    block = min(same, key=lambda each: abs(each - anchor.block))
    return Place(state=HERE if block == anchor.block else MOVED, block=block)


def _place_of_changed(anchor: Passage, blocks: Sequence[str]) -> Place:
    """The paragraph that has most of the words that were quoted or stood beside them, if it has enough of them."""
    wanted = Counter(f"{anchor.before} {anchor.quote} {anchor.after}".casefold().split())
    whole = wanted.total()
    counts = [Counter(text.casefold().split()) for text in blocks]
    shares = [((wanted & count).total() / whole, block) for block, count in enumerate(counts)]
    best, block = max(shares, key=lambda each: (each[0], -abs(each[1] - anchor.block)), default=(0.0, 0))
    return Place(state=CHANGED, block=block) if best >= ALIKE else Place(state=GONE)
