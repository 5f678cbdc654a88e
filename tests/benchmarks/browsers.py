"""
Many browsers at once: a small, cheap client, so that what is measured is the server.
"""

import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.benchmarks import lms

COOKIE = re.compile(rb"(?i)\r\nset-cookie: ([^;\r]+)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
LOCATION = re.compile(rb"(?i)\r\nlocation: ([^\r]+)")


@dataclass
class Launch:
    """One person on the way in; filled as they go."""

    student: int
    cookies: list[str] = field(default_factory=list)
    state: str = ""
    token: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run of launches took."""

    count: int
    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this *share* of the launches was done."""
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool under load."""

    port: int
    issuer: str
    key: lms.Key

    @property
    def target(self) -> str:
        return f"http://127.0.0.1:{self.port}/lti/launch"

    def launches(self, count: int, *, browsers: int, students: int) -> Run:
        """
        Let *count* people in, *browsers* at a time: login, launch, first page.

        All log in, then all tokens are signed (that is the platform's work, and not counted),
        then all launch. Time is the sum of the two counted parts; a person's latency likewise.
        """
        people = [Launch(student=number % students) for number in range(count)]
        with ThreadPoolExecutor(browsers) as pool:
            began = time.perf_counter()
            list(pool.map(self._log_in, people))
            seconds = time.perf_counter() - began
            for person in people:
                person.token = self.key.sign(
                    lms.claims(issuer=self.issuer, target=self.target, nonce=person.token, student=person.student)
                )
            began = time.perf_counter()
            list(pool.map(self._launch, people))
            seconds += time.perf_counter() - began
        return Run(count=count, seconds=seconds, latencies=[person.seconds for person in people])

    def first_page(self) -> tuple[str, str, str]:
        """Launch one person and return their first page: its path, their cookies and the page."""
        person = Launch(student=0)
        self._log_in(person)
        person.token = self.key.sign(
            lms.claims(issuer=self.issuer, target=self.target, nonce=person.token, student=person.student)
        )
        path, body = self._launch(person)
        return path, "; ".join(person.cookies), body.decode()

    def _log_in(self, person: Launch) -> None:
        began = time.perf_counter()
        form = urlencode(
            {
                "iss": self.issuer,
                "login_hint": str(person.student),
                "target_link_uri": self.target,
                "client_id": lms.CLIENT_ID,
                "lti_deployment_id": lms.DEPLOYMENT_ID,
                "lti_message_hint": '{"cmid":42,"launchid":"ltilaunch42_1"}',
            }
        )
        with self._connection() as connection:
            head, _ = self._ask(connection, "POST", "/lti/login", person, form)
        query = parse_qs(urlsplit(_found(LOCATION, head)).query)
        person.state, person.token = query["state"][0], query["nonce"][0]
        person.seconds = time.perf_counter() - began

    def _launch(self, person: Launch) -> tuple[str, bytes]:
        began = time.perf_counter()
        with self._connection() as connection:
            form = urlencode({"state": person.state, "id_token": person.token})
            head, body = self._ask(connection, "POST", "/lti/launch", person, form)
            if b" 303" not in head[:20] and b" 302" not in head[:20]:
                raise RuntimeError(f"the launch was refused: {head[:40]!r} {body[:2000]!r}")
            path = urlsplit(_found(LOCATION, head)).path
            head, body = self._ask(connection, "GET", path, person)
            if b" 200" not in head[:20]:
                raise RuntimeError(f"the page did not come: {head[:40]!r} {body[:2000]!r}")
        person.seconds += time.perf_counter() - began
        return path, body

    def _connection(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _ask(
        self, connection: socket.socket, method: str, path: str, person: Launch, form: str = ""
    ) -> tuple[bytes, bytes]:
        connection.sendall(
            (
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept: text/html\r\n"
                f"Cookie: {'; '.join(person.cookies)}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
            ).encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += _more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(_found(LENGTH, head))
        while len(body) < length:
            body += _more(connection)
        person.cookies += [cookie.decode() for cookie in COOKIE.findall(head)]
        return head, body


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("the server closed the connection in the middle of an answer")
    return piece


def _found(pattern: re.Pattern[bytes], head: bytes) -> str:
    match = pattern.search(head)
    if match is None:
        raise RuntimeError(f"unexpected answer: {head!r}")
    return match[1].decode()
