"""
Reads for the letterbox's pages in the admin room, each for one registration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Deployment, Membership
from webhooks.models import Event, Refusal, RemovedSource, Source
from webhooks.room import rules

WEEK = timedelta(days=7)
SHOWN_OF_A_TEST = 10


@dataclass(frozen=True, kw_only=True)
class Refused:
    """How often somebody was refused for one reason in the last week."""

    reason: str
    count: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What came to a source since a moment, the latest first."""

    events: Sequence[Event]
    refused: Sequence[Refused]


@dataclass(frozen=True, kw_only=True)
class Doing:
    """How one source is doing."""

    id: int
    name: str
    proof: str
    state: str
    last_at: datetime | None
    waiting: int
    trouble: int
    """Will be tried again, or were given up."""
    given_up: int
    refused: int
    """In the last week."""
    refused_last_at: datetime | None
    days: Sequence[date]
    """On which it spoke in the last four weeks, in their order, today left out."""

    def voice(self, *, launched_at: datetime | None, now: datetime) -> rules.Voice:
        """Whether it has fallen silent; *launched_at* is when somebody last opened Hearth."""
        return rules.voice(self.days, last_at=self.last_at, launched_at=launched_at, now=now)

    @property
    def is_refused(self) -> bool:
        """Nothing was proven since the last refusal."""
        return self.refused_last_at is not None and (self.last_at is None or self.refused_last_at > self.last_at)


def sites_of(session: Session, platform_id: int) -> Sequence[str]:
    """The sites that launches of a registration came from, as the LMS's events call them."""
    rows = select(func.jsonb_array_elements_text(Deployment.sites).label("site"))
    return session.scalars(rows.where(Deployment.platform_id == platform_id).distinct().order_by("site")).all()


def source_of(session: Session, platform_id: int, source_id: int) -> Source | None:
    """A source, if it is of this registration."""
    return session.scalars(
        select(Source).where(Source.id == source_id, Source.platform_id == platform_id)
    ).one_or_none()


def sources_of(session: Session, platform_id: int) -> Sequence[Source]:
    """Every address of a registration, that of its notices last."""
    rows = select(Source).where(Source.platform_id == platform_id)
    return session.scalars(rows.order_by(Source.proof == "notice", Source.id)).all()


def event_of(session: Session, source: Source, event_id: int) -> Event | None:
    """An event, if it came to this source."""
    return session.scalars(select(Event).where(Event.id == event_id, Event.source_id == source.id)).one_or_none()


def refusals(session: Session, source: Source, *, now: datetime, since: datetime | None = None) -> list[Refused]:
    """Refusals of the last week by reason, the most frequent first; with *since*, those whose last is younger."""
    count, last = func.sum(Refusal.count), func.max(Refusal.last_at)
    rows = (
        select(Refusal.reason, count.label("times"), last.label("last_at"))
        .where(Refusal.source_id == source.id, Refusal.day > (now - WEEK).date())
        .group_by(Refusal.reason)
        .order_by(count.desc(), Refusal.reason)
    )
    if since is not None:
        rows = rows.having(last >= since)
    return [Refused(reason=row.reason, count=int(row.times), last_at=row.last_at) for row in session.execute(rows)]


def arrived(session: Session, source: Source, *, since: datetime, now: datetime) -> Arrived:
    """What came to *source* since a test began."""
    rows = select(Event).where(Event.source_id == source.id, Event.received_at >= since).order_by(Event.id.desc())
    return Arrived(
        events=session.scalars(rows.limit(SHOWN_OF_A_TEST)).all(),
        refused=refusals(session, source, since=since, now=now),
    )


