"""Canvas's own interface as its documentation tells: consent, tokens, the calendar of a course, and its patience."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
import responses

CANVAS = "https://school.instructure.example"
CALENDAR = re.compile(re.escape(f"{CANVAS}/api/v1/calendar_events"))


class PretendCanvas:
    """One school."""

    def __init__(self) -> None:
        self.events: dict[int, dict[str, Any]] = {}
        self.codes = {"a-code"}
        self.refresh_tokens = {"refresh-1"}
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.made = 0
        self.calls: list[str] = []
        self.remaining = 650.0
        self.trouble: list[Any] = []
        """What the next calls of its interface are answered with instead: a status, a whole answer, or an error."""
        self.token_trouble: list[int] = []
        """The same for its token service."""
        self.loses: list[bool] = []
        """Whether the answer of the next calls is lost on its way, after they were done."""
        self.page = 50

    @contextmanager
    def answering(self) -> Iterator[responses.RequestsMock]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
            network.add_callback(responses.POST, f"{CANVAS}/login/oauth2/token", callback=self._token)
            for method in (responses.GET, responses.POST, responses.PUT, responses.DELETE):
                network.add_callback(method, CALENDAR, callback=self._calendar)
            yield network

    def titles(self) -> list[str]:
        """What stands in the calendar."""
        return sorted(each["title"] for each in self.events.values())

    def _token(self, request: Any) -> tuple[int, dict[str, str], str]:
        form = dict(parse_qsl(request.body))
        assert (form["client_id"], form["client_secret"]) == ("170000000000042", "the key's secret")
        if self.token_trouble:
            return self.token_trouble.pop(0), {}, "<html>"
        if form["grant_type"] == "authorization_code":
            if form["code"] not in self.codes:
                return (
                    400,
                    {},
                    json.dumps({"error": "invalid_grant", "error_description": "authorization_code not found"}),
                )
            self.codes.remove(form["code"])
            return self._granted({"refresh_token": "refresh-1"})
        if form["refresh_token"] not in self.refresh_tokens:
            return 400, {}, json.dumps({"error": "invalid_grant", "error_description": "refresh_token not found"})
        return self._granted({})

    def _granted(self, more: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        self.tokens_given += 1
        token = f"access-{self.tokens_given}"
        self.tokens.add(token)
        told = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "user": {"id": 1, "name": "Ruth"}}
        return 200, {}, json.dumps({**told, **more})

    def _calendar(self, request: Any) -> Any:
        path = urlsplit(request.url).path.removeprefix("/api/v1/calendar_events")
        self.calls.append(f"{request.method} {path}".strip())
        headers = {
            "X-Rate-Limit-Remaining": f"{self.remaining}",
            "X-Request-Cost": "1.2",
            "Content-Type": "application/json",
        }
        if self.trouble:
            wrong = self.trouble.pop(0)
            if isinstance(wrong, Exception):
                return wrong
            return (wrong, headers, "{}") if isinstance(wrong, int) else wrong
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return (
                401,
                {"WWW-Authenticate": 'Bearer realm="canvas-lms"'},
                json.dumps({"errors": [{"message": "Invalid"}]}),
            )
        status, told, link = self._do(request, path.strip("/"))
        if self.loses and self.loses.pop(0):
            return requests.ConnectionError("lost")
        return status, headers | link, json.dumps(told)

    def _do(self, request: Any, id: str) -> tuple[int, Any, dict[str, str]]:
        if request.method == "GET":
            return self._list(request)
        body = json.loads(request.body)["calendar_event"] if request.method in ("POST", "PUT") else {}
        if request.method == "POST":
            self.made += 1
            number = 1000 + self.made
            self.events[number] = {**body, "id": number, "workflow_state": "active"}
            return 201, self.events[number], {}
        if int(id) not in self.events:
            return 404, {"errors": [{"message": "The specified resource does not exist."}]}, {}
        if request.method == "DELETE":
            return 200, {**self.events.pop(int(id)), "workflow_state": "deleted"}, {}
        self.events[int(id)] |= body
        return 200, self.events[int(id)], {}

    def _list(self, request: Any) -> tuple[int, Any, dict[str, str]]:
        query = parse_qs(urlsplit(request.url).query)
        begin, end = query["start_date"][0], query["end_date"][0]
        found = [
            each
            for each in self.events.values()
            if [each["context_code"]] == query["context_codes[]"] and begin <= each["start_at"][:10] <= end
        ]
        at = int(query.get("page", ["0"])[0])
        link = {}
        if at + self.page < len(found):
            more = f"{request.url.partition('&page=')[0]}&page={at + self.page}"
            link = {"Link": f'<{more}>; rel="next", <{CANVAS}/api/v1/calendar_events>; rel="first"'}
        return 200, found[at : at + self.page], link
