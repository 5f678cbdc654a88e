"""
The demo says what keeps it from starting, before it starts anything.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from lti_tool import demo
from lti_tool.cli import main

PORTS = ("PORT", "WEBHOOKS_PORT", "SANDBOX_PORT")


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """An environment with ports that nobody uses and a folder of its own."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = [str(probe.getsockname()[1]) for probe in probes]
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
