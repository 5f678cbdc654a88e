"""
Our plugin in Moodle, ``local_hearth``, as Hearth speaks to it. ``docs/moodle-plugin.md`` is the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lti_tool.lms.companion import OFF, Act, CompanionSetup, Entry, Sender, Site, State, Verdict
from lti_tool.lti.errors import Unavailable
from moodle.web_service import WebService, WrongParameters

RELEASE = "1.2.1"
"""Of the plugin in ``moodle/plugin/``."""
SETUP = CompanionSetup(
    lms="Moodle",
    steps=(
        "In Moodle, open Site administration, Plugins, Install plugins, and give it the plugin's zip file."
        " Whoever runs Hearth has it.",
        "Open Site administration, Plugins, Local plugins, Hearth, Settings. Choose Hearth among the external tools,"
        " and save.",
        "On the page Connection, press Make a token for Hearth. Copy the token: Moodle shows it once.",
    ),
    release=RELEASE,
)
STATES: Mapping[str, State] = {"done": "kept", "known": "kept", "refused": "refused", "failed": "failed"}
DEADLINE = 45.0
"""Seconds for a whole call; a batch is small enough that its first byte comes within ten."""


class MoodleCompanion:
    """See :class:`lti_tool.lms.companion.Companion`."""

    most_at_once = 40
    """The plugin takes a hundred; each of them writes into the log, and may complete an activity."""

    def __init__(self, *, address: str, token: str, sender: Sender) -> None:
        self._service = WebService(site=address, token=token, sender=sender)

    def site(self) -> Site:
        """``local_hearth_status``."""
        said = self._service.call("local_hearth_status")
        if not isinstance(said, Mapping) or not _text(said.get("siteid")):
            raise Unavailable("no status")
        receiver = said.get("receiver")
        receiver = receiver if isinstance(receiver, Mapping) else {}
        events = said.get("events")
        return Site(
            site_id=_text(said.get("siteid")),
            address=_text(said.get("wwwroot")).rstrip("/"),
            client_id=_text(said.get("clientid")),
            deployment_id=_text(said.get("deploymentid")),
            release=f"{_text(said.get('moodlerelease'))}, local_hearth {_text(said.get('pluginrelease'))}",
            receiver=_text(receiver.get("state")),
            waiting=_number(receiver.get("waiting")),
            problem=_text(receiver.get("lasterror")),
            events=tuple(_text(each) for each in events) if isinstance(events, list) else (),
        )

    def record(self, client_id: str, acts: Sequence[Act]) -> Sequence[Verdict]:
        """``local_hearth_record_activity``; what is not of its shape is found by asking one by one."""
        try:
            said = self._service.call(
                "local_hearth_record_activity",
                deadline=DEADLINE,
                clientid=client_id,
                acts=[_told(each) for each in acts],
            )
        except WrongParameters as err:
            if len(acts) == 1:
                older = _without_slots(acts[0])
                if older is not None:
                    return self.record(client_id, [older])
                return [Verdict(key=acts[0].key, state="refused", reason=err.errorcode)]
            return [verdict for each in acts for verdict in self.record(client_id, [each])]
        return _verdicts(said, acts)

    def groups(self, client_id: str, course: str) -> Mapping[str, tuple[str, ...]]:
        """``local_hearth_get_groups``."""
        said = self._service.call("local_hearth_get_groups", clientid=client_id, courseid=course)
        groups = said.get("groups") if isinstance(said, Mapping) else None
        if not isinstance(groups, list) or not all(isinstance(each, Mapping) for each in groups):
            raise Unavailable("no groups")
        found: dict[str, tuple[str, ...]] = {}
        for group in groups:
            members = group.get("members")
            for member in members if isinstance(members, list) else ():
                found[str(member)] = (*found.get(str(member), ()), str(group.get("id")))
        return found


def _told(act: Act) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": act.key,
        "courseid": act.course,
        "resourcelinkid": act.link or 0,
        "kind": act.kind,
        "userid": act.person or 0,
        "time": int(act.at.timestamp()),
        "objectid": act.object_id,
        "completion": act.completion,
    }
    if act.entries:
        told["calendar"] = [_entry(each) for each in act.entries]
    return told


def _entry(entry: Entry) -> dict[str, Any]:
    starts = int(entry.starts_at.timestamp()) if entry.starts_at else 0
    told: dict[str, Any] = {"ref": entry.ref, "name": entry.title[:250], "timestart": starts}
    more = {"slot": entry.slot, "userid": entry.person}
    return told | {name: value for name, value in more.items() if value}


def _without_slots(act: Act) -> Act | None:
    """*act* as a plugin before 1.1 knows it, which has no slots: everybody's dates only. None where nothing is left."""
    if not any(each.slot for each in act.entries):
        return None
    entries = tuple(replace(each, slot="") for each in act.entries if not each.person)
    return replace(act, entries=entries) if entries else None


def _verdicts(said: Any, acts: Sequence[Act]) -> Sequence[Verdict]:
    results = said.get("results") if isinstance(said, Mapping) else None
    if not isinstance(results, list) or not all(isinstance(each, Mapping) for each in results):
        raise Unavailable("no results")
    by_key = {_text(each.get("key")): each for each in results}
    # What it says nothing of may have been done or not; its key will tell, next time.
    return [_verdict(each.key, by_key.get(each.key, {})) for each in acts]


def _verdict(key: str, result: Mapping[str, Any]) -> Verdict:
    state = STATES.get(_text(result.get("status")), "failed")
    is_off = state == "kept" and result.get("completion") == OFF
    return Verdict(key=key, state=state, reason=OFF if is_off else _text(result.get("reason")))


def _text(value: Any) -> str:
    return " ".join(value.replace("\x00", "").split())[:300] if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
