"""
The files around the code tell the truth about it.
"""

import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
CONFIG = tomllib.loads((TOP / "pyproject.toml").read_text())
KINDS_OF_CHANGE = {kind["directory"] for kind in CONFIG["tool"]["towncrier"]["type"]}
PLACES = ["/work/" + "main", "/work/" + "shared", "/root/" + ".", "pypi" + ".org", "python" + "hosted", "npm" + "js."]
"""What would tell where somebody built this. Put together here, or this file would be the first to be found."""


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True, text=True).stdout
    return [TOP / name for name in listed.split("\0") if name and (TOP / name).is_file()]


def test_no_file_names_a_machine_or_a_registry() -> None:
    naming = [
        f"{path.relative_to(TOP)}: {place}"
        for path in tracked_files()
        for place in PLACES
        if place in path.read_text(errors="ignore")
    ]

    assert not naming


def test_locks_fit_what_is_asked_for() -> None:
    checked = subprocess.run([sys.executable, "scripts/lock.py", "--check"], cwd=TOP, check=False, capture_output=True)

    assert checked.returncode == 0, checked.stderr.decode()


@pytest.mark.parametrize("procfile", ["Procfile", "Procfile.demo"])
def test_procfiles_start_what_exists(procfile: str) -> None:
    commands = dict(line.split(": ", 1) for line in (TOP / procfile).read_text().splitlines())

    modules = re.findall(r"(?:gunicorn|-m) ([\w.]+)", " ".join(commands.values()))

    assert {"web", "webhooks", "worker"} <= commands.keys()
    assert all((TOP / f"{module.replace('.', '/')}.py").exists() for module in modules)


def test_every_check_is_part_of_the_whole_check() -> None:
    makefile = (TOP / "Makefile").read_text()
    whole = re.search(r"^check: ([^#]*)", makefile, re.MULTILINE)
    assert whole

    single = set(re.findall(r"^(check-[a-z]+):", makefile, re.MULTILINE))

    assert single | {"test"} == set(whole[1].split())


def test_fragments_are_of_a_known_kind() -> None:
    fragments = [path.name for path in (TOP / "changelog.d").iterdir() if path.name != "README.md"]

    unknown = [name for name in fragments if not re.fullmatch(rf"[\w+-]+\.({'|'.join(KINDS_OF_CHANGE)})\.md", name)]

    assert not unknown


@pytest.mark.parametrize(
    "address, written",
    [
        ("/s/zX81kkq/exchange/7?page=2", "/s/…/exchange/7?…"),
        ("/lti/register/one-time-code", "/lti/register/…"),
        ("/webhooks/a-secret-address", "/webhooks/…"),
        ("/lti/login?login_hint=ana&iss=x", "/lti/login?…"),
        ("/static/app.css", "/static/app.css"),
    ],
)
def test_the_server_log_holds_no_keys(address: str, written: str) -> None:
    without_keys: Callable[[str], str] = runpy.run_path(str(TOP / "gunicorn.conf.py"))["without_keys"]

    assert without_keys(address) == written