def doing(session: Session, platform_id: int, *, now: datetime) -> list[Doing]:
    """
    The sources that somebody set up for a registration, and how each is doing, in one statement.

    That of its notices is none of them: see :func:`notices`.
    """
    rows = session.execute(DOING, {"platform": platform_id, "day": (now - WEEK).date(), "recent": RECENT})
    return [Doing(**row._mapping) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Around:
    """What happens beside the sources of a registration."""

    launched_at: datetime | None
    """When somebody last opened Hearth."""
    sent_to_removed: int
    """Addresses that were removed and to which something came since."""


def around(session: Session, platform_id: int) -> Around:
    """See :class:`Around`; in one statement."""
    launched = (
        select(func.max(Membership.launched_at))
        .join(Course, Course.id == Membership.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id)
    )
    removed = (
        select(func.count())
        .select_from(RemovedSource)
        .where(RemovedSource.platform_id == platform_id, RemovedSource.count > 0)
    )
    row = session.execute(select(launched.scalar_subquery(), removed.scalar_subquery())).one()
    return Around(launched_at=row[0], sent_to_removed=row[1])


def still_sent_to(session: Session, platform_id: int) -> Sequence[RemovedSource]:
    """The addresses that were removed and to which something came since, the latest first."""
    rows = select(RemovedSource).where(RemovedSource.platform_id == platform_id, RemovedSource.count > 0)
    return session.scalars(rows.order_by(RemovedSource.last_at.desc(), RemovedSource.public_id)).all()


@dataclass(frozen=True, kw_only=True)
class Notices:
    """How far Hearth is with the notices of a deployment (LTI-PNS 1.0)."""

    platform: str
    deployment: str
    state: str
    """``wanted``, ``listening`` or ``refused``; see :class:`lti_tool.lti.models.NoticeService`."""
    since: datetime | None
    """Since when the LMS sends them."""
    problem: str
    """A short code of why not."""
    asked_again_at: datetime | None
    source_id: int | None
    """The address that they come to, once there is one."""
    last_at: datetime | None
    """When the last one came, whichever deployment it was about."""


def notices(session: Session, platform_id: int | None = None) -> list[Notices]:
    """The notices of a registration, or of all, one for each deployment that offered them."""
    return [Notices(**row._mapping) for row in session.execute(NOTICES, {"platform": platform_id})]


NOTICES = text(
    """
    select coalesce(nullif(p.name, ''), p.issuer) as platform, d.deployment_id as deployment, n.state,
           case when n.state = 'listening' then n.listens_since end as since, n.problem,
           case when n.state <> 'listening' then n.next_attempt_at end as asked_again_at, s.id as source_id,
           (select max(e.received_at) from webhook_event e where e.source_id = s.id) as last_at
      from lti_notice_service n
      join deployment d on d.id = n.deployment_id
      join platform p on p.id = d.platform_id
      left join lateral (select min(id) as id from webhook_source
                          where platform_id = p.id and proof = 'notice') s on true
     where cast(:platform as int) is null or p.id = :platform
     order by p.id, d.id
    """
)

RECENT = 200_000
"""
So many of the latest events are looked through for a source's last one. Only a source that is silent
while others are not makes us count through its own: an index for it would slow down every event.
"""
DOING = text(
    """
    select s.id, s.name, s.proof, s.state,
           coalesce(
               (select e.received_at from webhook_event e
                 where e.source_id = s.id and e.id > (select max(id) from webhook_event) - :recent
                 order by e.id desc limit 1),
               (select max(e.received_at) from webhook_event e where e.source_id = s.id)) as last_at,
           (select count(*) from webhook_event e where e.source_id = s.id and e.state = 'new') as waiting,
           (select count(*) from webhook_event e where e.source_id = s.id and e.state in ('failed', 'dead')) as trouble,
           (select count(*) from webhook_event e
             where e.source_id = s.id and e.state in ('failed', 'dead') and e.state = 'dead') as given_up,
           coalesce(r.count, 0)::int as refused, r.last_at as refused_last_at,
           array(select day from webhook_speech where source_id = s.id order by day) as days
      from webhook_source s
      left join (select source_id, sum(count) as count, max(last_at) as last_at from webhook_refusal
                  where day > :day group by source_id) r on r.source_id = s.id
     where s.platform_id = :platform and s.proof <> 'notice'
     order by s.id
    """
)
