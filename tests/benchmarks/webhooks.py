"""
G7 and G8: events taken in, one by one and in batches, against a bare view with the same INSERT; and read again.
"""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import select, text, update

from lti_tool import db
from lti_tool.app import create_app
from lti_tool.courses.models import Course, Deployment, Platform
from tests.benchmarks import slot
from tests.benchmarks.ground import Ground, serving
from tests.benchmarks.table import Result, at_least, told, within
from tests.ports import free_port
from webhooks import signatures, sources
from webhooks.drain import drain_all
from webhooks.models import Event

CLIENTS = 32
BATCH = 100
SECONDS_FOR_10_000 = 10.0
DRAIN_OVER_INGEST = 10


@dataclass
class Sender:
    """Who posts to one letterbox, and how long that took each time."""

    port: int
    path: str
    secret: str
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def send(self, bodies: Sequence[tuple[str, bytes]]) -> float:
        """Post all, by 32 clients that keep their connections. Returns requests a second."""
        requests = [self._request(message_id, body) for message_id, body in bodies]
        shares = [requests[first::CLIENTS] for first in range(CLIENTS)]
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            for latencies in pool.map(self._post, shares):
                self.latencies += latencies
        rate = len(requests) / (time.perf_counter() - began)
        self.rates.append(rate)
        return rate

    def _request(self, message_id: str, body: bytes) -> bytes:
        at = datetime.now(UTC)
        signature = signatures.sign(self.secret, message_id=message_id, at=at, body=body)
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"webhook-id: {message_id}\r\nwebhook-timestamp: {int(at.timestamp())}\r\n"
            f"webhook-signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _post(self, requests: Sequence[bytes]) -> list[float]:
        latencies: list[float] = []
        if not requests:
            return latencies
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests:
                began = time.perf_counter()
                connection.sendall(request)
                answer = connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 202"):
                    raise RuntimeError(f"refused: {answer[:200]!r}")
                latencies.append(time.perf_counter() - began)
        return latencies

    def percentile(self, share: float) -> float:
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


def measure(ground: Ground, *, rounds: int, count: int) -> Iterator[Result]:
    """Each letterbox takes its turn, round by round; then what lies in ours is read."""
    port, floor_port = free_port(), free_port()
    settings = ground.hearth("webhooks", port)
    create_app(settings)
    with db.transaction() as session:
        platform = session.get_one(Platform, 1)
        platform.family = "moodle"
        deployment = session.scalars(select(Deployment)).one()
        session.add(Course(deployment_id=deployment.id, context_id="42", roster_url=f"{ground.issuer}/roster"))
        made = sources.make(session, platform, proof=None, name="", settings=settings, now=datetime.now(UTC))
    secret = made.secret or ""
    floor_database = ground.database("slot")
    with ExitStack() as stack:
        with psycopg.connect(floor_database) as connection:
            connection.execute(slot.SCHEMA)
        how = {"workers": 2, "threads": 8}
        environment = ground.environment(settings) | {"LOG_LEVEL": "warning"}
        floor_environment = {"SLOT_DATABASE_URL": floor_database, "SLOT_SECRET": secret.removeprefix("whsec_")}
        stack.enter_context(serving("webhooks.wsgi:app", port=port, environment=environment, **how))
        stack.enter_context(serving("tests.benchmarks.slot:app", port=floor_port, environment=floor_environment, **how))
        path = urlsplit(made.address).path
        ours, floor = Sender(port, path, secret), Sender(floor_port, "/webhooks/1", secret)
        for each in (floor, ours):
            each.send(_singles("warm", CLIENTS * 4))
            each.rates.clear()
            each.latencies.clear()
        for turn in range(rounds):
            floor.send(_singles(f"f{turn}", count))
            ours.send(_singles(f"o{turn}", count))
        batches = Sender(port, path, secret)
        for turn in range(rounds):
            batches.send(_batches(f"b{turn}", max(count // 10, CLIENTS)))
    yield at_least("events a second, one by one, 32 clients", median(ours.rates), median(floor.rates), 0.7, "/s")
    yield within("p99, one by one", round(ours.percentile(0.99), 1), 80, " ms", note=f"{floor.percentile(0.99):.1f} ms")
    yield at_least("events a second, in batches of 100", median(batches.rates) * BATCH, 20_000, 1.0, "/s")
    yield told("kept", f"{_kept():,}", "none lost, none twice")
    rate = median(ours.rates)
    drained = _drained(10_000 if count > 1_000 else count)
    yield within("seconds to read 10,000", round(10_000 / drained, 2), SECONDS_FOR_10_000, " s")
    yield at_least("events read a second, against taken in", drained, rate, DRAIN_OVER_INGEST, "/s")


def _event(name: str, number: int) -> dict[str, object]:
    return {
        "eventname": "\\core\\event\\user_enrolment_created",
        "component": "core",
        "eventid": f"{name}-{number}",
        "action": "created",
        "target": "user_enrolment",
        "objecttable": "user_enrolments",
        "objectid": number + 1,
        "contextid": 99,
        "contextlevel": 50,
        "contextinstanceid": 42,
        "userid": 2,
        "relateduserid": number + 1,
        "courseid": 42,
        "anonymous": 0,
        "other": {"enrol": "manual", "note": "x" * 300},
        "timecreated": 1788249660,
    }


def _singles(name: str, count: int) -> list[tuple[str, bytes]]:
    return [
        (
            f"{name}-{number}",
            json.dumps({"type": "m", "timestamp": 1, "data": {"event": _event(name, number)}}).encode(),
        )
        for number in range(count)
    ]


def _batches(name: str, count: int) -> list[tuple[str, bytes]]:
    return [
        (
            f"{name}-{number}",
            json.dumps(
                {"type": "m", "timestamp": 1, "data": {"events": [_event(f"{name}-{number}", n) for n in range(BATCH)]}}
            ).encode(),
        )
        for number in range(count)
    ]


def _kept() -> int:
    with db.transaction() as session:
        count: int = session.execute(text("select count(*) from webhook_event")).scalar_one()
        return count


def _drained(count: int) -> float:
    """Events read a second, with the real handlers."""
    with db.transaction() as session:
        session.execute(update(Event).values(state="done"))
        session.execute(
            text("update webhook_event set state = 'new' where id in (select id from webhook_event limit :count)"),
            {"count": count},
        )
    began = time.perf_counter()
    read = drain_all()
    return read / (time.perf_counter() - began)
