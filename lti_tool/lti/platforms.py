"""
A platform as the wire sees it: one registration, read by plain SQL, since this floor knows no people and places.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from lti_tool.lti.errors import UnknownRegistration

COLUMNS = """p.id as platform_id, p.issuer, p.client_id, p.auth_url, p.token_url, p.token_audience,
              p.jwks_url, p.family, p.state as platform_state"""
"""What :func:`registration_of` reads from a row; ``p`` is the platform."""

LOAD = text(f"select {COLUMNS} from platform p where p.id = :id")  # noqa: S608 - constants only

STORE = text(
    """
    insert into platform (issuer, client_id, name, family, auth_url, token_url, token_audience, jwks_url, state)
    values (:issuer, :client_id, :name, :family, :auth_url, :token_url, :token_audience, :jwks_url, :state)
    on conflict (issuer, client_id) do update
       set name = coalesce(nullif(excluded.name, ''), platform.name),
           family = coalesce(nullif(excluded.family, ''), platform.family),
           auth_url = excluded.auth_url, token_url = excluded.token_url,
           token_audience = excluded.token_audience, jwks_url = excluded.jwks_url
    returning id
    """
)

STORE_DEPLOYMENT = text(
    """
    insert into deployment (platform_id, deployment_id) values (:platform_id, :deployment_id)
    on conflict (platform_id, deployment_id) do nothing
    """
)

FIND_DEPLOYMENT = text("select id from deployment where platform_id = :platform_id and deployment_id = :deployment_id")

ACTIVATE = text("update platform set state = 'active' where id = :platform_id and state = 'pending'")

FORGET_TOKENS = text("delete from lti_access_token where platform_id = :platform_id")


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One registration of ours at a platform: (issuer, client_id) and where its services are."""

    platform_id: int
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    token_audience: str | None
    """``aud`` of our client assertions where it is not ``token_url``."""
    jwks_url: str
    family: str = ""
    is_pending: bool = False
    """Registered without a deployment id; the first verified launch names it."""


def registration_of(row: Row[Any]) -> Registration:
    """The registration in a row that selected :data:`COLUMNS`."""
    return Registration(
        platform_id=row.platform_id,
        issuer=row.issuer,
        client_id=row.client_id,
        auth_url=row.auth_url,
        token_url=row.token_url,
        token_audience=row.token_audience,
        jwks_url=row.jwks_url,
        family=row.family,
        is_pending=row.platform_state == "pending",
    )


def load(session: Session, platform_id: int) -> Registration:
    """The registration with this id, whatever its state."""
    row = session.execute(LOAD, {"id": platform_id}).one_or_none()
    if row is None:
        raise UnknownRegistration(f"platform {platform_id}")
    return registration_of(row)


def store(session: Session, values: Mapping[str, str | None], *, deployment_ids: Iterable[str]) -> int:
    """
    Write down a platform, or bring a known one up to date, and add the deployments it lacks.

    A platform that the operator disabled stays so. Without any deployment id it is pending.
    """
    deployments = list(deployment_ids)
    platform_id: int = session.execute(STORE, {**values, "state": "active" if deployments else "pending"}).scalar_one()
    for deployment_id in deployments:
        adopt_deployment(session, platform_id, deployment_id)
    # Scopes may have changed with the registration, so that old tokens say too little or too much.
    session.execute(FORGET_TOKENS, {"platform_id": platform_id})
    return platform_id


def adopt_deployment(session: Session, platform_id: int, deployment_id: str) -> int:
    """Add a deployment, if it is not there yet; a pending platform becomes active. Returns its row's id."""
    session.execute(STORE_DEPLOYMENT, {"platform_id": platform_id, "deployment_id": deployment_id})
    session.execute(ACTIVATE, {"platform_id": platform_id})
    found = find_deployment(session, platform_id, deployment_id)
    assert found is not None  # noqa: S101 - just stored
    return found


def find_deployment(session: Session, platform_id: int, deployment_id: str) -> int | None:
    """The id of the row of a deployment, if this client has it."""
    found: int | None = session.execute(
        FIND_DEPLOYMENT, {"platform_id": platform_id, "deployment_id": deployment_id}
    ).scalar_one_or_none()
    return found
