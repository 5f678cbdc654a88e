"""
Chromium, people who use it, and the running demo. One demo serves all tests of a worker.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.house import House, demo
from tests.browser.people import Someone

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000
"""Milliseconds; two cores may be busy."""

expect.set_options(timeout=PATIENCE)


class MakesSomeone(Protocol):
    """Opens a browser for a person; the keywords are those of a playwright context."""

    def __call__(self, name: str, **browser: Any) -> Someone: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs chromium."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The demo."""
    # Not below pytest's own folder: every other run of pytest closes that to the user that PostgreSQL runs as.
    with TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True) as folder, demo(Path(folder)) as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of this machine; none is ever downloaded."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, "The browser tests need chromium."
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """How pytest-playwright starts it."""
    return {"executable_path": chromium, "args": list(FLAGS), "headless": True}


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make browsers that remember nothing, and close them in the end."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | options))
        context.set_default_timeout(PATIENCE)
        made.append(context)
        return context

    yield make
    for each in made:
        each.close()


@pytest.fixture
def someone(house: House, new_context: Callable[..., BrowserContext]) -> MakesSomeone:
    """Sit somebody down at a browser of their own."""

    def make(name: str, **browser: Any) -> Someone:
        return Someone(house, new_context(**browser), name, has_scripts=browser.get("java_script_enabled", True))

    return make
