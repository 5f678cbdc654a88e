"""
The admin room as the rest of the house sees it: whose room it is, and which sections stand in it.

The room is one place for pages of several parts of the house, some of which may not know a room. Each
part brings a :class:`Section`, and ``create_app`` puts them together. How to bring one:

1. A blueprint (without ``url_prefix``) whose views are behind ``admin_required``; ``app.py`` registers it with
   ``url_prefix=ADMIN``. Its endpoint names are its own: ``endpoints.show`` of a blueprint ``endpoints``.
2. Each view asks :func:`tenant` whose pages these are and reads only what belongs there. What belongs to
   somebody else is missing: 404.
3. Templates extend ``admin_room.html`` and say under which section they stand::

       {% extends "admin_room.html" %}
       {% set section = "endpoints.show" %}
       {% block title %}{{ _("Where events go") }}{% endblock %}

4. A :class:`Section` in ``create_app``'s tuple. Its ``look`` tells the first page of the room how things are,
   in at most two statements, whatever the size of the institution.
   ``keeps`` tells what it throws away and when.
5. What somebody changes there is written down with :func:`lti_tool.journal.audit.record`; ``acts`` of the section
   has a sentence for each act, which the audit log reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.config import Settings
from lti_tool.courses.models import Deployment
from lti_tool.web.rooms import Words
from lti_tool.web.viewer import Viewer, current

ID = "int(max=2147483647)"
"""For the rules of addresses: an id that the database can hold. Any other is missing."""
BIG_ID = "int(max=9223372036854775807)"
"""The same for what is counted in billions."""
MOST_PAGES = 10_000


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """The institution whose admin is looking: one deployment of one registration (issuer, client_id, deployment_id)."""

    deployment_id: int
    """Of our row, not the LMS's word."""
    platform_id: int
    is_alone: bool
    """
    The registration has no other deployment, or the operator has joined all of them: what belongs to the registration
    is theirs to see and change. Otherwise they may be several institutions, and then only the operator may.
    """


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at for the first page of the room."""

    name: Words
    is_good: bool
    sentence: Words
    advice: Words = ""
    """What to do; empty where nothing is to be done."""
    endpoint: str | None = None
    """The page where it is done, or where there is more to read."""
    values: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    """When it worked last: the last launch, the last event that came."""
    is_new: bool = False
    """Nothing is wrong, and nothing has happened yet that could show whether it works."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How long something is kept, for the page that tells it."""

    what: Words
    how_long: Words
    setting: str = ""
    """The operator's setting that decides it, see docs/configuration.md; "" where none does."""


Look = Callable[[Session, Tenant, datetime], Sequence[Finding]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the admin room, as its navigation shows it."""

    name: Words
    endpoint: str
    look: Look | None = None
    acts: Mapping[str, Words] = field(default_factory=dict)
    """What the audit log says of each act, as what somebody did: "made an address for events"."""
    keeps: Callable[[Settings], Sequence[Kept]] | None = None
    """What this part of the house throws away, and when."""
    is_for: Callable[[Session, int], bool] | None = None
    """Whether it says anything to the admin of a platform, by its id; None: to every admin."""


def tenant(session: Session, viewer: Viewer) -> Tenant:
    """Whose room *viewer* is in. Only behind ``admin_required``."""
    return tenant_of(session, viewer.deployment_id, viewer.platform_id)


def tenant_of(session: Session, deployment_id: int, platform_id: int) -> Tenant:
    """The institution to which a deployment belongs."""
    apart = func.count().filter(~Deployment.is_joined)
    row = session.execute(select(func.count(), apart).where(Deployment.platform_id == platform_id)).one()
    return Tenant(deployment_id=deployment_id, platform_id=platform_id, is_alone=row[0] == 1 or row[1] == 0)


def page_asked() -> int:
    """Which page of a long list the address asks for; the first where it asks for none."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def sections() -> Sequence[Section]:
    """The sections of the admin room in the order of its navigation."""
    found: Sequence[Section] = current_app.extensions["hearth.admin_sections"]
    return found


def shown_sections() -> Sequence[Section]:
    """Those that say something to the admin who is looking."""
    session, platform_id = db.session(), current().platform_id
    return [each for each in sections() if each.is_for is None or each.is_for(session, platform_id)]
