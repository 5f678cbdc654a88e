"""
Copy the browser libraries that npm fetched to where Flask serves them.

What is copied, and under which name, stands in package.json under "vendor".
"""

import json
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
VENDOR = TOP / "lti_tool/static/vendor"


def main() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, str] = json.loads((TOP / "package.json").read_text())["vendor"]
    for name, source in wanted.items():
        shutil.copyfile(TOP / "node_modules" / source, VENDOR / name)
    for leftover in VENDOR.iterdir():
        if leftover.name not in wanted and not leftover.name.startswith("."):
            leftover.unlink()
    print(f"browser libraries: {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    main()
