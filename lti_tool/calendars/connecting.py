"""
Connecting the calendar of an LMS: ask for consent, take what it gave, keep it fresh, end it.
"""

import hashlib
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import db, http, lms, vault
from lti_tool.calendars.models import UNREADABLE, AccountState, CalendarAccount
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.lms.calendar import Account, Grant, LmsCalendar
from lti_tool.lti.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

CONSENT = "/lti/consent"
"""Where the LMS sends whoever answered; registered there with the developer key."""
ASKED_FOR = timedelta(hours=1)
NO_CONSENT = (400, 401)
"""How a token service says that it takes our consent no more (RFC 6749 section 5.2)."""
REFRESH_EARLY = timedelta(minutes=2)
LONGEST_LIFE = timedelta(days=1)


class NoCalendar(Exception):
    """This LMS has no calendar that Hearth knows how to write into."""


class AddressRefused(Exception):
    """The address is none that Hearth calls."""


class ConsentRefused(Exception):
    """What came back is no consent that was asked for, or not in time, or was used before, or says no."""


class KeyUnreadable(ConsentRefused):
    """The developer key that the consent is for was encrypted with another ``SECRET_KEY``: it cannot be taken up."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Where somebody of the LMS may consent."""

    url: str


def redirect_uri(settings: Settings) -> str:
    """What the developer key must name as its redirect address."""
    return settings.public_url + CONSENT


def connect(
    session: Session,
    platform: Platform,
    *,
    address: str,
    client_id: str,
    client_secret: str,
    settings: Settings,
    now: datetime,
) -> Asked:
    """
    Begin to connect the calendar of *platform*, or begin anew: with what is connected, Hearth writes until a consent.
    """
    address = address.strip().rstrip("/")
    try:
        http.check_url(address, allow_loopback=settings.allow_loopback_platforms)
    except http.ForbiddenAddress as err:
        raise AddressRefused(str(err)) from err
    account = Account(address=address, client_id=client_id.strip(), client_secret=client_secret.strip())
    office = office_of(platform.family, account, settings)
    key = {
        "address": account.address,
        "client_id": account.client_id,
        "client_secret": vault.encrypt(settings, account.client_secret),
    }
    found = session.get(CalendarAccount, platform.id)
    if found is None:
        found = CalendarAccount(platform_id=platform.id, state=AccountState.ASKED, created_at=now, **key)
        session.add(found)
    state = secrets.token_urlsafe(32)
    found.asked_hash, found.asked_until, found.asked_key = _hash(state), now + ASKED_FOR, key
    session.flush()
    log.info("consent for the calendar of platform %s is asked for", platform.id)
    return Asked(url=office.consent_url(state=state, redirect_uri=redirect_uri(settings)))


def consented(session: Session, *, state: str, code: str, settings: Settings, now: datetime) -> int:
    """
    Take what a consent gave, once; returns the platform's id. Raises :class:`ConsentRefused`, or a ``ServiceError``.
    """
    row = session.execute(
        select(CalendarAccount, Platform.family)
        .join(Platform, Platform.id == CalendarAccount.platform_id)
        .where(CalendarAccount.asked_hash == _hash(state), CalendarAccount.asked_until > now)
        .with_for_update(of=CalendarAccount)
    ).one_or_none()
    if row is None:
        raise ConsentRefused("unknown, used or too old")
    found, family = row
    key = found.asked_key or {}
    found.asked_hash = found.asked_until = found.asked_key = None
    if not code:
        if found.state != AccountState.CONNECTED:
            found.problem = "refused"
        session.flush()
        raise ConsentRefused("refused")
    if not vault.is_readable(settings, key.get("client_secret", found.client_secret)):
        if found.state != AccountState.CONNECTED:
            found.problem = UNREADABLE
        session.flush()
        raise KeyUnreadable("its key cannot be read")
    for name, value in key.items():
        setattr(found, name, value)
    office = office_of(family, account_of(found, settings), settings)
    found.access_token = found.refresh_token = found.rests_until = None
    _keep(found, office.grant(code=code, redirect_uri=redirect_uri(settings)), settings=settings, now=now)
    found.state, found.connected_at, found.problem = AccountState.CONNECTED, now, ""
    session.flush()
    log.info("the calendar of platform %s is connected", found.platform_id)
    return found.platform_id


