# mypy: disable-error-code="no-untyped-call"
"""
For comparison: PyLTI1p3 as its documentation shows it, with its memory cache, so one process only.
"""

import os
import threading
from pathlib import Path
from typing import Any

from flask import Flask, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from pylti1p3.contrib.flask.launch_data_storage.cache import FlaskCacheDataStorage
from pylti1p3.contrib.flask.message_launch import FlaskMessageLaunch
from pylti1p3.contrib.flask.oidc_login import FlaskOIDCLogin
from pylti1p3.contrib.flask.request import FlaskRequest
from pylti1p3.tool_config.dict import ToolConfDict

from tests.benchmarks.floor import PAGE
from tests.benchmarks.lms import CLIENT_ID, DEPLOYMENT_ID


class Memory:
    """What the library asks of a cache; a dictionary is the fastest there is."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        return self._kept.get(key)

    def set(self, key: str, value: Any, timeout: int | None = None) -> None:
        with self._lock:
            self._kept[key] = value


app = Flask(__name__)
app.secret_key = "only a benchmark"
memory = Memory()


def _configuration() -> ToolConfDict:
    issuer = os.environ["STOCK_ISSUER"]
    made = ToolConfDict(
        {
            issuer: [
                {
                    "default": True,
                    "client_id": CLIENT_ID,
                    "auth_login_url": f"{issuer}/auth",
                    "auth_token_url": f"{issuer}/token",
                    "key_set_url": f"{issuer}/jwks",
                    "key_set": None,
                    "deployment_ids": [DEPLOYMENT_ID],
                }
            ]
        }
    )
    made.set_private_key(issuer, Path(os.environ["STOCK_PRIVATE_KEY"]).read_text(), client_id=CLIENT_ID)
    return made


configuration = _configuration()


@app.post("/lti/login")
def login() -> ResponseReturnValue:
    begun = FlaskOIDCLogin(FlaskRequest(), configuration, launch_data_storage=FlaskCacheDataStorage(memory))
    answer: ResponseReturnValue = begun.redirect(request.form["target_link_uri"])
    return answer


@app.post("/lti/launch")
def launch() -> ResponseReturnValue:
    storage = FlaskCacheDataStorage(memory)
    arrived = FlaskMessageLaunch(FlaskRequest(), configuration, launch_data_storage=storage)
    arrived.get_launch_data()
    return redirect(f"/page/{arrived.get_launch_id()}", 303)


@app.get("/page/<launch_id>")
def page(launch_id: str) -> ResponseReturnValue:
    arrived = FlaskMessageLaunch.from_cache(
        launch_id, FlaskRequest(), configuration, launch_data_storage=FlaskCacheDataStorage(memory)
    )
    return render_template_string(PAGE, title="Designing for People", name=arrived.get_launch_data()["name"])
