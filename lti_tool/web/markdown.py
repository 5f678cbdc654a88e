"""
People's words in Markdown, as HTML that can do no harm.

Two walls: markdown-it lets no HTML through, and nh3 keeps only what is listed here.
"""

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

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST}).enable(["table", "strikethrough"])


def render(text: str | None) -> Markup:
    """
    *text* as HTML. Links open beside the course and carry no referrer; pictures become links.
    """
    if not text:
        return Markup()
    clean = nh3.clean(
        _to_html(text.replace("\0", "")),
        tags=set(TEXT | LISTS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704 - this is the place that makes it safe


def _to_html(text: str) -> str:
    tokens = _MARKDOWN.parse(text)
    _shift_headings(tokens)
    _turn_pictures_into_links(tokens)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


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
