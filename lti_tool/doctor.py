"""
What ``hearth doctor`` looks at: one finding for each thing that can be wrong, with what to do about it.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_tool import clock, db, health, http, migrations, vault
from lti_tool.config import Settings, SettingsError
from lti_tool.courses.models import Platform

CLOCK_LEEWAY = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at."""

    name: str
    is_good: bool
    finding: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything; later findings are left out where an earlier one makes them impossible."""
    try:
        settings = Settings.from_environment()
    except SettingsError as err:
        return [
            Finding(
                name="settings", is_good=False, finding="; ".join(err.problems), advice="See docs/configuration.md."
            )
        ]
    found = [Finding(name="settings", is_good=True, finding=f"complete; this is {settings.public_url}")]
    try:
        engine = db.make_engine(db.database_url(settings), pool=1)
        db.bind(engine)
        with engine.connect() as connection:
            ahead = abs(connection.execute(text("select now()")).scalar_one() - clock.now())
            revision = migrations.current(connection)
    except SQLAlchemyError as err:
        reason = str(getattr(err, "orig", err)).strip().splitlines()[0]
        found.append(
            Finding(
                name="database",
                is_good=False,
                finding=f"no answer: {reason}",
                advice="Is PostgreSQL running, and is DATABASE_URL right?",
            )
        )
        return found
    found.append(Finding(name="database", is_good=True, finding="answers"))
    found.append(_clock("clock", ahead, "the database's"))
    if revision != migrations.head():
        found.append(
            Finding(
                name="migrations",
                is_good=False,
                finding=f"at {revision or 'nothing'}, needs {migrations.head()}",
                advice="Run `hearth db upgrade`.",
            )
        )
        return found
    found.append(Finding(name="migrations", is_good=True, finding=f"at {revision}"))
    with db.transaction() as session:
        found.append(_worker(session))
        found.extend(_secrets(session, settings))
        found.extend(_platforms(session, settings))
    return found


def _worker(session: Session) -> Finding:
    if health.worker_is_alive(session):
        return Finding(name="worker", is_good=True, finding="alive")
    return Finding(
        name="worker",
        is_good=False,
        finding="no heartbeat",
        advice="Start `python -m lti_tool.worker`; grades and rosters wait for it.",
    )


def _secrets(session: Session, settings: Settings) -> list[Finding]:
    """Whether each secret that cannot be had anew by itself was encrypted with this ``SECRET_KEY``."""
    bad = [
        Finding(
            name=f"secret of {what} {row.id}",
            is_good=False,
            finding="cannot be read: it was encrypted with another SECRET_KEY",
            advice=f"Put the SECRET_KEY before back, or {advice.format(id=row.id)}.",
        )
        for what, query, advice in SECRETS
        for row in session.execute(text(query))
        if not vault.is_readable(settings, row.secret)
    ]
    return bad or [Finding(name="secrets", is_good=True, finding="every one can be read")]


SECRETS = (
    (
        "signing key",
        "select kid as id, private_pem as secret from lti_signing_key where retired_at is null order by created_at",
        "run `hearth keys rotate --at-once`",
    ),
    (
        "webhook source",
        "select id, secret from webhook_source where secret is not null order by id",
        "run `hearth webhooks rotate {id}` and give the new secret to the LMS",
    ),
    (
        "endpoint",
        "select id, secret from webhook_endpoint order by id",
        "run `hearth webhooks endpoints rotate {id}` and give the new secret to the receiver",
    ),
    (
        "companion of platform",
        "select platform_id as id, token as secret from companion order by platform_id",
        "pair it again: `hearth companions pair {id} --help`",
    ),
    (
        "calendar of platform",
        "select platform_id as id, client_secret as secret from calendar_account order by platform_id",
        "connect it again: `hearth calendar connect {id} --help`",
    ),
)
"""What keeps secrets at rest: its name, how to look, what to do."""


def _platforms(session: Session, settings: Settings) -> list[Finding]:
    platforms = session.scalars(select(Platform).where(Platform.state == "active").order_by(Platform.id)).all()
    if not platforms:
        return [
            Finding(
                name="platforms",
                is_good=True,
                finding="none registered",
                advice="`hearth platform invite` prints an address for the LMS's admin.",
            )
        ]
    return [finding for each in platforms for finding in _key_set(each, settings)]


def _key_set(platform: Platform, settings: Settings) -> list[Finding]:
    name = f"platform {platform.id} ({platform.issuer})"
    try:
        answer = http.client(settings).get(platform.jwks_url)
        count = len(answer.json()["keys"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as err:
        return [
            Finding(
                name=name,
                is_good=False,
                finding=f"its key set at {platform.jwks_url} cannot be read ({type(err).__name__})",
                advice="Launches fail until this host can reach it: check firewall, DNS and certificate (CA_BUNDLE).",
            )
        ]
    findings = [
        Finding(
            name=name,
            is_good=count > 0,
            finding=f"key set with {count} key(s)",
            advice="" if count else "Ask the LMS's admin.",
        )
    ]
    if date := _date(answer.headers.get("Date", "")):
        findings.append(_clock(f"{name}, clock", abs(date - clock.now()), "the platform's"))
    return findings


def _clock(name: str, apart: timedelta, whose: str) -> Finding:
    if apart <= CLOCK_LEEWAY:
        return Finding(name=name, is_good=True, finding=f"agrees with {whose}")
    return Finding(
        name=name,
        is_good=False,
        finding=f"{apart.total_seconds():.0f} s apart from {whose}",
        advice="Run an NTP client: tokens live for seconds.",
    )


def _date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
