"""
Front door of the operator: ``hearth …``. Scriptable: exit code 0 for done, 1 for not done, 2 for a wrong call.
"""

import dataclasses
import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import IO, Any

import click
from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, selectinload

from canvas.lms import CanvasLms
from lti_tool import __version__, db, doctor, files, lms, migrations, overseeing, privacy
from lti_tool.app import create_app
from lti_tool.cli_calendar import calendar
from lti_tool.cli_companions import companions
from lti_tool.cli_endpoints import endpoints
from lti_tool.clock import now
from lti_tool.config import Settings, SettingsError
from lti_tool.courses.models import Course, Platform
from lti_tool.exchange import exporting
from lti_tool.exchange import queries as exchange_queries
from lti_tool.exchange.models import Exchange
from lti_tool.journal import audit
from lti_tool.lms.events import Proof
from lti_tool.lti import keys, registration
from lti_tool.lti.errors import LtiError
from lti_tool.operating import connect as _connect
from lti_tool.operating import wrong as _wrong
from lti_tool.reconcile import comparing
from lti_tool.reconcile import queries as reconcile_queries
from lti_tool.reconcile import words as reconcile_words
from moodle.lms import MoodleLms
from webhooks import sources
from webhooks.companions import privacy as companion_privacy
from webhooks.models import Source
from webhooks.outbox import privacy as outbox_privacy
from webhooks.room import queries as received
from webhooks.room.queries import notices as notices_of
from webhooks.room.searching import Search, search
from webhooks.room.words import about_refusal


class _Commands(click.Group):
    """Commands that say what is wrong with the database instead of showing where in the code it was met."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperationalError as err:
            raise _wrong(f"The database does not answer: {str(err.orig).strip()}") from err
        except ProgrammingError as err:
            if not isinstance(err.orig, UndefinedTable | UndefinedColumn):
                raise
            raise _wrong("The database is not up to date. Run `hearth db upgrade`.") from err


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="hearth")
def main() -> None:
    """Hearth, a home for the people in a course: the operator's commands."""
    lms.register("canvas", CanvasLms())
    lms.register("moodle", MoodleLms())
    privacy.install({"told_to_lms": companion_privacy, "told_to_endpoints": outbox_privacy})


main.add_command(overseeing.institution)


@main.group()
def platform() -> None:
    """The LMSs that may launch Hearth."""


