"""
Somebody else's server, a process of its own: takes scores and webhooks, each after so many milliseconds.

``python -m tests.benchmarks.slow HOOK_MS SCORE_MS`` prints its port and serves until its standard input closes.
``GET /told/SINCE`` says what came: how many of each were answered, when the first since then came, and when the last
was answered.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_guard = threading.Lock()
_came: dict[str, list[float]] = {"hook": [], "score": [], "token": []}
_told: dict[str, list[float]] = {"hook": [], "score": [], "token": []}
_waits: dict[str, float] = {"token": 0.0}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kind = "hook" if self.path.startswith("/hook") else "token" if self.path.startswith("/token") else "score"
        with _guard:
            _came[kind].append(time.time())
        time.sleep(_waits[kind])
        token = {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
        body = json.dumps(token).encode() if kind == "token" else b""
        self._answer(body)
        with _guard:
            _told[kind].append(time.time())

    def do_GET(self) -> None:
        since = float(self.path.rpartition("/")[2])
        with _guard:
            shown = {
                kind: [len(each), min((at for at in _came[kind] if at >= since), default=0), max(each, default=0)]
                for kind, each in _told.items()
            }
        self._answer(json.dumps(shown).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    block_on_close = False


def main() -> int:
    """Serve until standard input closes."""
    _waits["hook"], _waits["score"] = (int(each) / 1000 for each in sys.argv[1:3])
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
