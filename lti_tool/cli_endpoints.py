"""
``hearth webhooks endpoints …``: whom Hearth tells what happens, and what became of it.
"""

import dataclasses
import json
from typing import Any

import click
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.http import ForbiddenAddress
from lti_tool.journal import audit
from lti_tool.operating import BIG_ID, ID, connect, wrong
from lti_tool.outgoing import OUTGOING
from webhooks.outbox import deliveries
from webhooks.outbox import endpoints as outbox
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.models import Delivery, Endpoint

STATES = ["waiting", "delivered", "dead", "skipped"]


@click.group("endpoints")
def endpoints() -> None:
    """The addresses that Hearth tells what happens."""
    catalogue.install(OUTGOING)


@endpoints.command("kinds")
@click.option("--format", "format_", type=click.Choice(["standard", "caliper"]), default="standard")
@click.option("--json", "as_json", is_flag=True)
def kinds(format_: str, as_json: bool) -> None:
    """List what can be told."""
    found = catalogue.offered(format_)
    if as_json:
        click.echo(json.dumps([{"kind": each.act, "words": str(each.words)} for each in found], indent=2))
        return
    for each in found:
        click.echo(f"{each.act:<24} {each.words}")


@endpoints.command("add")
@click.argument("platform_id", type=ID)
@click.argument("url")
@click.option("--kind", "chosen", multiple=True, help="What to tell; may be given often. Without it, everything.")
@click.option("--format", "format_", type=click.Choice(["standard", "caliper"]), default="standard", show_default=True)
@click.option("--name", default="", help="For lists only.")
@click.option("--deployment", default="", help="Of this deployment only, by the LMS's id for it.")
def add(
    platform_id: int, url: str, *, chosen: tuple[str, ...], format_: outbox.Format, name: str, deployment: str
) -> None:
    """Tell URL what happens in the courses of a platform; prints the secret, which is shown only now."""
    settings = connect()
    with db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        within = {each.deployment_id: each.id for each in found.deployments}
        if deployment and deployment not in within:
            raise wrong(f"Platform {platform_id} has no deployment {deployment!r}.")
        told = chosen or [each.act for each in catalogue.offered(format_)]
        try:
            made = outbox.make(
                session,
                found,
                outbox.Wanted(url=url, kinds=told, format=format_, name=name),
                deployment_id=within.get(deployment),
                settings=settings,
                now=now(),
            )
        except ForbiddenAddress as err:
            raise wrong(f"This address cannot be an endpoint: {err}.") from err
        except outbox.KindsNotOffered as err:
            raise wrong(f"Not told in this format: {err}. `hearth webhooks endpoints kinds` lists what is.") from err
        _write_down(session, "endpoint.made", found.id, system=made.id)
    click.echo(f"Endpoint {made.id}\n  secret   {made.secret}")


@endpoints.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """List the endpoints and how they are doing."""
    connect()
    with db.transaction() as session:
        found = outbox.health(session, now=now())
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2, default=str))
        return
    for each in found:
        why = f" ({each.why})" if each.why else ""
        rests = f"  rests until {each.rests_until}" if each.rests_until else ""
        click.echo(
            f"{each.id:>4}  {each.state}{why} {each.format:<8} {each.platform}"
            f"  last {each.last_delivered_at or 'never'}  waiting {each.waiting}  given up {each.dead}"
            f"  failures in a row {each.failures}{rests}\n      {each.url}"
        )
    if not found:
        click.echo("No endpoint yet. `hearth webhooks endpoints add PLATFORM_ID URL` makes one.")


