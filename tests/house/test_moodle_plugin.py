"""
Our plugin for Moodle is packed as Moodle's installer takes it, and tells the truth about itself.
"""

import json
import re
import runpy
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from moodle import events
from moodle.companion import RELEASE
from webhooks.companions import rules
from webhooks.companions.room import words

TOP = Path(__file__).parents[2]
PLUGIN = TOP / "moodle/plugin/local_hearth"
PACKING = runpy.run_path(str(TOP / "scripts/moodle_plugin.py"))
PHP = sorted(PLUGIN.rglob("*.php"))
SOURCE = "\n".join(path.read_text() for path in PHP)
STRINGS = dict(
    re.findall(
        r"^\$string\['([\w:]+)'\] = '((?:[^'\\]|\\.)*)';$", (PLUGIN / "lang/en/local_hearth.php").read_text(), re.M
    )
)
TABLE_NAME_MAX, COLUMN_NAME_MAX = 53, 63
"""Of Moodle 4.5, without the prefix."""


def pack(into: Path, plugin: Path = PLUGIN) -> Path:
    packed: Path = PACKING["pack"](into, plugin)
    return packed


def test_the_zip_has_one_folder_named_as_the_plugin(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(tmp_path)) as archive:
        names = archive.namelist()

    assert {name.split("/")[0] for name in names} == {"hearth"}
    assert {"hearth/version.php", "hearth/lang/en/local_hearth.php", "hearth/db/install.xml"} <= set(names)
    assert {"hearth/README.md", "hearth/CHANGES.md", "hearth/LICENSE.md"} <= set(names)


def test_the_zip_is_the_same_wherever_and_whenever_it_is_packed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "local_hearth"
    shutil.copytree(PLUGIN, elsewhere)
    for each in elsewhere.rglob("*"):
        each.chmod(0o755)
    (elsewhere / ".hidden").write_text("not for others")

    assert pack(tmp_path / "a").read_bytes() == pack(tmp_path / "b", elsewhere).read_bytes()


def test_the_zip_is_named_by_the_release(tmp_path: Path) -> None:
    told = re.search(r"release = '([\d.]+)'", (PLUGIN / "version.php").read_text())

    assert told
    assert pack(tmp_path).name == f"local_hearth-{told[1]}.zip"
    assert f"## {told[1]} (" in (PLUGIN / "CHANGES.md").read_text()


def test_every_reason_of_the_plugin_has_words_for_an_admin_and_stands_in_its_documentation() -> None:
    reasons = set(re.findall(r"new refusal\('(\w+)'\)", SOURCE))

    assert len(reasons) > 8
    assert reasons <= set(words.REASONS)
    contract = (TOP / "docs/moodle-plugin.md").read_text()
    assert [each for each in reasons if f"`{each}`" not in contract] == []


def test_hearth_knows_the_newest_release_of_its_plugin() -> None:
    assert f"release = '{RELEASE}'" in (PLUGIN / "version.php").read_text()


def test_the_version_is_told_as_moodle_reads_it() -> None:
    told = (PLUGIN / "version.php").read_text()

    assert "$plugin->component = 'local_hearth';" in told
    assert re.search(r"\$plugin->version = 20\d{8};", told)
    assert re.search(r"\$plugin->requires = 20\d{8};", told)


@pytest.mark.parametrize("path", PHP, ids=lambda path: path.relative_to(PLUGIN).as_posix())
def test_every_file_says_whose_it_is_and_under_which_licence(path: Path) -> None:
    text = path.read_text()

    assert text.startswith("<?php\n// This file is part of Hearth's plugin for Moodle.\n")
    assert "either version 3 of the License, or\n// (at your option) any later version." in text
    assert "@package    local_hearth\n" in text
    assert "GNU GPL v3 or later" in text


def test_every_file_is_php_that_can_be_read() -> None:
    php = shutil.which("php")
    if php is None:
        # Where there is no PHP, that braces and brackets meet is as much as can be seen.
        for path in PHP:
            words = re.sub(
                r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.S
            )
            assert [words.count(sign) for sign in "([{"] == [words.count(sign) for sign in ")]}"], path
        return
    for path in PHP:
        read = subprocess.run([php, "-l", path], check=False, capture_output=True, text=True)
        assert read.returncode == 0, read.stdout + read.stderr


