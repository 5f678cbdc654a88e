"""
How gunicorn serves each of our WSGI apps; the Procfile says which app, and on which port.

One process with a few threads serves a school. `WEB_CONCURRENCY` makes more processes, `WEB_THREADS` more threads.
"""

import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

from gunicorn import glogging

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 30
keepalive = 5

# An LMS may hand over a long `lti_message_hint` in the query of a login.
limit_request_line = 8190

# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes a private file there

control_socket_disable = True

# The tool logs each request itself, with request id, tenant and course. gunicorn's own access log would write down
# addresses, and an address of ours is as good as a key: it holds the handle of a session or the code of an invitation.
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "info")

KEYS_IN_ADDRESSES = re.compile(r"(/s/|/lti/register/|/webhooks/)[^/?\s]+|\?\S+")


def without_keys(text: str) -> str:
    """
    Blank the parts of an address that would let a reader of the log in.
    """
    return KEYS_IN_ADDRESSES.sub(lambda found: f"{found[1] or '?'}…", text)


class DiscreetFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(without_keys(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


class DiscreetLogger(glogging.Logger):  # type: ignore[misc] # gunicorn carries no types
    """
    gunicorn's logger, without the keys in the addresses of requests that went wrong.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.addFilter(DiscreetFilter())


logger_class = DiscreetLogger


def worker_exit(server: Any, worker: Any) -> None:
    """
    Give the database its connections back, so that a restart does not meet those of the process before.
    """
    # Whoever has no database (the sandbox) has not loaded it either, and should not now.
    database = sys.modules.get("lti_tool.db")
    if database is not None:
        database.close()
