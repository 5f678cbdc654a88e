"""
The way out: one HTTP client for every call to somebody else's server.

Always a deadline, no redirects, a cap on what is read, no cookies, no proxies from the
environment; and it connects to the very address it has checked, so that no name can lead
it to this machine's own network (server-side request forgery, DNS rebinding).
"""

import heapq
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from lti_tool import __version__
from lti_tool.config import Network, Settings, is_loopback_host

USER_AGENT = f"Hearth/{__version__}"
"""Some LMS hosts answer 403 to who does not say who they are."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
DEADLINE_SECONDS = 20.0
BODY_LIMIT = 2 * 1024 * 1024
CHUNK = 64 * 1024
MOST_ADDRESSES = 4
"""Of one name; with more of them dead, waiting for each would take for ever."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
WIRE_SERVER = ipaddress.IPv4Address("168.63.129.16")
"""A public number that means a cloud's own metadata service all the same."""


class ForbiddenAddress(requests.RequestException):
    """The address is none that we call: not https, or it leads into a private network."""


class BodyTooLarge(requests.RequestException):
    """The answer is longer than anything this call could mean."""


class TooSlow(requests.Timeout):
    """The answer trickled in beyond the deadline."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whom we may call besides the open internet."""

    loopback: bool = False
    """This machine itself, and plain http there: for the demo and tests."""
    networks: tuple[Network, ...] = ()
    """Private networks in which LMSs of this institution live."""

    def includes(self, address: Address) -> bool:
        """Whether an address that a name led to may be connected to."""
        return is_public(address) or any(address in each for each in self.networks)


