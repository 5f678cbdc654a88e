"""The smallest LTI tool that can do everything, and the servers and browser that tests of the pretend LMS need."""

import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, redirect, request
from werkzeug.serving import make_server

from lti_tool.sandbox import client

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = " ".join([*(SCOPE + each for each in ("lineitem", "lineitem.readonly", "result.readonly", "score")), ROSTER])
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MEDIA = "application/vnd.ims.lis.v1.score+json"

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TinyTool:
    """A tool that keeps what it hears, and says what a test tells it to."""

    def __init__(self) -> None:
        self.url = ""
        self.platform: dict[str, Any] = {}
        self.client_id = ""
        self.deployment_id = ""
        self.logins: list[dict[str, str]] = []
        self.launches: list[dict[str, str]] = []
        self.wants: dict[str, Any] = {}
        self.registered: requests.Response | None = None
        self.key, self.kid = KEY, "tool-key"
        self.app = self._make_app()

    def registration(self) -> dict[str, Any]:
        """What it sends to a registration endpoint; `wants` changes parts of it."""
        own = {
            "domain": self.url.partition("://")[2],
            "target_link_uri": f"{self.url}/launch",
            "claims": ["sub", "iss", "name", "given_name", "family_name", "email"],
            "custom_parameters": {"site": "everywhere", "history": "$Context.id.history"},
            "messages": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "target_link_uri": f"{self.url}/launch"},
            ],
        }
        registration = {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["client_credentials", "implicit"],
            "initiate_login_uri": f"{self.url}/login",
            "redirect_uris": [f"{self.url}/launch"],
            "client_name": "Tiny tool",
            "jwks_uri": f"{self.url}/jwks.json",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": SCOPES,
            TOOL_CONFIGURATION: own,
        }
        return {**registration, **self.wants}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        now = int(time.time())
        told = {"iss": self.client_id, "iat": now, "exp": now + 120, **claims}
        return jwt.encode(told, self.key, algorithm="RS256", headers={"kid": self.kid, **header})

    def assertion(self, **changes: Any) -> str:
        said = {"sub": self.client_id, "aud": self.platform["token_endpoint"], "jti": secrets.token_hex(8)}
        return self.sign({**said, **changes})

    def ask_for_token(self, scope: str = SCOPES, assertion: str | None = None) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion or self.assertion(),
            "scope": scope,
        }
        return self.send("POST", self.platform["token_endpoint"], data=form)

    def token(self, scope: str = SCOPES) -> str:
        token: str = self.ask_for_token(scope).json()["access_token"]
        return token

    def call(self, method: str, url: str, token: str | None = None, **more: Any) -> requests.Response:
        """Call a service of the platform with a bearer token."""
        headers = {"Authorization": f"Bearer {token or self.token()}", **more.pop("headers", {})}
        return self.send(method, url, headers=headers, **more)

    def send(self, method: str, url: str, **more: Any) -> requests.Response:
        with client.browser() as http:
            return http.request(method, url, timeout=60, **more)

    def send_score(self, line_item: str, person_id: str, token: str | None = None, **changes: Any) -> requests.Response:
        """Send a good score, or one with some members changed; None leaves a member out."""
        score = {
            "userId": person_id,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-03-02T09:30:00.000Z",
            "scoreGiven": 8,
            "scoreMaximum": 10,
            **changes,
        }
        path, _, query = line_item.partition("?")
        url = f"{path}/scores{'?' if query else ''}{query}"
        body = {name: value for name, value in score.items() if value is not None}
        return self.call("POST", url, token, json=body, headers={"Content-Type": MEDIA})

    def deep_link_answer(self, launch: dict[str, Any], items: list[dict[str, Any]], **changes: Any) -> str:
        """The signed answer to a deep linking launch."""
        said: dict[str, Any] = {
            "aud": launch["iss"],
            "nonce": secrets.token_hex(16),
            f"{CLAIM}deployment_id": self.deployment_id,
            f"{CLAIM}message_type": "LtiDeepLinkingResponse",
            f"{CLAIM}version": "1.3.0",
            f"{DEEP_LINK}content_items": items,
        }
        settings = launch[f"{DEEP_LINK}deep_linking_settings"]
        if "data" in settings:
            said[f"{DEEP_LINK}data"] = settings["data"]
        return self.sign({**said, **changes})

    def last_claims(self) -> dict[str, Any]:
        """The claims of the last launch, verified with the platform's published keys."""
        return self.verify(self.launches[-1]["id_token"])

    def verify(self, token: str) -> dict[str, Any]:
        keys = self.send("GET", self.platform["jwks_uri"]).json()["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        key = jwt.PyJWK(next(key for key in keys if key["kid"] == kid))
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=["RS256"], audience=self.client_id, options={"require": ["exp", "iat", "nonce"]}
        )
        return claims

    def _make_app(self) -> Flask:
        app = Flask("tiny_tool")

        @app.get("/register")
        def register() -> Any:
            token = {"Authorization": f"Bearer {request.args['registration_token']}"}
            self.platform = self.send("GET", request.args["openid_configuration"], headers=token).json()
            address = self.platform["registration_endpoint"]
            self.registered = self.send("POST", address, json=self.registration(), headers=token)
            if self.registered.ok:
                body = self.registered.json()
                self.client_id = body["client_id"]
                self.deployment_id = body[TOOL_CONFIGURATION]["deployment_id"]
            return "<p>Registered.</p>"

        @app.get("/asking")
        def ask_first() -> str:
            fields = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in request.args.items())
            return f'<form method="post" action="/asked">{fields}<button name="go" value="yes">Register</button></form>'

        @app.post("/asked")
        def asked() -> Any:
            return redirect(f"/register?{urlencode(request.form.to_dict())}")

        @app.route("/login", methods=["GET", "POST"])
        def login() -> Any:
            asked = request.values.to_dict()
            self.logins.append(asked)
            question = {
                "scope": "openid",
                "response_type": "id_token",
                "response_mode": "form_post",
                "prompt": "none",
                "client_id": asked["client_id"],
                "redirect_uri": f"{self.url}/launch",
                "state": "a-state",
                "nonce": secrets.token_hex(16),
                "login_hint": asked["login_hint"],
                "lti_message_hint": asked["lti_message_hint"],
            }
            return redirect(f"{self.platform['authorization_endpoint']}?{urlencode(question)}")

        @app.post("/launch")
        def launch() -> str:
            self.launches.append(request.form.to_dict())
            return "<h1>Launched</h1>"

        @app.get("/jwks.json")
        def keys() -> Any:
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return jsonify(keys=[{**public, "kid": self.kid, "alg": "RS256", "use": "sig"}])

        return app


class Browser:
    """A browser without a window: follows redirects, sends the forms that send themselves, keeps cookies."""

    def __init__(self, base: str, http: requests.Session) -> None:
        self.base = base
        self.http = http

    def get(self, url: str, /, **query: Any) -> requests.Response:
        return self._through(self.http.get(self._full(url), params=query, timeout=60))

    def post(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        return self._through(self.http.post(self._full(url), data=data or {}, timeout=60, **more))

    def sign_in(self, person: dict[str, Any]) -> None:
        self.post("/sign-in", {"person": person["id"]})

    def _full(self, url: str) -> str:
        return url if "://" in url else self.base + url

    def _through(self, page: requests.Response) -> requests.Response:
        while 'id="away"' in page.text:
            form = re.search(r'id="away" method="(\w+)" action="([^"]*)"', page.text)
            assert form
            found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
            fields = {name: unescape(value) for name, value in found}
            url = unescape(form[2])
            if form[1] == "get":
                page = self.http.get(url, params=fields, timeout=60)
            else:
                page = self.http.post(url, data=fields, timeout=60)
        return page


@contextmanager
def serving(app: Any, host: str) -> Iterator[str]:
    """Serve an app on a free port of this machine; gives its address under the name `host`."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
