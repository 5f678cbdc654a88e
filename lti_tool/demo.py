"""
The demo: everything on this machine in one command, with a pretend LMS to launch from.

Starts web, webhooks, worker and sandbox by ``Procfile.demo``; Ctrl-C stops them, and so does
closing the terminal; a second start finds the data of the first. The only place with a secret
that nobody chose: it is random, and stays in the data folder.
"""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import requests
from honcho.environ import parse_procfile
from honcho.manager import Manager
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool import db, lms, migrations, seed
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.lms.events import Proof
from lti_tool.lti import registration
from webhooks import sources

PROCFILE = Path(__file__).parent.parent / "Procfile.demo"
PATIENCE = 120.0
"""Seconds to wait for everything to answer before saying that something is wrong."""
ENDED_WELL = (0, 128 + signal.SIGINT, 128 + signal.SIGTERM)
"""What the manager says when somebody asked it to stop."""


def run(given: Mapping[str, str] = os.environ) -> int:
    """Start the demo and stay until Ctrl-C. Returns the exit code: being stopped is how it ends well."""
    environment = _environment(given)
    settings = Settings.from_environment(environment)
    if twice := _ports_given_twice(settings):
        print(f"{' and '.join(twice)} are the same. Give each its own.")
        return 1
    if taken := _taken_ports(settings):
        print(f"Something else listens on {', '.join(taken)}. Stop it, or give Hearth other ports, such as PORT=8100.")
        return 1
    # Held until this process ends: whoever stops first would stop the database of the other.
    held = hold(settings.var)
    if held is None:
        print(f"A demo runs already with the data in {settings.var}. Stop it, or set HEARTH_VAR to another folder.")
        return 1
    with held, _until_asked() as asked:
        try:
            environment |= _prepared(settings)
            return 0 if asked.is_set() else _run_processes(settings, environment, asked)
        except subprocess.SubprocessError:
            # Ctrl-C reaches the programs that start the database too, and they give up at once.
            if asked.is_set():
                return 0
            raise
        finally:
            if settings.database_url is None:
                db.stop_embedded(settings)


def _prepared(settings: Settings) -> dict[str, str]:
    """The database made ready; what the processes need to know of it."""
    url = db.database_url(settings)
    engine = db.make_engine(url)
    migrations.upgrade(engine)
    db.bind(engine)
    with db.transaction() as session:
        token = registration.create_invitation(
            session, note="the demo's sandbox", lifetime=timedelta(days=1), now=now()
        )
    engine.dispose()
    return {"DATABASE_URL": url, "SANDBOX_INSTALL_URL": f"{settings.public_url}/lti/register/{token}"}


@contextmanager
def _until_asked() -> Iterator[threading.Event]:
    """
    Note a wish to stop instead of breaking off in the middle, and tell it by an event.

    By itself Ctrl-C is an exception at any line, and what was being started just then, a database
    say, stays behind.
    """
    asked = threading.Event()

    def note(*_: object) -> None:
        if asked.is_set():
            return
        asked.set()
        # Once the processes run, their manager has taken over this one.
        signal.raise_signal(signal.SIGTERM)

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for each, handler in before.items():
        # Under nohup the end of the terminal is nothing to hear of.
        if each != signal.SIGHUP or handler != signal.SIG_IGN:
            signal.signal(each, note)
    try:
        yield asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Processes(Manager):  # type: ignore[misc] # honcho has no types
    """Honcho's manager, which would leave behind what is still starting when it is told to stop."""

    def terminate(self) -> None:
        if all("pid" in each for each in self._processes.values()):
            super().terminate()
        else:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()


