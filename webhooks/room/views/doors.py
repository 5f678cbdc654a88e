"""
What every page of the letterbox asks first: whose address it is. And what each change leaves: a line in the audit log.
"""

from flask import abort

from lti_tool import db
from lti_tool.clock import now
from lti_tool.journal import audit
from lti_tool.web.institution import Tenant, tenant
from lti_tool.web.viewer import current
from webhooks.models import Event, Source
from webhooks.room import queries


def mine_or_404() -> Tenant:
    """Whose room this is, where the registration is theirs alone."""
    mine = tenant(db.session(), current())
    if not mine.is_alone:
        abort(404)
    return mine


def source_or_404(source_id: int) -> Source:
    """An address of theirs, that of the notices, too."""
    found = queries.source_of(db.session(), mine_or_404().platform_id, source_id)
    if found is None:
        abort(404)
    return found


def own_source_or_404(source_id: int) -> Source:
    """An address that somebody made; that of the notices Hearth looks after itself."""
    found = source_or_404(source_id)
    if found.proof == "notice":
        abort(404)
    return found


def event_or_404(source_id: int, event_id: int) -> tuple[Source, Event]:
    """An event that came to an address of theirs."""
    source = source_or_404(source_id)
    found = queries.event_of(db.session(), source, event_id)
    if found is None:
        abort(404)
    return source, found


def write_down(act: str, **particulars: object) -> None:
    """That the admin who is looking did *act*."""
    viewer = current()
    audit.record(
        db.session(), act, deployment_id=viewer.deployment_id, person_id=viewer.person_id, now=now(), **particulars
    )
