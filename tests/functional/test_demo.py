"""
The demo says what keeps it from starting, before it starts anything, and leaves nothing running when it is stopped.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from lti_tool import demo
from lti_tool.cli import main
from tests.ports import free_ports

HOUSE_OF_THEIR_OWN = ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "WEB_CONCURRENCY", "WEB_THREADS")
"""What somebody may have set who also runs a Hearth of their own."""
PORTS = ("PORT", "WEBHOOKS_PORT", "SANDBOX_PORT")


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """An environment with ports that nobody uses and a folder of its own."""
    ports = map(str, free_ports(len(PORTS)))
    return {**dict(zip(PORTS, ports, strict=True)), "HEARTH_VAR": str(tmp_path / "var")}


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def test_a_taken_port_is_named(given: dict[str, str], listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer reads which setting to change."""
    assert demo.run(given | {"SANDBOX_PORT": str(listener)}) == 1

    assert f"Something else listens on SANDBOX_PORT={listener}." in capsys.readouterr().out


def test_one_port_for_two_is_named(given: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Two of our own processes cannot share a port either."""
    port = given["PORT"]

    assert demo.run(given | {"SANDBOX_PORT": port}) == 1

    assert f"PORT={port} and SANDBOX_PORT={port} are the same." in capsys.readouterr().out


def test_a_second_demo_leaves_the_data_of_the_first_alone(
    given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise stopping the second would stop the database under the first."""
    folder = Path(given["HEARTH_VAR"])
    first = demo.hold(folder)
    assert first is not None
    with first:
        assert demo.run(given) == 1

    assert f"A demo runs already with the data in {folder}." in capsys.readouterr().out
    assert not (folder / "postgres").exists()


def test_a_setting_that_is_wrong_is_named_without_a_traceback(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`PORT=abc make demo` tells what a port is."""
    for name, value in (given | {"PORT": "abc"}).items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(main, ["demo"])

    assert result.exit_code == 1
    assert "PORT needs a whole number" in result.output
    assert isinstance(result.exception, SystemExit)


MOMENTS: dict[str, Callable[[Path, str], bool]] = {
    "while the database starts": lambda folder, _: (folder / "postgres" / "postmaster.pid").exists(),
    "while the processes start": lambda _, said: "web started" in said,
}


@pytest.mark.parametrize("is_time", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "the terminal is closed"])
def test_whenever_it_is_stopped_nothing_stays_behind(
    given: dict[str, str], is_time: Callable[[Path, str], bool], ask: signal.Signals
) -> None:
    """A process that stayed would keep the port from the next start, without anybody who could stop it."""
    # Not below pytest's own folder, which is closed to the user that PostgreSQL runs as.
    with TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True) as temporary:
        folder, log = Path(temporary), Path(temporary) / "said"
        environment = {name: value for name, value in os.environ.items() if name not in HOUSE_OF_THEIR_OWN}
        with log.open("w") as output:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("hearth"), "demo"],
                env=environment | given | {"HEARTH_VAR": temporary},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until = time.monotonic() + 90
            while not is_time(folder, log.read_text()) and time.monotonic() < until and process.poll() is None:
                time.sleep(0.01)
            # As a terminal does it: to the programs that are just being run as well.
            os.killpg(process.pid, ask)
            code = process.wait(60)
        finally:
            process.kill()

        assert code == 0, log.read_text()
        assert not (folder / "postgres" / "postmaster.pid").exists()
        assert [port for port in PORTS if not is_free(int(given[port]))] == []
        held = demo.hold(folder)
        assert held is not None
        held.close()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
