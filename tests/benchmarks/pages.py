"""
G2 and the weight of a page: statements for each page in a small and a large class, and what a browser loads.
"""

import gzip
import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.app import create_app
from lti_tool.courses.models import Activity
from tests.benchmarks.browsers import Tool
from tests.benchmarks.ground import Ground, serving
from tests.benchmarks.table import Result, told, within
from tests.factories.courses import sign_in
from tests.factories.exchange import Class, hand_in, make_class
from tests.ports import free_port

MOST_STATEMENTS = 12
MOST_BYTES = 60_000
SMALL, LARGE = 20, 200

LOADED = re.compile(r"""<(?:link|script)\b[^>]*?\b(?:href|src)=["']([^"']+\.(?:css|js|mjs)(?:\?[^"']*)?)["']""")
IMPORT_MAP = re.compile(r"""<script[^>]+type=["']importmap["'][^>]*>(.*?)</script>""", re.DOTALL)
IMPORTED = re.compile(r"""(?:\bfrom|\bimport|@import)\s*(?:url\()?\s*\(?["']([^"']+)["']""")


def measure(ground: Ground) -> Iterator[Result]:
    """Both, in the order in which they matter to a person who waits."""
    yield from _statements(ground)
    yield from _weight(ground)


def _statements(ground: Ground) -> Iterator[Result]:
    app = create_app(ground.settings(ground.hearth("pages", 8000).database_url or ""))
    app.logger.disabled = True
    engine = db.engine()
    counts: dict[int, dict[str, int]] = {}
    for learners in (SMALL, LARGE):
        with Session(engine, expire_on_commit=False) as session:
            made = make_class(session, learners=learners)
            for person in made.people:
                hand_in(made, person)
            session.commit()
            counts[learners] = dict(_count(app, engine, made))
    for page, small in counts[SMALL].items():
        large = counts[LARGE][page]
        note = "flat" if large == small else f"{large} in a class of {LARGE}"
        result = within(f"statements: {page}", max(small, large), MOST_STATEMENTS, note=note)
        yield result if large == small else Result(**{**vars(result), "is_met": False})


def _count(app: Flask, engine: Engine, made: Class) -> Iterator[tuple[str, int]]:
    activity = made.session.get_one(Activity, made.exchange.activity_id)
    for who, membership in (("student", made.learners[0]), ("teacher", made.teacher)):
        visit = sign_in(made.session, membership)
        client = app.test_client()
        for page, path in (("home", "/"), ("exchange", f"/exchanges/{activity.id}")):
            client.get(visit.path(path))
            with counting(engine) as seen:
                answer = client.get(visit.path(path))
            assert answer.status_code == 200, f"{page}: {answer.status} {answer.text[:500]}"
            yield f"{page}, {who}", len(seen)


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that run on *engine* meanwhile."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _weight(ground: Ground) -> Iterator[Result]:
    port = free_port()
    environment = ground.environment(ground.hearth("weight", port))
    with serving("lti_tool.wsgi:app", port=port, environment=environment):
        path, cookies, page = Tool(port=port, issuer=ground.issuer, key=ground.key).first_page()
        files = _load(f"http://127.0.0.1:{port}{path}", cookies, page)
    sent = sum(wire for wire, _ in files.values())
    packed = sum(compressed for _, compressed in files.values())
    yield within(f"CSS and JS of a page, {len(files)} files, gzip", packed, MOST_BYTES, " B")
    yield told("the same as this server alone sends it", f"{sent:,} B", "a proxy may compress")
    yield told("the page itself, gzip", f"{len(gzip.compress(page.encode(), 6)):,} B")


def _load(page_url: str, cookies: str, page: str) -> Mapping[str, tuple[int, int]]:
    """Every style sheet and script that the page leads to: bytes over the wire, and bytes once compressed."""
    found = IMPORT_MAP.search(page)
    imports: dict[str, str] = json.loads(found[1])["imports"] if found else {}
    waiting = [urljoin(page_url, href) for href in LOADED.findall(page)]
    # A module that the map names is loaded when something imports it; the walk below finds that.
    loaded: dict[str, tuple[int, int]] = {}
    while waiting:
        url = waiting.pop().partition("#")[0]
        if url in loaded:
            continue
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "Cookie": cookies})  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            wire = answer.read()
            text = gzip.decompress(wire) if answer.headers.get("Content-Encoding") == "gzip" else wire
        loaded[url] = len(wire), min(len(wire), len(gzip.compress(text, 6)))
        for name in IMPORTED.findall(text.decode(errors="replace")):
            target = imports.get(name, name)
            if target.startswith(("/", ".")) and urlsplit(target).path.endswith((".css", ".js", ".mjs")):
                waiting.append(urljoin(url if target.startswith(".") or name not in imports else page_url, target))
    return loaded
