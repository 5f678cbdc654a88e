"""
Commands about events: the addresses that LMSs send theirs to, and what came.
"""

import dataclasses
import json
import time
from datetime import datetime

import click
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.cli_endpoints import endpoints
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.lms.events import Proof
from lti_tool.operating import BIG_ID, ID, connect, wrong
from webhooks import sources
from webhooks.models import Source
from webhooks.room import queries as received
from webhooks.room.queries import notices as notices_of
from webhooks.room.searching import Search, search
from webhooks.room.words import about_refusal


@click.group()
def webhooks() -> None:
    """Events: addresses that LMSs send theirs to, and endpoints that Hearth tells what happens."""


@webhooks.command("add")
@click.argument("platform_id", type=ID)
@click.option("--name", default="", help="For lists only.")
@click.option(
    "--proof",
    type=click.Choice(["standard", "jwt", "token", "address"]),
    help="How the LMS proves itself; without it, the safest way it has.",
)
def webhooks_add(platform_id: int, name: str, proof: Proof | None) -> None:
    """Make an address for the events of a platform; prints it, and the secret, which is shown only now."""
    settings = connect()
    with db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        try:
            made = sources.make(session, found, proof=proof, name=name, settings=settings, now=now())
        except sources.ProofNotOffered as err:
            raise wrong(f"This LMS cannot prove itself so. It can by: {err}.") from err
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
    settings = connect()
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
@click.argument("source_id", type=ID)
def webhooks_rotate(source_id: int) -> None:
    """Print a new secret; the one before is taken for two more days."""
    settings = connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        if found.secret is None:
            raise wrong(f"Source {source_id} has no secret: it proves itself by {found.proof}.")
        secret = sources.rotate(session, found, settings=settings, now=now())
        audit.record_operator(session, "source.rotated", platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(secret)


@webhooks.command("pause")
@click.argument("source_id", type=ID)
@click.option("--resume", is_flag=True, help="Take its events again.")
def webhooks_pause(source_id: int, resume: bool) -> None:
    """Answer 404 to a source; what it sent is kept."""
    connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        found.state = "active" if resume else "paused"
        act = "source.resumed" if resume else "source.paused"
        audit.record_operator(session, act, platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(f"Source {source_id} is {'active' if resume else 'paused'}.")


@webhooks.command("rename")
@click.argument("source_id", type=ID)
@click.argument("name")
def webhooks_rename(source_id: int, name: str) -> None:
    """Give a source another NAME, for whoever reads the list; "" takes it away."""
    connect()
    if len(name) > sources.LONGEST_NAME:
        raise wrong(f"A name has {sources.LONGEST_NAME} characters at most.")
    with db.transaction() as session:
        found = _source(session, source_id)
        sources.rename(session, found, name)
        audit.record_operator(session, "source.renamed", platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(f"Source {source_id} is called {name or 'nothing'}.")


@webhooks.command("remove")
@click.argument("source_id", type=ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
def webhooks_remove(source_id: int, yes: bool) -> None:
    """Take an address away for good, after telling what goes with it."""
    connect()
    with db.transaction() as session:
        lost = sources.what_is_lost(session, _source(session, source_id))
    click.echo(f"{lost.kept} events go with it: {lost.unread} not read yet, {lost.given_up} given up.")
    if not yes:
        click.confirm("Whoever still sends there is told that it is gone. Remove it?", abort=True)
    with db.transaction() as session:
        found = _source(session, source_id)
        platform_id, proof = found.platform_id, found.proof
        try:
            lost = sources.remove(session, found, now=now())
        except sources.MadeByHearth as err:
            raise wrong(
                "Hearth gave this address to the LMS for its notices by itself. It can be paused, not removed."
            ) from err
        audit.record_operator(
            session,
            "source.removed",
            platform_id=platform_id,
            now=now(),
            address=source_id,
            proof=proof,
            events=lost.kept,
            unread=lost.unread,
        )
    click.echo(f"Source {source_id} is removed. Take it out of the LMS, too.")


@webhooks.command("try")
@click.argument("source_id", type=ID)
@click.option("--seconds", default=600, show_default=True, type=click.IntRange(1, 3600), help="How long to look.")
def webhooks_try(source_id: int, seconds: int) -> None:
    """
    Look until something comes: have the LMS send a test, or do something there. Exit 1 where nothing came or was taken.
    """
    connect()
    since, until = now(), time.monotonic() + seconds
    click.echo(f"Looking for {seconds} seconds. Send a test from the LMS now.")
    while True:
        with db.transaction() as session:
            found = received.arrived(session, _source(session, source_id), since=since, now=now())
            taken = [each.name for each in found.events]
        for name in taken:
            click.echo(f"ok   {name} came and was proven.")
        for each in found.refused:
            click.echo(f"BAD  refused: {each.reason}, {each.count} in all\n     → {about_refusal(each.reason)}")
        if taken or found.refused:
            raise SystemExit(0 if taken else 1)
        if time.monotonic() >= until:
            raise wrong("Nothing came.")
        time.sleep(min(2, seconds))


@webhooks.command("unbind")
@click.argument("source_id", type=ID)
def webhooks_unbind(source_id: int) -> None:
    """Forget which school sent the first event to a source; the next one that sends is believed."""
    connect()
    with db.transaction() as session:
        found = _source(session, source_id)
        if not sources.unbind(session, found):
            raise wrong(f"Source {source_id} is bound to no school.")
        audit.record_operator(session, "source.unbound", platform_id=found.platform_id, now=now(), address=found.id)
    click.echo(f"Source {source_id} takes the events of whichever school sends the next one.")


@webhooks.command("replay")
@click.option("--source", "source_id", type=ID, help="Those of one source only.")
@click.option("--event", "event_id", type=BIG_ID, help="One event, whatever became of it.")
def webhooks_replay(source_id: int | None, event_id: int | None) -> None:
    """Read events again that failed or were given up."""
    connect()
    with db.transaction() as session:
        of = None if source_id is None else _source(session, source_id).platform_id
        count = sources.replay(session, source_id=source_id, event_id=event_id)
        if event_id is not None and not count:
            raise wrong(f"There is no event {event_id} that can be read again. What it said may have been thrown away.")
        if count:
            audit.record_operator(session, "events.replayed", platform_id=of, now=now(), count=count)
    click.echo(f"{count} to be read again.")


@webhooks.command("events")
@click.argument("source_id", type=ID)
@click.option("--all", "everything", is_flag=True, help="Those that were read, too.")
@click.option("--kind", default="", help="Those with this in their name.")
@click.option("--about", default="", help="Those about this person, course or group; or the one of this id.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Those that came on this day, in UTC.")
@click.option("--before", type=BIG_ID, help="Older than the event of this number.")
@click.option("--json", "as_json", is_flag=True)
def webhooks_events(
    source_id: int, *, everything: bool, kind: str, about: str, day: datetime | None, before: int | None, as_json: bool
) -> None:
    """List events of a source that failed or were given up, newest first, 50 at once."""
    connect()
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
@click.argument("source_id", type=ID)
@click.option("--json", "as_json", is_flag=True)
def webhooks_refusals(source_id: int, as_json: bool) -> None:
    """Say why a source was refused in the last seven days, how often, and what to do."""
    connect()
    with db.transaction() as session:
        found = received.refusals(session, _source(session, source_id), now=now())
    if as_json:
        rows = [dataclasses.asdict(each) | {"advice": str(about_refusal(each.reason))} for each in found]
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for each in found:
        click.echo(f"{each.count:>6}  {each.reason}  last {each.last_at or 'unknown'}")
        click.echo(f"        → {about_refusal(each.reason)}")


@webhooks.command("notices")
@click.option("--json", "as_json", is_flag=True)
def webhooks_notices(as_json: bool) -> None:
    """List which LMSs send their notices (LTI-PNS), which refuse, and when they are asked again."""
    connect()
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


webhooks.add_command(endpoints)


def _source(session: Session, source_id: int) -> Source:
    found = session.get(Source, source_id)
    if found is None:
        raise wrong(f"There is no source {source_id}. `hearth webhooks list` shows them.")
    return found
