"""
Reading pages in tests: their words, and whether their HTML is valid.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from html import unescape
from pathlib import Path

TOP = Path(__file__).parents[1]


def words(html: str) -> str:
    """What a page says, without tags, scripts and needless space."""
    visible = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", visible))).strip()


def csrf_of(html: str) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, "the page has no form"
    return found[1]


def mistakes_in(pages: Mapping[str, str]) -> list[str]:
    """What html-validate finds wrong in *pages*, one line each. All at once, because starting it takes a second."""
    with tempfile.TemporaryDirectory() as folder:
        for name, html in pages.items():
            (Path(folder) / f"{name}.html").write_text(html)
        done = subprocess.run(
            [
                TOP / "scripts/with-node",
                "html-validate",
                "--config",
                TOP / ".htmlvalidate.json",
                "--formatter",
                "json",
                folder,
            ],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout.startswith("["), done.stderr
    return [
        f"{Path(page['filePath']).stem}:{message['line']}: {message['ruleId']}: {message['message']}"
        for page in json.loads(done.stdout)
        for message in page["messages"]
        if message["severity"] == 2
    ]
