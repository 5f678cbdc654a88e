"""
The door of a Moodle's web services, by REST: a token in the form, and errors inside answers of status 200.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.sandbox import companion, faults, log
from lti_tool.sandbox.brand import brand

bp = Blueprint("webservice", __name__)

PART = re.compile(r"\[([^\]]*)\]")
MOST_PARTS = 5
EXCEPTIONS = {
    "invalidparameter": "invalid_parameter_exception",
    "invalidrecord": "dml_missing_record_exception",
}
WORDS = {"invalidrecord": "Can't find data record in database table external_functions."}


@bp.post("/webservice/rest/server.php")
def call() -> ResponseReturnValue:
    """One call of one function."""
    if not brand().has_companion:
        abort(404)
    wrong = faults.answer(faults.take("companion"))
    if wrong is not None:
        return wrong
    try:
        form = unflat(request.form)
        companion.require_token(str(form.get("wstoken", "")))
        return jsonify(_function(form)(form))
    except companion.Refusal as err:
        code = str(err)
        return jsonify(
            exception=EXCEPTIONS.get(code, "moodle_exception"), errorcode=code, message=WORDS.get(code, code)
        )


@bp.after_request
def keep(response: Response) -> Response:
    return log.record_request("companion", response)


def _function(form: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    found = FUNCTIONS.get(str(form.get("wsfunction")))
    if found is None:
        raise companion.Refusal("invalidrecord")
    return found


def unflat(form: Mapping[str, str]) -> dict[str, Any]:
    """
    What PHP makes of ``acts[0][key]=…``: lists, and objects in them. Raises :class:`companion.Refusal`.
    """
    whole: dict[str, Any] = {}
    for path, value in form.items():
        names = [path.partition("[")[0], *PART.findall(path)]
        if len(names) > MOST_PARTS or "" in names:
            raise companion.Refusal("invalidparameter")
        here = whole
        for name in names[:-1]:
            here = here.setdefault(name, {})
            if not isinstance(here, dict):
                raise companion.Refusal("invalidparameter")
        here[names[-1]] = value
    listed: dict[str, Any] = _lists(whole)
    return listed


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    return [inner[name] for name in sorted(inner, key=int)] if inner and all(map(str.isdigit, inner)) else inner


def _status(form: Mapping[str, Any]) -> dict[str, Any]:
    return companion.status()


def _record(form: Mapping[str, Any]) -> dict[str, Any]:
    tool, acts = companion.require_paired(str(form.get("clientid", ""))), form.get("acts")
    if not isinstance(acts, list) or not all(isinstance(each, dict) and "key" in each for each in acts):
        raise companion.Refusal("invalidparameter")
    if len(acts) > companion.MOST_AT_ONCE:
        raise companion.Refusal("toomanyacts")
    return {"results": [companion.record(tool, each) for each in acts]}


def _groups(form: Mapping[str, Any]) -> dict[str, Any]:
    tool = companion.require_paired(str(form.get("clientid", "")))
    return companion.groups(tool, str(form.get("courseid", "")))


FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "local_hearth_status": _status,
    "local_hearth_record_activity": _record,
    "local_hearth_get_groups": _groups,
}
