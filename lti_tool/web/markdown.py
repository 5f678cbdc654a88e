"""
People's words in Markdown, as HTML that can do no harm.

Two walls: markdown-it lets no HTML through, and nh3 keeps only what is listed here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from itertools import groupby

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TEXT = frozenset({"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a", "h3", "h4", "h5", "h6"})
LISTS = frozenset({"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"})
ATTRIBUTES = {"a": {"href", "title", "target"}, "ol": {"start"}, "code": {"class"}}
SCHEMES = frozenset({"http", "https", "mailto"})
HIGHEST_HEADING = 3
"""The page has its h1, and the section around the words its h2."""

DEEPEST = 20
"""How deep lists and quotes may nest."""

MOST_BLOCKS = 1_000
"""Of one text. What is beyond stands in the last one."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST}).enable(["table", "strikethrough"])


def render(text: str | None) -> Markup:
    """
    *text* as HTML. Links open beside the course and carry no referrer; pictures become links.
    """
    return _clean(_rendered(_parse(text))) if text else Markup()


@dataclass(frozen=True)
class Block:
    """One paragraph of a text, or what stands like one: a heading, an item of a list, a table."""

    html: Markup
    text: str
    """What one reads, without markup; :func:`highlight` counts its characters."""
    is_item: bool = False
    """Of a list that others of its items stand beside."""


def blocks(text: str | None) -> tuple[Block, ...]:
    """*text* as :func:`render` shows it, in pieces that can be pointed at."""
    if not text:
        return ()
    found = []
    for tokens, is_item in _pieces(_parse(text)):
        html = _clean(_rendered(tokens))
        if html.strip():
            found.append(Block(html=html, text=_Text.of(html), is_item=is_item))
    return tuple(found)


def highlight(block: Block, ranges: Sequence[tuple[int, int]]) -> Markup:
    """The block with characters of its text marked, *ranges* from and to. They may overlap."""
    return _Marker.of(block.html, ranges) if ranges else block.html


def _clean(html: str) -> Markup:
    clean = nh3.clean(
        html,
        tags=set(TEXT | LISTS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704 - this is the place that makes it safe


def _parse(text: str) -> list[Token]:
    tokens = _MARKDOWN.parse(text.replace("\0", ""))
    _shift_headings(tokens)
    _turn_pictures_into_links(tokens)
    return tokens


def _rendered(tokens: Sequence[Token]) -> str:
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _pieces(tokens: Sequence[Token]) -> list[tuple[list[Token], bool]]:
    """The tokens of each block, and whether it is an item of a list."""
    found: list[tuple[list[Token], bool]] = []
    for piece in _groups(tokens):
        if piece[0].type not in ("bullet_list_open", "ordered_list_open"):
            found.append((piece, False))
            continue
        first = int(piece[0].attrGet("start") or 1)
        for place, item in enumerate(_groups(piece[1:-1])):
            found.append(([_list_from(piece[0], first + place), *item, piece[-1]], True))
    rest = [token for piece, _ in found[MOST_BLOCKS - 1 :] for token in piece]
    return found if len(found) <= MOST_BLOCKS else [*found[: MOST_BLOCKS - 1], (rest, False)]


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """What opens together with all up to where it closes."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []


def _list_from(opens: Token, start: int) -> Token:
    if opens.tag == "ul":
        return opens
    return Token(opens.type, opens.tag, opens.nesting, attrs={"start": start}, block=True, markup=opens.markup)


class _Text(HTMLParser):
    """Reads what is to be read in clean HTML."""

    @classmethod
    def of(cls, html: str) -> str:
        reader = cls()
        reader.feed(html)
        reader.close()
        return "".join(reader.found)

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


class _Marker(HTMLParser):
    """Writes clean HTML anew, with some of its characters marked. Tags are kept as they came."""

    @classmethod
    def of(cls, html: str, ranges: Sequence[tuple[int, int]]) -> Markup:
        writer = cls(ranges)
        writer.feed(html)
        writer.close()
        return Markup("".join(writer.written))  # noqa: S704 - clean HTML, and between its tags text escaped anew

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        super().__init__(convert_charrefs=True)
        self.marked = {at for start, end in ranges for at in range(start, end)}
        self.at = 0
        self.written: list[str] = []

    def handle_starttag(self, _tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.written.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        places = enumerate(data, self.at)
        self.at += len(data)
        for is_marked, letters in groupby(places, key=lambda each: each[0] in self.marked):
            words = "".join(letter for _, letter in letters)
            # Between the rows of a table nothing but white space may stand.
            shown = f'<mark class="quoted">{escape(words)}</mark>' if is_marked and words.strip() else escape(words)
            self.written.append(shown)


def _shift_headings(tokens: list[Token]) -> None:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + HIGHEST_HEADING - 1, 6)}"


def _turn_pictures_into_links(tokens: list[Token]) -> None:
    """A picture from elsewhere would tell its host who reads what, and when."""
    for token in tokens:
        if token.children:
            token.children = [piece for child in token.children for piece in _without_picture(child)]


def _without_picture(token: Token) -> list[Token]:
    if token.type != "image":
        return [token]
    address = str(token.attrGet("src") or "")
    words = Token("text", "", 0, content=token.content or address)
    return [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]
