"""
Commands about the LMSs that may launch Hearth.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses.models import Deployment, Person, Platform
from lti_tool.journal import audit
from lti_tool.lti import platforms as registered
from lti_tool.lti import registration
from lti_tool.lti.errors import LtiError
from lti_tool.lti.messages import LONGEST_ID
from lti_tool.operating import ID, connect, wrong
from webhooks.models import Source
from webhooks.outbox.models import Endpoint


@click.group()
def platform() -> None:
    """The LMSs that may launch Hearth."""


@platform.command("invite")
@click.option("--note", default="", help="For whom; shown in lists only.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="How long the invitation holds.")
def platform_invite(note: str, days: int) -> None:
    """Print a registration address, good for one platform and for a few days."""
    settings = connect()
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
    Optional: family (which LMS it is, by its product_family_code), audience (of our token requests), name.
    A platform that is already there gets the new addresses and the deployments it lacks.
    """
    settings = connect()
    try:
        given = json.load(sys.stdin)
    except ValueError as err:
        raise wrong(f"Standard input is not JSON: {err}") from err
    try:
        with db.transaction() as session:
            platform_id = registration.add_platform(session, given, settings=settings)
            audit.record_operator(session, "platform.added", platform_id=platform_id, now=now())
            stored = _as_dict(session.get_one(Platform, platform_id))
    except LtiError as err:
        raise wrong(str(err)) from err
    click.echo(
        json.dumps(stored) if as_json else f"Platform {platform_id}: {stored['issuer']} (client {stored['client_id']})"
    )


@platform.command("list")
@click.option("--json", "as_json", is_flag=True)
def platform_list(as_json: bool) -> None:
    """List the platforms with their deployments."""
    connect()
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
@click.argument("platform_id", type=ID)
@click.option("--enable", is_flag=True, help="Allow it again.")
def platform_disable(platform_id: int, enable: bool) -> None:
    """Refuse launches and end the sessions of a platform; nothing is deleted."""
    connect()
    with db.transaction() as session:
        found = _found(session, platform_id)
        found.state = "active" if enable else "disabled"
        found.disabled_at = None if enable else now()
        act = "platform.enabled" if enable else "platform.disabled"
        audit.record_operator(session, act, platform_id=platform_id, now=now())
    click.echo(f"Platform {platform_id} is {'active' if enable else 'disabled'}.")


@platform.command("deploy")
@click.argument("platform_id", type=ID)
@click.argument("deployment_id")
def platform_deploy(platform_id: int, deployment_id: str) -> None:
    """Let launches of one more deployment in: DEPLOYMENT_ID as the LMS calls it."""
    connect()
    if not 0 < len(deployment_id) <= LONGEST_ID:
        raise wrong(f"A deployment id has 1 to {LONGEST_ID} characters (LTI 1.3 section 5.3.3).")
    with db.transaction() as session:
        known = _found(session, platform_id).deployments
        if deployment_id in {each.deployment_id for each in known}:
            raise wrong(f"Platform {platform_id} has this deployment already.")
        made = registered.adopt_deployment(session, platform_id, deployment_id)
        audit.record_operator(session, "platform.deployed", platform_id=platform_id, now=now(), deployment=made)
    click.echo(f"Institution {made}: deployment {deployment_id} of platform {platform_id}.")


@platform.command("remove")
@click.argument("platform_id", type=ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
def platform_remove(platform_id: int, yes: bool) -> None:
    """Take a registration away from which nobody has come yet, such as one made twice. Others can be disabled."""
    connect()
    with db.transaction() as session:
        found = _found(session, platform_id)
        people = select(func.count(Person.id)).join(Deployment).where(Deployment.platform_id == platform_id)
        count = session.scalar(people)
        if count:
            raise wrong(
                f"{count} people have come from platform {platform_id}, and what they made would go with it."
                f" `hearth platform disable {platform_id}` shuts its door and keeps what is there."
            )
        sources, endpoints = (
            session.scalar(select(func.count()).select_from(each).where(each.platform_id == platform_id))
            for each in (Source, Endpoint)
        )
        click.echo(
            f"{found.issuer}, client {found.client_id}. With it go {len(found.deployments)} deployments with their"
            f" audit logs, {sources} addresses for events, {endpoints} endpoints, and the keys to plugin and calendar."
        )
        if not yes:
            click.confirm("Remove this registration?", abort=True)
        # Its audit log goes with it; nobody is left who could read it.
        session.execute(delete(Platform).where(Platform.id == platform_id))
    click.echo(f"Platform {platform_id} is removed.")


def _found(session: Session, platform_id: int) -> Platform:
    found = session.get(Platform, platform_id)
    if found is None:
        raise wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
    return found


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
