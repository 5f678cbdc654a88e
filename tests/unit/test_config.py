"""Settings: read once, loud about everything that is wrong."""

import ipaddress
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from lti_tool.config import Settings, SettingsError, is_loopback_host

GOOD = {"SECRET_KEY": "x" * 32, "PUBLIC_URL": "https://hearth.example"}


def read(**changes: str) -> Settings:
    return Settings.from_environment(GOOD | changes)


def test_two_settings_are_enough() -> None:
    settings = read()

    assert (settings.public_url, settings.database_url, settings.var) == ("https://hearth.example", None, Path("var"))


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"PORT": "http", "LOG_LEVEL": "loud"})

    assert [problem.split()[0] for problem in caught.value.problems] == [
        "SECRET_KEY",
        "PUBLIC_URL",
        "PORT",
        "LOG_LEVEL",
    ]


WRONG = {
    "a guessable secret": {"SECRET_KEY": "secret"},
    "plain http on the open net": {"PUBLIC_URL": "http://hearth.example"},
    "an address with a path": {"PUBLIC_URL": "https://hearth.example/tool"},
    "no address": {"PUBLIC_URL": "hearth.example"},
    "another database": {"DATABASE_URL": "sqlite:///hearth.db"},
    "a port out of range": {"PORT": "70000"},
    "neither yes nor no": {"ALLOW_LOOPBACK_PLATFORMS": "perhaps"},
    "a relative folder": {"FILE_STORE": "uploads"},
    "the whole internet": {"PRIVATE_NETWORKS": "0.0.0.0/0"},
    "the metadata service": {"PRIVATE_NETWORKS": "169.254.0.0/16"},
    "no network": {"PRIVATE_NETWORKS": "intranet"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**changes)

    assert caught.value.problems[0].startswith(next(iter(changes)))


def test_a_secret_stands_in_no_message() -> None:
    with pytest.raises(SettingsError) as caught:
        read(SECRET_KEY="too short a secret")

    assert "too short a secret" not in str(caught.value)
    assert "x" * 32 not in repr(read())


def test_settings_are_what_they_were_read_as() -> None:
    with pytest.raises(FrozenInstanceError):
        read().port = 1  # type: ignore[misc]


def test_networks_are_read_as_such() -> None:
    networks = read(PRIVATE_NETWORKS="10.20.0.0/16, fd00::/8").private_networks

    assert networks == (ipaddress.IPv4Network("10.20.0.0/16"), ipaddress.IPv6Network("fd00::/8"))


@pytest.mark.parametrize(
    "host, is_here",
    [("localhost", True), ("lms.localhost", True), ("127.0.0.1", True), ("localhost.example", False), ("", False)],
)
def test_this_machine_has_several_names(host: str, is_here: bool) -> None:
    assert is_loopback_host(host) is is_here
