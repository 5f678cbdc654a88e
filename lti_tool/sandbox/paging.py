"""Cutting long answers into pages, with the `Link: rel="next"` of each kind of LMS."""

import base64
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request

from lti_tool.sandbox import launches
from lti_tool.sandbox.brand import Brand


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which part of a list is asked for."""

    start: int
    size: int

    @property
    def is_later(self) -> bool:
        return self.start > 0


def asked(habits: Brand, most: int) -> Page | None:
    """
    The page of this request; None when its parameters make no sense.
    """
    try:
        size = int(request.args.get("limit", most))
        start = _unmark(request.args["page"]) if "page" in request.args else int(request.args.get("from", 0))
    except ValueError:
        return None
    if size < 1 or start < 0:
        return None
    return Page(start=start, size=min(size, most))


def add_next(
    response: Response, page: Page, total: int, habits: Brand, *, lost: tuple[str, ...] = (), fault: str | None = None
) -> Response:
    """
    Tell where the next page is, if there is one; `lost` names parameters that the link forgets.
    """
    start = page.start + page.size
    if fault == "loop":
        start = page.start
    elif start >= total:
        return response
    kept = {name: value for name, value in request.args.items() if name not in ("page", "from", "limit", *lost)}
    position = {"page": _mark(start)} if habits.bookmarks else {"from": str(start)}
    base = "http://elsewhere.localhost:9" if fault == "foreign_next" else launches.issuer()
    url = f"{base}{request.path}?{urlencode({**kept, **position, 'limit': str(page.size)})}"
    if habits.curly_links and "lineitems" in request.path:
        link = f"<{url.replace('&', '&amp;')}>; rel=\u201cnext\u201d"
        # Header values travel as Latin-1; these are the bytes of the typographic quotes.
        response.headers["Link"] = link.encode().decode("latin-1")
    else:
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response


def _mark(start: int) -> str:
    """
    An opaque bookmark with both upper and lower case letters that matter.
    """
    return "bookmark:" + base64.urlsafe_b64encode(json.dumps([start, "Yz"]).encode()).decode().rstrip("=")


def _unmark(mark: str) -> int:
    body = mark.partition(":")[2]
    unpacked = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if not isinstance(unpacked, list) or unpacked[1:] != ["Yz"]:
        raise ValueError(mark)
    return int(unpacked[0])
