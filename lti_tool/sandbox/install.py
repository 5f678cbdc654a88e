"""Installing a tool the way an admin's browser would, without the browser."""

import logging
import os
import threading
import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests
from flask import Flask

from lti_tool.sandbox import client, log, registration
from lti_tool.sandbox.config import SandboxConfig
from lti_tool.sandbox.records import Tool
from lti_tool.sandbox.store import get_setting, put_setting, setting_up, update

logger = logging.getLogger(__name__)

PATIENCE = 60
PAUSE = 1.5


class NotInstalled(Exception):
    """The tool did not register; the words say what happened."""


def in_background(app: Flask) -> None:
    """
    Install the tool of SANDBOX_INSTALL_URL, if there is none yet, while the site starts to answer.
    """
    config: SandboxConfig = app.config["SANDBOX"]
    if config.install_url:
        threading.Thread(target=_install_at_start, args=(app, config, config.install_url), daemon=True).start()


def install(url: str) -> Tool:
    """
    Open the tool's registration address, let it register, and approve what it registered.
    """
    before = {tool.id for tool in Tool.where()}
    invited = registration.invite(url)
    try:
        with client.browser() as browser:
            page = browser.get(invited, timeout=client.TIMEOUT)
            if page.ok and not _new_tool(before):
                page = _press_the_button(browser, page)
    except (requests.RequestException, OSError) as err:
        log.record("registration", "out", "GET", invited, status=None, error=str(err))
        raise NotInstalled(f"{url} did not answer: {err}") from err
    log.record("registration", "out", "GET", invited, status=page.status_code, page=page.text)
    tool = _new_tool(before)
    if tool is None:
        raise NotInstalled(f"{url} answered {page.status_code} and did not register.")
    update("tool", tool.id, state="active")
    return Tool.get(tool.id) or tool


def _install_at_start(app: Flask, config: SandboxConfig, url: str) -> None:
    with app.test_request_context(base_url=config.url):
        if not _claim(config):
            return
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            # Nobody was here before: it registered after all, later than we had waited for its answer.
            late = Tool.first("1")
            if late is not None:
                update("tool", late.id, state="active")
                logger.info("installed %s", late.name)
                return
            try:
                # The tool will call us back, and its invitation may work once: be awake ourselves first.
                with client.browser() as browser:
                    browser.get(f"{config.url}/healthz", timeout=client.TIMEOUT).raise_for_status()
                tool = install(url)
            except (NotInstalled, requests.RequestException) as err:
                logger.info("the tool is not installed yet: %s", err)
                continue
            logger.info("installed %s", tool.name)
            return
        logger.warning("gave up installing a tool from SANDBOX_INSTALL_URL")


def _claim(config: SandboxConfig) -> bool:
    """
    Only one of several worker processes installs, and only where no tool is yet.
    """
    with setting_up(config.data):
        if Tool.first("1") is not None or _is_busy(get_setting("installing")):
            return False
        put_setting("installing", {"by": os.getpid(), "until": time.time() + PATIENCE})
    return True


def _is_busy(claim: Any) -> bool:
    """
    Whether another process, which still lives, is installing at this moment.
    """
    if claim is None or claim["until"] < time.time() or claim["by"] == os.getpid():
        return False
    try:
        os.kill(claim["by"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _press_the_button(browser: requests.Session, page: requests.Response) -> requests.Response:
    """
    Some tools ask before they register: send the page's first form as it stands.
    """
    form = _FirstForm()
    form.feed(page.text)
    if form.action is None:
        return page
    target = urljoin(page.url, form.action)
    return browser.post(target, data=form.fields, timeout=client.TIMEOUT, headers={"Referer": page.url})


def _new_tool(before: set[str]) -> Tool | None:
    return next((tool for tool in Tool.where("1 ORDER BY number DESC") if tool.id not in before), None)


class _FirstForm(HTMLParser):
    """Reads the first posting form of a page: where it goes and what it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and found.get("method", "").lower() == "post":
            self.action, self._inside = found.get("action", ""), True
        elif self._inside and tag in ("input", "button") and found.get("name"):
            unchosen = found.get("type") in ("checkbox", "radio") and "checked" not in found
            if not unchosen:
                self.fields.setdefault(found["name"], found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
