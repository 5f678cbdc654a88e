"""
Moodle's web services by REST: one POST for each call, a token in its form, JSON in the answer.

A refusal comes with status 200 and ``{"exception", "errorcode", "message"}``; here it becomes a
:class:`~lti_tool.lti.errors.ServiceError` whose class says what to do about it:

    ServiceError
    ├── Throttled, Unavailable     waiting helps: no answer, a proxy's page, an upgrade going on
    │   └── SiteClosed             maintenance
    └── Rejected
        └── Refused                Moodle said no; ``errorcode`` is its word for why. One that we do not know may pass
            ├── TokenRefused       unknown, expired, for another address or person
            ├── NotAllowed         the token's user lacks a capability, or its service the function
            ├── NotPaired          the plugin listens to another registration of ours
            ├── FunctionMissing    no such function: the plugin is not installed, or another version
            └── WrongParameters    we asked for something that is not there
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

from lti_tool.lms.companion import Sender
from lti_tool.lti.errors import Rejected, Unavailable
from lti_tool.lti.wire import raise_for_trouble

DEADLINE = 15.0
LONGEST_ANSWER = 1024 * 1024
LONGEST_WORDS = 200
SERVER = "/webservice/rest/server.php"


class SiteClosed(Unavailable):
    """Moodle is in maintenance, or is being upgraded."""

    code = "site_closed"


class Refused(Rejected):
    """Moodle's own no. Most words that it has for one mean a bad moment, so those not named below are tried again."""

    code = "refused"
    retryable = True

    def __init__(self, errorcode: str, message: str = "") -> None:
        super().__init__(200, " ".join(filter(None, (errorcode, message))))
        self.errorcode = errorcode


class TokenRefused(Refused):
    """The token is unknown, has expired, or may not be used from here."""

    code = "token_refused"
    retryable = False


class NotAllowed(Refused):
    """The token's user or service may not do this."""

    code = "not_allowed"
    retryable = False


class FunctionMissing(Refused):
    """Moodle has no such function."""

    code = "function_missing"
    retryable = False


class NotPaired(Refused):
    """The plugin was told to listen to another registration, or to none."""

    code = "not_paired"
    retryable = False


class WrongParameters(Refused):
    """What was asked for is not there, or is not of the kind the function wants."""

    code = "wrong_parameters"
    retryable = False


KINDS: Mapping[str, type[Refused]] = {
    **dict.fromkeys(
        (
            *("invalidtoken", "usernotconfirmed", "passwordisexpired", "wsaccessusersuspended"),
            *("wsaccessusernologin", "wsaccessuserdeleted", "wsaccessuserexpired", "wsaccessuserunconfirmed"),
        ),
        TokenRefused,
    ),
    **dict.fromkeys(
        ("accessexception", "nopermissions", "servicenotavailable", "servicerequireslogin", "requireloginerror"),
        NotAllowed,
    ),
    "notpaired": NotPaired,
    **dict.fromkeys(("invalidparameter", "missingparam", "toomanyacts"), WrongParameters),
}
CLOSED = frozenset({"sitemaintenance", "upgraderunning", "maintenancemode"})
NO_FUNCTION = "external_functions"
"""A function that is not there is a record that was not found; only the message names its table."""


class WebService:
    """The web services of one Moodle, on behalf of whoever owns the token."""

    def __init__(self, *, site: str, token: str, sender: Sender) -> None:
        self._url = site.rstrip("/") + SERVER
        self._token = token
        self._sender = sender

    def __repr__(self) -> str:
        return f"WebService({urlsplit(self._url).hostname})"

    def call(self, function: str, *, deadline: float = DEADLINE, **parameters: Any) -> Any:
        """
        What *function* returns within *deadline* seconds. *parameters* may nest; None is left out.

        Raises :class:`~lti_tool.lti.errors.ServiceError`. Neither errors nor logs ever hold the token.
        """
        form = {
            "wstoken": self._token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **dict(_flat(parameters)),
        }
        try:
            answer = self._sender.post(self._url, data=form, deadline=deadline, limit=LONGEST_ANSWER)
        except requests.RequestException as err:
            # Without its words: a library may one day put what was sent into them.
            raise Unavailable(type(err).__name__) from None
        if answer.status_code == 403:
            raise NotAllowed("forbidden", "web services, or their REST protocol, are switched off")
        raise_for_trouble(answer)
        said = _json(answer)
        if isinstance(said, dict) and "exception" in said:
            raise _refusal(said)
        return said


def _json(answer: requests.Response) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as err:
        # Maintenance, a proxy, a sign-in page: nothing of ours was there to answer.
        raise Unavailable("not JSON", status=answer.status_code) from err


def _refusal(said: Mapping[str, Any]) -> Refused | SiteClosed:
    errorcode = _word(said.get("errorcode"))
    message = _word(said.get("message"))
    if errorcode in CLOSED:
        return SiteClosed(errorcode)
    if errorcode.startswith("invalidrecord") and NO_FUNCTION in message:
        return FunctionMissing(errorcode, message)
    kind = KINDS.get(errorcode)
    whole = f"{_word(said.get('exception'))} {errorcode}"
    if kind is None and ("required_capability" in whole or "webservice_access" in whole):
        kind = NotAllowed
    # Moodle's ``debuginfo`` may hold what was sent, and is read nowhere.
    return (kind or Refused)(errorcode, message)


def _word(value: Any) -> str:
    return " ".join(value.replace("\x00", "").split())[:LONGEST_WORDS] if isinstance(value, str) else ""


def _flat(parameters: Mapping[str, Any] | Sequence[Any], inside: str = "") -> Iterator[tuple[str, str]]:
    """``{"acts": [{"id": 1}]}`` as PHP reads it from a form: ``acts[0][id]=1``."""
    pairs = parameters.items() if isinstance(parameters, Mapping) else enumerate(parameters)
    for name, value in pairs:
        path = f"{inside}[{name}]" if inside else str(name)
        if value is None:
            continue
        if isinstance(value, Mapping | list | tuple):
            yield from _flat(value, path)
        elif isinstance(value, bool):
            yield path, str(int(value))
        else:
            yield path, str(value)
