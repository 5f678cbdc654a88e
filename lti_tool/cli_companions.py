"""
Commands about our plugin in an LMS: give Hearth the key to it, look how it is, have things told again.

``cli.py`` gives the group the name of the LMS.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from lti_tool import db, http, vault
from lti_tool.clock import now
from lti_tool.courses.models import Platform
from lti_tool.journal import audit
from lti_tool.lti.errors import LtiError
from lti_tool.operating import ID, connect, wrong
from webhooks.companions import pairing
from webhooks.companions.jobs import look_soon
from webhooks.companions.models import Pairing
from webhooks.companions.room import words


@click.group("companions")
def companions() -> None:
    """Our plugin in the LMS, which hears what people did in Hearth."""


@companions.command("pair")
@click.argument("platform_id", type=ID)
@click.option("--url", default="", help="The site's address, where it is not the issuer.")
@click.option("--token", help="Of the plugin's own service. Asked for where it is not given; - reads standard input.")
@click.option("--log/--no-log", default=None, help="What people did goes into the LMS's log; it does at first.")
@click.option("--completion/--no-completion", default=None, help="Activities complete; they do at first.")
@click.option("--dates/--no-dates", default=None, help="Dates go into the LMS's calendar; they do not at first.")
def pair(platform_id: int, *, url: str, token: str | None, **wished: bool | None) -> None:
    """
    Give Hearth the key to the plugin in the LMS of a platform, after asking it who it is.

    Paired again, it gets a new key, and keeps what was chosen unless something else is said.
    """
    settings = connect()
    if token == "-":  # noqa: S105 - the usual sign for standard input
        token = sys.stdin.readline()
    given = token if token is not None else click.prompt("Token", hide_input=True)
    with _companion_errors(), db.transaction() as session:
        found = session.get(Platform, platform_id)
        if found is None:
            raise wrong(f"There is no platform {platform_id}. `hearth platform list` shows them.")
        known = pairing.of_platform(session, platform_id)
        wishes = pairing.wishes_of(known) if known else pairing.Wishes()
        wishes = dataclasses.replace(wishes, **{name: wish for name, wish in wished.items() if wish is not None})
        made = pairing.pair(session, found, address=url, token=given, wishes=wishes, settings=settings, now=now())
        look_soon(session)
        audit.record_operator(session, "companion.paired", platform_id=platform_id, now=now())
        site, release = made.site_id, made.release
    click.echo(f"Platform {platform_id} is paired with site {site} ({release}).")


@companions.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """List the paired sites, what waits for them, and what is in the way."""
    connect()
    with db.transaction() as session:
        found = pairing.health(session, now=now())
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2, default=str))
        return
    for each in found:
        click.echo(
            f"{each.platform_id:>4}  {each.state:<7} {each.platform}  site {each.site_id}  waiting {each.waiting}"
            f"  told {each.told}  refused {each.refused}\n      {each.address}"
        )
        if each.problem:
            click.echo(f"      {each.problem}: {each.detail} (asked again {each.rests_until})")
    if not found:
        click.echo("No site yet. `pair PLATFORM_ID` gives Hearth the key to one.")


@companions.command("check")
@click.argument("platform_id", type=ID)
def check(platform_id: int) -> None:
    """Ask the plugin how it is, and have it hear at once what waits."""
    settings = connect()
    with _companion_errors(), db.transaction() as session:
        site = pairing.check(session, _pairing(session, platform_id), settings=settings, now=now())
    waiting = f", {site.waiting} events wait there" if site.waiting else ""
    click.echo(f"Site {site.site_id} answers ({site.release}). It tells events: {site.receiver}{waiting}.")
    if site.problem:
        click.echo(f"  Its last attempt failed: {site.problem}")


@companions.command("choose")
@click.argument("platform_id", type=ID)
@click.option("--log/--no-log", default=None, help="What people did goes into the LMS's log.")
@click.option("--completion/--no-completion", default=None, help="Activities complete.")
@click.option("--dates/--no-dates", default=None, help="Dates go into the LMS's calendar.")
def choose(platform_id: int, **wished: bool | None) -> None:
    """Choose what a site hears from now on; what is not named stays as it is."""
    connect()
    with db.transaction() as session:
        found = _pairing(session, platform_id)
        before = pairing.wishes_of(found)
        wishes = dataclasses.replace(before, **{name: wish for name, wish in wished.items() if wish is not None})
        if wishes != before:
            pairing.set_wishes(found, wishes)
            look_soon(session)
            heard = dataclasses.asdict(wishes)
            audit.record_operator(session, "companion.wished", platform_id=platform_id, now=now(), **heard)
    told = ", ".join(name for name, is_wished in dataclasses.asdict(wishes).items() if is_wished)
    click.echo(f"The site of platform {platform_id} hears: {told or 'nothing'}.")


@companions.command("pause")
@click.argument("platform_id", type=ID)
@click.option("--resume", is_flag=True, help="Tell it again, and what was kept meanwhile.")
def pause(platform_id: int, resume: bool) -> None:
    """Tell a site nothing for a while; what happens is kept for it, for two weeks."""
    connect()
    with db.transaction() as session:
        found = _pairing(session, platform_id)
        found.state = "active" if resume else "paused"
        if resume:
            pairing.ring(session)
        act = "companion.resumed" if resume else "companion.paused"
        audit.record_operator(session, act, platform_id=platform_id, now=now())
    click.echo(f"The site of platform {platform_id} is {'active' if resume else 'paused'}.")


@companions.command("refusals")
@click.argument("platform_id", type=ID)
@click.option("--json", "as_json", is_flag=True)
def refusals(platform_id: int, as_json: bool) -> None:
    """Say what a site would not have, how often, and why. `again` tells it once more."""
    connect()
    with db.transaction() as session:
        found = pairing.refusals(session, _pairing(session, platform_id))
    if as_json:
        rows = [{"reason": each, "count": count, "words": str(words.reason(each))} for each, count in found]
        click.echo(json.dumps(rows, indent=2))
        return
    for each, count in found:
        click.echo(f"{count:>6}  {each}: {words.reason(each)}")
    if not found:
        click.echo("It would have everything.")


@companions.command("again")
@click.argument("platform_id", type=ID)
def again(platform_id: int) -> None:
    """Tell once more what was refused or given up."""
    connect()
    with db.transaction() as session:
        count = pairing.tell_again(session, _pairing(session, platform_id), now=now())
        audit.record_operator(session, "companion.told_again", platform_id=platform_id, now=now(), count=count)
    click.echo(f"{count} to be told again.")


@companions.command("unpair")
@click.argument("platform_id", type=ID)
@click.confirmation_option(prompt="What waits for the site is forgotten, and the key to it. Go on?")
def unpair(platform_id: int) -> None:
    """Forget the key to a site. What it has heard stays there."""
    connect()
    with db.transaction() as session:
        pairing.unpair(session, _pairing(session, platform_id))
        audit.record_operator(session, "companion.unpaired", platform_id=platform_id, now=now())
    click.echo(f"Platform {platform_id} is no longer paired. Revoke the token in the LMS, too.")


def _pairing(session: Session, platform_id: int) -> Pairing:
    found = pairing.of_platform(session, platform_id)
    if found is None:
        raise wrong(f"Platform {platform_id} is not paired. `list` shows those that are.")
    return found


@contextmanager
def _companion_errors() -> Iterator[None]:
    """What went wrong between Hearth and the plugin, in a sentence."""
    try:
        yield
    except pairing.NoCompanion as err:
        raise wrong("This LMS has no plugin of ours to pair with.") from err
    except pairing.WrongSite as err:
        what = {
            "issuer": "That plugin lives in another LMS",
            "client": "In the LMS, another tool was chosen in the plugin's settings",
            "deployment": "In the LMS, another tool was chosen in the plugin's settings",
            "site": "That is another site than the one that was paired",
        }[err.what]
        raise wrong(f"{what}: it says {err.said or 'nothing'}, the registration says {err.wanted}.") from err
    except http.ForbiddenAddress as err:
        raise wrong(f"Hearth does not call this address: {err}.") from err
    except vault.VaultError as err:
        raise wrong(str(err)) from err
    except LtiError as err:
        raise wrong(f"The plugin does not answer as it should. {err}") from err