@platform.command("invite")
@click.option("--note", default="", help="For whom; shown in lists only.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="How long the invitation holds.")
def platform_invite(note: str, days: int) -> None:
    """Print a registration address, good for one platform and for a few days."""
    settings = _connect()
    with db.transaction() as session:
        token = registration.create_invitation(session, note=note, lifetime=timedelta(days=days), now=now())
    click.echo(f"{settings.public_url}/lti/register/{token}")


@platform.command("add")
@click.option("--json", "as_json", is_flag=True, help="Print the stored platform as JSON.")
def platform_add(as_json: bool) -> None:
    """
    Register a platform from a JSON object on standard input.

    \b
    Needed: issuer, client_id, deployment_ids (a list), auth_url, token_url, jwks_url.
    Optional: family (which LMS it is: canvas or moodle, without it any other), audience (of our token requests), name.
    A platform that is already there gets the new addresses and the deployments it lacks.
    """
    settings = _connect()
    try:
        given = json.load(sys.stdin)
    except ValueError as err:
        raise _wrong(f"Standard input is not JSON: {err}") from err
    try:
        with db.transaction() as session:
            platform_id = registration.add_platform(session, given, settings=settings)
            audit.record_operator(session, "platform.added", platform_id=platform_id, now=now())
            stored = _as_dict(session.get_one(Platform, platform_id))
    except LtiError as err:
        raise _wrong(str(err)) from err
    click.echo(
        json.dumps(stored) if as_json else f"Platform {platform_id}: {stored['issuer']} (client {stored['client_id']})"
    )


@platform.command("list")
@click.option("--json", "as_json", is_flag=True)
def platform_list(as_json: bool) -> None:
    """List the platforms with their deployments."""
    _connect()
    with db.transaction() as session:
        found = [_as_dict(each) for each in _platforms(session)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        deployments = ", ".join(each["deployment_ids"]) or "-"
        click.echo(
            f"{each['id']:>4}  {each['state']:<8}  {each['family']:<7}  {each['issuer']}  "
            f"client {each['client_id']}  deployments {deployments}"
        )
    if not found:
        click.echo("No platform yet. `hearth platform invite` prints an address for the LMS's admin.")


@platform.command("disable")
@click.argument("platform_id", type=int)
@click.option("--enable", is_flag=True, help="Allow it again.")
def platform_disable(platform_id: int, enable: bool) -> None:
    """Refuse launches and end the sessions of a platform; nothing is deleted."""
    _connect()
    with db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise _wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        found.state = "active" if enable else "disabled"
        found.disabled_at = None if enable else now()
        act = "platform.enabled" if enable else "platform.disabled"
        audit.record_operator(session, act, platform_id=platform_id, now=now())
    click.echo(f"Platform {platform_id} is {'active' if enable else 'disabled'}.")


@main.group()
def webhooks() -> None:
    """Events: addresses that LMSs send theirs to, and endpoints that Hearth tells what happens."""


@webhooks.command("add")
@click.argument("platform_id", type=int)
@click.option("--name", default="", help="For lists only.")
@click.option(
    "--proof",
    type=click.Choice(["standard", "jwt", "token", "address"]),
    help="How the LMS proves itself; without it, the safest way it has.",
)
def webhooks_add(platform_id: int, name: str, proof: Proof | None) -> None:
    """Make an address for the events of a platform; prints it, and the secret, which is shown only now."""
    settings = _connect()
    with db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise _wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        try:
            made = sources.make(session, found, proof=proof, name=name, settings=settings, now=now())
        except sources.ProofNotOffered as err:
            raise _wrong(f"This LMS cannot prove itself so. It can by: {err}.") from err
        audit.record_operator(
            session, "source.made", platform_id=platform_id, now=now(), address=made.id, proof=made.proof
        )
    click.echo(f"Source {made.id}, proven by {made.proof}\n  address  {made.address}")
    if made.secret:
        click.echo(f"  secret   {made.secret}")


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True)
def webhooks_list(as_json: bool) -> None:
    """List the sources and how they are doing."""
    settings = _connect()
    with db.transaction() as session:
        found = sources.health(session, settings=settings, now=now())
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2, default=str))
        return
    for each in found:
        spoke_first = f"  of {each.site}" if each.site else ""
        click.echo(
            f"{each.id:>4}  {each.state:<7} {each.proof:<9} {each.platform}  last {each.last_received_at or 'never'}"
            f"  waiting {each.waiting}  failed {each.failed}  refused this week {each.refused}{spoke_first}"
            f"\n      {each.address}"
        )
    if not found:
        click.echo("No source yet. `hearth webhooks add PLATFORM_ID` makes one.")


