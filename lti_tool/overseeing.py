"""
What an institution's admin sees in their room, for the operator: ``hearth institution …``.
"""

import dataclasses
import json
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.admin import deletions
from lti_tool.admin.models import Request
from lti_tool.admin.queries import audit
from lti_tool.admin.queries import courses as used
from lti_tool.admin.queries import launches as refusals
from lti_tool.admin.queries import requests as requested
from lti_tool.app import ADMIN_SECTIONS
from lti_tool.clock import now
from lti_tool.courses.jobs import ask_for_roster
from lti_tool.courses.models import Deployment, Platform
from lti_tool.grades.operations import send_again
from lti_tool.journal.audit import record_operator
from lti_tool.operating import BIG_ID, ID, connect, wrong
from lti_tool.web.institution import MOST_PAGES, Finding, Tenant, tenant_of


@click.group()
def institution() -> None:
    """How the institutions are doing, as their admins see it: health, requests, audit log."""


@institution.command("list")
@click.option("--json", "as_json", is_flag=True)
def listing(as_json: bool) -> None:
    """List the institutions: each is one deployment of one registration, or several that are joined."""
    connect()
    with db.transaction() as session:
        rows = session.execute(
            select(
                Deployment.id,
                Platform.name,
                Platform.issuer,
                Platform.client_id,
                Deployment.deployment_id,
                Deployment.is_joined,
            )
            .join(Platform, Platform.id == Deployment.platform_id)
            .order_by(Deployment.id)
        )
        found = [dict(row._mapping) for row in rows]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        click.echo(
            f"{each['id']:>4}  {each['name'] or each['issuer']}  {each['issuer']}  client {each['client_id']}"
            f"  deployment {each['deployment_id']}{'  joined' if each['is_joined'] else ''}"
        )


@institution.command("join")
@click.argument("institution_ids", type=ID, nargs=-1, required=True)
@click.option("--apart", is_flag=True, help="The other way round: they are institutions of their own again.")
def join(institution_ids: tuple[int, ...], apart: bool) -> None:
    """
    Say that deployments of one registration are one institution: their admins share what belongs to the registration.

    That is the addresses for events, our plugin in the LMS, the calendar, and endpoints of the registration. Courses,
    people, requests and logs stay with each deployment. One that comes later stands apart until it is joined, and as
    long as one does, none of them sees what all would share.
    """
    connect()
    with db.transaction() as session:
        found = [_deployment(session, each) for each in institution_ids]
        platforms = {each.platform_id for each in found}
        if len(platforms) > 1:
            raise wrong("They are of several registrations, and each of these has its own events, plugin and calendar.")
        (platform_id,) = platforms
        for each in found:
            each.is_joined = not apart
        session.flush()
        alone = select(Deployment.id).where(Deployment.platform_id == platform_id, ~Deployment.is_joined)
        others = session.scalars(alone.order_by(Deployment.id)).all()
        act = "institution.parted" if apart else "institution.joined"
        record_operator(session, act, platform_id=platform_id, now=now(), institutions=sorted({*institution_ids}))
    names = ", ".join(str(each) for each in sorted({*institution_ids}))
    click.echo(f"{names}: {'apart' if apart else 'joined'}.")
    if others and not apart:
        click.echo(
            f"Of the same registration {', '.join(map(str, others))} still stand apart, so nothing is shared yet."
        )


@institution.command("health")
@click.argument("institution_id", type=ID)
@click.option("--json", "as_json", is_flag=True)
def health(institution_id: int, as_json: bool) -> None:
    """Say what is wrong at an institution and what to do; exit 1 where something is."""
    connect()
    with db.transaction() as session:
        tenant = _tenant(session, institution_id)
        found = [each for section in ADMIN_SECTIONS if section.look for each in section.look(session, tenant, now())]
        told = [_as_dict(each) for each in found]
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        for each in told:
            last = f" (last: {each['at']})" if each["at"] else ""
            click.echo(f"{_mark(each)} {each['name']}: {each['finding']}{last}")
            if each["advice"]:
                click.echo(f"     → {each['advice']}")
    raise SystemExit(0 if all(each["is_good"] for each in told) else 1)


@institution.command("launches")
@click.argument("institution_id", type=ID)
@click.option("--json", "as_json", is_flag=True)
def launches(institution_id: int, as_json: bool) -> None:
    """List launches of a month that were refused, by day and reason, and what to do. Those of a whole registration."""
    connect()
    with db.transaction() as session:
        found = refusals.days(session, _tenant(session, institution_id), now=now())
    if as_json:
        rows = [dataclasses.asdict(each) | {"why": str(each.why), "advice": str(each.advice)} for each in found]
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for each in found:
        click.echo(f"{each.day}  {each.count:>6}  {each.why}\n              → {each.advice}")
    if not found:
        click.echo("No launch was refused.")


