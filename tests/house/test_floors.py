"""
Who may import whom is checked by import-linter; here it is checked that its contracts know the whole house.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
HOUSE = TOP / "lti_tool"
WHERE_PARTS_MEET = {HOUSE / "app.py", HOUSE / "cli.py"}
BRANDS = re.compile(r"canvas|moodle", re.IGNORECASE)
SYSTEM_COLORS = re.compile(r"\bCanvas(Text)?\b(?=[;,) ])")
"""CSS has a colour of that name (CSS Color 4, section 6.2)."""

ELEMENT = re.compile(r'createElement\("canvas"\)|\bcanvas: ')
"""HTML has an element of that name, and what draws on it asks for it under that name."""


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, Any]]:
    config = tomllib.loads((TOP / "pyproject.toml").read_text())
    return {contract["id"]: contract for contract in config["tool"]["importlinter"]["contracts"]}


def test_every_part_of_the_house_has_its_floor(contracts: dict[str, dict[str, Any]]) -> None:
    named = set(re.findall(r"[\w.]+", " ".join(contracts["floors"]["layers"])))

    without_floor = parts_of_the_house() - named

    assert not without_floor


def test_the_letterbox_may_import_no_room(contracts: dict[str, dict[str, Any]]) -> None:
    rooms = next(layer for layer in contracts["floors"]["layers"] if "lti_tool.exchange" in layer)
    built = parts_of_the_house() & set(re.findall(r"[\w.]+", rooms))

    assert built <= set(contracts["letterbox"]["forbidden_modules"])


def test_the_house_does_not_know_the_brands_of_lmss() -> None:
    knowing = {
        str(path.relative_to(TOP))
        for path in HOUSE.rglob("*")
        if path.is_file() and is_ours(path) and (BRANDS.search(path.name) or BRANDS.search(text_of(path)))
    }

    assert not knowing


def parts_of_the_house() -> set[str]:
    modules = {path.stem for path in HOUSE.glob("*.py") if path.stem != "__init__"}
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    return {f"lti_tool.{name}" for name in modules | packages}


def is_ours(path: Path) -> bool:
    if path in WHERE_PARTS_MEET or path.suffix in {".pyc", ".mo"}:
        return False
    return HOUSE / "sandbox" not in path.parents and HOUSE / "static/vendor" not in path.parents


def text_of(path: Path) -> str:
    text = path.read_text(errors="ignore")
    allowed = {".css": SYSTEM_COLORS, ".js": ELEMENT}.get(path.suffix)
    return allowed.sub("", text) if allowed else text
