"""
What is noted while a term runs: every answer of the tool, and whatever a person could complain of.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from lti_tool.sandbox.robot import Robot


@dataclass
class Ledger:
    """Filled by many threads at once."""

    answers: Counter[int] = field(default_factory=Counter)
    """Of the tool, by status."""
    drafts_saved: int = 0
    drafts_found: int = 0
    lost: list[str] = field(default_factory=list)
    """Words that were saved and were not there later."""
    surprises: list[str] = field(default_factory=list)
    """Answers other than a page or a redirect, and pages that lacked what they must have."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, method: str, url: str, status: int) -> None:
        with self._lock:
            self.answers[status] += 1
            if status >= 400:
                self.surprises.append(f"{status} {method} {_without_handle(url)}")

    def surprised(self, words: str) -> None:
        with self._lock:
            self.surprises.append(words)

    def saved(self) -> None:
        with self._lock:
            self.drafts_saved += 1

    def looked_for(self, words: str, there: str, where: str) -> None:
        """Somebody came back for *words* they had saved."""
        with self._lock:
            if words in there:
                self.drafts_found += 1
            else:
                self.lost.append(f"{words[:40]!r} in {where}")


class NotingRobot(Robot):
    """A browser whose answers from the tool are noted."""

    def __init__(self, site: str, person: str, ledger: Ledger) -> None:
        super().__init__(site, person)
        self.ledger = ledger

    def _exchange(self, request: requests.Request) -> requests.Response:
        answer = super()._exchange(request)
        if urlsplit(answer.url).netloc != urlsplit(self.site).netloc:
            self.ledger.answered(request.method or "", answer.url, answer.status_code)
        return answer


def _without_handle(url: str) -> str:
    """The part of an address that tells what was asked, without the handle of a session."""
    path = urlsplit(url).path
    return "/" + "/".join(path.split("/")[3:]) if path.startswith("/s/") else path
