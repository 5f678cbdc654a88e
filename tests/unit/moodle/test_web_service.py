"""Moodle's web services: what goes out, and what each of its ways to say no means."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses

from lti_tool.config import Settings
from lti_tool.http import BodyTooLarge, TooSlow, client
from lti_tool.lti.errors import Rejected, ServiceError, Throttled, Unavailable
from moodle.web_service import (
    FunctionMissing,
    NotAllowed,
    NotPaired,
    Refused,
    SiteClosed,
    TokenRefused,
    WebService,
    WrongParameters,
)

SITE = "https://moodle.example/school"
SERVER = f"{SITE}/webservice/rest/server.php"
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def service(settings: Settings) -> WebService:
    return WebService(site=f"{SITE}/", token=TOKEN, sender=client(settings))


def form_of(call: responses.Call) -> dict[str, str]:
    body = call.request.body
    assert isinstance(body, str | bytes)
    return dict(parse_qsl(body if isinstance(body, str) else body.decode(), keep_blank_values=True))


def test_a_call_is_a_form_that_holds_the_token_and_never_an_address(
    service: WebService, network: responses.RequestsMock
) -> None:
    network.post(SERVER, json={"id": 1})

    assert service.call("core_webservice_get_site_info") == {"id": 1}

    (call,) = network.calls
    assert call.request.url == SERVER
    assert form_of(call) == {
        "wstoken": TOKEN,
        "wsfunction": "core_webservice_get_site_info",
        "moodlewsrestformat": "json",
    }


def test_lists_and_objects_are_written_as_php_reads_them(service: WebService, network: responses.RequestsMock) -> None:
    network.post(SERVER, body="null")

    service.call("f", courseid=3, acts=[{"key": "a", "done": True, "gone": None}, {"calendar": [{"ref": "r"}]}])

    assert {
        name: value for name, value in form_of(network.calls[0]).items() if not name.startswith(("ws", "moodle"))
    } == {
        "courseid": "3",
        "acts[0][key]": "a",
        "acts[0][done]": "1",
        "acts[1][calendar][0][ref]": "r",
    }


def test_a_function_that_returns_nothing_returns_none(service: WebService, network: responses.RequestsMock) -> None:
    network.post(SERVER, body="null", content_type="application/json")

    assert service.call("f") is None


def refusal(exception: str, errorcode: str, message: str = "") -> dict[str, str]:
    return {"exception": exception, "errorcode": errorcode, "message": message, "debuginfo": f"wstoken={TOKEN}"}


REFUSALS: dict[str, tuple[dict[str, str], type[ServiceError], bool]] = {
    "unknown token": (refusal("moodle_exception", "invalidtoken"), TokenRefused, False),
    "suspended user": (refusal("moodle_exception", "wsaccessusersuspended"), TokenRefused, False),
    "access": (refusal("webservice_access_exception", "accessexception"), NotAllowed, False),
    "capability": (refusal("required_capability_exception", "nopermissions"), NotAllowed, False),
    "capability of an older kind": (refusal("required_capability_exception", "somethingelse"), NotAllowed, False),
    "service": (refusal("moodle_exception", "servicenotavailable"), NotAllowed, False),
    "another tool": (refusal("moodle_exception", "notpaired"), NotPaired, False),
    "no such function": (
        refusal(
            "dml_missing_record_exception",
            "invalidrecord",
            "Datensatz in der Datenbanktabelle external_functions nicht gefunden.",
        ),
        FunctionMissing,
        False,
    ),
    "parameters": (refusal("invalid_parameter_exception", "invalidparameter"), WrongParameters, False),
    "too many": (refusal("moodle_exception", "toomanyacts"), WrongParameters, False),
    "maintenance": (refusal("moodle_exception", "sitemaintenance"), SiteClosed, True),
    "upgrade": (refusal("moodle_exception", "upgraderunning"), SiteClosed, True),
    "another record": (refusal("dml_missing_record_exception", "invalidrecord", "in table user"), Refused, True),
    "database": (refusal("dml_write_exception", "dmlwriteexception"), Refused, True),
    "no words": ({"exception": "x"}, Refused, True),
}


@pytest.mark.parametrize("said, kind, passes", REFUSALS.values(), ids=REFUSALS)
def test_a_no_inside_a_200_says_what_to_do(
    service: WebService, network: responses.RequestsMock, said: dict[str, str], kind: type[ServiceError], passes: bool
) -> None:
    network.post(SERVER, json=said)

    with pytest.raises(ServiceError) as caught:
        service.call("f")

    assert type(caught.value) is kind
    assert caught.value.retryable is passes


ANSWERS: dict[str, tuple[dict[str, Any], type[ServiceError]]] = {
    "500": ({"status": 500, "body": "<html>Error</html>"}, Unavailable),
    "a maintenance page": ({"status": 200, "body": "<html>Back soon</html>"}, Unavailable),
    "503": ({"status": 503, "body": "<html>Back soon</html>"}, Unavailable),
    "a redirect to a sign-in page": ({"status": 303, "headers": {"Location": "https://sso.example"}}, Unavailable),
    "too fast": ({"status": 429, "headers": {"Retry-After": "7"}}, Throttled),
    "switched off": ({"status": 403, "body": ""}, NotAllowed),
    "nothing there": ({"status": 404, "body": "<html>"}, Rejected),
    "cut off": ({"status": 200, "body": '{"results": ['}, Unavailable),
    "nested without end": ({"status": 200, "body": "[" * 100_000}, Unavailable),
    "no connection": ({"body": requests.ConnectionError(f"wstoken={TOKEN}")}, Unavailable),
    "no end": ({"body": TooSlow("slow")}, Unavailable),
    "too much": ({"body": BodyTooLarge("much")}, Unavailable),
}


@pytest.mark.parametrize("answer, kind", ANSWERS.values(), ids=ANSWERS)
def test_trouble_on_the_way_has_a_name(
    service: WebService, network: responses.RequestsMock, answer: dict[str, Any], kind: type[ServiceError]
) -> None:
    network.post(SERVER, **answer)

    with pytest.raises(kind):
        service.call("f")


@pytest.mark.parametrize("name", ["no connection", "database", "unknown token"])
def test_no_error_and_no_log_ever_holds_the_token(
    service: WebService, network: responses.RequestsMock, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ANSWERS[name][0] if name in ANSWERS else {"json": REFUSALS[name][0]}
    network.post(SERVER, **said)

    with pytest.raises(ServiceError) as caught:
        service.call("f", note="private words")

    shown: list[str] = [repr(service), caplog.text]
    error: BaseException | None = caught.value
    while error is not None and not error.__suppress_context__:
        shown += [str(error), repr(error), str(error.__dict__)]
        error = error.__cause__
    assert TOKEN not in " ".join(shown)
    assert "private words" not in " ".join(shown)


def test_a_moodle_inside_the_network_is_not_called(settings: Settings) -> None:
    inside = WebService(site="http://169.254.169.254", token=TOKEN, sender=client(settings))

    with pytest.raises(Unavailable):
        inside.call("f")
