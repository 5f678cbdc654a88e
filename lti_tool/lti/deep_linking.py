"""
Our answer to a deep-linking request: a signed message that the browser carries back (LTI-DL 2.0 section 4.5).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.lti import keys
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.content import (
    RESOURCE_LINK,
    DeepLinkingSettings,
    Frame,
    LineItem,
    Picture,
    ResourceLinkItem,
    SubmissionReview,
    Window,
)
from lti_tool.lti.errors import UnknownDeployment

__all__ = [
    "RESOURCE_LINK",
    "DeepLinkingSettings",
    "Frame",
    "LineItem",
    "Picture",
    "ResourceLinkItem",
    "SubmissionReview",
    "Window",
    "as_dict",
    "response_jwt",
    "settings_from",
]

LIFETIME = timedelta(minutes=5)

WHO = text(
    """
    select p.issuer, p.client_id, d.deployment_id
      from deployment d join platform p on p.id = d.platform_id
     where d.id = :deployment_pk
    """
)


def response_jwt(
    session: Session,
    deployment_pk: int,
    settings: DeepLinkingSettings,
    items: Sequence[ResourceLinkItem],
    *,
    error: str | None = None,
    message: str | None = None,
    app_settings: Settings,
    now: datetime,
) -> str:
    """
    The signed answer of our deployment *deployment_pk*: *items* as far as the platform takes them, or none and why.
    """
    row = session.execute(WHO, {"deployment_pk": deployment_pk}).one_or_none()
    if row is None:
        raise UnknownDeployment(str(deployment_pk))
    issued = int(now.timestamp())
    taken, problem = _taken(settings, items)
    claims: dict[str, Any] = {
        "iss": row.client_id,
        "aud": row.issuer,
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "nonce": secrets.token_urlsafe(24),
        lti.DEPLOYMENT_ID: row.deployment_id,
        lti.MESSAGE_TYPE: "LtiDeepLinkingResponse",
        lti.VERSION: lti.LTI_VERSION,
        lti.CONTENT_ITEMS: [item.as_json(with_line_item=settings.accept_line_item) for item in taken],
    }
    if settings.data is not None:
        claims[lti.DEEP_LINKING_DATA] = settings.data
    if message is not None:
        claims[lti.DEEP_LINKING_MSG] = message
        claims[lti.DEEP_LINKING_LOG] = message
    if error or problem:
        claims[lti.DEEP_LINKING_ERRORMSG] = error or problem
        claims[lti.DEEP_LINKING_ERRORLOG] = error or problem
    return keys.sign(session, claims, settings=app_settings, now=now)


def as_dict(settings: DeepLinkingSettings) -> dict[str, Any]:
    """*settings* as a session keeps them."""
    return asdict(settings)


def settings_from(kept: Mapping[str, Any]) -> DeepLinkingSettings:
    """The settings that :func:`as_dict` has made."""
    lists = {"accept_types": tuple(kept["accept_types"]), "accept_targets": tuple(kept["accept_targets"])}
    return DeepLinkingSettings(**{**kept, **lists})


def _taken(
    settings: DeepLinkingSettings, items: Sequence[ResourceLinkItem]
) -> tuple[Sequence[ResourceLinkItem], str | None]:
    """What of *items* the platform takes, and what to say about the rest."""
    if not items:
        return items, None
    if RESOURCE_LINK not in settings.accept_types:
        return [], _("This place of the LMS takes no activities.")
    if not settings.accept_multiple and len(items) > 1:
        return items[:1], _("This place of the LMS takes one activity at a time, so only the first was added.")
    return items, None