@webhooks.command("rotate")
@click.argument("source_id", type=int)
def webhooks_rotate(source_id: int) -> None:
    """Print a new secret; the one before is taken for two more days."""
    settings = _connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        if found.secret is None:
            raise _wrong(f"Source {source_id} has no secret: it proves itself by {found.proof}.")
        secret = sources.rotate(session, found, settings=settings, now=now())
        audit.record_operator(session, "source.rotated", platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(secret)


@webhooks.command("pause")
@click.argument("source_id", type=int)
@click.option("--resume", is_flag=True, help="Take its events again.")
def webhooks_pause(source_id: int, resume: bool) -> None:
    """Answer 404 to a source; what it sent is kept."""
    _connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        found.state = "active" if resume else "paused"
        act = "source.resumed" if resume else "source.paused"
        audit.record_operator(session, act, platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(f"Source {source_id} is {'active' if resume else 'paused'}.")


@webhooks.command("unbind")
@click.argument("source_id", type=int)
def webhooks_unbind(source_id: int) -> None:
    """Forget which school sent the first event to a source; the next one that sends is believed."""
    _connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        if not sources.unbind(session, found):
            raise _wrong(f"Source {source_id} is bound to no school.")
        audit.record_operator(session, "source.unbound", platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(f"Source {source_id} takes the events of whichever school sends the next one.")


@webhooks.command("replay")
@click.option("--source", "source_id", type=int, help="Those of one source only.")
@click.option("--event", "event_id", type=int, help="One event, whatever became of it.")
def webhooks_replay(source_id: int | None, event_id: int | None) -> None:
    """Read events again that failed or were given up."""
    _connect()
    with db.transaction() as session:
        of = None if source_id is None else _source(session, source_id).platform_id
        count = sources.replay(session, source_id=source_id, event_id=event_id)
        if count:
            audit.record_operator(session, "events.replayed", platform_id=of, now=now(), count=count)
    click.echo(f"{count} to be read again.")


webhooks.add_command(endpoints)
main.add_command(companions, name="moodle")
main.add_command(calendar)


@webhooks.command("events")
@click.argument("source_id", type=int)
@click.option("--all", "everything", is_flag=True, help="Those that were read, too.")
@click.option("--kind", default="", help="Those with this in their name.")
@click.option("--about", default="", help="Those about this person, course or group; or the one of this id.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Those that came on this day, in UTC.")
@click.option("--before", type=int, help="Older than the event of this number.")
@click.option("--json", "as_json", is_flag=True)
def webhooks_events(
    source_id: int, *, everything: bool, kind: str, about: str, day: datetime | None, before: int | None, as_json: bool
) -> None:
    """List events of a source that failed or were given up, newest first, 50 at once."""
    _connect()
    states = () if everything else ("failed", "dead")
    with db.transaction() as session:
        wanted = Search(
            sources=[_source(session, source_id).id],
            states=states,
            kind=kind,
            about=about,
            day=day.date() if day else None,
            before=before,
        )
        found = search(session, wanted)
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "received_at": each.received_at.isoformat(timespec="seconds"),
                "state": each.state,
                "attempts": each.attempts,
                "error": each.error,
                "can_be_replayed": each.payload is not None,
            }
            for each in found.events
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['id']:>8}  {row['received_at']}  {row['state']:<7} {row['name']}  tried {row['attempts']}"
            f"  {row['error']}"
        )
    if found.older:
        until = f"Looked back until {found.until:%Y-%m-%d %H:%M} UTC. " if found.until else ""
        click.echo(f"{until}`--before {found.older}` goes on.")


@webhooks.command("refusals")
@click.argument("source_id", type=int)
def webhooks_refusals(source_id: int) -> None:
    """Say why a source was refused in the last seven days, how often, and what to do."""
    _connect()
    with db.transaction() as session:
        found = received.refusals(session, _source(session, source_id), now=now())
    for each in found:
        click.echo(f"{each.count:>6}  {each.reason}  last {each.last_at or 'unknown'}")
        click.echo(f"        → {about_refusal(each.reason)}")


@webhooks.command("notices")
@click.option("--json", "as_json", is_flag=True)
def webhooks_notices(as_json: bool) -> None:
    """List which LMSs send their notices (LTI-PNS), which refuse, and when they are asked again."""
    _connect()
    with db.transaction() as session:
        found = notices_of(session)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2, default=str))
        return
    for each in found:
        how = f"since {each.since}" if each.since else f"{each.problem or 'not yet'}, asked again {each.asked_again_at}"
        click.echo(
            f"{each.platform}  deployment {each.deployment}  {each.state}: {how}"
            f"  source {each.source_id or '-'}  last {each.last_at or 'never'}"
        )
    if not found:
        click.echo("No LMS has offered notices yet; the first launch that does has them asked for.")


@main.group("keys")
def keys_group() -> None:
    """The keys that Hearth signs with."""


@keys_group.command("list")
@click.option("--json", "as_json", is_flag=True)
def keys_list(as_json: bool) -> None:
    """List the keys: published, signing, retired."""
    settings = _connect()
    with db.transaction() as session:
        found = keys.listing(session, settings=settings, now=now())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        click.echo(f"{each['kid']}  {each['state']:<9}  made {each['created_at']}  signs from {each['signs_from']}")


@keys_group.command("rotate")
@click.option(
    "--at-once",
    is_flag=True,
    help="Sign with the new key now; platforms that cached our key set will refuse for a while.",
)
def keys_rotate(at_once: bool) -> None:
    """Publish a new key now, sign with it in 24 hours; retire the one before the present."""
    settings = _connect()
    with db.transaction() as session:
        kid = keys.rotate(session, settings=settings, now=now(), at_once=at_once)
        audit.record_operator(session, "keys.rotated", platform_id=None, now=now(), key=kid)
    click.echo(kid)


