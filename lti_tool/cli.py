"""
Front door of the operator: ``hearth …``. Scriptable: exit code 0 for done, 1 for not done, 2 for a wrong call.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import click
from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError

from canvas.lms import CanvasLms
from lti_tool import __version__, db, doctor, files, lms, migrations, overseeing, privacy
from lti_tool.app import create_app
from lti_tool.cli_calendar import calendar
from lti_tool.cli_companions import companions
from lti_tool.cli_exchanges import exchange
from lti_tool.cli_platforms import platform
from lti_tool.cli_sources import webhooks
from lti_tool.clock import now
from lti_tool.config import Settings, SettingsError
from lti_tool.courses.models import Course
from lti_tool.journal import audit
from lti_tool.lti import keys
from lti_tool.operating import ID, connect, wrong
from lti_tool.reconcile import comparing
from lti_tool.reconcile import queries as reconcile_queries
from lti_tool.reconcile import words as reconcile_words
from moodle.lms import MoodleLms
from webhooks.companions import privacy as companion_privacy
from webhooks.outbox import privacy as outbox_privacy


class _Commands(click.Group):
    """Commands that say what is wrong with the database instead of showing where in the code it was met."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperationalError as err:
            raise wrong(f"The database does not answer: {str(err.orig).strip()}") from err
        except ProgrammingError as err:
            if not isinstance(err.orig, UndefinedTable | UndefinedColumn):
                raise
            raise wrong("The database is not up to date. Run `hearth db upgrade`.") from err


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="hearth")
def main() -> None:
    """Hearth, a home for the people in a course: the operator's commands."""
    lms.register("canvas", CanvasLms())
    lms.register("moodle", MoodleLms())
    privacy.install({"told_to_lms": companion_privacy, "told_to_endpoints": outbox_privacy})


main.add_command(overseeing.institution)
main.add_command(platform)
main.add_command(webhooks)
main.add_command(companions, name="moodle")
main.add_command(calendar)
main.add_command(exchange)


@main.group("keys")
def keys_group() -> None:
    """The keys that Hearth signs with."""


@keys_group.command("list")
@click.option("--json", "as_json", is_flag=True)
def keys_list(as_json: bool) -> None:
    """List the keys: published, signing, retired."""
    settings = connect()
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
    settings = connect()
    with db.transaction() as session:
        kid = keys.rotate(session, settings=settings, now=now(), at_once=at_once)
        audit.record_operator(session, "keys.rotated", platform_id=None, now=now(), key=kid)
    click.echo(kid)


@main.group()
def person() -> None:
    """What Hearth knows of one person: to hand out, or to forget."""


@person.command("export")
@click.argument("platform_id", type=ID)
@click.argument("subject")
def person_export(platform_id: int, subject: str) -> None:
    """Print everything about the person whom the platform calls SUBJECT (`sub`), as JSON."""
    connect()
    with db.transaction() as session:
        found = privacy.export(session, platform_id=platform_id, subject=subject)
        if found:
            audit.record_operator(session, "export.fetched", platform_id=platform_id, now=now())
    if not found:
        raise _nobody(platform_id, subject)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@person.command("forget")
@click.argument("platform_id", type=ID)
@click.argument("subject")
@click.confirmation_option(prompt="This cannot be undone. Forget this person?")
def person_forget(platform_id: int, subject: str) -> None:
    """Erase the person whom the platform calls SUBJECT. Feedback they gave stays, without its author."""
    settings = connect()
    with db.transaction() as session:
        count = privacy.forget(
            session, platform_id=platform_id, subject=subject, storage=files.storage(settings), now=now()
        )
        if count:
            audit.record_operator(session, "erasure.done", platform_id=platform_id, now=now())
    if not count:
        raise _nobody(platform_id, subject)
    click.echo("Forgotten. Ask the LMS's admin to remove them there too, or the next roster brings the name back.")


@main.command("reconcile")
@click.option("--course", "course_ids", type=ID, multiple=True, help="Only this one; may be given several times.")
@click.option("--platform", "platform_id", type=ID, help="Only the courses of one platform.")
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
        raise wrong(str(err)) from err
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
        raise wrong(f"There is no course {course_id}, or its platform is switched off.")
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
    connect()
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
        raise wrong(str(err)) from err


def _nobody(platform_id: int, subject: str) -> click.ClickException:
    return wrong(f"Platform {platform_id} has nobody called {subject!r}.")
