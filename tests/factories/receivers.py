"""A real receiver of webhooks on this machine: keeps what comes, and answers as it is told."""

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request."""

    headers: Mapping[str, str]
    """By lower-case names."""
    body: bytes
    path: str


@dataclass
class Answer:
    """What to answer, after how many seconds."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0


@dataclass
class Receiver:
    """Answers 204 unless told otherwise."""

    port: int = 0
    scheme: str = "http"
    came: list[Received] = field(default_factory=list)
    next_answers: list[Answer] = field(default_factory=list)
    """Given one after the other, before :attr:`always`."""
    always: Answer = field(default_factory=Answer)
    hang: threading.Event = field(default_factory=threading.Event)
    """Cleared, everybody waits for it,"""
    hangs_on: str = ""
    """or only who asks for a path that ends so."""
    at_once: int = 0
    most_at_once: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.came]

    def wait_for(self, count: int, *, seconds: float = 60) -> None:
        """Until so many requests came; a busy machine gets a while."""
        until = time.monotonic() + seconds
        while len(self.came) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.came) >= count


@contextmanager
def receiving(*, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver(scheme="https" if tls else "http")
    receiver.hang.set()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    server.block_on_close = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: Receiver) -> Callable[..., http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with receiver.guard:
                receiver.at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
                answer = receiver.next_answers.pop(0) if receiver.next_answers else receiver.always
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.came.append(Received(headers=headers, body=body, path=self.path))
            if self.path.endswith(receiver.hangs_on):
                receiver.hang.wait(120)
            time.sleep(answer.after)
            with receiver.guard:
                receiver.at_once -= 1
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                # The sender has hung up.
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
