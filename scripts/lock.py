"""
Pin every dependency, and tell whether the pins still fit what was asked for.

`python scripts/lock.py` resolves anew (`--upgrade`: to the newest versions); `--check` needs no network: each lock
starts with the hash of the wishes it was made from, so wishes without a new lock are noticed.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LOCKS = {
    "app": ["pyproject.toml", "--group", "build"],
    "node": ["--group", "node"],
    "dev": ["pyproject.toml", "--group", "dev", "--constraint", "requirements/app.txt"],
}
"""Name of the lock -> what it is resolved from. In this order: dev tools must not move what production runs."""

HEADER = "# Made by `make lock` from pyproject.toml. Wishes: sha256:{}\n"
ADDRESS = re.compile(r"https?://(?!github\.com/sponsors/)|file:|^\s*--?(index|extra-index|find-links|trusted)", re.M)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the locks are fresh")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    if options.check:
        complaints = [*stale_python_locks(), *stale_node_lock()]
        for complaint in complaints:
            print(complaint, file=sys.stderr)
        return 1 if complaints else 0
    for name, source in LOCKS.items():
        lock(name, source, upgrade=options.upgrade)
    subprocess.run([TOP / "scripts/with-node", "npm", "install", "--package-lock-only"], cwd=TOP, check=True)
    return 0


def lock(name: str, source: list[str], *, upgrade: bool) -> None:
    """
    Resolve one lock for every supported Python and system at once.
    """
    target = path_of(name)
    command = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-strip-extras",
    ]
    command += ["--python-version", "3.11", *source, "--output-file", str(target.relative_to(TOP))]
    command += ["--upgrade"] if upgrade else []
    subprocess.run([sys.executable, "-m", *command], cwd=TOP, check=True)
    target.write_text(HEADER.format(wishes()) + target.read_text())
    print(f"locked {target.relative_to(TOP)}")


def stale_python_locks() -> list[str]:
    complaints = []
    for name in LOCKS:
        lock_file = path_of(name)
        text = lock_file.read_text() if lock_file.exists() else ""
        if not text.startswith(HEADER.format(wishes())):
            complaints.append(f"{lock_file.relative_to(TOP)} does not fit pyproject.toml: run `make lock`")
        if ADDRESS.search(text):
            complaints.append(f"{lock_file.relative_to(TOP)} names an address: pins and hashes only")
    return complaints


def stale_node_lock() -> list[str]:
    wished = json.loads((TOP / "package.json").read_text())
    locked = json.loads((TOP / "package-lock.json").read_text())
    complaints = []
    for kind in ("dependencies", "devDependencies"):
        if wished.get(kind, {}) != locked["packages"][""].get(kind, {}):
            complaints.append(f"package-lock.json does not fit the {kind} of package.json: run `make lock`")
    if any("resolved" in package for package in locked["packages"].values()):
        complaints.append("package-lock.json names an address: pins and hashes only")
    return complaints


def wishes() -> str:
    """
    Hash what the locks depend on, and nothing else: a new lint rule needs no new lock.
    """
    pyproject = tomllib.loads((TOP / "pyproject.toml").read_text())
    project = pyproject["project"]
    asked = [
        project["requires-python"],
        project["dependencies"],
        project.get("optional-dependencies"),
        pyproject["dependency-groups"],
        LOCKS,
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def path_of(name: str) -> Path:
    return TOP / "requirements" / f"{name}.txt"


if __name__ == "__main__":
    sys.exit(main())