@main.group()
def person() -> None:
    """What Hearth knows of one person: to hand out, or to forget."""


@person.command("export")
@click.argument("platform_id", type=int)
@click.argument("subject")
def person_export(platform_id: int, subject: str) -> None:
    """Print everything about the person whom the platform calls SUBJECT (`sub`), as JSON."""
    _connect()
    with db.transaction() as session:
        found = privacy.export(session, platform_id=platform_id, subject=subject)
        if found:
            audit.record_operator(session, "export.fetched", platform_id=platform_id, now=now())
    if not found:
        raise _nobody(platform_id, subject)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@person.command("forget")
@click.argument("platform_id", type=int)
@click.argument("subject")
@click.confirmation_option(prompt="This cannot be undone. Forget this person?")
def person_forget(platform_id: int, subject: str) -> None:
    """Erase the person whom the platform calls SUBJECT. Feedback they gave stays, without its author."""
    settings = _connect()
    with db.transaction() as session:
        count = privacy.forget(
            session, platform_id=platform_id, subject=subject, storage=files.storage(settings), now=now()
        )
        if count:
            audit.record_operator(session, "erasure.done", platform_id=platform_id, now=now())
    if not count:
        raise _nobody(platform_id, subject)
    click.echo("Forgotten. Ask the LMS's admin to remove them there too, or the next roster brings the name back.")


@main.group()
def exchange() -> None:
    """Peer-feedback exchanges."""


@exchange.command("recompute")
@click.argument("exchange_id", type=int)
@click.option("--json", "as_json", is_flag=True)
def exchange_recompute(exchange_id: int, as_json: bool) -> None:
    """Compute every grade anew from stored rows; exit 1 where one that is out differs. Changes nothing."""
    _connect()
    with db.transaction() as session:
        found = session.get(Exchange, exchange_id)
        if found is None:
            raise _wrong(f"There is no exchange {exchange_id}.")
        rows = exchange_queries.recomputed(session, found, now=now())
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in rows], indent=2))
    else:
        for each in rows:
            mark = "ok  " if each.agrees else "BAD "
            click.echo(f"{mark} person {each.person_id}: computed {each.score}, released {each.released}")
    sys.exit(0 if all(each.agrees for each in rows) else 1)


@exchange.command("replay")
@click.argument("exchange_id", type=int, required=False)
@click.option("--from", "file", type=click.File("rb"), help="An exported JSON file, instead of what is stored here.")
@click.option("--json", "as_json", is_flag=True)
def exchange_replay(exchange_id: int | None, file: IO[bytes] | None, as_json: bool) -> None:
    """Derive who reviews whom from seed and steps; exit 1 where what is kept differs. Changes nothing."""
    if (exchange_id is None) == (file is None):
        raise click.UsageError("Give the id of an exchange, or --from with an exported file.")
    if file is not None:
        try:
            found = exporting.replay_file(file)
        except exporting.NotReplayable as err:
            raise _wrong(str(err)) from err
    else:
        _connect()
        with db.transaction() as session:
            stored = session.get(Exchange, exchange_id)
            if stored is None:
                raise _wrong(f"There is no exchange {exchange_id}.")
            if stored.sealing is not None:
                raise _wrong(f"Exchange {exchange_id} is sealed: nothing is left that says who was to review whom.")
            found = exchange_queries.replay(session, stored)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    elif found:
        for each in found:
            what = f"seat of {each.author}" if each.reviewer is None else f"{each.reviewer} reads {each.author}"
            click.echo(f"BAD  {what}: {each.derived} by the steps, {each.kept} as kept")
    else:
        click.echo("ok   The plan that is kept is what its steps lead to.")
    sys.exit(1 if found else 0)


