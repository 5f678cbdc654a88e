"""
Notes as a page shows them: beside the words they are about, each with the words in which it says where that is.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from lti_tool.exchange import rules
from lti_tool.exchange.models import Feedback, SubmissionFile
from lti_tool.exchange.queries.student import Received
from lti_tool.exchange.queries.work import Version
from lti_tool.exchange.rules import Note
from lti_tool.web import markdown

SHORT = 60
"""How much of a quote a title says."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A note of one review, and what its reader may know of that review."""

    note: Note
    feedback: Feedback | None = None
    who: str = ""
    """A name or "Reviewer K"; nothing where it is one's own."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A note on a page."""

    said: Said
    number: int
    """Its place among all notes of the page."""
    state: str
    """here, moved, changed or gone."""
    where: str

    @property
    def note(self) -> Note:
        return self.said.note

    @property
    def quote(self) -> str:
        anchor = self.note.anchor
        return anchor.quote if isinstance(anchor, rules.Passage) else ""

    @property
    def file_id(self) -> int | None:
        anchor = self.note.anchor
        return anchor.file_id if isinstance(anchor, rules.Spot) else None

    @property
    def place(self) -> str:
        """The point or area of its page, as a form says it."""
        anchor = self.note.anchor
        if not isinstance(anchor, rules.Spot):
            return ""
        parts = (anchor.x, anchor.y, anchor.width, anchor.height)
        return " ".join(f"{each:g}" for each in parts if each is not None)

    @property
    def page(self) -> int | None:
        anchor = self.note.anchor
        return anchor.page if isinstance(anchor, rules.Spot) else None


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A piece of the text with the notes on it."""

    number: int
    html: Markup
    text: str
    is_item: bool
    is_meant: bool
    """Some note is about the whole of it."""
    notes: tuple[Shown, ...]

    @property
    def has_words(self) -> bool:
        return bool(self.text.strip())

    @property
    def beginning(self) -> str:
        """Enough to know it again in a list."""
        return shortened(self.text)


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """A text with notes beside it."""

    paragraphs: tuple[Paragraph, ...]
    on_pages: tuple[Shown, ...]
    """On files that this version has."""
    gone: tuple[Shown, ...]
    """On passages and files that it does not have any more."""

    @property
    def count(self) -> int:
        return sum(len(each.notes) for each in self.paragraphs) + len(self.on_pages) + len(self.gone)


def annotated(version: Version, said: Iterable[Said], *, files: Mapping[int, SubmissionFile]) -> Annotated:
    """The text of *version* with notes beside it; *files* are those of all versions, by id."""
    blocks = markdown.blocks(version.body)
    texts = [each.text for each in blocks]
    by_block: dict[int, list[tuple[Said, rules.Place]]] = {}
    on_pages: list[Said] = []
    gone: list[Said] = []
    here = {file.id for file in version.files}
    for each in said:
        anchor = each.note.anchor
        if isinstance(anchor, rules.Spot):
            (on_pages if anchor.file_id in here else gone).append(each)
            continue
        found = rules.place(anchor, texts)
        if found.block is None:
            gone.append(each)
        else:
            by_block.setdefault(found.block, []).append((each, found))
    counted = _Count()
    return Annotated(
        paragraphs=tuple(
            _paragraph(place, block, by_block.get(place, ()), counted) for place, block in enumerate(blocks)
        ),
        on_pages=tuple(_shown(each, counted, "here", files) for each in _by_place(on_pages)),
        gone=tuple(_shown(each, counted, "gone", files) for each in _by_place(gone)),
    )


def listed(feedback: Feedback, *, files: Mapping[int, SubmissionFile] | None = None) -> tuple[Shown, ...]:
    """The notes of one review one after the other, without the text."""
    counted = _Count()
    return tuple(_shown(Said(note=note, feedback=feedback), counted, "here", files or {}) for note in feedback.noted)


def on_pages(said: Collection[Said], *, files: Mapping[int, SubmissionFile]) -> tuple[Shown, ...]:
    """Notes on pages, in the order of the pages."""
    counted = _Count()
    return tuple(_shown(each, counted, "here", files) for each in _by_place(said))


def reviewer(received: Received) -> str:
    """What a page calls the reviewer of a feedback."""
    return (
        lettered(received.letter)
        if received.reviewer_name is None
        else received.reviewer_name or str(_("somebody who left"))
    )


def lettered(letter: str) -> str:
    """A reviewer without a name."""
    return str(_("Reviewer %(letter)s", letter=letter))


def title(note: Note) -> str:
    """What a note is about, in few words."""
    anchor = note.anchor
    if isinstance(anchor, rules.Spot):
        return str(_("Note on page %(page)s", page=anchor.page))
    if not anchor.quote:
        return str(_("A note"))
    return str(_("Note on “%(quote)s”", quote=shortened(anchor.quote)))


def shortened(text: str) -> str:
    """The beginning of *text* on one line."""
    words = " ".join(text.split())
    return words if len(words) <= SHORT else f"{words[:SHORT].rsplit(' ', 1)[0]} …"


class _Count:
    """Numbers notes in the order in which they come."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def _paragraph(
    place: int, block: markdown.Block, said: Iterable[tuple[Said, rules.Place]], counted: _Count
) -> Paragraph:
    ordered = sorted(said, key=lambda each: each[1].start)
    ranges = [(found.start, found.end) for _said, found in ordered if found.end]
    return Paragraph(
        number=place + 1,
        html=markdown.highlight(block, ranges),
        text=block.text,
        is_item=block.is_item,
        is_meant=any(not found.end for _said, found in ordered),
        notes=tuple(
            Shown(
                said=each,
                number=counted.next(),
                state=found.state,
                where=str(_("Paragraph %(number)s", number=place + 1)),
            )
            for each, found in ordered
        ),
    )


def _shown(said: Said, counted: _Count, state: str, files: Mapping[int, SubmissionFile]) -> Shown:
    return Shown(said=said, number=counted.next(), state=state, where=_where(said.note.anchor, files))


def _where(anchor: rules.Anchor, files: Mapping[int, SubmissionFile]) -> str:
    if isinstance(anchor, rules.Passage):
        return str(_("Paragraph %(number)s", number=anchor.block + 1))
    if anchor.file_id in files:
        return str(_("%(file)s, page %(page)s", file=files[anchor.file_id].name, page=anchor.page))
    return str(_("Page %(number)s", number=anchor.page))


def _by_place(said: Collection[Said]) -> list[Said]:
    order = {note.id: place for place, note in enumerate(rules.in_order([each.note for each in said]))}
    return sorted(said, key=lambda each: order[each.note.id])
