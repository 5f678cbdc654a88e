"""
Commands about peer-feedback exchanges: compute their grades anew, derive their plans again.
"""

import json
import sys
from dataclasses import asdict
from typing import IO

import click

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import exporting, queries
from lti_tool.exchange.models import Exchange
from lti_tool.operating import ID, connect, wrong


@click.group()
def exchange() -> None:
    """Peer-feedback exchanges."""


@exchange.command("recompute")
@click.argument("exchange_id", type=ID)
@click.option("--json", "as_json", is_flag=True)
def exchange_recompute(exchange_id: int, as_json: bool) -> None:
    """Compute every grade anew from stored rows; exit 1 where one that is out differs. Changes nothing."""
    connect()
    with db.transaction() as session:
        found = session.get(Exchange, exchange_id)
        if found is None:
            raise wrong(f"There is no exchange {exchange_id}.")
        rows = queries.recomputed(session, found, now=now())
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in rows], indent=2))
    else:
        for each in rows:
            mark = "ok  " if each.agrees else "BAD "
            click.echo(f"{mark} person {each.person_id}: computed {each.score}, released {each.released}")
    sys.exit(0 if all(each.agrees for each in rows) else 1)


@exchange.command("replay")
@click.argument("exchange_id", type=ID, required=False)
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
            raise wrong(str(err)) from err
    else:
        connect()
        with db.transaction() as session:
            stored = session.get(Exchange, exchange_id)
            if stored is None:
                raise wrong(f"There is no exchange {exchange_id}.")
            if stored.sealing is not None:
                raise wrong(f"Exchange {exchange_id} is sealed: nothing is left that says who was to review whom.")
            found = queries.replay(session, stored)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    elif found:
        for each in found:
            what = f"seat of {each.author}" if each.reviewer is None else f"{each.reviewer} reads {each.author}"
            click.echo(f"BAD  {what}: {each.derived} by the steps, {each.kept} as kept")
    else:
        click.echo("ok   The plan that is kept is what its steps lead to.")
    sys.exit(1 if found else 0)
