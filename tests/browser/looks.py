"""
What every page owes to everybody: no serious finding of axe, in light and dark, and no scrolling sideways.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SEVERE = ("serious", "critical")
NARROWEST = {"width": 320, "height": 700}


def findings(page: Page) -> list[str]:
    """What is wrong with the page that is open, one sentence each."""
    page.evaluate(_axe())
    found = _axe_findings(page, "light", None)
    page.emulate_media(color_scheme="dark")
    found += _axe_findings(page, "dark", ["color-contrast", "link-in-text-block"])
    page.emulate_media(color_scheme="light")
    return found + _sideways(page)


def _axe_findings(page: Page, scheme: str, rules: Sequence[str] | None) -> list[str]:
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules is not None:
        options["runOnly"] = list(rules)
    # A colour that is still fading in has the contrast of neither end.
    page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished))")
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{scheme}: {each['id']}: {each['help']}: {node['html'][:200]} ({_why(node)})"
        for each in result["violations"]
        if each["impact"] in SEVERE
        for node in each["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return " ".join(node["failureSummary"].split())[:200]


def _sideways(page: Page) -> list[str]:
    before = page.viewport_size
    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type] # a plain dictionary is one of theirs
    beyond = page.evaluate(
        """() => {
          const root = document.scrollingElement;
          if (root.scrollWidth <= window.innerWidth) return "";
          const wide = [...document.querySelectorAll("body *")].filter(
            (each) => each.getBoundingClientRect().right > window.innerWidth + 1);
          return `${root.scrollWidth}px: ` + wide.map((each) => each.outerHTML.slice(0, 80)).join(" | ");
        }"""
    )
    if before is not None:
        page.set_viewport_size(before)
    return [f"wider than {NARROWEST['width']}px: {beyond}"] if beyond else []


@cache
def _axe() -> str:
    assert AXE.exists(), "axe-core comes with `make setup`."
    return AXE.read_text()
