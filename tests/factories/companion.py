"""
A pretend ``local_hearth`` behind a pretend Moodle's web services, over real HTTP. It keeps docs/moodle-plugin.md.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

TOKEN = "a token that only this Moodle knows"
KEY = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
PART = re.compile(r"\[([^\]]*)\]")


@dataclass
class PretendMoodle:
    """What a Moodle would remember, and what it was told to do wrong."""

    address: str = ""
    client_id: str = "client-1"
    deployment_id: str = "1"
    site_id: str = "hs_0123456789abcdef"
    token: str = TOKEN
    enrolled: set[int] = field(default_factory=set)
    """By number; nobody else is known here."""
    activities: set[int] = field(default_factory=set)
    """Those of Hearth, as ``resource_link.id``."""
    keeps_completion: bool = True

    keys: list[str] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    completion: dict[tuple[int, int], str] = field(default_factory=dict)
    calendar: dict[str, dict[str, Any]] = field(default_factory=dict)
    date_places: dict[str, int] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)

    errors: list[tuple[str, str]] = field(default_factory=list)
    """Exception and errorcode of the next calls' answers."""
    answers: list[tuple[int, str, str]] = field(default_factory=list)
    """Status, body and media type of the next calls' answers, in which nothing was done."""
    lost: int = 0
    """Calls whose answer never comes, although all was done."""
    broken: set[str] = field(default_factory=set)
    """Kinds of acts at which it breaks."""
    stops_at: int | None = None
    """After so many acts of a call it hears no more of it, until :attr:`goes_on`; no answer ever comes."""
    goes_on: threading.Event = field(default_factory=threading.Event)

    @property
    def places(self) -> set[int]:
        """At which activities dates stand; 0 is the course."""
        return {self.date_places[ref] for ref in self.calendar}

    def answer(self, request: Request) -> Response:
        """One call, as ``webservice/rest/server.php`` answers it."""
        form = unflat(request.form)
        self.calls.append(form)
        if self.answers:
            status, body, media = self.answers.pop(0)
            return Response(body, status=status, content_type=media)
        if request.path != "/webservice/rest/server.php" or request.method != "POST" or request.args:
            return Response("<html>Not here</html>", status=404, content_type="text/html")
        wrong = self.why_not(form)
        if wrong is not None:
            return refusal(*wrong)
        if form["wsfunction"] == "local_hearth_status":
            return as_json(self.status())
        acts = list(form["acts"].values())
        results = [self.record(each) for each in acts[: self.stops_at]]
        if len(results) < len(acts):
            self.goes_on.wait(120)
            self.lost += 1
        if self.lost:
            self.lost -= 1
            return Response("", status=502)
        return as_json({"results": results})

    def why_not(self, form: dict[str, Any]) -> tuple[str, str] | None:
        """Exception and errorcode of a call that is refused as a whole."""
        acts = form.get("acts", {}).values()
        known = ("local_hearth_status", "local_hearth_record_activity")
        is_act = form.get("wsfunction") == "local_hearth_record_activity"
        looks = (
            ("moodle_exception", "invalidtoken", form.get("wstoken") != self.token),
            ("dml_missing_record_exception", "invalidrecord", form.get("wsfunction") not in known),
            ("moodle_exception", "notpaired", is_act and form.get("clientid") != self.client_id),
            ("moodle_exception", "toomanyacts", len(acts) > 100),
            ("invalid_parameter_exception", "invalidparameter", not all("key" in each for each in acts)),
        )
        if self.errors:
            return self.errors.pop(0)
        return next(((exception, code) for exception, code, is_so in looks if is_so), None)

    def status(self) -> dict[str, Any]:
        return {
            "siteid": self.site_id,
            "wwwroot": self.address,
            "clientid": self.client_id,
            "deploymentid": self.deployment_id,
            "toolname": "Hearth",
            "moodlerelease": "4.5.6 (Build: 20250811)",
            "pluginrelease": "1.2.1",
            "pluginversion": 2026112703,
            "names": False,
            "everywhere": False,
            "events": ["user_enrolment_created"],
            "receiver": {"url": "", "state": "sending", "waiting": 0, "givenup": 0, "lasterror": ""},
            "time": int(time.time()),
        }

    def record(self, act: dict[str, Any]) -> dict[str, Any]:
        """One act, whole or not at all."""
        status, reason = self.verdict(act)
        key, completion = act["key"], ""
        if status == "done":
            self.keys.append(key)
            completion = self.do(act)
        return {"key": key, "status": status, "reason": reason, "completion": completion}

    def verdict(self, act: dict[str, Any]) -> tuple[str, str]:
        person, link = int(act.get("userid", 0)), int(act.get("resourcelinkid", 0))
        looks = (
            ("refused", "badkey", KEY.fullmatch(act["key"]) is None),
            ("known", "", act["key"] in self.keys),
            ("refused", "badtime", int(act["time"]) < 946_684_800),
            ("failed", "brokendown", act.get("kind") in self.broken),
            ("refused", "noactivity", link != 0 and link not in self.activities),
            ("refused", "notenrolled", person != 0 and person not in self.enrolled),
            ("refused", "badcompletion", act.get("completion", "") != "" and person == 0),
        )
        return next(((status, reason) for status, reason, is_so in looks if is_so), ("done", ""))

    def do(self, act: dict[str, Any]) -> str:
        """Returns what became of completion."""
        person, link, kind = int(act.get("userid", 0)), int(act.get("resourcelinkid", 0)), act.get("kind")
        if kind:
            course = int(act["courseid"])
            self.log.append({"kind": kind, "userid": person, "link": link, "course": course, "key": act["key"]})
        for entry in act.get("calendar", {}).values():
            if int(entry["timestart"]):
                kept = {"name": entry["name"], "timestart": int(entry["timestart"])}
                # Whose it is, and in whose place it stands, where either was told.
                own = {"userid": int(entry["userid"]), "slot": entry["slot"]} if entry.get("userid") else {}
                self.calendar[entry["ref"]] = kept | own
                self.date_places[entry["ref"]] = link
            else:
                self.calendar.pop(entry["ref"], None)
        if not act.get("completion"):
            return ""
        if not self.keeps_completion:
            return "off"
        self.completion[link, person] = act["completion"]
        return "set"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(moodle: PretendMoodle) -> Iterator[PretendMoodle]:
    """*moodle* on a port of this machine."""

    @Request.application
    def application(request: Request) -> Response:
        return moodle.answer(request)

    server: BaseWSGIServer = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    moodle.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield moodle
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def unflat(form: Any) -> dict[str, Any]:
    """What PHP makes of ``acts[0][key]=…``."""
    whole: dict[str, Any] = {}
    for path, value in form.items():
        first, *rest = [path.partition("[")[0], *PART.findall(path)]
        here = whole
        for name, after in zip([first, *rest], rest, strict=False):
            here = here.setdefault(name, {})
            assert after != "", "a list has numbers"
        here[[first, *rest][-1]] = value
    return whole


def refusal(exception: str, errorcode: str) -> Response:
    is_lost = errorcode == "invalidrecord"
    message = "Can't find data record in database table external_functions." if is_lost else errorcode
    return as_json({"exception": exception, "errorcode": errorcode, "message": message})


def as_json(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json; charset=utf-8")
