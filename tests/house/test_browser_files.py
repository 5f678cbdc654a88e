"""
What a browser has to load stays small, and nothing of it is forgotten.
"""

import gzip
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "lti_tool/static"
HEAVIEST = 60_000
READER = ("vendor/pdfjs/", "js/pages/")
"""Reads a PDF; only its pages load it."""
STAFF = "css/staff/"
"""Only pages of the instructor's cockpit and of the admin room load these."""


def test_styles_and_scripts_fit_into_60_kb_over_the_wire() -> None:
    weights = {
        path.relative_to(STATIC).as_posix(): len(gzip.compress(path.read_bytes(), 9))
        for path in STATIC.rglob("*")
        if path.suffix in {".css", ".js"} and not path.relative_to(STATIC).as_posix().startswith((*READER, STAFF))
    }

    assert "vendor/htmx.js" in weights
    assert sum(weights.values()) <= HEAVIEST, weights


def test_the_reader_of_pdfs_is_loaded_by_the_page_that_needs_it_alone() -> None:
    loading = [
        path.name
        for path in (STATIC.parent).rglob("*.html")
        if "js/pages/" in path.read_text() or "pdfjs" in path.read_text()
    ]
    importing = [path.name for path in (STATIC / "js").rglob("*.js") if "pdfjs" in path.read_text()]

    assert loading == ["pages.html"]
    assert importing == ["pages.js"]


def test_the_cockpit_is_dressed_by_its_own_pages() -> None:
    dressed = [path.name for path in (STATIC.parent).rglob("*.html") if f"{STAFF}cockpit" in path.read_text()]

    assert sorted(dressed) == ["glance.html", "overview.html", "plan.html", "stuck.html"]


def test_every_controller_is_registered() -> None:
    imported = re.findall(r'"\./controllers/([a-z_]+\.js)"', (STATIC / "js/app.js").read_text())

    assert sorted(imported) == sorted(path.name for path in (STATIC / "js/controllers").glob("*.js"))


def test_every_stylesheet_is_imported() -> None:
    imported = re.findall(r'@import url\("([a-z_]+\.css)"\)', (STATIC / "css/app.css").read_text())

    assert sorted(imported) == sorted(path.name for path in (STATIC / "css").glob("*.css") if path.name != "app.css")
