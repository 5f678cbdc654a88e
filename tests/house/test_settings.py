"""The documentation and the settings tell the same."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

from lti_tool.config import Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \|", re.MULTILINE)


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    described = [name for name, _default in ROW.findall(PAGE.read_text())]

    assert sorted(described) == sorted(each.metadata["name"] for each in fields(Settings))


def test_the_documented_defaults_are_true() -> None:
    described = dict(ROW.findall(PAGE.read_text()))
    for each in fields(Settings):
        default = described[each.metadata["name"]]
        if each.default is MISSING:
            assert default == "none, required"
        elif default.startswith("`"):
            shown = int(each.default) if isinstance(each.default, bool) else each.default
            assert default == f"`{shown}`"
        else:
            assert each.default in (None, ())