@main.command("reconcile")
@click.option("--course", "course_ids", type=int, multiple=True, help="Only this one; may be given several times.")
@click.option("--platform", "platform_id", type=int, help="Only the courses of one platform.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000), help="So many courses at most.")
@click.option("--json", "as_json", is_flag=True)
def reconcile_command(course_ids: tuple[int, ...], platform_id: int | None, most: int, as_json: bool) -> None:
    """
    Compare courses with their LMS now, mend what is safe, print what differed; exit 1 where something is left.

    Without --course, those that are in use, the ones compared longest ago first.
    """
    try:
        settings = Settings.from_environment()
    except SettingsError as err:
        raise _wrong(str(err)) from err
    with create_app(settings).app_context():
        with db.transaction() as session:
            wanted = course_ids or reconcile_queries.due(
                session, older_than=timedelta(0), now=now(), limit=most, platform_id=platform_id
            )
        told = [_compared(each) for each in wanted]
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for each in told:
            click.echo(f"Course {each['course_id']}: {each['title']}")
            for found in each["differences"]:
                click.echo(f"  {'ok  ' if found['outcome'] == 'mended' else 'LOOK'} {found['sentence']}")
            if each["problem"]:
                click.echo(f"  LOOK {each['problem']}")
            if not each["differences"] and not each["problem"]:
                click.echo("  ok   Nothing differs.")
    left = any(found["outcome"] != "mended" for each in told for found in each["differences"])
    sys.exit(1 if left or any(each["problem"] for each in told) else 0)


def _compared(course_id: int) -> dict[str, Any]:
    """One course, compared, as the command prints it."""
    run_id = comparing.compare(course_id)
    if run_id is None:
        raise _wrong(f"There is no course {course_id}, or its platform is switched off.")
    with db.transaction() as session:
        run = reconcile_queries.run_with(session, run_id)
        return {
            "course_id": course_id,
            "title": session.get_one(Course, course_id).title,
            "columns": run.columns,
            "grades": run.grades,
            "problem": str(reconcile_words.problem(run.problem)) if run.problem else None,
            "differences": [
                {
                    "kind": each.kind,
                    "outcome": each.outcome,
                    "activity_id": each.activity_id,
                    "person_id": each.person_id,
                    **each.facts,
                    "sentence": str(reconcile_words.sentence(each, name=f"Person {each.person_id}")),
                }
                for each in run.findings
            ],
        }


@main.group("db")
def db_group() -> None:
    """The database."""


@db_group.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to what this version needs. Safe to repeat, and to run on several hosts at once."""
    _connect()
    engine = db.engine()
    migrations.upgrade(engine)
    click.echo(f"The database is at revision {migrations.head()}.")


@main.command("doctor")
@click.option("--json", "as_json", is_flag=True)
def doctor_command(as_json: bool) -> None:
    """Check settings, database, migrations, clock, worker and each platform's key set; say what to do."""
    found = doctor.examine()
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in found], indent=2))
    else:
        for each in found:
            click.echo(f"{'ok  ' if each.is_good else 'BAD '} {each.name}: {each.finding}")
            if each.advice:
                click.echo(f"     → {each.advice}")
    sys.exit(0 if all(each.is_good for each in found) else 1)


@main.command("demo")
def demo_command() -> None:
    """Start everything on this machine, with a pretend LMS to launch from."""
    # The demo needs honcho and the embedded database; a production host needs neither.
    from lti_tool import demo

    try:
        sys.exit(demo.run())
    except SettingsError as err:
        raise _wrong(str(err)) from err


def _source(session: Session, source_id: int) -> Source:
    found = session.get(Source, source_id)
    if found is None:
        raise _wrong(f"There is no source {source_id}. `hearth webhooks list` shows them.")
    return found


def _nobody(platform_id: int, subject: str) -> click.ClickException:
    return _wrong(f"Platform {platform_id} has nobody called {subject!r}.")


def _platforms(session: Session) -> list[Platform]:
    return list(session.scalars(select(Platform).options(selectinload(Platform.deployments)).order_by(Platform.id)))


def _as_dict(each: Platform) -> dict[str, Any]:
    return {
        "id": each.id,
        "state": each.state,
        "name": each.name,
        "family": each.family,
        "issuer": each.issuer,
        "client_id": each.client_id,
        "deployment_ids": [deployment.deployment_id for deployment in each.deployments],
        "auth_url": each.auth_url,
        "token_url": each.token_url,
        "jwks_url": each.jwks_url,
        "audience": each.token_audience,
    }
