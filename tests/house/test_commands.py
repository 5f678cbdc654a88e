"""
Whatever an admin can change in their room, the operator can change on the command line.
"""

from pathlib import Path

import click
from flask import Flask

from lti_tool.cli import main

DOCS = Path(__file__).parent.parent.parent / "docs"

COMMANDS = {
    "admin.ask": "person forget",
    "admin.connect_calendar": "calendar connect",
    "admin.download": "person export",
    "admin.end_calendar": "calendar end",
    "admin.read_roster": "institution courses --read",
    "admin.rotate": "keys rotate",
    "admin.send_again": "institution grades --again",
    "admin.stop": "institution requests --keep",
    "admin.write_again": "calendar again",
    "companions.check": "moodle check",
    "companions.pair": "moodle pair",
    "companions.pause": "moodle pause",
    "companions.resume": "moodle pause --resume",
    "companions.tell_again": "moodle again",
    "companions.unpair": "moodle unpair",
    "companions.wish": "moodle choose",
    "comparisons.ask": "reconcile --course",
    "endpoints.change": "webhooks endpoints change",
    "endpoints.make": "webhooks endpoints add",
    "endpoints.pause": "webhooks endpoints pause",
    "endpoints.ping": "webhooks endpoints ping",
    "endpoints.remove": "webhooks endpoints remove",
    "endpoints.replay": "webhooks endpoints replay",
    "endpoints.replay_all": "webhooks endpoints replay",
    "endpoints.resume": "webhooks endpoints pause --resume",
    "endpoints.rotate": "webhooks endpoints rotate",
    "letterbox.begin_test": "webhooks try",
    "letterbox.make": "webhooks add",
    "letterbox.pause": "webhooks pause",
    "letterbox.remove": "webhooks remove",
    "letterbox.rename": "webhooks rename",
    "letterbox.replay": "webhooks replay --event",
    "letterbox.replay_all": "webhooks replay --source",
    "letterbox.resume": "webhooks pause --resume",
    "letterbox.rotate": "webhooks rotate",
    "letterbox.unbind": "webhooks unbind",
}
"""By the door of the room through which it is done there."""


def test_every_door_of_the_admin_room_through_which_things_change_has_a_command(app: Flask) -> None:
    doors = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/s/<handle>/admin/") and "POST" in (rule.methods or ())
    }

    assert doors == set(COMMANDS)


def test_each_of_these_commands_exists_with_its_option() -> None:
    missing = [line for line in COMMANDS.values() if not exists(line)]

    assert missing == []


def test_the_page_about_the_admin_room_names_each_of_them() -> None:
    page = (DOCS / "admin.md").read_text()

    assert [line for line in COMMANDS.values() if f"`hearth {line}" not in page] == []


def exists(line: str) -> bool:
    found: click.Command = main
    for word in line.split():
        if word.startswith("--"):
            return any(word in each.opts for each in found.params)
        if not isinstance(found, click.Group) or word not in found.commands:
            return False
        found = found.commands[word]
    return not isinstance(found, click.Group)
