"""
Health: whether this process lives, and whether the whole is ready to serve.
"""

import logging
from datetime import timedelta
from functools import lru_cache

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_tool import db, migrations
from lti_tool.web.guards import open_to_all

log = logging.getLogger(__name__)

bp = Blueprint("health", __name__)

HEARTBEAT = timedelta(minutes=1)
"""A worker writes one every ten seconds."""
PATIENCE = "2s"
"""How long the database may take to answer such simple questions."""

GOOD = "ok"


@bp.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """The process answers. Says nothing of what it needs."""
    return {"status": GOOD}


@bp.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """Database, migrations and worker are as they have to be."""
    checks = examine()
    is_ready = all(finding == GOOD for finding in checks.values())
    answer = jsonify(status=GOOD if is_ready else "not ready", checks=checks)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if is_ready else 503


def examine() -> dict[str, str]:
    """What is wrong, by what was looked at. The findings are fixed words: anybody may read them."""
    try:
        with db.transaction() as session:
            session.execute(text("select set_config('statement_timeout', :patience, true)"), {"patience": PATIENCE})
            if migrations.current(session.connection()) != _head():
                return {"database": GOOD, "migrations": "run `hearth db upgrade`", "worker": "unknown"}
            return {
                "database": GOOD,
                "migrations": GOOD,
                "worker": GOOD if worker_is_alive(session) else "no heartbeat",
            }
    except SQLAlchemyError as err:
        log.warning("not ready: %s", type(err).__name__)
        return {"database": "no answer", "migrations": "unknown", "worker": "unknown"}


def worker_is_alive(session: Session) -> bool:
    """Whether some worker has lately given a sign of life."""
    beat = text("select exists (select from procrastinate_workers where last_heartbeat > now() - :age)")
    return bool(session.execute(beat, {"age": HEARTBEAT}).scalar_one())


@lru_cache(maxsize=1)
def _head() -> str:
    return migrations.head()
