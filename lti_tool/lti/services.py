"""
A platform's services: the roster (NRPS 2.0) and the gradebook (AGS 2.0).

Addresses to begin with come from the platform's own signed claims, and its token is good for
itself only. So a bearer goes where the claims say, and never to another origin that an answer
(the next page, a new line item) names.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from sqlalchemy.orm import Session

from lti_tool import clock, config, http
from lti_tool.config import Settings
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import NotGranted, Rejected, Unavailable
from lti_tool.lti.platforms import Registration, load
from lti_tool.lti.tokens import tokens
from lti_tool.lti.wire import json_of, next_page, raise_for_trouble, same_origin

log = logging.getLogger(__name__)

ROSTER_LIMIT = 64 * 1024 * 1024
ROSTER_DEADLINE = 60.0
MOST_PAGES = 5_000

Scopes = Sequence[str]


def open_client(session: Session, platform_id: int, *, settings: Settings | None = None) -> "PlatformClient":
    """
    A client for the services of one platform. It needs *session* for this call only.

    *settings* are those of the running application, or of the environment, unless given.
    """
    return PlatformClient(load(session, platform_id), settings=settings or config.running())


class PlatformClient:
    """
    Speaks to one platform. What could not be done is a :class:`~lti_tool.lti.errors.ServiceError`.
    """

    def __init__(
        self, registration: Registration, *, settings: Settings, now: Callable[[], datetime] = clock.now
    ) -> None:
        self.registration = registration
        self._settings = settings
        self._http = http.client(settings)
        self._now = now

    # Roster ----------------------------------------------------------------------------------------------------------

    def roster_pages(self, url: str) -> Iterator[list[dict[str, Any]]]:
        """
        The members of a course, page by page (NRPS 2.0 section 2.4).

        Raises when a page does not come, so whoever reached the end has read a complete roster.
        """
        yield from self._pages(
            url, [lti.SCOPE_ROSTER], accept=lti.MEDIA_ROSTER, listed=lambda page: _list(page, "members")
        )

    # Line items ------------------------------------------------------------------------------------------------------

    def get_line_item(self, url: str) -> dict[str, Any]:
        """One column of the gradebook (AGS 2.0 section 3.2)."""
        answer = self._read("GET", url, headers={"Accept": lti.MEDIA_LINE_ITEM})
        return _object(answer)

    def find_line_items(
        self,
        url: str,
        *,
        resource_id: str | None = None,
        resource_link_id: str | None = None,
        tag: str | None = None,
    ) -> list[dict[str, Any]]:
        """
        The columns of a course, filtered here as well: a platform may ignore a filter it does not know.

        Asks for no page size, which some platforms answer with a broken link.
        """
        wanted = {"resource_id": resource_id, "resource_link_id": resource_link_id, "tag": tag}
        asked = with_query(url, {name: value for name, value in wanted.items() if value is not None})
        keys = {"resource_id": "resourceId", "resource_link_id": "resourceLinkId", "tag": "tag"}
        found: list[dict[str, Any]] = []
        for scopes in ([lti.SCOPE_LINE_ITEM_READ], [lti.SCOPE_LINE_ITEM]):
            try:
                for page in self._pages(asked, scopes, accept=lti.MEDIA_LINE_ITEMS, listed=_any_list):
                    found.extend(page)
                break
            except NotGranted:
                if scopes == [lti.SCOPE_LINE_ITEM]:
                    raise
        return [
            item
            for item in found
            if same_origin(str(item.get("id")), url)
            and all(value is None or item.get(keys[name]) == value for name, value in wanted.items())
        ]

    def create_line_item(self, url: str, line_item: Mapping[str, Any]) -> dict[str, Any]:
        """Make a column in the gradebook that *url* (``lineitems``) lists; what is echoed need not be stored."""
        answer = self._send(
            "POST", url, [lti.SCOPE_LINE_ITEM], headers=_media(lti.MEDIA_LINE_ITEM), json_body=dict(line_item)
        )
        made = _object(answer)
        if not same_origin(str(made.get("id")), url):
            raise Rejected(answer.status_code, "the new line item has an address elsewhere")
        return made

    def update_line_item(self, url: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """
        Change a column and nothing else of it: PUT replaces the whole, so what is there now goes along.
        """
        present = self.get_line_item(url)
        changed = {**present, **changes}
        if changed == present:
            return present
        answer = self._send("PUT", url, [lti.SCOPE_LINE_ITEM], headers=_media(lti.MEDIA_LINE_ITEM), json_body=changed)
        return _object(answer) if answer.content.strip() else changed

    def delete_line_item(self, url: str) -> None:
        """Take a column away. One that is gone already is as good."""
        try:
            self._send("DELETE", url, [lti.SCOPE_LINE_ITEM])
        except Rejected as err:
            if err.answered not in (404, 410):
                raise

    # Scores and results ----------------------------------------------------------------------------------------------

    def post_score(self, line_item_url: str, payload: Mapping[str, Any]) -> int:
        """
        Send a score (AGS 2.0 section 3.4) and return the status. The body of the answer means nothing.
        """
        url = _inside(line_item_url, "scores")
        answer = self._send(
            "POST", url, [lti.SCOPE_SCORE], headers={"Content-Type": lti.MEDIA_SCORE}, json_body=dict(payload)
        )
        return answer.status_code

    def results(
        self, line_item_url: str, *, user_id: str | None = None, page_size: int | None = None
    ) -> Iterator[list[dict[str, Any]]]:
        """What the gradebook shows (AGS 2.0 section 3.3). Only with a *page_size* that the LMS bears."""
        asked = {"user_id": user_id, "limit": None if page_size is None else str(page_size)}
        url = with_query(
            _inside(line_item_url, "results"), {name: value for name, value in asked.items() if value is not None}
        )
        yield from self._pages(url, [lti.SCOPE_RESULT_READ], accept=lti.MEDIA_RESULTS, listed=_any_list)

    # Notices ---------------------------------------------------------------------------------------------------------

    def subscribe(self, url: str, notice_type: str, handler: str) -> None:
        """Have notices of one type sent to *handler* (LTI-PNS 1.0); "" ends it. Twice is harmless."""
        self._send("PUT", url, [lti.SCOPE_NOTICES], json_body={"notice_type": notice_type, "handler": handler})

    def handlers(self, url: str) -> dict[str, str]:
        """Where notices are sent to, by type (LTI-PNS 1.0)."""
        found = _list(json_of(self._send("GET", url, [lti.SCOPE_NOTICES])), "notice_handlers")
        return {str(each.get("notice_type")): str(each.get("handler") or "") for each in found}

    # Below -----------------------------------------------------------------------------------------------------------

    def _pages(
        self, url: str, scopes: Scopes, *, accept: str, listed: Callable[[Any], list[dict[str, Any]]]
    ) -> Iterator[list[dict[str, Any]]]:
        seen: set[str] = set()
        here: str | None = url
        while here is not None:
            if here in seen or len(seen) >= MOST_PAGES:
                raise Rejected(200, "its pages never end")
            if not same_origin(here, url):
                raise Rejected(200, "its next page is somewhere else")
            seen.add(here)
            answer = self._send(
                "GET", here, scopes, headers={"Accept": accept}, limit=ROSTER_LIMIT, deadline=ROSTER_DEADLINE
            )
            after = next_page(answer, here)
            page = listed(json_of(answer))
            # The text of a large page is not needed while its members are.
            del answer
            yield page
            here = after

    def _read(self, method: str, url: str, *, headers: Mapping[str, str]) -> requests.Response:
        """With the scope that is for reading, or the one for writing where only that was given."""
        try:
            return self._send(method, url, [lti.SCOPE_LINE_ITEM_READ], headers=headers)
        except NotGranted:
            return self._send(method, url, [lti.SCOPE_LINE_ITEM], headers=headers)

    def _send(
        self,
        method: str,
        url: str,
        scopes: Scopes,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        **options: Any,
    ) -> requests.Response:
        """One request with a bearer; a token that is refused is replaced once."""
        answer, token = self._try(method, url, scopes, headers=headers, json_body=json_body, **options)
        if answer.status_code == 401:
            log.info("platform %s refused a token, asking for a new one", self.registration.platform_id)
            tokens.drop(self.registration, scopes, token)
            answer, token = self._try(method, url, scopes, headers=headers, json_body=json_body, **options)
        raise_for_trouble(answer)
        return answer

    def _try(
        self,
        method: str,
        url: str,
        scopes: Scopes,
        *,
        headers: Mapping[str, str] | None,
        json_body: Any,
        **options: Any,
    ) -> tuple[requests.Response, Any]:
        token = tokens.get(self.registration, scopes, client=self._http, settings=self._settings, now=self._now())
        given = {"Authorization": f"Bearer {token.value}", **(headers or {})}
        try:
            return self._http.request(method, url, headers=given, json=json_body, **options), token
        except http.ForbiddenAddress as err:
            raise Rejected(0, str(err)) from err
        except requests.RequestException as err:
            raise Unavailable(type(err).__name__) from err


def _media(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Accept": media_type}


def _inside(line_item_url: str, what: str) -> str:
    """``…/lineitem/scores``: a part of a line item, in the path, before whatever query it has."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{what}"))


def with_query(url: str, more: Mapping[str, str]) -> str:
    """*url* with some more parameters, beside those it has."""
    if not more:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])))


def _object(answer: requests.Response) -> dict[str, Any]:
    said = json_of(answer)
    if not isinstance(said, dict):
        raise Rejected(answer.status_code, "not what was asked for")
    return said


def _list(page: Any, name: str) -> list[dict[str, Any]]:
    members = page.get(name) if isinstance(page, dict) else None
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        raise Rejected(200, f"a page without {name}")
    return members


def _any_list(page: Any) -> list[dict[str, Any]]:
    if not isinstance(page, list) or not all(isinstance(each, dict) for each in page):
        raise Rejected(200, "a page that is no list")
    return page
