"""
Pairing: an admin gives us the key to our plugin in their LMS, and it proves that it lives there.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, joinedload

from lti_tool import http, lms, vault
from lti_tool.config import Settings
from lti_tool.courses.models import Deployment, Platform
from lti_tool.lms.companion import OFF, Companion, CompanionSetup, Site
from webhooks.companions.models import Pairing, State, Telling

log = logging.getLogger(__name__)

LONGEST_TOKEN = 200


class NoCompanion(Exception):
    """There is no plugin of ours for this LMS."""


class WrongSite(Exception):
    """A companion that is not the one of this registration; ``what`` is issuer, client, deployment or site."""

    def __init__(self, what: str, *, said: str, wanted: str) -> None:
        super().__init__(f"{what}: it says {said or 'nothing'}, and {wanted or 'nothing'} was expected")
        self.what = what
        self.said = said
        self.wanted = wanted


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What an admin wants their LMS to hear."""

    log: bool = True
    completion: bool = True
    dates: bool = False


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a companion is doing."""

    id: int
    platform_id: int
    platform: str
    address: str
    site_id: str
    release: str
    state: str
    problem: str
    detail: str
    rests_until: datetime | None
    checked_at: datetime | None
    told_at: datetime | None
    """When it last took what it was told; of what is still kept."""
    receiver: str
    wishes: Wishes
    waiting: int
    oldest: datetime | None
    """Of what waits."""
    told: int
    """In the last seven days."""
    refused: int
    """Refused, or given up; kept until somebody has it told again or it is too old."""
    unkept: int
    """Completions for which the LMS has no use: it keeps none of the activity."""

    @property
    def heard_at(self) -> datetime | None:
        """When there was last a word from it."""
        return max((each for each in (self.checked_at, self.told_at) if each is not None), default=None)


def setup_for(session: Session, platform_id: int) -> CompanionSetup | None:
    """How an admin sets up our plugin in the LMS of a platform; None where there is none for it."""
    return lms.for_family(session.get_one(Platform, platform_id).family).companion_setup()


def pair(
    session: Session,
    platform: Platform,
    *,
    address: str,
    token: str,
    wishes: Wishes,
    settings: Settings,
    now: datetime,
) -> Pairing:
    """
    Ask the plugin at *address* who it is, and remember it; a pairing that is there gets the new key.

    Raises :class:`NoCompanion`, :class:`WrongSite`, :class:`lti_tool.http.ForbiddenAddress` or
    :class:`lti_tool.lti.errors.ServiceError`.
    """
    address = address.strip().rstrip("/") or platform.issuer.rstrip("/")
    http.check_url(address, allow_loopback=settings.allow_loopback_platforms)
    site = _speak(platform, address=address, token=token.strip()[:LONGEST_TOKEN], settings=settings).site()
    require_its_own(session, platform, site)
    known = session.scalars(select(Pairing).where(Pairing.platform_id == platform.id)).one_or_none()
    if known is None:
        known = Pairing(platform_id=platform.id, created_at=now)
        session.add(known)
    elif known.site_id != site.site_id:
        # Another site, which knows nothing of what the one before was told.
        session.execute(FORGET_TOLD, {"pairing": known.id})
    known.address, known.token = address, vault.encrypt(settings, token.strip())
    known.site_id = site.site_id
    set_wishes(known, wishes)
    note_site(known, site, now=now)
    known.failures, known.rests_until, known.problem, known.detail = 0, None, "", ""
    session.flush()
    ring(session)
    log.info("platform %s is paired with its companion %s", platform.id, known.id)
    return known


def check(session: Session, pairing: Pairing, *, settings: Settings, now: datetime) -> Site:
    """Ask the companion how it is, and let it hear at once what waits. Raises as :func:`pair` does."""
    site = companion_of(pairing, settings=settings).site()
    require_its_own(session, pairing.platform, site)
    if site.site_id != pairing.site_id:
        raise WrongSite("site", said=site.site_id, wanted=pairing.site_id)
    note_site(pairing, site, now=now)
    pairing.failures, pairing.rests_until, pairing.problem, pairing.detail = 0, None, "", ""
    session.flush()
    ring(session)
    return site


def unpair(session: Session, pairing: Pairing) -> None:
    """Forget the key, and what was to be told. What the LMS has heard stays there."""
    session.delete(pairing)
    session.flush()
    log.info("companion %s is no more", pairing.id)


def tell_again(session: Session, pairing: Pairing, *, now: datetime) -> int:
    """Have told again what was refused or given up. Returns how many."""
    count = len(session.execute(AGAIN, {"pairing": pairing.id, "now": now}).all())
    pairing.rests_until = None
    ring(session)
    return count


def set_wishes(pairing: Pairing, wishes: Wishes) -> None:
    """What the LMS hears from now on."""
    pairing.tells_log, pairing.tells_completion, pairing.tells_dates = wishes.log, wishes.completion, wishes.dates


def wishes_of(pairing: Pairing) -> Wishes:
    """See :func:`set_wishes`."""
    return Wishes(log=pairing.tells_log, completion=pairing.tells_completion, dates=pairing.tells_dates)


def require_its_own(session: Session, platform: Platform, site: Site) -> None:
    """
    Raise :class:`WrongSite` unless *site* names this very registration.

    So the key to one LMS cannot lead what happens in another there.
    """
    if site.address.rstrip("/") != platform.issuer.rstrip("/"):
        raise WrongSite("issuer", said=site.address, wanted=platform.issuer)
    if site.client_id != platform.client_id:
        raise WrongSite("client", said=site.client_id, wanted=platform.client_id)
    deployments = session.scalars(select(Deployment.deployment_id).where(Deployment.platform_id == platform.id)).all()
    # A platform that nobody launched from yet may have none.
    if deployments and site.deployment_id not in deployments:
        raise WrongSite("deployment", said=site.deployment_id, wanted=", ".join(deployments))


def companion_of(pairing: Pairing, *, settings: Settings) -> Companion:
    """What speaks to a paired companion. Raises :class:`NoCompanion` and :class:`lti_tool.vault.VaultError`."""
    token = vault.decrypt(settings, pairing.token)
    return _speak(pairing.platform, address=pairing.address, token=token, settings=settings)


def note_site(pairing: Pairing, site: Site, *, now: datetime) -> None:
    """What it said of itself."""
    pairing.release, pairing.checked_at = site.release, now
    pairing.receiver = site.receiver


def of_platform(session: Session, platform_id: int) -> Pairing | None:
    """The companion in the LMS of a platform."""
    return session.scalars(
        select(Pairing).where(Pairing.platform_id == platform_id).options(joinedload(Pairing.platform))
    ).one_or_none()


def health(session: Session, *, now: datetime, platform_id: int | None = None) -> Sequence[Health]:
    """Every companion and how it is doing, in two statements."""
    rows = select(Pairing).options(joinedload(Pairing.platform)).order_by(Pairing.id)
    if platform_id is not None:
        rows = rows.where(Pairing.platform_id == platform_id)
    pairings = session.scalars(rows).all()
    waits = Telling.state.in_((State.NEW, State.WAITING))
    counted = {
        row.pairing_id: row
        for row in session.execute(
            select(
                Telling.pairing_id,
                func.count().filter(waits).label("waiting"),
                func.min(Telling.at).filter(waits).label("oldest"),
                func.count().filter(Telling.state == State.TOLD).label("told"),
                func.max(Telling.told_at).filter(Telling.state == State.TOLD).label("told_at"),
                func.count().filter(Telling.state.in_((State.REFUSED, State.DEAD))).label("refused"),
                func.count().filter(Telling.state == State.TOLD, Telling.problem == OFF).label("unkept"),
            )
            .where(Telling.pairing_id.in_([each.id for each in pairings]))
            .group_by(Telling.pairing_id)
        )
    }
    return [_health(each, counted.get(each.id)) for each in pairings]


def refusals(session: Session, pairing: Pairing) -> Sequence[tuple[str, int]]:
    """Why the LMS will not have things, or why they were given up, and how many."""
    rows = session.execute(
        select(Telling.problem, func.count())
        .where(Telling.pairing_id == pairing.id, Telling.state.in_((State.REFUSED, State.DEAD)))
        .group_by(Telling.problem)
        .order_by(func.count().desc(), Telling.problem)
    )
    return [(problem, count) for problem, count in rows]


def ring(session: Session) -> None:
    """Let a worker look for what is to be told."""
    session.execute(RING)


def _health(pairing: Pairing, counted: object) -> Health:
    return Health(
        id=pairing.id,
        platform_id=pairing.platform_id,
        platform=pairing.platform.name or pairing.platform.issuer,
        address=pairing.address,
        site_id=pairing.site_id,
        release=pairing.release,
        state=pairing.state,
        problem=pairing.problem,
        detail=pairing.detail,
        rests_until=pairing.rests_until,
        checked_at=pairing.checked_at,
        told_at=getattr(counted, "told_at", None),
        receiver=pairing.receiver,
        wishes=wishes_of(pairing),
        waiting=getattr(counted, "waiting", 0),
        oldest=getattr(counted, "oldest", None),
        told=getattr(counted, "told", 0),
        refused=getattr(counted, "refused", 0),
        unkept=getattr(counted, "unkept", 0),
    )


def _speak(platform: Platform, *, address: str, token: str, settings: Settings) -> Companion:
    brand = lms.for_family(platform.family)
    companion = brand.companion(address=address, token=token, sender=http.client(settings))
    if companion is None:
        raise NoCompanion(platform.family)
    return companion


RING = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, args, status)
    values ('companions', 'companions.sort', 0, '{}', 'todo')
    """
)
AGAIN = text(
    """
    update companion_telling
       set state = 'waiting', attempts = 0, next_attempt_at = :now, problem = '',
           -- A state that came to nothing is known to the LMS by the key before.
           key = case when slot is null then key else gen_random_uuid() end
     where pairing_id = :pairing and (state in ('refused', 'dead') or state = 'told' and problem = 'off')
    returning id
    """
)
FORGET_TOLD = text("delete from companion_telling where pairing_id = :pairing and slot is not null")