class HTTPClient:
    """
    A client for any number of hosts and threads. Answers come read, whole and capped; 3xx is an answer like any other.
    """

    def __init__(self, *, reach: Reach, ca_bundle: str | None = None, pool: int = 16) -> None:
        self.allow_loopback = reach.loopback
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_bundle or True
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.cookies = cast(RequestsCookieJar, CookieJar(DefaultCookiePolicy(allowed_domains=[])))
        adapter = _CheckedAdapter(reach, pool)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(self, url: str, **options: Any) -> requests.Response:
        """GET; see :meth:`request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """POST; see :meth:`request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> requests.Response:
        """PUT; see :meth:`request`."""
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> requests.Response:
        """DELETE; see :meth:`request`."""
        return self.request("DELETE", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | str | Mapping[str, str] | None = None,
        json: Any = None,
        deadline: float = DEADLINE_SECONDS,
        limit: int = BODY_LIMIT,
    ) -> requests.Response:
        """
        Send one request, and read at most *limit* bytes within *deadline* seconds.

        Raises only what descends from ``requests.RequestException``.
        """
        check_url(url, allow_loopback=self.allow_loopback)
        with _Watch(deadline) as watch:
            try:
                response = self._session.request(
                    method,
                    url,
                    headers=dict(headers) if headers else None,
                    data=data,
                    json=json,
                    timeout=(min(CONNECT_SECONDS, deadline), min(READ_SECONDS, deadline)),
                    allow_redirects=False,
                    stream=True,
                )
                _read(response, watch=watch, limit=limit)
            except requests.RequestException as err:
                watch.require_time(err)
                raise
            except (ValueError, UnicodeError) as err:
                # requests and urllib3 let some unreadable addresses through to the parsers of the standard library.
                raise ForbiddenAddress(f"not an address: {type(err).__name__}") from err
            watch.require_time()
        return response


def client(settings: Settings, *, networks: tuple[Network, ...] | None = None, pool: int = 16) -> HTTPClient:
    """
    The client of this process for *settings*, which keeps up to *pool* connections to each host.

    It reaches private *networks*; unless given, those in which LMSs live. What an operator has registered may live
    among them. An address that somebody else typed may not, or this host would knock on doors for them.
    """
    if networks is None:
        networks = settings.private_networks
    reach = Reach(loopback=settings.allow_loopback_platforms, networks=networks)
    return _client(reach, str(settings.ca_bundle) if settings.ca_bundle else None, pool)


def leads_inside(err: requests.RequestException) -> bool:
    """Whether *err* says that a name led into a private network and nowhere else."""
    reason = getattr(err.args[0], "reason", None) if err.args else None
    return isinstance(reason, _LeadsInside)


def check_url(url: str, *, allow_loopback: bool) -> None:
    """Raise :class:`ForbiddenAddress` unless *url* is https, or http on this machine where that is allowed."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as err:
        raise ForbiddenAddress("not an address") from err
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise ForbiddenAddress("not the address of a service")
    if is_loopback_host(host):
        if not allow_loopback:
            raise ForbiddenAddress("this machine's own addresses are not called")
    elif parts.scheme != "https":
        raise ForbiddenAddress("only https is called")
    if parts.scheme not in ("http", "https"):
        raise ForbiddenAddress("only https is called")


def is_public(address: Address) -> bool:
    """Whether *address* is on the open internet, also when an IPv4 one hides inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = _hidden(address)
        if hidden is not None:
            return is_public(hidden)
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and address != WIRE_SERVER


def _hidden(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


@lru_cache(maxsize=8)
def _client(reach: Reach, ca_bundle: str | None, pool: int) -> HTTPClient:
    return HTTPClient(reach=reach, ca_bundle=ca_bundle, pool=pool)


class _LeadsInside(NewConnectionError):
    """None of the addresses of a name may be connected to."""


class _Watch:
    """
    Hangs up on whoever does not come to an end in time.

    The timeout of a socket begins anew with every byte, so that a trickle of bytes, or of a
    header's letters, could hold this thread for days. Any read that waits when the time is over
    ends as if the other side had gone.
    """

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        _present.watch = self
        _watchman.expect(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _err: BaseException | None, _at: TracebackType | None
    ) -> None:
        _present.watch = None
        with self._guard:
            for twin in self._sockets:
                twin.close()
            self._sockets.clear()

    def add(self, connected: socket.socket) -> None:
        """Watch a connection that this call uses."""
        # By a descriptor of our own: the socket may be wrapped for TLS, or closed and its number used by another.
        twin = socket.socket(fileno=os.dup(connected.fileno()))
        with self._guard:
            self._sockets.append(twin)
        if self.is_over:
            self.hang_up()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def require_time(self, err: Exception | None = None) -> None:
        """Raise :class:`TooSlow`, where the time is over."""
        if self.is_over:
            raise TooSlow("the answer did not end in time") from err

    def hang_up(self) -> None:
        """End whatever read waits. A call that has come to its end has nothing left to hang up on."""
        with self._guard:
            for twin in self._sockets:
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)


class _Watchman:
    """Calls each watch when its time is over. One thread for all: starting one for each costs as much as sending."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Know of no call: as after a fork, which leaves all threads but one behind."""
        self._bell = threading.Condition()
        self._watches: list[tuple[float, int, _Watch]] = []
        self._thread: threading.Thread | None = None

    def expect(self, watch: _Watch) -> None:
        """Call *watch* in time."""
        with self._bell:
            heapq.heappush(self._watches, (watch.until, id(watch), watch))
            if self._thread is None:
                self._thread = threading.Thread(target=self._call, name="watchman", daemon=True)
                self._thread.start()
            elif self._watches[0][2] is watch:
                self._bell.notify()

    def _call(self) -> None:
        while True:
            with self._bell:
                left = self._watches[0][0] - time.monotonic() if self._watches else None
                if left is None or left > 0:
                    self._bell.wait(left)
                    continue
                watch = heapq.heappop(self._watches)[2]
            watch.hang_up()


_watchman = _Watchman()
os.register_at_fork(after_in_child=_watchman.begin_anew)
_present = threading.local()
"""``watch``: that of the call which this thread makes."""


def _watch(connected: socket.socket) -> None:
    watch: _Watch | None = getattr(_present, "watch", None)
    if watch is not None:
        watch.add(connected)


def _read(response: requests.Response, *, watch: _Watch, limit: int) -> None:
    """Read the body into *response*, or close the connection and say why not."""
    try:
        response._content = b"".join(_chunks(response, watch=watch, limit=limit))
    except BaseException:
        response.close()
        raise


def _chunks(response: requests.Response, *, watch: _Watch, limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_content(CHUNK):
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(f"more than {limit} bytes", response=response)
        watch.require_time()
        yield chunk


def _allowed_addresses(host: str, port: int, reach: Reach) -> list[str]:
    """The addresses of *host* that may be called, resolved once."""
    if is_loopback_host(host):
        # RFC 6761 section 6.3: these names mean this machine, whatever the resolver thinks.
        return ["::1" if host == "::1" else "127.0.0.1"] if reach.loopback else []
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = [str(each[4][0]) for each in found]
    return [each for each in dict.fromkeys(numbers) if reach.includes(ipaddress.ip_address(each.partition("%")[0]))]


def _connect(connection: HTTPConnection, reach: Reach) -> socket.socket:
    """A socket to one of the checked addresses: what was checked is what is connected to."""
    host, port = connection.host.strip("[]"), connection.port or connection.default_port
    try:
        numbers = _allowed_addresses(host, port, reach)
    except socket.gaierror as err:
        raise NameResolutionError(connection.host, connection, err) from err
    except (OSError, UnicodeError) as err:
        raise NewConnectionError(connection, "not a name") from err
    problem: Exception = _LeadsInside(connection, "the name leads into a private network")
    for number in numbers[:MOST_ADDRESSES]:
        try:
            timeout = connection.timeout if isinstance(connection.timeout, int | float) else CONNECT_SECONDS
            made = socket.create_connection((number, port), timeout)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _watch(made)
            return made
        except TimeoutError:
            problem = ConnectTimeoutError(connection, f"connection to {connection.host} timed out")
        except OSError as err:
            problem = NewConnectionError(connection, f"no connection: {err}")
    raise problem


def _watch_again(connection: HTTPConnection) -> None:
    """A connection kept from an earlier call is watched by this one."""
    if connection.sock is not None:
        _watch(connection.sock)


def _pools(reach: Reach) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections resolve, check and connect in one go."""

    class CheckedHTTPConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, reach)

        def request(self, *args: Any, **kwargs: Any) -> None:
            _watch_again(self)
            super().request(*args, **kwargs)

    class CheckedHTTPSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, reach)

        def request(self, *args: Any, **kwargs: Any) -> None:
            _watch_again(self)
            super().request(*args, **kwargs)

    class HTTPPool(HTTPConnectionPool):
        ConnectionCls = CheckedHTTPConnection

    class HTTPSPool(HTTPSConnectionPool):
        ConnectionCls = CheckedHTTPSConnection

    return {"http": HTTPPool, "https": HTTPSPool}


class _CheckedAdapter(HTTPAdapter):
    """An adapter that reaches only whom it may."""

    def __init__(self, reach: Reach, pool: int) -> None:
        self._reach = reach
        super().__init__(pool_connections=32, pool_maxsize=pool)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._reach)