@institution.command("courses")
@click.argument("institution_id", type=ID)
@click.option("--page", default=1, show_default=True, type=click.IntRange(1, MOST_PAGES), help="Fifty courses each.")
@click.option("--read", "course_id", type=ID, help="Have the list of people of this course read now.")
@click.option("--json", "as_json", is_flag=True)
def courses(institution_id: int, page: int, course_id: int | None, as_json: bool) -> None:
    """List the courses of an institution by number, those first whose people could not be read."""
    connect()
    with db.transaction() as session:
        tenant = _tenant(session, institution_id)
        if course_id is not None:
            course = used.course_of(session, tenant, course_id)
            if course is None or course.roster_url is None:
                raise wrong(f"Institution {institution_id} has no course {course_id} whose people can be read.")
            ask_for_roster(session, course_id)
            _write_down(session, tenant, "roster.asked", course=course.title)
        found, has_more = used.followed(session, tenant, page=page)
        rows = [dataclasses.asdict(each) for each in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for row in rows:
        people = row["problem"] or (f"people read {row['synced_at']}" if row["synced_at"] else "people never read")
        click.echo(f"{row['id']:>6}  {row['title']}  {people if row['has_roster'] else 'the LMS gives no list'}")
    if has_more:
        click.echo(f"More: --page {page + 1}")


@institution.command("grades")
@click.argument("institution_id", type=ID)
@click.option("--again", "activity_id", type=ID, help="Send those of this activity once more.")
@click.option("--json", "as_json", is_flag=True)
def grades(institution_id: int, activity_id: int | None, as_json: bool) -> None:
    """List grades that did not arrive, by activity and reason. Nobody's name, nobody's grade."""
    connect()
    with db.transaction() as session:
        tenant = _tenant(session, institution_id)
        if activity_id is not None:
            failed = used.failed_of(session, tenant, activity_id)
            if not failed:
                raise wrong(f"No grade of activity {activity_id} failed at institution {institution_id}.")
            for each in failed:
                send_again(session, each, now=now())
            _write_down(session, tenant, "grades.sent_again", activity=activity_id, count=len(failed))
        rows = [dataclasses.asdict(each) for each in used.not_arrived(session, tenant)]
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for row in rows:
        click.echo(
            f"{row['activity_id']:>6}  {row['activity']}, {row['course']}  {row['count']} since {row['since']}"
            f"  {row['problem'] or 'refused'}"
        )
    if not rows:
        click.echo("Every grade that was sent has arrived.")


@institution.command("audit")
@click.argument("institution_id", type=ID)
@click.option("--act", default="", help="One kind of act only, such as source.made.")
@click.option("--before", type=BIG_ID, help="Older than the act of this number.")
@click.option("--json", "as_json", is_flag=True)
def audit_log(institution_id: int, act: str, before: int | None, as_json: bool) -> None:
    """List who did what to an institution's own things, newest first, 50 at once."""
    connect()
    with db.transaction() as session:
        found, _older = audit.entries(session, _tenant(session, institution_id), act=act, before=before)
    rows = [
        {
            "id": each.id,
            "at": each.at.isoformat(timespec="seconds"),
            "by": each.by,
            "person_id": each.person_id,
            "act": each.act,
            "particulars": each.particulars,
        }
        for each in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        who = f"{row['by']} {row['person_id'] or ''}".strip()
        click.echo(f"{row['id']:>6}  {row['at']}  {who:<14} {row['act']}  {json.dumps(row['particulars'])}")


@institution.command("requests")
@click.argument("institution_id", type=ID)
@click.option("--before", type=BIG_ID, help="Older than the request of this number.")
@click.option("--keep", "request_id", type=ID, help="Keep whom this request of the LMS would have forgotten.")
@click.option("--json", "as_json", is_flag=True)
def requests(institution_id: int, *, before: int | None, request_id: int | None, as_json: bool) -> None:
    """List what was asked about people, newest first. `hearth person` hands out and forgets."""
    connect()
    with db.transaction() as session:
        tenant = _tenant(session, institution_id)
        if request_id is not None:
            asked = requested.request_of(session, tenant, request_id)
            if asked is None or not deletions.keep(session, asked, now=now()):
                raise wrong(f"Institution {institution_id} has no request {request_id} of the LMS that still waits.")
            _write_down(session, tenant, "erasure.stopped", request=request_id)
        found, _older = requested.requests(session, tenant, before=before)
        rows = [_request(each) for each in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        about = f"person {row['person_id']}" if row["person_id"] else "somebody forgotten"
        click.echo(f"{row['id']:>6}  {row['asked_at']}  {row['state']:<8} {row['kind']:<8} {about}: {row['reason']}")


@institution.command("retention")
@click.option("--json", "as_json", is_flag=True)
def retention(as_json: bool) -> None:
    """Say what is kept for how long, by the settings in force."""
    settings = connect()
    kept = [each for section in reversed(ADMIN_SECTIONS) if section.keeps for each in section.keeps(settings)]
    if as_json:
        rows = [{"what": str(each.what), "how_long": str(each.how_long), "setting": each.setting} for each in kept]
        click.echo(json.dumps(rows, indent=2))
        return
    for each in kept:
        setting = f"  ({each.setting})" if each.setting else ""
        click.echo(f"{each.what}: {each.how_long}{setting}")


def _write_down(session: Session, tenant: Tenant, act: str, **particulars: Any) -> None:
    record_operator(session, act, platform_id=tenant.platform_id, now=now(), **particulars)


def _tenant(session: Session, institution_id: int) -> Tenant:
    found = _deployment(session, institution_id)
    return tenant_of(session, found.id, found.platform_id)


def _deployment(session: Session, institution_id: int) -> Deployment:
    found = session.get(Deployment, institution_id)
    if found is None:
        raise wrong(f"There is no institution {institution_id}. `hearth institution list` shows them.")
    return found


def _mark(told: dict[str, Any]) -> str:
    if not told["is_good"]:
        return "BAD "
    return "new " if told["is_new"] else "ok  "


def _as_dict(each: Finding) -> dict[str, Any]:
    return {
        "name": str(each.name),
        "is_good": each.is_good,
        "is_new": each.is_new,
        "finding": str(each.sentence),
        "advice": str(each.advice),
        "at": each.at.isoformat(timespec="seconds") if each.at else None,
    }


def _request(each: Request) -> dict[str, Any]:
    return {
        "id": each.id,
        "asked_at": each.asked_at.isoformat(timespec="seconds"),
        "kind": each.kind,
        "state": each.state,
        "person_id": each.person_id,
        "reason": each.reason,
    }
