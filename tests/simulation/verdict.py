"""
What the exchange promises, held against everybody in the class.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import requests
from sqlalchemy import text

from lti_tool import db
from tests.simulation.house import House
from tests.simulation.people import LEAVING, NO_SHOWS, TAKES_PART
from tests.simulation.term import REVIEWS, Term

COUNTED = text("""
    select p.name,
           (select count(*) from exchange_offer o
             where o.reviewer_id = p.id and o.state = 'submitted') as given,
           (select count(*) from exchange_offer o join exchange_submission s on s.id = o.submission_id
             where s.author_id = p.id and o.state = 'submitted') as received,
           (select s.submitted_at from exchange_submission s where s.author_id = p.id) as handed_in_at,
           (select min(o.ended_at) from exchange_offer o join exchange_submission s on s.id = o.submission_id
             where s.author_id = p.id and o.state = 'submitted') as first_at
      from person p
""")


@dataclass(frozen=True, kw_only=True)
class Count:
    """One student at the end of the term."""

    name: str
    kind: str
    given: int
    received: int
    waited: float | None
    """Hours from handing in to the first feedback."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One line of the verdict."""

    words: str
    found: str
    is_kept: bool


def counted(term: Term) -> list[Count]:
    """Everybody, from the database: two statements."""
    with db.transaction() as session:
        rows = {row.name: row for row in session.execute(COUNTED)}
    counts = []
    for student in term.students:
        row = rows.get(student.name)
        counts.append(
            Count(
                name=student.name,
                kind=student.kind,
                given=row.given if row else 0,
                received=row.received if row else 0,
                waited=_hours(row.handed_in_at, row.first_at) if row else None,
            )
        )
    return counts


def promises(house: House, term: Term, counts: Sequence[Count]) -> list[Promise]:
    """What must hold after any term."""
    part = [each for each in counts if each.kind in TAKES_PART]
    short = [each for each in part if each.received < REVIEWS - 1]
    # Who helps with one more gives it of their own will; the plan promises what it asks for.
    uneven = [each for each in part if abs(min(each.given, REVIEWS) - min(each.received, REVIEWS)) > 1]
    errors = sum(count for status, count in term.ledger.answers.items() if status >= 500)
    failed = house.failed_jobs()
    sent, arrived = _grades(house, term)
    return [
        Promise(
            words=f"who takes part receives at least {REVIEWS - 1} of {REVIEWS} reviews",
            found=f"{len(part) - len(short)} of {len(part)}",
            is_kept=not short,
        ),
        Promise(
            words="reviews asked of a person and received differ by 1 at most",
            found=f"{len(part) - len(uneven)} of {len(part)}",
            is_kept=not uneven,
        ),
        Promise(
            words="no answer is a server error",
            found=f"{errors} of {sum(term.ledger.answers.values())}",
            is_kept=not errors,
        ),
        Promise(
            words="nobody meets a surprise",
            found=str(len(term.ledger.surprises)),
            is_kept=not term.ledger.surprises,
        ),
        Promise(
            words="saved words are there when looked for",
            found=f"{term.ledger.drafts_found} of {term.ledger.drafts_found + len(term.ledger.lost)}",
            is_kept=not term.ledger.lost and term.ledger.drafts_found > 0,
        ),
        Promise(words="no job gives up", found=str(len(failed)), is_kept=not failed),
        Promise(
            words="every grade is in the gradebook", found=f"{arrived} of {sent}", is_kept=sent == arrived and sent > 0
        ),
    ]


def show(term: Term, counts: Sequence[Count], kept: Sequence[Promise]) -> None:
    """Print both tables."""
    by_kind: dict[str, list[Count]] = defaultdict(list)
    for each in counts:
        by_kind[each.kind].append(each)
    print(f"\n{len(counts)} students, {REVIEWS} reviews each, {(term.ended - term.began).days} days")
    print(f"  {'':<26} {'people':>6}   {'reviews given':<24} {'reviews received':<24} {'first feedback':>14}")
    for kind in (*TAKES_PART, *NO_SHOWS, LEAVING):
        some = by_kind[kind]
        waits = [each.waited for each in some if each.waited is not None]
        waited = f"{median(waits):.0f} h" if waits else ""
        given, received = _spread(each.given for each in some), _spread(each.received for each in some)
        print(f"  {kind:<26} {len(some):>6}   {given:<24} {received:<24} {waited:>14}")
    spread = _spread(each.given - each.received for each in counts if each.kind in TAKES_PART)
    print(f"\n  given less received of who takes part, help counted: {spread}")
    print("\n  reviews are told as number: people; the first feedback as the median since handing in\n")
    for promise in kept:
        print(f"  {promise.words:<58} {promise.found:>14}  {'kept' if promise.is_kept else 'BROKEN'}")
    for words in (*term.ledger.lost[:10], *term.ledger.surprises[:20]):
        print(f"    {words}")


def _spread(numbers: Iterable[int]) -> str:
    return "  ".join(f"{number}: {count}" for number, count in sorted(Counter(numbers).items()))


def _hours(since: datetime | None, until: datetime | None) -> float | None:
    return (until - since).total_seconds() / 3600 if since is not None and until is not None else None


def _grades(house: House, term: Term) -> tuple[int, int]:
    """How many grades were released, and how many stand in the gradebook of the LMS."""
    with db.transaction() as session:
        released = session.scalar(text("select count(distinct person_id) from exchange_release")) or 0
    with requests.Session() as asking:
        asking.trust_env = False
        port = house.lms.rpartition(":")[2]
        book = asking.get(
            f"http://127.0.0.1:{port}/sandbox/api/gradebook", params={"course": term.course}, timeout=60
        ).json()
    standing = [grade for item in book["line_items"] for grade in item["grades"] if grade.get("points") is not None]
    return released, len(standing)
