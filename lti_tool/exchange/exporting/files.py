"""
The files of an export, in pieces as they are sent.
"""

import csv
import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool import db
from lti_tool.exchange import queries
from lti_tool.exchange.exporting import raw, tables
from lti_tool.exchange.exporting.sight import Sight, sight_of
from lti_tool.exchange.models import Criterion, Exchange
from lti_tool.exchange.rules.standing import Difference, Standing, differences, replayed
from lti_tool.exchange.topics import topics

Pieces: TypeAlias = Generator[str, None, None]

MARK = "\ufeff"
"""Tells spreadsheets that what follows is UTF-8."""
BATCH = 200
"""Rows that are sent together."""
LARGEST_FILE = 512 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class File:
    """One of the files."""

    name: str
    media_type: str
    write: Callable[[Session, Exchange, Sight, datetime], Pieces]


class NotReplayable(Exception):
    """A file from which no plan can be derived, and why."""


def pieces(exchange_id: int, file: File, *, now: datetime, sight: Sight | None = None) -> Generator[bytes, None, None]:
    """
    *file* of an exchange, piece by piece, all of it as the database was at one moment.

    What it says of names is what staff see, unless a narrower *sight* is given.
    """
    with db.snapshot() as session:
        exchange = (
            session.scalars(
                select(Exchange)
                .where(Exchange.activity_id == exchange_id)
                .options(joinedload(Exchange.criteria).joinedload(Criterion.levels))
            )
            .unique()
            .one()
        )
        with closing(file.write(session, exchange, sight or sight_of(exchange), now)) as written:
            for piece in written:
                yield piece.encode()


def replay_file(file: IO[bytes]) -> tuple[Difference, ...]:
    """Derive the plan of an exported exchange from its seed and steps, and hold it against the pairs in the file."""
    try:
        said = json.loads(file.read(LARGEST_FILE))
        if said["schema"] != raw.SCHEMA:
            raise NotReplayable(f"This is no file of the schema {raw.SCHEMA}.")
        if "pairing" in said["withheld"]:
            raise NotReplayable("The file leaves out who reviewed whom, for staff may not see it in that exchange.")
        plan = Standing(seed=said["settings"]["seed"], reviews=said["settings"]["reviews"])
        return differences(
            replayed(said["pairing_events"], plan),
            pairs={(each["reviewer"], each["author"]): each["begun_at"] is not None for each in said["pairs"]},
            seats=[
                each["person"] for each in said["seats"] if each["left_at"] is None and each["planned_at"] is not None
            ],
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as err:
        raise NotReplayable(f"This is no file of the schema {raw.SCHEMA}.") from err


def _people(session: Session, exchange: Exchange, sight: Sight, now: datetime) -> Pieces:
    return _table(tables.people(session, exchange, sight, now=now))


def _reviews(session: Session, exchange: Exchange, sight: Sight, _now: datetime) -> Pieces:
    return _table(tables.reviews(session, exchange, sight))


def _whole(session: Session, exchange: Exchange, sight: Sight, now: datetime) -> Pieces:
    """An object whose lists are written as they are read."""
    separator = "{"
    for name, said in raw.sections(session, exchange, sight, now=now):
        yield f"{separator}\n{json.dumps(name)}: "
        separator = ","
        if isinstance(said, Iterator):
            yield from _list(said)
        else:
            yield json.dumps(said, ensure_ascii=False)
    yield "\n}\n"


def _settings(_session: Session, exchange: Exchange, _sight: Sight, _now: datetime) -> Pieces:
    """What another exchange can begin with: no people, no dates."""
    recipe = queries.recipe_of(exchange, [each.options for each in topics()])
    yield json.dumps(recipe.as_dict(), ensure_ascii=False, indent=2) + "\n"


def _list(rows: Iterator[Mapping[str, Any]]) -> Pieces:
    separator = "["
    for each in rows:
        yield f"{separator}\n{json.dumps(each, ensure_ascii=False)}"
        separator = ","
    yield "[]" if separator == "[" else "\n]"


def _table(rows: Iterable[Iterable[object]]) -> Pieces:
    written = io.StringIO(MARK)
    written.seek(0, io.SEEK_END)
    writer = csv.writer(written)
    for number, row in enumerate(rows, start=1):
        writer.writerow([tables.safe(cell) for cell in row])
        if number % BATCH == 0:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()


FILES = {
    "people": File(name="people.csv", media_type="text/csv; charset=utf-8", write=_people),
    "reviews": File(name="reviews.csv", media_type="text/csv; charset=utf-8", write=_reviews),
    "whole": File(name="whole.json", media_type="application/json", write=_whole),
    "settings": File(name="settings.json", media_type="application/json", write=_settings),
}
"""By the name that addresses use."""
