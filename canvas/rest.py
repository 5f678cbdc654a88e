"""
Canvas's own interface (REST), for what LTI cannot do: OAuth 2.0 with a developer key, pages, and its patience.

A token goes to the address of the account and nowhere else, and never into a log or an error.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from lti_tool.lms.calendar import Account, Caller, Grant
from lti_tool.lti.errors import Rejected, Unavailable
from lti_tool.lti.wire import json_of, next_page, raise_for_trouble, same_origin

DEFAULT_LIFE = 3600.0
PAGE = 50
MOST_PAGES = 40
PATIENCE = 100.0
"""
What must be left of the bucket of 700 that each token has, which drains by the cost of every call and fills again
with time. Calls at the same moment pay in advance, so that it is never used up.
"""


class CanvasRest:
    """One Canvas, for one after the other: it counts what a token costs, and several at once pay more."""

    def __init__(self, account: Account, sender: Caller) -> None:
        self._account = account
        self._sender = sender
        self._remaining: float | None = None

    @property
    def is_tired(self) -> bool:
        """Whether little is left of what this token may cost."""
        return self._remaining is not None and self._remaining < PATIENCE

    # Consent ---------------------------------------------------------------------------------------------------------

    def consent_url(self, *, state: str, redirect_uri: str, scopes: tuple[str, ...]) -> str:
        """Where a user of this Canvas says yes or no."""
        asked = {
            "client_id": self._account.client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": " ".join(scopes),
        }
        return f"{self._account.address}/login/oauth2/auth?{urlencode(asked)}"

    def grant(self, *, code: str, redirect_uri: str) -> Grant:
        """The tokens for a code, which is good once."""
        return self._token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    def refreshed(self, refresh_token: str) -> Grant:
        """A new token. Canvas sends no new refresh token along: the one before stays good."""
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def _token(self, more: Mapping[str, str]) -> Grant:
        form = {"client_id": self._account.client_id, "client_secret": self._account.client_secret, **more}
        answer = self._send("POST", f"{self._account.address}/login/oauth2/token", data=form)
        if answer.status_code in (400, 401):
            # Its words may repeat what was sent.
            raise Rejected(answer.status_code, "no token")
        raise_for_trouble(answer)
        said = json_of(answer)
        token = said.get("access_token") if isinstance(said, Mapping) else None
        if not isinstance(token, str) or not token:
            raise Unavailable("no token in the answer", status=answer.status_code)
        refresh, lives = said.get("refresh_token"), said.get("expires_in")
        return Grant(
            access_token=token,
            refresh_token=refresh if isinstance(refresh, str) and refresh else None,
            lives=float(lives) if isinstance(lives, int | float) and not isinstance(lives, bool) else DEFAULT_LIFE,
        )

    # Calls -----------------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """One call; what came back as JSON."""
        return json_of(self._call(method, f"{self._account.address}/api/v1/{path}", token, body))

    def pages(self, path: str, token: str, query: Mapping[str, str]) -> Iterator[list[Any]]:
        """A list, page by page, as far as ``Link`` leads."""
        asked = urlencode({**query, "per_page": str(PAGE)})
        here: str | None = f"{self._account.address}/api/v1/{path}?{asked}"
        seen: set[str] = set()
        while here is not None:
            if here in seen or len(seen) >= MOST_PAGES:
                raise Rejected(200, "its pages never end")
            if not same_origin(here, self._account.address):
                raise Rejected(200, "its next page is somewhere else")
            seen.add(here)
            answer = self._call("GET", here, token, None)
            page = json_of(answer)
            if not isinstance(page, list):
                raise Rejected(200, "a page that is no list")
            yield page
            here = next_page(answer, here)

    def _call(self, method: str, url: str, token: str, body: Any) -> requests.Response:
        answer = self._send(method, url, json=body, headers={"Authorization": f"Bearer {token}"})
        raise_for_trouble(answer)
        return answer

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        try:
            answer = self._sender.request(method, url, headers=headers, **options)
        except requests.RequestException as err:
            raise Unavailable(type(err).__name__) from err
        self._remaining = _number(answer.headers.get("X-Rate-Limit-Remaining"))
        return answer


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