def test_every_string_is_there_and_used() -> None:
    plain = set(re.findall(r"(?:get_string|lang_string)\(\s*'([\w:]+)',\s*'local_hearth'", SOURCE))
    named = set(re.findall(r"'(privacy:metadata:[\w:]+)'", SOURCE)) - {"privacy:metadata:"}
    errors = set(re.findall(r"moodle_exception\('(\w+)', 'local_hearth'", SOURCE))
    built = (
        *("event_", "state_", "do_", "answer", "privacy:", "hearth:", "cachedef_"),
        # The plugin's own name is asked for by Moodle.
        *("pluginname", "task_"),
    )

    assert plain | named | errors <= STRINGS.keys()
    assert not {name for name in STRINGS.keys() - plain - named - errors if not name.startswith(built)}
    assert list(STRINGS) == sorted(STRINGS)


def test_every_event_class_state_and_button_has_words() -> None:
    classes = {path.stem for path in (PLUGIN / "classes/event").glob("*.php")} - {"act"}
    actions = set(re.findall(r"case '(\w+)':", (PLUGIN / "connection.php").read_text()))
    states = set(re.findall(r"'(none|moved|quiet|sending|paused|stopped)'", SOURCE))

    assert {f"event_{name}" for name in classes} == {name for name in STRINGS if name.startswith("event_")}
    assert {f"do_{name}" for name in actions} == {name for name in STRINGS if name.startswith("do_")}
    assert {f"state_{name}" for name in states} == {name for name in STRINGS if name.startswith("state_")}


def test_whatever_hearth_tells_of_people_has_an_event_of_its_own_in_moodle() -> None:
    recorder = (PLUGIN / "classes/recorder.php").read_text()
    kinds = dict(re.findall(r"^        '([\w.]+)' => event\\(\w+)::class,$", recorder, re.MULTILINE))
    documented = (TOP / "docs/moodle-plugin.md").read_text()

    assert kinds.keys() >= rules.ACTS
    for kind, name in kinds.items():
        assert name == kind.replace(".", "_")
        assert (PLUGIN / f"classes/event/{name}.php").exists()
        assert f"`{name}`" in documented or f"event\\{name}`" in documented


def test_whatever_the_plugin_can_tell_is_understood_here() -> None:
    choice = (PLUGIN / "classes/choice.php").read_text()
    told = set(re.findall(r"^        '(\w+)',$", choice, re.MULTILINE))

    assert told == events.TABLE.keys()


def test_what_the_plugin_tells_is_read_as_it_was_meant() -> None:
    """The example of the documentation is the body that the plugin makes."""
    text = (TOP / "docs/moodle-plugin.md").read_text()
    body = json.loads(re.findall(r"```json\n(\{\"type\".*?)```", text, re.DOTALL)[0])

    [event] = events.read(body, message_id="")
    two = json.loads(re.findall(r"```json\n(\{\"type\": \"moodle\.events\".*?)```", text, re.DOTALL)[0])

    assert event.name == "user_enrolment_created"
    assert event.key == body["data"]["event"]["eventid"]
    assert event.payload["courseid"] == 3
    assert events.translate(event)
    assert [each.key for each in events.read(two, message_id="many_1")] == [
        each["eventid"] for each in two["data"]["events"]
    ]


def test_tables_fit_every_database() -> None:
    tables = ElementTree.parse(PLUGIN / "db/install.xml").getroot().findall("./TABLES/TABLE")  # noqa: S314 - ours

    assert {table.attrib["NAME"] for table in tables} == {
        f"local_hearth_{name}" for name in ("endpoint", "outbox", "act", "calendar")
    }
    for table in tables:
        assert len(table.attrib["NAME"]) <= TABLE_NAME_MAX
        for column in table.findall("./FIELDS/FIELD"):
            assert len(column.attrib["NAME"]) <= COLUMN_NAME_MAX
            assert column.attrib["TYPE"] in ("int", "char", "text")


def test_web_services_are_classes_that_check_who_calls() -> None:
    told = re.findall(r"'classname' => 'local_hearth\\external\\(\w+)'", (PLUGIN / "db/services.php").read_text())

    assert set(told) == {path.stem for path in (PLUGIN / "classes/external").glob("*.php")}
    for name in told:
        text = (PLUGIN / f"classes/external/{name}.php").read_text()
        assert "self::validate_context(" in text
        assert "require_capability(" in text


def test_the_page_that_acts_asks_who_and_from_where() -> None:
    page = (PLUGIN / "connection.php").read_text()

    assert (
        page.index("require_capability('moodle/site:config'") < page.index("require_sesskey()") < page.index("case '")
    )


def test_there_are_no_words_of_machines_for_people() -> None:
    hard = re.compile(r"\b(payload|endpoint|webhook|adhoc|idempoten\w*|JSON|HMAC|retry|queue)\b", re.IGNORECASE)
    shown = {name: words for name, words in STRINGS.items() if not name.startswith("privacy:")}

    assert not {name: words for name, words in shown.items() if hard.search(words.replace("hearth webhooks add", ""))}
