"""
The first half of a launch: third-party initiated login (security framework 1.1 section 5.1.1).

One statement finds the registration and writes the attempt; nothing taken from the request
ever becomes the place to redirect to.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.lti.errors import (
    AmbiguousRegistration,
    AttemptExpired,
    AttemptMissing,
    AttemptSpent,
    AttemptUnknown,
    BadRequest,
    PlatformDisabled,
    TargetNotOurs,
    UnknownRegistration,
)
from lti_tool.lti.platforms import COLUMNS, Registration, registration_of

LIFETIME = timedelta(minutes=10)
RANDOM_BYTES = 24
LONGEST_PARAMETER = 8192

REQUIRED = ("iss", "login_hint", "target_link_uri")
OPTIONAL = ("client_id", "lti_deployment_id", "lti_message_hint", "lti_storage_target")

# Several registrations may share one issuer, as those of one hosted LMS do: client_id decides, else being the only
# one, else the deployment. The attempt is written exactly when one is left.
BEGIN = text(
    f"""
    with candidate as (
        select p.*, count(*) over () as candidates
          from platform p
         where p.issuer = :issuer and p.state in ('active', 'pending')
           and (cast(:client_id as text) is null or p.client_id = :client_id)
    ), chosen as (
        select * from candidate p
         where p.candidates = 1
            or exists (select from deployment d where d.platform_id = p.id and d.deployment_id = :deployment_id)
    ), made as (
        insert into lti_attempt
               (state, nonce, platform_id, target_link_uri, login_hint, message_hint,
                browser_hash, storage_target, created_at, expires_at)
        select :state, :nonce, id, :target_link_uri, :login_hint, :message_hint,
               :browser_hash, :storage_target, :now, :expires_at
          from chosen where (select count(*) from chosen) = 1
    )
    select {COLUMNS} from chosen p
    """  # noqa: S608 - constants only
)

WHY_NOT = text(
    """
    select count(*) filter (where state = 'disabled') as disabled, count(*) filter (where state <> 'disabled') as usable
      from platform where issuer = :issuer and (cast(:client_id as text) is null or client_id = :client_id)
    """
)

ABANDONED = text(
    f"""
    select a.target_link_uri, a.login_hint, a.message_hint, a.used_at, a.expires_at, {COLUMNS}
      from lti_attempt a join platform p on p.id = a.platform_id
     where a.state = :state
    """  # noqa: S608 - constants only
)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A login on its way."""

    state: str
    redirect_url: str
    storage_target: str | None
    """The frame that keeps our proof when cookies do not; None where the platform has none (lti-cs-pm)."""


@dataclass(frozen=True, kw_only=True)
class Abandoned:
    """A login whose answer came to a browser without our cookie, good for starting over."""

    registration: Registration
    target_link_uri: str
    login_hint: str
    message_hint: str | None

    def login_parameters(self) -> dict[str, str]:
        """The same login again. No storage this time: the new window is first-party."""
        parameters = {
            "iss": self.registration.issuer,
            "client_id": self.registration.client_id,
            "login_hint": self.login_hint,
            "target_link_uri": self.target_link_uri,
        }
        if self.message_hint is not None:
            parameters["lti_message_hint"] = self.message_hint
        return parameters


def begin(
    session: Session,
    parameters: Mapping[str, str],
    *,
    browser_hash: str,
    redirect_uri: str,
    settings: Settings,
    now: datetime,
) -> Begun:
    """
    Write down a login attempt and say where to send the browser.

    *parameters* are those of the platform's request, GET or POST. *browser_hash* is what the
    browser will have to prove when it comes back.
    """
    _check(parameters, settings)
    message_hint = parameters.get("lti_message_hint")
    storage_target = parameters.get("lti_storage_target") or None
    state, nonce = secrets.token_urlsafe(RANDOM_BYTES), secrets.token_urlsafe(RANDOM_BYTES)
    asked = {"issuer": parameters["iss"], "client_id": parameters.get("client_id") or None}
    found = session.execute(
        BEGIN,
        {
            **asked,
            "deployment_id": parameters.get("lti_deployment_id") or None,
            "state": state,
            "nonce": nonce,
            "target_link_uri": parameters["target_link_uri"],
            "login_hint": parameters["login_hint"],
            "message_hint": message_hint,
            "browser_hash": browser_hash,
            "storage_target": storage_target,
            "now": now,
            "expires_at": now + LIFETIME,
        },
    ).all()
    if len(found) != 1:
        raise _why_not(session, asked)
    registration = registration_of(found[0])
    asking = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "login_hint": parameters["login_hint"],
    }
    if message_hint is not None:
        asking["lti_message_hint"] = message_hint
    return Begun(state=state, redirect_url=add_query(registration.auth_url, asking), storage_target=storage_target)


def abandoned(session: Session, state: str, *, now: datetime) -> Abandoned:
    """The login that *state* began, as long as it is neither spent nor expired."""
    if not is_state(state):
        raise AttemptMissing
    row = session.execute(ABANDONED, {"state": state}).one_or_none()
    if row is None:
        raise AttemptUnknown
    if row.used_at is not None:
        raise AttemptSpent
    if row.expires_at <= now:
        raise AttemptExpired
    return Abandoned(
        registration=registration_of(row),
        target_link_uri=row.target_link_uri,
        login_hint=row.login_hint,
        message_hint=row.message_hint,
    )


def is_state(given: str) -> bool:
    """Whether *given* could be a ``state`` of ours at all."""
    return 16 <= len(given) <= 64 and given.isascii() and given.replace("-", "").replace("_", "").isalnum()


def is_ours(url: str, settings: Settings) -> bool:
    """Whether *url* is an address of this tool."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" == settings.public_url and parts.username is None
    except ValueError:
        return False


def add_query(url: str, more: Mapping[str, str]) -> str:
    """*url* with *more* in its query; what was there stays."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _check(parameters: Mapping[str, str], settings: Settings) -> None:
    missing = [name for name in REQUIRED if not parameters.get(name)]
    if missing:
        raise BadRequest(f"missing: {', '.join(missing)}")
    for name in (*REQUIRED, *OPTIONAL):
        value = parameters.get(name, "")
        # PostgreSQL keeps no NUL, and nobody sends one in good faith.
        if len(value) > LONGEST_PARAMETER or "\x00" in value:
            raise BadRequest(f"unusable: {name}")
    if not is_ours(parameters["target_link_uri"], settings):
        raise TargetNotOurs(parameters["target_link_uri"][:200])


def _why_not(session: Session, asked: Mapping[str, str | None]) -> UnknownRegistration:
    row = session.execute(WHY_NOT, asked).one()
    if row.usable:
        return AmbiguousRegistration(f"{row.usable} platforms of {asked['issuer']}")
    if row.disabled:
        return PlatformDisabled(str(asked["issuer"]))
    return UnknownRegistration(f"{asked['issuer']}, client {asked['client_id']}")
