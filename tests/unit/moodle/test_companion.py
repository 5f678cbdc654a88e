"""Our plugin in Moodle, asked over its contract: what it is told, and what its answers mean."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses

from canvas.lms import CanvasLms
from lti_tool.config import Settings
from lti_tool.http import client
from lti_tool.lms.companion import Act, Companion, Entry, Verdict
from lti_tool.lms.standard import StandardLms
from lti_tool.lti.errors import Unavailable
from moodle.lms import MoodleLms

SITE = "https://moodle.example"
SERVER = f"{SITE}/webservice/rest/server.php"
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def companion(settings: Settings) -> Companion:
    made = MoodleLms().companion(address=SITE, token="token", sender=client(settings))
    assert made is not None
    return made


def act(**changes: Any) -> Act:
    given: dict[str, Any] = {"key": "k1", "course": "3", "link": "7", "kind": "feedback.given", "at": MOMENT}
    return Act(**given | changes)


def sent(network: responses.RequestsMock) -> dict[str, str]:
    body = network.calls[-1].request.body
    assert isinstance(body, str)
    return {
        name: value for name, value in parse_qsl(body, keep_blank_values=True) if name.startswith(("acts", "client"))
    }


def result(key: str, status: str, reason: str = "") -> dict[str, str]:
    return {"key": key, "status": status, "reason": reason, "completion": ""}


def test_other_lmss_have_no_companion(settings: Settings) -> None:
    for lms in (StandardLms(), CanvasLms()):
        assert lms.companion(address=SITE, token="token", sender=client(settings)) is None


def test_an_act_is_told_as_the_contract_has_it(companion: Companion, network: responses.RequestsMock) -> None:
    network.post(SERVER, json={"results": [result("k1", "done")]})

    companion.record("client-1", [act(person="5", completion="complete")])

    assert sent(network) == {
        "clientid": "client-1",
        "acts[0][key]": "k1",
        "acts[0][courseid]": "3",
        "acts[0][resourcelinkid]": "7",
        "acts[0][kind]": "feedback.given",
        "acts[0][userid]": "5",
        "acts[0][time]": "1772443800",
        "acts[0][objectid]": "0",
        "acts[0][completion]": "complete",
    }


def test_somebody_who_is_not_to_be_known_is_nobody(companion: Companion, network: responses.RequestsMock) -> None:
    network.post(SERVER, json={"results": [result("k1", "done")]})

    companion.record("client-1", [act()])

    assert sent(network)["acts[0][userid]"] == "0"


@pytest.mark.parametrize("starts_at, told", [(MOMENT, "1772443800"), (None, "0")], ids=["a date", "taken back"])
def test_a_date_is_an_entry_of_the_calendar(
    companion: Companion, network: responses.RequestsMock, starts_at: datetime | None, told: str
) -> None:
    network.post(SERVER, json={"results": [result("k1", "done")]})
    entry = Entry(ref="a/submit", title="Hand in: " + "x" * 300, starts_at=starts_at)

    companion.record("client-1", [act(kind="", entries=(entry,))])

    assert sent(network)["acts[0][calendar][0][ref]"] == "a/submit"
    assert sent(network)["acts[0][calendar][0][timestart]"] == told
    assert len(sent(network)["acts[0][calendar][0][name]"]) == 250


def test_each_act_has_its_own_verdict(companion: Companion, network: responses.RequestsMock) -> None:
    results = [
        result("k4", "failed", "brokendown"),
        result("k1", "done"),
        result("k2", "known"),
        result("k3", "refused", "notenrolled"),
        result("k5", "a word of tomorrow"),
    ]
    network.post(SERVER, json={"results": results})

    verdicts = companion.record("client-1", [act(key=f"k{number}") for number in range(1, 7)])

    assert verdicts == [
        Verdict(key="k1", state="kept"),
        Verdict(key="k2", state="kept"),
        Verdict(key="k3", state="refused", reason="notenrolled"),
        Verdict(key="k4", state="failed", reason="brokendown"),
        Verdict(key="k5", state="failed"),
        # Of which it says nothing: told again, its key will tell.
        Verdict(key="k6", state="failed"),
    ]


@pytest.mark.parametrize("said", [None, [], {}, {"results": None}, {"results": ["done"]}], ids=str)
def test_an_answer_that_is_none_says_nothing_of_any_act(
    companion: Companion, network: responses.RequestsMock, said: Any
) -> None:
    network.post(SERVER, json=said)

    with pytest.raises(Unavailable):
        companion.record("client-1", [act()])


def test_a_status_is_read(companion: Companion, network: responses.RequestsMock) -> None:
    status = {
        "siteid": "hs_1",
        "wwwroot": f"{SITE}/",
        "clientid": "c",
        "deploymentid": "4",
        "moodlerelease": "4.5.6",
        "pluginrelease": "1.0.0",
        "events": ["user_updated"],
        "receiver": {"state": "paused", "waiting": 3, "lasterror": "no answer"},
    }
    network.post(SERVER, json=status)

    site = companion.site()

    assert (site.site_id, site.address, site.client_id, site.deployment_id) == ("hs_1", SITE, "c", "4")
    assert (site.receiver, site.waiting, site.problem) == ("paused", 3, "no answer")
    assert site.release == "4.5.6, local_hearth 1.0.0"


@pytest.mark.parametrize("said", [None, [], {}, {"siteid": ""}, {"siteid": 3}], ids=str)
def test_a_status_that_is_none_is_trouble(companion: Companion, network: responses.RequestsMock, said: Any) -> None:
    network.post(SERVER, json=said)

    with pytest.raises(Unavailable):
        companion.site()


def test_the_groups_of_everybody_are_told_by_person(companion: Companion, network: responses.RequestsMock) -> None:
    groups = [{"id": 4, "name": "Red", "members": [5, 6]}, {"id": 7, "name": "Blue", "members": [5]}, {"id": 8}]
    network.post(SERVER, json={"courseid": 3, "groups": groups, "groupings": []})

    assert companion.groups("client-1", "3") == {"5": ("4", "7"), "6": ("4",)}

    body = network.calls[-1].request.body
    assert isinstance(body, str)
    asked = dict(parse_qsl(body))
    assert (asked["wsfunction"], asked["clientid"], asked["courseid"]) == ("local_hearth_get_groups", "client-1", "3")


@pytest.mark.parametrize("said", [None, [], {}, {"groups": None}, {"groups": ["Red"]}], ids=str)
def test_an_answer_that_is_none_says_nothing_of_any_group(
    companion: Companion, network: responses.RequestsMock, said: Any
) -> None:
    """Else everybody would be in no group any more."""
    network.post(SERVER, json=said)

    with pytest.raises(Unavailable):
        companion.groups("client-1", "3")


def test_a_date_of_ones_own_says_whose_it_is_and_in_which_place(
    companion: Companion, network: responses.RequestsMock
) -> None:
    network.post(SERVER, json={"results": [result("k1", "done")]})
    entry = Entry(ref="a/submit/5", title="Hand in", starts_at=MOMENT, slot="submit", person="5")

    companion.record("client-1", [act(kind="", entries=(entry,))])

    assert sent(network)["acts[0][calendar][0][slot]"] == "submit"
    assert sent(network)["acts[0][calendar][0][userid]"] == "5"
    assert sent(network)["acts[0][userid]"] == "0"


def test_a_plugin_without_slots_gets_everybodys_dates_as_before_and_nobodys_own(
    companion: Companion, network: responses.RequestsMock
) -> None:
    refusal = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "slot"}

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        has_slot = "slot" in request.body
        return 200, {}, json.dumps(refusal if has_slot else {"results": [result("k1", "done")]})

    network.add_callback(responses.POST, SERVER, answer)
    mine = Entry(ref="a/submit/5", title="Hand in", starts_at=MOMENT, slot="submit", person="5")
    ours = Entry(ref="a/submit", title="Hand in", starts_at=MOMENT, slot="submit")

    assert companion.record("client-1", [act(kind="", entries=(ours,))]) == [Verdict(key="k1", state="kept")]
    assert companion.record("client-1", [act(kind="", entries=(mine,))]) == [
        Verdict(key="k1", state="refused", reason="invalidparameter")
    ]
