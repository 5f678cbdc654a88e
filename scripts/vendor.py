"""
Copy the browser libraries that npm fetched to where Flask serves them.

What is copied, and under which name, stands in package.json under "vendor"; a name that ends with a slash is a folder.
"""

import json
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
VENDOR = TOP / "lti_tool/static/vendor"


def main() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for leftover in VENDOR.iterdir():
        if leftover.is_dir():
            shutil.rmtree(leftover)
        elif not leftover.name.startswith("."):
            leftover.unlink()
    wanted: dict[str, str] = json.loads((TOP / "package.json").read_text())["vendor"]
    for name, source in wanted.items():
        origin, target = TOP / "node_modules" / source, VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            shutil.copytree(origin, target)
        else:
            shutil.copyfile(origin, target)
    print(f"browser libraries: {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    main()