def token(platform_id: int, office: LmsCalendar, *, is_refused: bool = False, settings: Settings, now: datetime) -> str:
    """
    A token that is good for some minutes, refreshed where it is not or where *is_refused*.

    Raises ``Rejected`` where the LMS takes no word of ours any more; the account is broken then. Any other refusal may
    be that of something in between, and passes.
    """
    with db.transaction() as session:
        # The lock makes workers take turns: the second finds the token of the first.
        found = session.get_one(CalendarAccount, platform_id, with_for_update=True)
        is_fresh = found.expires_at is not None and found.expires_at - REFRESH_EARLY > now
        if found.access_token is not None and is_fresh and not is_refused:
            # One that cannot be read is had anew, as one that is too old.
            with suppress(vault.VaultError):
                return vault.decrypt(settings, found.access_token)
        if found.refresh_token is None:
            raise Rejected(401, "no consent")
        try:
            grant = office.refreshed(vault.decrypt(settings, found.refresh_token))
        except Rejected as err:
            if err.answered not in NO_CONSENT:
                raise Unavailable("no token", status=err.answered) from err
            refused = err
            found.state, found.problem = AccountState.BROKEN, "no_consent"
        else:
            _keep(found, grant, settings=settings, now=now)
            return grant.access_token
    log.warning("the calendar of platform %s takes our consent no more", platform_id)
    raise refused


def is_readable(found: CalendarAccount, settings: Settings) -> bool:
    """Whether key and consent were encrypted with this ``SECRET_KEY``."""
    stored = (found.client_secret, found.refresh_token)
    return all(each is None or vault.is_readable(settings, each) for each in stored)


def lose(session: Session, found: CalendarAccount) -> None:
    """Leave the calendar alone until somebody connects it again: its key cannot be read. What is due waits."""
    found.state, found.problem = AccountState.BROKEN, UNREADABLE
    session.flush()
    log.error("the calendar of platform %s is left alone: its key cannot be read", found.platform_id)


def wake(session: Session, *, settings: Settings) -> None:
    """Write again with what could not be read and can be now: somebody has put the right ``SECRET_KEY`` back."""
    lost = select(CalendarAccount).where(
        CalendarAccount.state == AccountState.BROKEN, CalendarAccount.problem == UNREADABLE
    )
    for each in session.scalars(lost.with_for_update()):
        if is_readable(each, settings):
            each.state, each.problem = AccountState.CONNECTED, ""
    session.flush()


def disconnect(session: Session, platform_id: int) -> bool:
    """Forget the consent, and what was written with it: it stays in the calendar. False where there was none."""
    found = session.get(CalendarAccount, platform_id)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


def is_possible(family: str, settings: Settings) -> bool:
    """Whether Hearth knows a way into the calendar of such an LMS."""
    try:
        office_of(family, Account(address="https://nowhere.example", client_id="", client_secret=""), settings)
    except NoCalendar:
        return False
    return True


def office_of(family: str, account: Account, settings: Settings) -> LmsCalendar:
    """Who speaks to the calendar of an LMS. Raises :class:`NoCalendar`."""
    office = lms.for_family(family).calendar(account, http.client(settings))
    if office is None:
        raise NoCalendar
    return office


def account_of(found: CalendarAccount, settings: Settings) -> Account:
    """The account in clear."""
    return Account(
        address=found.address,
        client_id=found.client_id,
        client_secret=vault.decrypt(settings, found.client_secret),
    )


def _keep(found: CalendarAccount, grant: Grant, *, settings: Settings, now: datetime) -> None:
    found.access_token = vault.encrypt(settings, grant.access_token)
    if grant.refresh_token is not None:
        found.refresh_token = vault.encrypt(settings, grant.refresh_token)
    found.expires_at = now + min(timedelta(seconds=max(grant.lives, 0.0)), LONGEST_LIFE)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
