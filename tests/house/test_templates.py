"""
Every template keeps the manners of the house.
"""

import re
from pathlib import Path

import pytest
from flask import Flask


def name_of(template: Path) -> str:
    parts = template.parts
    return "/".join(parts[len(parts) - parts[::-1].index("templates") :])


HOUSE = Path(__file__).parents[2] / "lti_tool"
LETTERBOX = HOUSE.parent / "webhooks"
TEMPLATES = sorted(
    path for house in (HOUSE, LETTERBOX) for path in house.glob("**/templates/**/*.html") if "sandbox" not in path.parts
)
GROUND = {"layout.html", "admin_room.html", "components.html"}
PAGES = [path for path in TEMPLATES if not path.name.startswith("_") and path.name not in GROUND]

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)

FORBIDDEN = {
    "an inline event handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "an htmx handler": re.compile(r"\bhx-on\b"),
    "a string that htmx evaluates": re.compile(r"""hx-(vals|headers)[:\w]*=["']\s*js(avascript)?:"""),
    "a trigger filter, which htmx evaluates": re.compile(r"""hx-trigger[:\w]*=["'][^"']*\["""),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "a script as an address": re.compile(r"javascript:", re.IGNORECASE),
    "something from elsewhere": re.compile(r"""\b(src|href|action)=["']https?:"""),
}

PLATFORM_FORMS = {"launch/new_window.html", "launch/storage.html", "launch/submit.html", "home/unsubscribe.html"}
"""Forms from before there is a session, or for the LMS: tokens of ours would be no use to them."""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_extends_the_layout_and_has_a_title(page: Path) -> None:
    source = COMMENT.sub("", page.read_text())

    assert re.search(r'\{%-? extends "(layout|admin_room|[a-z_]+/[a-z_]+)\.html" -?%\}', source)
    assert "{% block title %}" in source or "{%- block title" in source


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str, template: Path) -> None:
    markup = JINJA.sub("", COMMENT.sub("", template.read_text()))

    assert not FORBIDDEN[what].search(markup)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_no_template_trusts_or_attaches_behind_our_backs(template: Path) -> None:
    source = COMMENT.sub("", template.read_text())

    assert not re.search(r"\|\s*safe\b", source)
    assert not re.search(r"""["'](on[a-z]+|hx-on[^"']*|style)["']\s*:""", source)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_every_form_that_changes_something_carries_the_token(template: Path) -> None:
    if name_of(template) in PLATFORM_FORMS:
        return
    source = COMMENT.sub("", template.read_text())

    without = [form for form in FORM.findall(source) if 'method="post"' in form and "csrf_field()" not in form]

    assert not without


def test_every_template_compiles(app: Flask) -> None:
    for template in TEMPLATES:
        app.jinja_env.get_template(name_of(template))
