"""
A browser made of HTTP alone: signs in to the pretend LMS, launches a tool, follows its forms.

It knows no tool: it reads pages, and fills in what their forms ask. The demo makes its first
content with it, and tests walk through whole jobs without starting a real browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urljoin

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header

from lti_tool.sandbox.client import LoopbackAdapter

MOST_HOPS = 12
PATIENCE = 60.0
"""Seconds to wait for a page: longer than a person would, for a machine may be busy with other things."""

Fields = dict[str, list[str]]


@dataclass(kw_only=True)
class Form:
    """A form as it stands in a page: where it goes, and what it would send untouched."""

    action: str
    method: str = "GET"
    enctype: str = ""
    fields: Fields = field(default_factory=dict)
    choices: Fields = field(default_factory=dict)
    """The values of each group of radio buttons or options, in their order."""
    buttons: list[str] = field(default_factory=list)
    is_automatic: bool = False
    """A script would send it at once."""

    def filled(self, values: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
        """What is sent when *values* were typed; a name that the form does not have is a mistake."""
        unknown = set(values) - set(self.fields) - set(self.choices) - set(self.buttons)
        if unknown:
            raise LookupError(
                f"the form {self.action} has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(self.fields))}"
            )
        merged = self.fields | {name: value if isinstance(value, list) else [value] for name, value in values.items()}
        return [(name, each) for name, several in merged.items() for each in several]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What came back."""

    url: str
    status: int
    text: str
    heading: str
    forms: list[Form]
    links: dict[str, str]
    """Addresses by the words of their links."""
    onward: Form | None = None
    """Where a script would go on to, once the LMS has kept what it asked it to keep."""

    def form(self, ending: str) -> Form:
        """The form whose address ends like this."""
        for each in self.forms:
            if each.action.split("?")[0].endswith(ending):
                return each
        raise LookupError(
            f"{self.url} ({self.heading}) has no form to …{ending}; it has {[each.action for each in self.forms]}"
        )

    def link(self, words: str) -> str:
        """The address of the first link that has these words."""
        for said, address in self.links.items():
            if words.casefold() in said.casefold():
                return address
        raise LookupError(f"{self.url} ({self.heading}) has no link {words!r}; it has {sorted(self.links)}")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file, and the field in which it is sent."""

    field: str
    name: str
    data: bytes


class Robot:
    """Somebody of the pretend LMS at *site*, with cookies of their own."""

    def __init__(self, site: str, person: str) -> None:
        self.site = site.rstrip("/")
        self.person = person
        self.cookies = RequestsCookieJar()
        """What this browser remembers; clearing it makes this another browser."""
        # Browsers take loopback for secure (W3C Secure Contexts section 3.1), so `Secure` cookies travel.
        self.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._session = requests.Session()
        self._session.trust_env = False
        # It would copy our cookies into jars of its own, which know nothing of loopback.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("http://", LoopbackAdapter())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def launch(self, **where: Any) -> Page:
        """
        Click into the tool: `activity=`, `course=`, `module=` (to select content), `site=True`, `view="student"`,
        as the sandbox's own `POST /sandbox/api/launches` takes them.
        """
        begun = self.api("POST", "launches", {"person": self.person, **where})
        self.cookies.set(*begun["cookie"].split("=", 1), domain="lms.localhost", path="/")
        return self._follow(begun["method"], begun["url"], list(begun["fields"].items()))

    def get(self, url: str) -> Page:
        """Open an address."""
        return self._follow("GET", url, [])

    def submit(self, form: Form, **values: str | list[str]) -> Page:
        """Fill in a form and send it."""
        return self._follow(form.method, form.action, form.filled(values), enctype=form.enctype)

    def send_file(self, form: Form, upload: Upload) -> Page:
        """Send a form untouched, with a file."""
        return self._follow(form.method, form.action, form.filled({}), enctype=form.enctype, upload=upload)

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the pretend LMS itself."""
        answer = self._session.request(method, f"{self.site}/sandbox/api/{path}", json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _follow(
        self, method: str, url: str, fields: list[tuple[str, str]], *, enctype: str = "", upload: Upload | None = None
    ) -> Page:
        """Send, and go on as long as a page would send itself on."""
        for _ in range(MOST_HOPS):
            page = self._send(method, url, fields, enctype=enctype, upload=upload)
            onward = page.onward or next((form for form in page.forms if form.is_automatic), None)
            if onward is None:
                return page
            method, url, fields, enctype = onward.method, onward.action, onward.filled({}), onward.enctype
            upload = None
        raise requests.TooManyRedirects(f"{url} goes on and on")

    def _send(
        self, method: str, url: str, fields: list[tuple[str, str]], *, enctype: str, upload: Upload | None = None
    ) -> Page:
        sent: dict[str, Any] = {"params": fields or None}
        if method.upper() != "GET":
            # A list of parts makes `requests` write multipart, as the form asks.
            is_multipart = enctype == "multipart/form-data"
            parts: list[Any] = [(name, (None, value)) for name, value in fields]
            parts += [(upload.field, (upload.name, upload.data))] if upload is not None else []
            sent = {"files": parts} if is_multipart else {"data": fields}
        answer = self._exchange(requests.Request(method, url, **sent))
        while answer.is_redirect:
            answer = self._exchange(requests.Request("GET", urljoin(answer.url, answer.headers["Location"])))
        reader = _Reader(answer.url)
        reader.feed(answer.text)
        return Page(
            url=answer.url,
            status=answer.status_code,
            text=answer.text,
            heading=" ".join("".join(reader.heading).split()),
            forms=reader.forms,
            onward=reader.onward,
            links={" ".join("".join(words).split()): address for address, words in reader.links},
        )

    def _exchange(self, request: requests.Request) -> requests.Response:
        """One request and its answer, with the cookies that belong to it."""
        prepared = self._session.prepare_request(request)
        if cookie := get_cookie_header(self.cookies, prepared):
            prepared.headers["Cookie"] = cookie
        answer = self._session.send(prepared, timeout=PATIENCE, allow_redirects=False)
        extract_cookies_to_jar(self.cookies, prepared, answer.raw)
        return answer


AUTOMATIC = ("autosubmit.js", "doors/submit.js")


class _Reader(HTMLParser):
    """Finds forms, links and the heading of a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[tuple[str, list[str]]] = []
        self.heading: list[str] = []
        self.onward: Form | None = None
        self._open: Form | None = None
        self._words: list[str] | None = None
        self._area = ""
        self._select = ""
        self._templates = 0
        """How deep we are in `template` elements, whose content is not part of the page."""
        self._is_automatic = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._templates += 1
        if self._templates:
            return
        if found.get("data-next"):
            self.onward = Form(action=found["data-next"])
        if tag in ("form", "input", "button", "textarea", "select", "option"):
            self._in_form(tag, found)
        elif tag == "script":
            self._note_script(found.get("src", "").split("?")[0])
        elif tag == "h1":
            self._words = self.heading
        elif tag == "a" and found.get("href"):
            self._words = []
            self.links.append((urljoin(self.url, found["href"]), self._words))

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)
        if self._area and self._open is not None:
            self._open.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "template":
                self._templates -= 1
            case "form":
                self._open = None
            case "a" | "h1":
                self._words = None
            case "textarea":
                if self._open is not None and self._area:
                    # A line feed right after the tag is none of the text (HTML section 13.1.2.5).
                    self._open.fields[self._area][-1] = self._open.fields[self._area][-1].removeprefix("\n")
                self._area = ""
            case "select":
                self._select = ""

    def _in_form(self, tag: str, found: dict[str, str]) -> None:
        if tag == "form":
            self._open = Form(
                action=urljoin(self.url, found.get("action") or self.url),
                method=found.get("method", "get").upper(),
                enctype=found.get("enctype", ""),
                is_automatic=self._is_automatic,
            )
            self.forms.append(self._open)
        elif tag == "textarea":
            self._area = found.get("name", "")
            self._keep(self._area, "")
        elif tag == "select":
            self._select = found.get("name", "")
        elif tag == "option":
            self._offer(self._select, found.get("value", ""), is_chosen="selected" in found)
        else:
            self._input(tag, found)

    def _note_script(self, source: str) -> None:
        if any(name in source for name in AUTOMATIC):
            self._is_automatic = True
            for form in self.forms:
                form.is_automatic = True

    def _input(self, tag: str, found: dict[str, str]) -> None:
        name, kind, value = (
            found.get("name", ""),
            found.get("type", "submit" if tag == "button" else "text"),
            found.get("value", ""),
        )
        if "disabled" in found or self._open is None:
            return
        if kind in ("submit", "button", "image", "reset"):
            self._open.buttons.append(name)
        elif kind in ("radio", "checkbox"):
            self._offer(name, value or "on", is_chosen="checked" in found)
        elif kind != "file" and name:
            self._keep(name, value)

    def _offer(self, name: str, value: str, *, is_chosen: bool) -> None:
        if self._open is None or not name:
            return
        self._open.choices.setdefault(name, []).append(value)
        if is_chosen:
            self._keep(name, value)

    def _keep(self, name: str, value: str) -> None:
        if self._open is not None and name:
            self._open.fields.setdefault(name, []).append(value)
