"""
The way out: what is called, what is refused, and that nothing waits for ever.
"""

import http.server
import ipaddress
import os
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import responses

from lti_tool.http import BodyTooLarge, ForbiddenAddress, HTTPClient, Reach, TooSlow, check_url, is_public

TRICKLES = {
    "/drops": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    "/drops-without-end": b"HTTP/1.1 200 OK\r\n\r\n",
    "/one-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    "/header": b"HTTP/1.1 200 OK\r\nX-Long: ",
    "/status": b"HTTP/1.1 200 ",
}
"""Answers that go on letter by letter: none is ever late, and they never end."""
A_MINUTE = range(600)
"""So many tenths of a second: however busy the machine, being cut off is told from waiting for the end."""
SOON = 20.0


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        if self.path in TRICKLES:
            self.drip(TRICKLES[self.path])
            return
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/ok")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        try:
            if self.path == "/huge":
                self.wfile.write(b"x" * 100_000)
            elif self.path == "/slow":
                for _ in A_MINUTE:
                    self.wfile.write(b"x" * 7_000)
                    self.wfile.flush()
                    time.sleep(0.1)
            else:
                self.wfile.write(str(sorted(self.headers.items())).encode())
        except OSError:
            # The client has heard enough.
            pass

    def drip(self, beginning: bytes) -> None:
        try:
            self.wfile.write(beginning)
            for _ in A_MINUTE:
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://hearth-test.localhost:{made.server_address[1]}"
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def client() -> HTTPClient:
    return HTTPClient(reach=Reach(loopback=True))


def test_names_under_localhost_are_this_machine(client: HTTPClient, server: str) -> None:
    """RFC 6761, whatever the resolver says; and the host is told its own name."""
    answer = client.get(f"{server}/ok")

    assert answer.status_code == 200
    assert f"('Host', '{server.removeprefix('http://')}')" in answer.text


def test_every_call_says_who_we_are_and_keeps_no_cookie(client: HTTPClient, server: str) -> None:
    client.get(f"{server}/ok")
    answer = client.get(f"{server}/ok")

    assert "'Hearth/" in answer.text
    assert "Cookie" not in answer.text


def test_a_redirect_is_an_answer(client: HTTPClient, server: str) -> None:
    assert client.get(f"{server}/redirect").status_code == 302


def test_an_answer_without_end_is_cut(client: HTTPClient, server: str) -> None:
    with pytest.raises(BodyTooLarge):
        client.get(f"{server}/huge", limit=50_000)


def test_a_trickle_runs_into_the_deadline(client: HTTPClient, server: str) -> None:
    """Every byte comes in time, all of them together do not."""
    began = time.monotonic()

    with pytest.raises(TooSlow):
        client.get(f"{server}/slow", deadline=0.3)

    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("path", TRICKLES)
def test_whoever_answers_letter_by_letter_is_hung_up_on(client: HTTPClient, server: str, path: str) -> None:
    began = time.monotonic()

    with pytest.raises(TooSlow):
        client.get(f"{server}{path}", deadline=0.3)

    assert time.monotonic() - began < SOON
    assert client.get(f"{server}/ok").status_code == 200


def test_a_process_that_was_forked_hangs_up_too(client: HTTPClient, server: str) -> None:
    """The thread that does so is not there any more: it is started anew."""
    assert client.get(f"{server}/ok").status_code == 200
    with warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads, which is what this is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        began = time.monotonic()
        with suppress(TooSlow):
            HTTPClient(reach=Reach(loopback=True)).get(f"{server}/header", deadline=0.3)
        os._exit(0 if time.monotonic() - began < SOON else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_this_machine_is_refused_unless_allowed(server: str) -> None:
    with pytest.raises(ForbiddenAddress):
        HTTPClient(reach=Reach()).get(f"{server}/ok")


FORBIDDEN = [
    "http://lms.example/",
    "ftp://lms.example/",
    "file:///etc/passwd",
    "//lms.example/",
    "https://",
    "https://user:secret@lms.example/",
    "https://lms.example/#part",
    "https://lms.example:port/",
    "https://[::1/",
    "javascript:alert(1)",
    "",
    "http://127.0.0.1/",
    "https://localhost/",
    "https://a.localhost/",
    "https://[::1]/",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_only_https_elsewhere_is_called(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_url(url, allow_loopback=False)


@pytest.mark.parametrize("url", ["ftp://localhost/", "file://localhost/etc/passwd", "http://lms.example/"])
def test_loopback_allows_no_more_than_plain_http(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check_url(url, allow_loopback=True)


PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.5.5",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "0.1.2.3",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:0001::",
    "64:ff9b::a00:1",
    "2001:db8::1",
    "fec0::1",
    "64:ff9b:1::a00:1",
    "::7f00:1",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_private_numbers_are_not_public(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_numbers_are(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[tuple[Any, ...]]:
    """Let names resolve to *answers*, one list each time; collects where connections go."""
    left = list(answers)
    connected: list[tuple[Any, ...]] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        numbers = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in numbers]

    def create_connection(address: tuple[str, int], _timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return connected


@pytest.mark.parametrize(
    "number", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0"]
)
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, client: HTTPClient, number: str
) -> None:
    connected = resolving(monkeypatch, [number])

    with pytest.raises(requests.ConnectionError):
        client.get("https://innocent.example/")

    assert connected == []


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, client: HTTPClient
) -> None:
    """DNS rebinding: the second answer is private, and nobody asks a second time."""
    connected = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])

    with pytest.raises(requests.ConnectionError):
        client.get("https://rebinding.example/")

    assert connected == [("93.184.216.34", 443)]


def test_private_numbers_among_public_ones_are_left_out(monkeypatch: pytest.MonkeyPatch, client: HTTPClient) -> None:
    connected = resolving(monkeypatch, ["10.0.0.1", "93.184.216.34", "::1"])

    with pytest.raises(requests.ConnectionError):
        client.get("https://mixed.example/")

    assert connected == [("93.184.216.34", 443)]


def test_literal_private_numbers_are_refused(client: HTTPClient) -> None:
    with pytest.raises(requests.ConnectionError):
        client.get("https://10.0.0.1/")


@responses.activate
def test_every_trouble_is_of_one_family(client: HTTPClient) -> None:
    """So that callers catch one thing."""
    responses.get("https://lms.example/x", body=requests.ReadTimeout())

    with pytest.raises(requests.RequestException):
        client.get("https://lms.example/x")
    with pytest.raises(requests.RequestException):
        client.get("https://" + "a" * 70 + ".example/")


def test_a_named_private_network_is_reached_and_its_neighbours_are_not() -> None:
    """A school's LMS may live where no other call may lead."""
    reach = Reach(networks=(ipaddress.IPv4Network("10.20.0.0/16"),))

    reached = [reach.includes(ipaddress.ip_address(each)) for each in ("10.20.7.1", "10.21.0.1", "169.254.169.254")]

    assert reached == [True, False, False]
