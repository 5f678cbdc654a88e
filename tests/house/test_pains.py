"""The page of what goes wrong elsewhere is complete, and the tests it names exist and say which pain they hold."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/exchange/pains.md"
MANY = 48
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def test_every_pain_has_an_answer() -> None:
    rows = ROW.findall(PAGE.read_text())

    assert [int(number) for number, *_ in rows] == list(range(1, MANY + 1))
    assert [number for number, _, here, held in rows if not here or not (held or len(here) > 80)] == []


def test_the_tests_that_are_named_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    there = set[str]()
    for file in (ROOT / "tests").rglob("test_*.py"):
        there.update(re.findall(r"def (test_\w+)\(", file.read_text()))

    assert len(named) > MANY // 2
    assert named - there == set()


def test_of_each_row_a_test_says_that_it_holds_this_pain() -> None:
    said: dict[str, str] = {}
    for file in (ROOT / "tests").rglob("test_*.py"):
        for each in ast.parse(file.read_text()).body:
            if isinstance(each, ast.FunctionDef):
                said[each.name] = f"{said.get(each.name, '')} {ast.get_docstring(each) or ''}"

    unsaid = [
        number
        for number, _pain, _here, held in ROW.findall(PAGE.read_text())
        if not any(re.search(rf"\b[Pp]ain\b.*\b{number}\b", said[name]) for name in re.findall(r"test_\w+", held))
    ]

    assert unsaid == []
