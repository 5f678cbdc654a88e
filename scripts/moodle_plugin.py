"""
Pack our Moodle plugin as Moodle's installer takes it: one folder, named as the plugin without its kind.

The same files give the same bytes, wherever and whenever they are packed.
"""

import re
import sys
import zipfile
from pathlib import Path

PLUGIN = Path("moodle/plugin/local_hearth")
FOLDER = "hearth"
MOMENT = (2000, 1, 1, 0, 0, 0)
"""Of every file in it."""
ORDINARY_FILE = 0o100644 << 16


def files(plugin: Path = PLUGIN) -> list[Path]:
    """What belongs into it, in the order of names; nothing that hides."""
    return sorted(
        (each for each in plugin.rglob("*") if each.is_file() and not _hides(each.relative_to(plugin))),
        key=lambda each: each.relative_to(plugin).as_posix(),
    )


def release(plugin: Path = PLUGIN) -> str:
    """The release that ``version.php`` tells."""
    found = re.search(r"^\$plugin->release = '([0-9.]+)';$", (plugin / "version.php").read_text(), re.MULTILINE)
    if found is None:
        raise ValueError("version.php tells no release")
    return found[1]


def pack(into: Path, plugin: Path = PLUGIN) -> Path:
    """Write the zip into the folder *into* and return where it is."""
    into.mkdir(parents=True, exist_ok=True)
    packed = into / f"{plugin.name}-{release(plugin)}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for each in files(plugin):
            entry = zipfile.ZipInfo(f"{FOLDER}/{each.relative_to(plugin).as_posix()}", date_time=MOMENT)
            entry.external_attr = ORDINARY_FILE
            entry.create_system = 3
            # Not squeezed: what a compressor gives differs from one release of zlib to the next.
            archive.writestr(entry, each.read_bytes(), compress_type=zipfile.ZIP_STORED)
    return packed


def _hides(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


if __name__ == "__main__":
    print(pack(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
