"""Speaking to tools: loopback only, always with a timeout, every exchange in the log."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import Cookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from lti_tool.sandbox import log

TIMEOUT = (3.0, 10.0)
MOST_BYTES = 1_000_000


class Unreachable(Exception):
    """The tool did not give a usable answer; the words say why."""


class LoopbackAdapter(HTTPAdapter):
    """
    Resolves `localhost` and `*.localhost` to this machine (RFC 6761) and refuses every other host.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        host = (parts.hostname or "").rstrip(".")
        # Cookies and redirects go by the name, so only the copy that travels has the address.
        travelling = request.copy()
        if host == "localhost" or host.endswith(".localhost"):
            travelling.headers["Host"] = parts.netloc.rpartition("@")[2]
            port = f":{parts.port}" if parts.port else ""
            travelling.url = urlunsplit(parts._replace(netloc=f"127.0.0.1{port}"))
        elif not _is_loopback(host):
            raise requests.exceptions.InvalidURL(f"{host!r} is not on this machine")
        answer = super().send(travelling, *args, **kwargs)
        answer.url, answer.request = urlunsplit(parts), request
        return answer


class LocalJar(RequestsCookieJar):
    """
    Gives Secure cookies back over plain http, as browsers do on *.localhost.
    """

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


@contextmanager
def browser() -> Iterator[requests.Session]:
    """
    A session that keeps cookies and follows redirects, as an admin's browser would.
    """
    with requests.Session() as session:
        session.trust_env = False
        session.cookies = LocalJar()
        session.headers["User-Agent"] = "pretend-lms"
        session.mount("http://", LoopbackAdapter())
        session.mount("https://", LoopbackAdapter())
        yield session


def get_json(url: str, *, kind: str) -> Any:
    """
    Fetch a JSON document from a tool.
    """
    status: int | None = None
    text = ""
    try:
        with browser() as session, session.get(url, timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
            status = answer.status_code
            text = next(answer.iter_content(MOST_BYTES), b"").decode(errors="replace")
        if status != 200:
            raise Unreachable(f"{url} answered {status}.")
        return json.loads(text)
    except (requests.RequestException, OSError) as err:
        text = str(err)
        raise Unreachable(f"{url} did not answer: {err}") from err
    except ValueError as err:
        raise Unreachable(f"{url} did not answer JSON.") from err
    finally:
        log.record(kind, "out", "GET", url, status=status, answer=log.pretty(text))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