@endpoints.command("change")
@click.argument("endpoint_id", type=ID)
@click.option("--url", help="Another address; what waits goes there.")
@click.option("--kind", "chosen", multiple=True, help="Tell these from now on; may be given often.")
@click.option("--name")
def change(endpoint_id: int, url: str | None, chosen: tuple[str, ...], name: str | None) -> None:
    """Give an endpoint another address, other kinds or another name."""
    settings = connect()
    with db.transaction() as session:
        found = _endpoint(session, endpoint_id)
        try:
            outbox.change(session, found, url=url, kinds=chosen or None, name=name, settings=settings)
        except ForbiddenAddress as err:
            raise wrong(f"This address cannot be an endpoint: {err}.") from err
        except outbox.KindsNotOffered as err:
            raise wrong(f"Not told in this format: {err}. `hearth webhooks endpoints kinds` lists what is.") from err
        _write_down(session, "endpoint.changed", found.platform_id, system=endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is changed.")


@endpoints.command("rotate")
@click.argument("endpoint_id", type=ID)
def rotate(endpoint_id: int) -> None:
    """Print a new secret; for two days messages are signed with the one before as well."""
    settings = connect()
    with db.transaction() as session:
        found = _endpoint(session, endpoint_id)
        secret = outbox.rotate(session, found, settings=settings, now=now())
        _write_down(session, "endpoint.rotated", found.platform_id, system=endpoint_id)
    click.echo(secret)


@endpoints.command("pause")
@click.argument("endpoint_id", type=ID)
@click.option("--resume", is_flag=True, help="Send again, what waited first. Brings back a disabled one, too.")
def pause(endpoint_id: int, resume: bool) -> None:
    """Send nothing to an endpoint; what happens meanwhile is kept for it."""
    connect()
    with db.transaction() as session:
        found = _endpoint(session, endpoint_id)
        (outbox.resume if resume else outbox.pause)(session, found, now=now())
        act = "endpoint.resumed" if resume else "endpoint.paused"
        _write_down(session, act, found.platform_id, system=endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is {'active' if resume else 'paused'}.")


@endpoints.command("remove")
@click.argument("endpoint_id", type=ID)
@click.confirmation_option(prompt="Nothing more is told to it, and what waits is thrown away. Go on?")
def remove(endpoint_id: int) -> None:
    """Forget an endpoint and what it was told."""
    connect()
    with db.transaction() as session:
        found = _endpoint(session, endpoint_id)
        platform_id = found.platform_id
        outbox.remove(session, found)
        _write_down(session, "endpoint.removed", platform_id, system=endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is removed.")


@endpoints.command("ping")
@click.argument("endpoint_id", type=ID)
def ping(endpoint_id: int) -> None:
    """Send a message that says nothing; `attempts` tells what came of it."""
    settings = connect()
    with db.transaction() as session:
        endpoint = _endpoint(session, endpoint_id)
        if endpoint.state != "active":
            raise wrong(f"Endpoint {endpoint_id} is {endpoint.state}. `pause {endpoint_id} --resume` brings it back.")
        made = outbox.ping(session, endpoint, settings=settings, now=now())
        id, message = made.id, made.message_id
        _write_down(session, "endpoint.tried", endpoint.platform_id, system=endpoint_id)
    click.echo(f"Delivery {id}, message msg_{message}")


@endpoints.command("deliveries")
@click.option("--endpoint", "endpoint_id", type=ID, help="Those to one endpoint only.")
@click.option("--state", type=click.Choice(STATES), default=None)
@click.option("--search", default="", help="A part of a kind, or the id of a message.")
@click.option("--before", type=BIG_ID, help="Older than this delivery.")
@click.option("--json", "as_json", is_flag=True)
def list_deliveries(
    *, endpoint_id: int | None, state: str | None, search: str, before: int | None, as_json: bool
) -> None:
    """List deliveries, the newest first, fifty at a time."""
    connect()
    with db.transaction() as session:
        found = [
            _as_dict(each)
            for each in deliveries.page(
                session, endpoint_id=endpoint_id, state=state or "", search=search, before=before
            )
        ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        problem = f" ({each['problem']})" if each["problem"] else ""
        click.echo(
            f"{each['id']:>8}  {each['at']}  {each['state']}{problem}  attempts {each['attempts']}"
            f"  to {each['endpoint']}  {each['kind']}"
        )
    if not found:
        click.echo("No such delivery.")


@endpoints.command("attempts")
@click.argument("delivery_id", type=BIG_ID)
@click.option("--json", "as_json", is_flag=True)
def attempts(delivery_id: int, as_json: bool) -> None:
    """Show one delivery: what it says, and how each attempt ended."""
    connect()
    with db.transaction() as session:
        found = deliveries.find(session, delivery_id)
        if found is None:
            raise wrong(f"There is no delivery {delivery_id}.")
        shown = _as_dict(found) | {
            "body": found.body,
            "tries": [
                {"at": each.at.isoformat(), "status": each.status, "problem": each.problem, "took_ms": each.took_ms}
                for each in found.tries
            ],
        }
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    click.echo(f"{shown['kind']}  {shown['state']}  {shown['message']}  to endpoint {shown['endpoint']}")
    click.echo(shown["body"] or "(what it said was thrown away, or is not written yet)")
    for each in shown["tries"]:
        click.echo(f"  {each['at']}  {each['status'] or '-'}  {each['problem'] or 'delivered'}  {each['took_ms']} ms")


@endpoints.command("replay")
@click.option("--endpoint", "endpoint_id", type=ID, help="Those to one endpoint only.")
@click.option("--delivery", "delivery_id", type=BIG_ID, help="One delivery, whatever became of it.")
def replay(endpoint_id: int | None, delivery_id: int | None) -> None:
    """Send again what was given up, under the ids it had."""
    settings = connect()
    with db.transaction() as session:
        if delivery_id is not None and endpoint_id is None:
            found = deliveries.find(session, delivery_id)
            endpoint_id = found.endpoint_id if found else None
        of = None if endpoint_id is None else _endpoint(session, endpoint_id).platform_id
        count = deliveries.replay(
            session, settings=settings, now=now(), endpoint_id=endpoint_id, delivery_id=delivery_id
        )
        if count:
            _write_down(session, "deliveries.replayed", of, count=count)
    click.echo(f"{count} to be sent again.")


def _write_down(session: Session, act: str, platform_id: int | None, **particulars: Any) -> None:
    audit.record_operator(session, act, platform_id=platform_id, now=now(), **particulars)


def _endpoint(session: Session, endpoint_id: int) -> Endpoint:
    found = session.get(Endpoint, endpoint_id)
    if found is None:
        raise wrong(f"There is no endpoint {endpoint_id}. `hearth webhooks endpoints list` shows them.")
    return found


def _as_dict(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "message": f"msg_{delivery.message_id}",
        "endpoint": delivery.endpoint_id,
        "kind": delivery.kind,
        "at": delivery.occurred_at.isoformat(),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "problem": delivery.problem,
        "next_attempt_at": delivery.next_attempt_at.isoformat() if delivery.state == "waiting" else None,
    }