def _run_processes(settings: Settings, environment: dict[str, str], asked: threading.Event) -> int:
    manager = _Processes()
    for name, command in parse_procfile(PROCFILE.read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(PROCFILE.parent))
    threading.Thread(target=_announce, args=(settings, environment["SANDBOX_URL"]), daemon=True).start()
    manager.loop()
    return 0 if asked.is_set() or manager.returncode in ENDED_WELL else int(manager.returncode)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    made = dict(given)
    made.setdefault("PORT", "8000")
    made.setdefault("WEBHOOKS_PORT", "8002")
    made.setdefault("SANDBOX_PORT", "8001")
    made.setdefault("HEARTH_VAR", str(Path("var").resolve()))
    made.setdefault("PUBLIC_URL", f"http://hearth.localhost:{made['PORT']}")
    made.setdefault("SANDBOX_URL", f"http://lms.localhost:{made['SANDBOX_PORT']}")
    made.setdefault("SANDBOX_DATA", str(Path(made["HEARTH_VAR"]) / "sandbox"))
    made.setdefault("ALLOW_LOOPBACK_PLATFORMS", "1")
    made.setdefault("LOG_FORMAT", "console")
    made.setdefault("LOG_LEVEL", "warning")
    made["PYTHONUNBUFFERED"] = "1"
    # The processes must find the programs of this environment, however this one was started.
    made["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), made.get("PATH", "")])
    if not made.get("SECRET_KEY"):
        made["SECRET_KEY"] = _kept_secret(Path(made["HEARTH_VAR"]))
    return made


def _kept_secret(folder: Path) -> str:
    file = folder / "demo-secret"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text().strip()


def hold(folder: Path) -> TextIO | None:
    """Take the data folder for this demo alone, or answer None where another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "demo-lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _ports_given_twice(settings: Settings) -> list[str]:
    ports = list(_ports(settings).values())
    return [f"{name}={port}" for name, port in _ports(settings).items() if ports.count(port) > 1]


def _taken_ports(settings: Settings) -> list[str]:
    """The settings whose ports are not free, as `NAME=number`."""
    return [f"{name}={port}" for name, port in _ports(settings).items() if _is_taken(port)]


def _ports(settings: Settings) -> dict[str, int]:
    return {
        "PORT": settings.port,
        "WEBHOOKS_PORT": settings.webhooks_port,
        "SANDBOX_PORT": settings.sandbox_port,
    }


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As gunicorn binds: a port whose last owner has only just gone is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _announce(settings: Settings, sandbox_url: str) -> None:
    """Say where to go, once everything answers."""
    waiting = [
        f"http://127.0.0.1:{settings.port}/readyz",
        f"http://127.0.0.1:{settings.webhooks_port}/readyz",
        f"http://127.0.0.1:{settings.sandbox_port}/healthz",
    ]
    until = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < until:
        waiting = [url for url in waiting if not _answers(url)]
        if waiting:
            time.sleep(0.3)
    if waiting:
        print(f"\nHearth is not ready after {PATIENCE:.0f} s: no good answer from {', '.join(waiting)}\n", flush=True)
        return
    while not _is_installed(settings) and time.monotonic() < until:
        time.sleep(0.3)
    try:
        _connect_events(settings, sandbox_url)
    except (requests.RequestException, SQLAlchemyError) as err:
        print(f"\nThe demo runs, but the pretend LMS sends no events: {err}\n", flush=True)
    try:
        seed.make_first_content(f"http://lms.localhost:{settings.sandbox_port}")
    except (requests.RequestException, LookupError, StopIteration) as err:
        print(f"\nThe demo runs, but its first content could not be made: {err}\n", flush=True)
    print(
        f"\n  Hearth is ready.\n\n  Open  {sandbox_url}\n\n"
        "  It is a pretend LMS: sign in as one of its people, open a course, and click into Hearth.\n"
        "  Ctrl-C stops everything; the data stays.\n",
        flush=True,
    )


def _connect_events(settings: Settings, issuer: str) -> None:
    """Let the pretend LMS send its events to Hearth, unless it knows already where they go."""
    where = f"http://127.0.0.1:{settings.sandbox_port}/sandbox/api/events"
    if requests.get(where, timeout=10).json()["url"]:
        return
    with db.transaction() as session:
        platform = session.scalars(select(Platform).where(Platform.issuer == issuer).limit(1)).one_or_none()
        if platform is None:
            return
        # The pretend LMS signs as Standard Webhooks have it; who cannot take that knows it by its secret address.
        offered = lms.for_family(platform.family).event_proofs()
        proof: Proof = "standard" if "standard" in offered else "address"
        made = sources.make(session, platform, proof=proof, name="demo", settings=settings, now=now())
    requests.put(where, json={"url": made.address, "secret": made.secret}, timeout=10).raise_for_status()


def _is_installed(settings: Settings) -> bool:
    """Whether the sandbox's admin has the tool by now."""
    try:
        state = requests.get(f"http://127.0.0.1:{settings.sandbox_port}/sandbox/api/state", timeout=5).json()
    except (requests.RequestException, ValueError):
        return False
    return any(tool["state"] == "active" for tool in state["tools"])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2, allow_redirects=False).status_code < 400
    except requests.RequestException:
        return False
