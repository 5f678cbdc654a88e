"""Where nothing is handed in, no page speaks of handing in or of works: for whoever presents, reviews or teaches."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from tests.factories.exchange import Class, make_class, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words

OF_WORKS = re.compile(
    r"[^.!?…]*\b(?:hand(?:s|ed|ing)?\b[^.!?]{0,20}\bin\b|works?\b|readers?\b|drafts?\b)[^.!?]*", re.IGNORECASE
)
ALLOWED = (
    # That nothing is, what settings and criteria call themselves, and whose name is seen.
    "nothing is handed in",
    "what is handed in",
    "whose work it is",
    "looking at one’s own work",
    "assess their own work",
    "my own work",
    "your own work",
    "comparing works",
    "how the criteria work",
    # Other words of that sound.
    "what works well",
    "something that works",
    "one thing that works",
    "does not work yet",
    "what to work on",
    "stopped you as a reader",
    "good work.",
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def strange(page: str) -> list[str]:
    """Sentences on a page that speak of works."""
    shown = re.sub(r"<(script|style|template|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    shown = re.sub(r"</(p|li|h\d|dt|dd|legend|label|button|a|td|th|option|summary|span|div)>", ". ", shown)
    found = (match[0].strip() for match in OF_WORKS.finditer(words(shown)))
    allowed = re.compile("|".join(map(re.escape, ALLOWED)), re.IGNORECASE)
    return sorted({each for each in found if OF_WORKS.search(allowed.sub("", f"{each}."))})


def found_on(pages: Iterator[tuple[str, str]]) -> list[str]:
    return [f"{address}: {each}" for address, page in pages for each in strange(page)]


@pytest.fixture
def moment() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def live(session: Session, moment: datetime) -> Class:
    """Presentations with dates: the first three signed up, the first reviewed one; the last two did not."""
    began = moment - 4 * DAY
    made = make_class(
        session,
        learners=5,
        reviews=2,
        now=began,
        title="Five minutes each",
        instructions="Show what you saw.",
        anonymity=rules.NAMED,
        submit_by=moment - 2 * DAY,
        review_by=moment - DAY,
    )
    by = made.teacher.person_id
    operations.set_options(session, made.exchange, rules.WorkOptions(live=True), by=by, now=began)
    for person in made.people[:3]:
        operations.sign_up(session, made.exchange, person=person, about="Bees", held_at=began, place="Hall", now=began)
    review(made, made.people[0], now=began + DAY)
    operations.extend(
        session,
        made.exchange,
        people=[made.people[3]],
        submit_by=moment + DAY,
        review_by=None,
        reason="Ill.",
        by=by,
        now=began,
    )
    session.commit()
    return made


def pages_of(visitor: Visitor, live: Class, *more: str) -> Iterator[tuple[str, str]]:
    here = f"/exchanges/{live.exchange.id}"
    for address in ("/", "/notices", here, *(f"{here}/{each}" for each in more)):
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        yield address, answer.text


TEACHERS = (
    "stuck",
    "plan",
    "at-a-glance",
    "extensions",
    "extensions/new",
    "presentations",
    "export",
    "needs-human",
    "flags",
    "settings",
    "settings/late",
    "settings/pairing",
    "settings/release",
    "settings/anonymity",
    "settings/dialogue",
    "settings/teams",
    "student-view",
)


def test_what_teachers_read(visit: People, live: Class) -> None:
    teacher = visit(live.teacher)
    people = [f"people/{person}" for person in live.people]
    more = [f"people/{live.people[0]}/{each}" for each in ("readers", "excusal", "reopenings/new")]

    found = found_on(pages_of(teacher, live, *TEACHERS, *people, *more))

    assert not found, "\n".join(found)


def test_what_students_read_while_it_goes_on_late_refused_and_over(
    visit: People, live: Class, moment: datetime
) -> None:
    by = live.teacher.person_id
    session, exchange = live.session, live.exchange
    students = [visit(each) for each in live.learners]
    offer = take(live, live.people[1], now=moment - 2 * DAY)
    session.commit()
    found = found_on(pages_of(students[1], live, f"reviews/{offer.id}", "work/withdrawal", "presentation"))
    operations.withdraw_work(session, exchange, author=live.people[2], now=moment)
    operations.reopen_work(
        session, exchange, person=live.people[4], until=moment + DAY, reason="Ill.", by=by, now=moment - HOUR
    )
    session.commit()
    found += [each for student in students for each in found_on(pages_of(student, live))]
    operations.set_options(session, exchange, rules.LateOptions(work=rules.REFUSED), by=by, now=moment)
    session.commit()
    found += [each for student in students for each in found_on(pages_of(student, live))]
    refused = students[2].post(f"/exchanges/{exchange.id}/presentation", about="Bees", held_at="", place="")
    operations.close(session, exchange, by=by, now=moment)
    session.commit()
    found += [each for student in students for each in found_on(pages_of(student, live))]

    assert not found, "\n".join(sorted(set(found)))
    assert refused.status_code == 422
    assert "your teacher takes nobody after it" in words(refused.text)
