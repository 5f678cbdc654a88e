"""
What admins ask for about a person: to hand their data out, or to forget them.
"""

import gzip
import json
import logging
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti_tool.admin.models import Kind, Request
from lti_tool.courses.models import Person
from lti_tool.journal import audit
from lti_tool.journal.models import Audit

log = logging.getLogger(__name__)

EXPORT_KEPT = timedelta(days=7)
LOG_KEPT = timedelta(days=3 * 365)
"""Long enough to answer for what was done (GDPR article 5 (2))."""


class PersonalData(Protocol):
    """Everything of one person from every part of the house. The room knows no other room; ``create_app`` does."""

    def export_person(self, session: Session, person_id: int) -> dict[str, Any]:
        """What Hearth knows of them, as JSON."""
        ...

    def forget_person(self, session: Session, person_id: int, *, now: datetime) -> None:
        """Forget them."""
        ...


class AlreadyAsked(Exception):
    """The same is being done already."""


class Oneself(Exception):
    """Admins cannot have themselves forgotten here: nobody would be left to answer for it."""


def ask(session: Session, person: Person, kind: Kind, *, reason: str, by: int, now: datetime) -> Request:
    """
    Write a request down, and in the audit log. The caller defers the job in the same transaction.

    Raises :class:`AlreadyAsked` or :class:`Oneself`.
    """
    if kind == "erasure" and person.id == by:
        raise Oneself
    # So that two presses make one request.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    same = select(Request).where(Request.person_id == person.id, Request.kind == kind, Request.state == "waiting")
    known = session.scalars(same).one_or_none()
    if known is not None and known.due_at is not None:
        # The LMS has deleted them, and now an admin wants it done at once.
        known.due_at, known.asked_by_id, known.reason, known.asked_at = None, by, reason, now
        session.flush()
        _write_down(session, known, f"{kind}.asked", person_id=by, now=now)
        return known
    if known is not None:
        raise AlreadyAsked
    made = Request(
        deployment_id=person.deployment_id,
        person_id=person.id,
        kind=kind,
        reason=reason,
        asked_by_id=by,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    _write_down(session, made, f"{kind}.asked", person_id=by, now=now)
    return made


def carry_out(session: Session, request_id: int, *, now: datetime) -> None:
    """Do what was asked, once; a request that was carried out already is left as it is."""
    asked = session.scalars(select(Request).where(Request.id == request_id).with_for_update()).one_or_none()
    if asked is None or asked.state != "waiting":
        return
    if asked.person_id is None:
        asked.state, asked.done_at = "failed", now
        return
    data: PersonalData = current_app.extensions["hearth.personal_data"]
    if asked.kind == "export":
        found = json.dumps(data.export_person(session, asked.person_id), indent=2, ensure_ascii=False)
        asked.result, asked.expires_at = gzip.compress(found.encode(), mtime=0), now + EXPORT_KEPT
    else:
        data.forget_person(session, asked.person_id, now=now)
        session.refresh(asked)
    asked.state, asked.done_at = "done", now
    _write_down(session, asked, f"{asked.kind}.done", person_id=None, now=now)
    log.info("request %s is carried out", asked.id)


def note_failure(session: Session, request_id: int, *, now: datetime) -> None:
    """Write down that a request could not be carried out: nothing of it was done, and it may be asked again."""
    asked = session.scalars(select(Request).where(Request.id == request_id).with_for_update()).one_or_none()
    if asked is not None and asked.state == "waiting":
        asked.state, asked.done_at = "failed", now
        _write_down(session, asked, f"{asked.kind}.failed", person_id=None, now=now)


def fetch(session: Session, asked: Request, *, by: int, now: datetime) -> bytes | None:
    """The JSON of an export, written down as fetched; None where it has expired."""
    if not asked.can_be_fetched(now) or asked.result is None:
        return None
    _write_down(session, asked, "export.fetched", person_id=by, now=now)
    return gzip.decompress(asked.result)


def clear_old(session: Session, *, now: datetime) -> None:
    """Throw away exports that have expired, and requests and audit entries after some years."""
    expired = update(Request).where(Request.expires_at <= now, Request.result.is_not(None)).values(result=None)
    quietly = {"synchronize_session": False}
    session.execute(expired, execution_options=quietly)
    session.execute(delete(Request).where(Request.asked_at < now - LOG_KEPT), execution_options=quietly)
    session.execute(delete(Audit).where(Audit.at < now - LOG_KEPT), execution_options=quietly)


def _write_down(session: Session, asked: Request, act: str, *, person_id: int | None, now: datetime) -> None:
    audit.record(session, act, deployment_id=asked.deployment_id, person_id=person_id, now=now, request=asked.id)
