"""
How Hearth is doing at one institution: launches, rosters, grades, jobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.admin import rules, words
from lti_tool.admin.queries import launches
from lti_tool.courses.models import Deployment, Platform
from lti_tool.web.institution import Finding, Tenant

SILENT = timedelta(minutes=1)
"""A worker gives a sign of life every ten seconds."""
STUCK = timedelta(minutes=15)
"""A grade or a job that is due and waits longer is held up."""

FIGURES = text(
    """
    with mine as (
        select id, roster_url, roster_synced_at, roster_problem from course
         where deployment_id = :deployment
           and context_id not like 'person:%' and context_id not like 'resource\\_link:%'
    ), grades as (
        select count(*) filter (where state = 'failed') as failed, max(sent_at) as sent_at,
               count(*) filter (where state = 'waiting') as waiting,
               count(*) filter (where state = 'waiting' and next_attempt_at < :stuck) as stuck
          from grade_passback where course_id in (select id from mine)
    )
    select (select count(*) from mine) as courses,
           (select count(*) from mine where roster_url is not null) as with_roster,
           (select count(*) from mine where roster_problem is not null) as roster_problems,
           (select max(roster_synced_at) from mine) as synced_at,
           (select max(m.launched_at) from membership m join course c on c.id = m.course_id
             where c.deployment_id = :deployment) as launched_at,
           g.failed, g.sent_at, g.waiting, g.stuck,
           exists (select from procrastinate_workers where last_heartbeat > :alive) as has_worker,
           (select count(*) from procrastinate_jobs j
             where status = 'todo' and coalesce(scheduled_at, (select min(e.at) from procrastinate_events e
                                                                where e.job_id = j.id)) < :stuck) as jobs
      from grades g
    """
)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """By what the LMS and Hearth know each other."""

    name: str
    issuer: str
    client_id: str
    deployment_id: str
    family: str
    since: datetime


def installation(session: Session, tenant: Tenant) -> Installation:
    """The registration and deployment of *tenant*."""
    row = session.execute(
        select(
            Platform.name, Platform.issuer, Platform.client_id, Deployment.deployment_id, Platform.family,
            Deployment.created_at,
        )
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Deployment.id == tenant.deployment_id)
    ).one()  # fmt: skip
    return Installation(
        name=row.name or row.issuer,
        issuer=row.issuer,
        client_id=row.client_id,
        deployment_id=row.deployment_id,
        family=row.family,
        since=row.created_at,
    )


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Launches, rosters, grades and jobs of *tenant*, in two statements."""
    row = session.execute(
        FIGURES, {"deployment": tenant.deployment_id, "stuck": now - STUCK, "alive": now - SILENT}
    ).one()
    refused = launches.refused(session, tenant, now=now)
    return [
        _launches(row.courses, rules.worst(refused, launched_at=row.launched_at), row.launched_at),
        _rosters(row.with_roster, row.courses, row.roster_problems, row.synced_at),
        _grades(row.failed, row.waiting, row.stuck, row.sent_at),
        _worker(row.has_worker, row.jobs),
    ]


def _launches(courses: int, refused: rules.Refused | None, launched_at: datetime | None) -> Finding:
    name = _("Launches")
    if refused is not None:
        return Finding(
            name=name,
            is_good=False,
            sentence=ngettext(
                "One launch was refused in the last seven days: %(why)s.",
                "%(num)s launches were refused in the last seven days: %(why)s.",
                refused.count,
                why=words.why(refused.reason),
            ),
            advice=words.advice(refused.reason),
            endpoint="admin.refused_launches",
            at=launched_at,
        )
    if not courses:
        return Finding(
            name=name,
            is_good=True,
            is_new=True,
            sentence=_("Nobody has opened Hearth from a course yet."),
            advice=_("Add an activity to a course, or open Hearth from a course's menu."),
        )
    sentence = ngettext("Used in one course.", "Used in %(num)s courses.", courses)
    return Finding(name=name, is_good=True, sentence=sentence, at=launched_at)


def _rosters(with_roster: int, courses: int, problems: int, synced_at: datetime | None) -> Finding:
    endpoint = "admin.courses"
    if problems:
        return Finding(
            name=_("Lists of people"),
            is_good=False,
            sentence=ngettext(
                "The list of people of one course could not be read last time.",
                "The lists of people of %(num)s courses could not be read last time.",
                problems,
            ),
            advice=_("Look at the courses below for the reason. Hearth keeps everybody it knows meanwhile."),
            endpoint=endpoint,
            at=synced_at,
        )
    if courses and not with_roster:
        return Finding(
            name=_("Lists of people"),
            is_good=False,
            sentence=_("The LMS gives Hearth no lists of people."),
            advice=_(
                "Allow Hearth the names and roles service in the tool's settings of your LMS, then open Hearth from"
                " a course once more. Until then Hearth knows only who has opened it."
            ),
            endpoint=endpoint,
        )
    if synced_at is None:
        return Finding(
            name=_("Lists of people"),
            is_good=True,
            is_new=True,
            sentence=_("None was read yet."),
            advice=_("It happens by itself, some minutes after somebody has opened Hearth from a course."),
            endpoint=endpoint,
        )
    sentence = _("Read without trouble.")
    return Finding(name=_("Lists of people"), is_good=True, sentence=sentence, endpoint=endpoint, at=synced_at)


def _grades(failed: int, waiting: int, stuck: int, sent_at: datetime | None) -> Finding:
    endpoint = "admin.grades"
    if failed:
        return Finding(
            name=_("Grades"),
            is_good=False,
            sentence=ngettext(
                "One grade did not reach the gradebook.", "%(num)s grades did not reach the gradebook.", failed
            ),
            advice=_("Look at the reasons; most are mended in the LMS, and the grades can then be sent again."),
            endpoint=endpoint,
            at=sent_at,
        )
    if stuck:
        return Finding(
            name=_("Grades"),
            is_good=False,
            sentence=ngettext(
                "One grade waits longer than it should.", "%(num)s grades wait longer than they should.", stuck
            ),
            advice=_("Tell whoever runs Hearth that its worker cannot keep up or has stopped."),
            endpoint=endpoint,
            at=sent_at,
        )
    if waiting:
        sentence, advice = ngettext("One grade is on its way.", "%(num)s grades are on their way.", waiting), ""
    elif sent_at:
        sentence, advice = _("All grades are in the gradebook."), ""
    else:
        sentence = _("No grade was sent yet.")
        advice = _("The first goes out when somebody is graded in an exchange that has a column in the gradebook.")
    return Finding(
        name=_("Grades"),
        is_good=True,
        is_new=sent_at is None,
        sentence=sentence,
        advice=advice,
        endpoint=endpoint,
        at=sent_at,
    )


def _worker(has_worker: bool, late: int) -> Finding:
    if not has_worker:
        return Finding(
            name=_("Background work"),
            is_good=False,
            sentence=_("Nothing does Hearth's background work: grades, lists of people and events wait."),
            advice=_("Tell whoever runs Hearth that its worker has stopped."),
        )
    if late:
        return Finding(
            name=_("Background work"),
            is_good=False,
            sentence=ngettext(
                "One job waits for more than a quarter of an hour.",
                "%(num)s jobs wait for more than a quarter of an hour.",
                late,
            ),
            advice=_("If it stays like this, tell whoever runs Hearth that its worker cannot keep up."),
        )
    return Finding(name=_("Background work"), is_good=True, sentence=_("Hearth keeps up with it."))
