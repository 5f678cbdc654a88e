"""
Commands about the calendar of an LMS: connect it, look how it is, end it.
"""

import json
import sys

import click

from lti_tool import db
from lti_tool.calendars import connecting
from lti_tool.calendars import operations as calendars
from lti_tool.calendars.jobs import ask
from lti_tool.calendars.models import UNREADABLE
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.operating import ID, connect, wrong


@click.group()
def calendar() -> None:
    """Dates of activities in the calendars of an LMS."""


@calendar.command("connect")
@click.argument("platform_id", type=ID)
@click.option("--address", required=True, help="Of the LMS, such as https://school.instructure.com")
@click.option("--client-id", required=True, help="Of the developer key.")
def calendar_connect(platform_id: int, address: str, client_id: str) -> None:
    """
    Print where somebody of the LMS consents to dates in its calendars. The developer key is read from standard input.
    """
    settings = connect()
    secret = sys.stdin.readline().strip()
    if not secret:
        raise wrong("Give the developer key on standard input.")
    with db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        try:
            asked = connecting.connect(
                session,
                found,
                address=address,
                client_id=client_id,
                client_secret=secret,
                settings=settings,
                now=now(),
            )
        except connecting.NoCalendar as err:
            raise wrong("Hearth knows no way into the calendar of this LMS.") from err
        except connecting.AddressRefused as err:
            raise wrong(f"Hearth does not call {address}: {err}.") from err
        audit.record_operator(session, "calendar.asked", platform_id=platform_id, now=now())
    click.echo(f"The key's redirect address must be {connecting.redirect_uri(settings)}")
    click.echo("Within an hour, open this as somebody who may change the calendar of every course:")
    click.echo(asked.url)


@calendar.command("list")
@click.option("--json", "as_json", is_flag=True)
def calendar_list(as_json: bool) -> None:
    """List the calendars that are connected, and how many dates stand there, wait or were refused."""
    connect()
    with db.transaction() as session:
        found = calendars.listing(session)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for each in found:
        click.echo(
            f"{each['platform_id']:>4}  {each['state']:<9}  {each['address']}  written {each['written']}"
            f"  waiting {each['waiting']}  refused {each['failed']}"
        )
        if each["problem"] == UNREADABLE:
            click.echo("      its key cannot be read any more; put the SECRET_KEY before back, or connect it again")
    if not found:
        click.echo("No calendar yet. `hearth calendar connect PLATFORM_ID` begins to connect one.")


@calendar.command("again")
@click.argument("platform_id", type=ID)
def calendar_again(platform_id: int) -> None:
    """Try once more what the LMS refused, and at once what waits."""
    connect()
    with db.transaction() as session:
        if platform_id not in {each["platform_id"] for each in calendars.listing(session)}:
            raise wrong(f"Platform {platform_id} has no calendar. `hearth calendar list` shows them.")
        calendars.retry(session, platform_id, now=now())
        ask(session, platform_id)
        audit.record_operator(session, "calendar.again", platform_id=platform_id, now=now())
    click.echo("Hearth tries again. `hearth calendar list` tells in a minute what came of it.")


@calendar.command("end")
@click.argument("platform_id", type=ID)
def calendar_end(platform_id: int) -> None:
    """Write no more into the calendars of a platform; what stands there stays."""
    connect()
    with db.transaction() as session:
        if not connecting.disconnect(session, platform_id):
            raise wrong(f"Platform {platform_id} has no calendar. `hearth calendar list` shows them.")
        audit.record_operator(session, "calendar.ended", platform_id=platform_id, now=now())
    click.echo(f"Hearth writes into the calendars of platform {platform_id} no more.")
