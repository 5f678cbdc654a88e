"""What people do in Hearth, told to our plugin in their LMS over real HTTP: each act once, whatever breaks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from lti_tool import files, privacy, subscriptions
from lti_tool.config import Settings
from lti_tool.courses.models import Course, Membership, ResourceLink
from lti_tool.exchange import operations, rules
from lti_tool.journal.models import Entry
from lti_tool.lms.events import PlaceChanged
from lti_tool.lti.errors import ServiceError
from tests.factories.companion import TOKEN, PretendMoodle, served
from tests.factories.courses import make_platform, make_resource_link
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_words, review
from tests.factories.jobs import run_jobs, waiting_jobs
from tests.functional.exchange import test_comparing as comparing
from webhooks.companions import jobs as companion_jobs
from webhooks.companions import pairing as pairings
from webhooks.companions import sorting, telling
from webhooks.companions.comparing import compare
from webhooks.companions.models import Pairing, State, Telling
from webhooks.companions.rules import MOST_AGAINS, Moment

LINK = 7
COURSE = "42"
FIRST_PERSON = 11


@pytest.fixture
def moodle() -> Iterator[PretendMoodle]:
    with served(PretendMoodle()) as made:
        yield made


@pytest.fixture
def near(app: Flask, settings: Settings) -> Iterator[Settings]:
    """Settings with which Hearth calls this machine."""
    near = replace(settings, allow_loopback_platforms=True)
    app.extensions["hearth.settings"] = near
    yield near
    app.extensions["hearth.settings"] = settings


class Paired:
    """A class whose Moodle is paired."""

    def __init__(self, session: Session, app: Flask, made: Class, pairing: Pairing, moodle: PretendMoodle) -> None:
        self.session, self.app, self.made, self.pairing, self.moodle = session, app, made, pairing, moodle

    def run(self) -> None:
        """Whatever is to be told, and may be told now, is told."""
        run_jobs(self.session, self.app, "companions")

    def wake(self) -> None:
        """As if the companion's rest were over, and every wait."""
        self.session.execute(update(Pairing).values(rests_until=None))
        self.session.execute(update(Telling).where(Telling.state == "waiting").values(next_attempt_at=BEGUN))
        self.session.commit()
        with self.app.app_context():
            companion_jobs.sweep(0)
        self.run()

    def number(self, place: int) -> int:
        """Moodle's number of a learner."""
        return FIRST_PERSON + place

    def states(self) -> dict[str, int]:
        rows = self.session.execute(text("select state, count(*) as many from companion_telling group by state"))
        return {row.state: row.many for row in rows}

    @property
    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.moodle.log]


MakesPaired = Callable[..., Paired]


@pytest.fixture
def make_paired(session: Session, app: Flask, near: Settings, moodle: PretendMoodle, now: datetime) -> MakesPaired:
    def make(*, wishes: pairings.Wishes | None = None, learners: int = 4, **plan: Any) -> Paired:
        settled: dict[str, Any] = {"reviews": 2, "anonymity": rules.NAMED} | plan
        made = make_class(session, learners=learners, **settled)
        platform = made.course.deployment.platform
        platform.family, platform.issuer, platform.client_id = "moodle", moodle.address, moodle.client_id
        made.course.context_id = COURSE
        session.execute(update(ResourceLink).values(lti_id=str(LINK)))
        for place, each in enumerate(made.learners):
            each.person.sub = str(FIRST_PERSON + place)
        made.teacher.person.sub = "2"
        moodle.enrolled = {2, *(FIRST_PERSON + place for place in range(learners))}
        moodle.activities = {LINK}
        session.flush()
        pairing = pairings.pair(
            session, platform, address="", token=TOKEN, wishes=wishes or pairings.Wishes(), settings=near, now=now
        )
        session.commit()
        return Paired(session, app, made, pairing, moodle)

    return make


# Telling


def test_what_people_do_stands_in_the_lms_and_completes_their_activity(make_paired: MakesPaired) -> None:
    paired = make_paired()
    made = paired.made
    all_hand_in(made)
    for person in made.people:
        review(made, person)
        review(made, person)

    paired.run()

    assert sorted(paired.kinds) == ["feedback.given"] * 8 + ["work.submitted"] * 4
    assert {each["userid"] for each in paired.moodle.log} == {paired.number(place) for place in range(4)}
    assert {each["link"] for each in paired.moodle.log} == {LINK}
    assert paired.moodle.completion == {(LINK, paired.number(place)): "complete" for place in range(4)}
    assert set(paired.states()) == {"told"}


def test_own_work_assessed_works_compared_and_feedback_of_a_teacher_are_told_too(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    paired = make_paired(reviews=1)
    made = paired.made
    all_hand_in(made)
    do_the_rest(made, made.people[0])

    paired.run()

    by_kind = {each["kind"]: each["userid"] for each in paired.moodle.log if each["kind"] != "work.submitted"}
    assert by_kind == {
        "work.self_assessed": paired.number(0),
        "comparison.given": paired.number(0),
        "staff_review.given": 2,
    }


@pytest.mark.parametrize(
    "anonymity, named",
    [
        (rules.REVIEWER_HIDDEN, {"work.self_assessed": FIRST_PERSON, "comparison.given": 0}),
        (rules.AUTHOR_HIDDEN, {"work.self_assessed": 0, "comparison.given": FIRST_PERSON}),
        (rules.MASKED, {"work.self_assessed": 0, "comparison.given": 0}),
        (rules.SEALED, {"work.self_assessed": 0}),
    ],
)
def test_who_assessed_or_compared_is_named_only_where_nothing_hides_them(
    make_paired: MakesPaired, anonymity: str, named: dict[str, int]
) -> None:
    paired = make_paired(reviews=1, anonymity=anonymity)
    made = paired.made
    all_hand_in(made)
    do_the_rest(made, made.people[0])

    paired.run()

    told = {each["kind"]: each["userid"] for each in paired.moodle.log if each["kind"] != "work.submitted"}
    # A teacher's name stands above their own feedback.
    assert told == {**named, "staff_review.given": 2}


def do_the_rest(made: Class, person: int) -> None:
    """Look at one's own work, compare two others, and be read by a teacher."""
    session, words = made.session, make_words(made.exchange)
    teacher = made.teacher.person_id
    operations.set_options(
        session, made.exchange, rules.SelfAssessmentOptions(when=rules.BESIDE), by=teacher, now=BEGUN
    )
    operations.assess_own_work(session, made.exchange, author=person, words=words, now=BEGUN)
    comparing.choose(made)
    comparing.begin(made)
    comparing.compare(made, comparing.pairs_of(made, person)[0])
    operations.review_as_staff(
        session, made.exchange, author=person, by=teacher, words=words, is_rescue=False, now=BEGUN
    )


def test_an_act_is_written_down_with_it_or_not_at_all(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()
    hand_in(paired.made, paired.made.people[0])

    session.rollback()
    paired.run()

    assert paired.moodle.log == []
    assert paired.states() == {}


def test_a_platform_without_a_companion_notes_nothing(session: Session, app: Flask) -> None:
    made = make_class(session)
    hand_in(made, made.people[0])
    session.commit()

    assert session.scalars(select(Telling)).all() == []
    assert waiting_jobs(session, "companions.sort") == 0


def test_a_companion_hears_nothing_of_another_platform(
    make_paired: MakesPaired, session: Session, moodle: PretendMoodle
) -> None:
    paired = make_paired()
    other = make_class(session)
    hand_in(other, other.people[0])

    paired.run()

    assert moodle.log == []


def test_settings_and_drafts_are_nothing_for_a_log(make_paired: MakesPaired, session: Session, now: datetime) -> None:
    paired = make_paired()
    operations.close(session, paired.made.exchange, by=paired.made.teacher.person_id, now=now)

    paired.run()

    assert paired.kinds == []
    assert paired.states() == {}


# Who may be named


@pytest.mark.parametrize(
    "anonymity, author_named, reviewers",
    [
        (rules.NAMED, True, {FIRST_PERSON}),
        (rules.REVIEWER_HIDDEN, True, {0}),
        (rules.AUTHOR_HIDDEN, False, {FIRST_PERSON}),
        (rules.MASKED, False, {0}),
        # The moment alone could say who it was.
        (rules.SEALED, False, None),
    ],
)
def test_nobody_is_named_whom_the_exchange_hides_from_anybody(
    make_paired: MakesPaired, session: Session, anonymity: str, author_named: bool, reviewers: set[int] | None
) -> None:
    paired = make_paired(anonymity=anonymity)
    all_hand_in(paired.made)
    review(paired.made, paired.made.people[0])

    paired.run()

    by_kind = {kind: {each["userid"] for each in paired.moodle.log if each["kind"] == kind} for kind in paired.kinds}
    everybody = {paired.number(place) for place in range(4)}
    assert by_kind["work.submitted"] == (everybody if author_named else {0})
    assert by_kind.get("feedback.given") == reviewers


def test_no_call_says_whom_a_feedback_is_for_or_what_it_says(make_paired: MakesPaired) -> None:
    paired = make_paired(anonymity=rules.NAMED)
    all_hand_in(paired.made)
    review(paired.made, paired.made.people[0])

    paired.run()

    given = [act for call in paired.moodle.calls for act in call.get("acts", {}).values()]
    assert {name for act in given for name in act} <= {
        *("key", "courseid", "resourcelinkid", "kind", "userid", "time", "objectid", "completion"),
    }
    assert "second paragraph" not in str(paired.moodle.calls)


def test_a_sealed_exchange_completes_nobody_before_it_is_closed(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    """Whoever becomes complete in the minute in which a feedback came has written it."""
    paired = make_paired(anonymity=rules.SEALED)
    made = paired.made
    all_hand_in(made)
    for person in made.people:
        review(made, person)
        review(made, person)
    paired.run()
    assert paired.moodle.completion == {}

    operations.close(session, made.exchange, by=made.teacher.person_id, now=now)
    paired.run()

    assert set(paired.moodle.completion.values()) == {"complete"}
    assert len(paired.moodle.completion) == 4


HIDING = (rules.MASKED, rules.REVIEWER_HIDDEN, rules.AUTHOR_HIDDEN)


def at(paired: Paired, moment: Moment) -> None:
    """What a worker does on the full hour, or at night."""
    paired.session.commit()
    with paired.app.app_context():
        if moment is Moment.NIGHT:
            companion_jobs.look(1)
        else:
            companion_jobs.tell_together(1)
    paired.run()


def finish(paired: Paired, *places: int) -> None:
    """Those at *places* give all the reviews they owe."""
    for place in places:
        for _ in range(paired.made.exchange.reviews):
            review(paired.made, paired.made.people[place])
    paired.session.execute(update(Entry).values(at=datetime.now(UTC)))
    paired.run()


@pytest.mark.parametrize("anonymity", HIDING)
def test_where_somebody_is_hidden_nobody_becomes_complete_in_the_minute_of_their_last_feedback(
    make_paired: MakesPaired, anonymity: str
) -> None:
    """Pain 22: a feedback without a name, and in the same minute one name that is complete."""
    paired = make_paired(anonymity=anonymity, learners=5)
    all_hand_in(paired.made)

    finish(paired, 0, 1, 2, 3, 4)

    assert paired.kinds.count("feedback.given") == 10
    assert paired.moodle.completion == {}
    at(paired, Moment.HOUR)
    assert paired.moodle.completion == {(LINK, paired.number(place)): "complete" for place in range(5)}


@pytest.mark.parametrize("finished, told_on_the_hour", [(1, 0), (2, 0), (3, 3), (4, 4)])
def test_fewer_than_three_wait_for_the_night(make_paired: MakesPaired, finished: int, told_on_the_hour: int) -> None:
    paired = make_paired(anonymity=rules.MASKED, learners=6)
    all_hand_in(paired.made)
    finish(paired, *range(finished))

    at(paired, Moment.HOUR)
    assert len(paired.moodle.completion) == told_on_the_hour

    at(paired, Moment.NIGHT)
    assert len(paired.moodle.completion) == finished


def test_what_an_admin_changes_brings_on_no_night(make_paired: MakesPaired) -> None:
    paired = make_paired(anonymity=rules.MASKED)
    all_hand_in(paired.made)
    finish(paired, 0)

    companion_jobs.look_soon(paired.session)
    paired.run()

    assert paired.moodle.completion == {}


def test_people_and_not_places_are_counted(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired(anonymity=rules.MASKED)
    for number in (8, 9):
        make_resource_link(session, paired.made.course, paired.made.exchange.activity, lti_id=str(number))
        paired.moodle.activities.add(number)
    all_hand_in(paired.made)
    finish(paired, 0)

    at(paired, Moment.HOUR)

    assert paired.moodle.completion == {}


def test_completions_come_in_no_order_of_acts_at_one_time_and_in_a_call_of_their_own(
    make_paired: MakesPaired,
) -> None:
    paired = make_paired(anonymity=rules.MASKED, learners=5, reviews=1)
    all_hand_in(paired.made)
    finish(paired, 3, 1, 4, 2)
    # A feedback that has not been told yet when the hour comes.
    review(paired.made, paired.made.people[0])

    at(paired, Moment.HOUR)

    calls = [list(call["acts"].values()) for call in paired.moodle.calls if "acts" in call]
    (company,) = [acts for acts in calls if any(act.get("completion") for act in acts)]
    assert [act["userid"] for act in company] == sorted(act["userid"] for act in company)
    assert {act["kind"] for act in company} == {""}
    assert len({act["time"] for act in company}) == 1


def test_what_goes_out_together_carries_the_time_of_the_look_and_not_of_an_act(
    make_paired: MakesPaired, session: Session
) -> None:
    paired = make_paired(anonymity=rules.MASKED, learners=5)
    all_hand_in(paired.made)
    finish(paired, 2, 0, 1)
    pairing, hour = session.get_one(Pairing, paired.pairing.id), datetime(2026, 3, 2, 11, tzinfo=UTC)

    def look(moment: Moment) -> list[tuple[datetime, str]]:
        with paired.app.app_context():
            compare(session, pairing, paired.made.exchange.activity, now=hour, moment=moment)
        rows = select(Telling.at, Telling.completion).where(Telling.slot.is_not(None))
        return [(row.at, row.completion) for row in session.execute(rows)]

    assert look(Moment.ACT) == []
    assert look(Moment.HOUR) == [(hour, "complete")] * 3


def test_closing_tells_at_once_who_is_complete(make_paired: MakesPaired, now: datetime) -> None:
    paired = make_paired(anonymity=rules.MASKED)
    all_hand_in(paired.made)
    finish(paired, 0)

    operations.close(paired.session, paired.made.exchange, by=paired.made.teacher.person_id, now=now)
    paired.run()

    assert paired.moodle.completion == {(LINK, paired.number(0)): "complete"}


def test_who_is_complete_no_more_waits_for_company_as_well(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired(anonymity=rules.MASKED, reviews=1)
    all_hand_in(paired.made)
    finish(paired, 0, 1, 2)
    at(paired, Moment.HOUR)
    session.execute(
        text("update exchange_submission set submitted_at = null where author_id = :who"),
        {"who": paired.made.people[0]},
    )

    at(paired, Moment.HOUR)
    assert paired.moodle.completion[LINK, paired.number(0)] == "complete"
    at(paired, Moment.NIGHT)
    assert paired.moodle.completion[LINK, paired.number(0)] == "incomplete"


def test_an_exchange_that_hides_nobody_waits_for_nothing(make_paired: MakesPaired) -> None:
    paired = make_paired(anonymity=rules.NAMED)
    all_hand_in(paired.made)

    finish(paired, 0)

    assert paired.moodle.completion == {(LINK, paired.number(0)): "complete"}


def test_what_the_journal_forgets_is_not_told_any_more(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()
    all_hand_in(paired.made)
    session.execute(delete(Entry).where(Entry.act == "work.submitted"))

    paired.run()

    assert paired.kinds == []


def test_somebody_who_is_forgotten_is_not_told_of(
    make_paired: MakesPaired, session: Session, app: Flask, now: datetime
) -> None:
    paired = make_paired()
    made = paired.made
    all_hand_in(made)
    for person in made.people[:2]:
        review(made, person)
        review(made, person)
    session.commit()
    platform_id = made.course.deployment.platform_id
    with app.app_context():
        sorting.sort_all()
    session.expire_all()
    exported = privacy.export(session, platform_id=platform_id, subject=str(paired.number(0)))
    storage = files.storage(app.extensions["hearth.settings"])

    privacy.forget(session, platform_id=platform_id, subject=str(paired.number(0)), storage=storage, now=now)
    paired.run()

    assert {each["what"] for each in exported[0]["told_to_lms"]} == {"work.submitted", "feedback.given", "complete"}
    assert paired.number(0) not in {each["userid"] for each in paired.moodle.log}
    assert paired.number(0) not in {person for _, person in paired.moodle.completion}


# Completion


def test_a_work_taken_back_takes_completion_back(make_paired: MakesPaired, session: Session, now: datetime) -> None:
    paired = make_paired(reviews=1)
    made = paired.made
    all_hand_in(made)
    for person in made.people:
        review(made, person)
    paired.run()
    assert paired.moodle.completion[LINK, paired.number(0)] == "complete"

    session.execute(
        text("update exchange_submission set submitted_at = null where author_id = :who"), {"who": made.people[0]}
    )
    look(paired)

    assert paired.moodle.completion[LINK, paired.number(0)] == "incomplete"
    assert paired.moodle.completion[LINK, paired.number(1)] == "complete"


def test_every_place_of_an_activity_is_completed(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired(reviews=1)
    make_resource_link(session, paired.made.course, paired.made.exchange.activity, lti_id="8")
    paired.moodle.activities.add(8)
    all_hand_in(paired.made)
    review(paired.made, paired.made.people[0])

    paired.run()

    assert set(paired.moodle.completion) == {(LINK, paired.number(0)), (8, paired.number(0))}


def place_of(paired: Paired, number: int = LINK) -> ResourceLink:
    """A place of the exchange in its course."""
    session = paired.session
    session.rollback()
    return session.scalars(select(ResourceLink).where(ResourceLink.lti_id == str(number))).one()


def put_there_again(paired: Paired, number: int = 8) -> None:
    """A teacher lets another link of the course open the exchange."""
    made = paired.made
    make_resource_link(paired.session, made.course, made.exchange.activity, lti_id=str(number))
    paired.moodle.activities.add(number)
    paired.session.commit()


def test_dates_stand_at_every_place_of_an_activity(make_paired: MakesPaired, now: datetime) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=due, review_by=due + timedelta(days=7))
    look(paired)
    assert paired.moodle.places == {LINK}

    put_there_again(paired)
    look(paired)

    assert paired.moodle.places == {LINK, 8}
    assert len(paired.moodle.calendar) == 4
    assert set(paired.states()) == {"told"}


def test_what_stood_at_the_course_before_there_was_a_place_moves_there(make_paired: MakesPaired, now: datetime) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), placed=False, submit_by=due, review_by=None)
    look(paired)
    assert paired.moodle.places == {0}

    put_there_again(paired)
    look(paired)

    assert paired.moodle.places == {8}
    assert set(paired.states()) == {"told"}


@pytest.mark.parametrize("is_told", [True, False], ids=["told by an event", "found when it is spoken to"])
def test_a_place_that_was_deleted_hears_nothing_more_and_nothing_is_refused(
    make_paired: MakesPaired, now: datetime, is_told: bool
) -> None:
    paired = make_paired(reviews=1, wishes=pairings.Wishes(dates=True), submit_by=now + timedelta(days=7))
    put_there_again(paired)
    made = paired.made
    all_hand_in(made)
    review(made, made.people[0])
    paired.run()
    paired.moodle.activities.discard(LINK)
    if is_told:
        tell_of_place(paired, LINK, is_gone=True)
    heard = len(paired.moodle.log)

    review(made, made.people[1])
    paired.run()
    paired.wake()

    assert paired.moodle.completion[8, paired.number(1)] == "complete"
    assert (LINK, paired.number(1)) not in paired.moodle.completion
    assert [each["link"] for each in paired.moodle.log[heard:]] == [8]
    assert set(paired.states()) == {"told"}
    assert place_of(paired).gone_at is not None


def test_an_activity_whose_last_place_was_deleted_is_told_of_no_more(make_paired: MakesPaired, now: datetime) -> None:
    paired = make_paired(reviews=1, wishes=pairings.Wishes(dates=True), submit_by=now + timedelta(days=7))
    all_hand_in(paired.made)
    paired.run()
    heard = len(paired.moodle.log)
    paired.moodle.activities.discard(LINK)

    for person in paired.made.people:
        review(paired.made, person)
    paired.run()
    look(paired)

    assert len(paired.moodle.log) == heard
    assert paired.moodle.completion == {}
    assert "refused" not in paired.states()


def test_a_link_that_was_deleted_and_added_again_hears_everything(make_paired: MakesPaired, now: datetime) -> None:
    paired = make_paired(reviews=1, wishes=pairings.Wishes(dates=True), submit_by=now + timedelta(days=7))
    all_hand_in(paired.made)
    for person in paired.made.people:
        review(paired.made, person)
    paired.run()
    paired.moodle.activities.discard(LINK)
    tell_of_place(paired, LINK, is_gone=True)

    put_there_again(paired)
    look(paired)

    assert {(8, paired.number(place)) for place in range(4)} <= set(paired.moodle.completion)
    assert 8 in paired.moodle.places


def tell_of_place(paired: Paired, number: int, *, is_gone: bool = False) -> None:
    """The plugin tells that an activity was changed, or deleted."""
    event = PlaceChanged(course=COURSE, link=str(number), is_gone=is_gone, occurred_at=datetime.now(UTC))
    subscriptions.SUBSCRIPTIONS[PlaceChanged][0](paired.session, paired.pairing.platform_id, [event], datetime.now(UTC))
    paired.session.commit()


# What the LMS will not have today


def complete_all(paired: Paired) -> None:
    all_hand_in(paired.made)
    for person in paired.made.people:
        review(paired.made, person)
    paired.run()


def at_night(paired: Paired) -> None:
    """Everything lively is looked at; in these tests it is lively that somebody did something now."""
    paired.session.execute(update(Entry).values(at=datetime.now(UTC)))
    at(paired, Moment.NIGHT)


def test_where_moodle_keeps_no_completion_it_gets_all_of_them_once_it_does(make_paired: MakesPaired) -> None:
    paired = make_paired(reviews=1)
    paired.moodle.keeps_completion = False
    complete_all(paired)
    assert paired.states() == {"told": 12}, "it is nothing that went wrong"
    before = len(paired.moodle.keys)
    at_night(paired)
    assert len(paired.moodle.keys) == before + 1, "one asks for all of a place"

    paired.moodle.keeps_completion = True
    tell_of_place(paired, LINK)
    paired.wake()

    assert len(paired.moodle.completion) == 4
    assert len(paired.kinds) == 8, "acts are told once"


def test_who_was_not_enrolled_completes_once_the_roster_has_them(make_paired: MakesPaired, now: datetime) -> None:
    paired = make_paired(reviews=1)
    late = paired.number(0)
    paired.moodle.enrolled.discard(late)
    complete_all(paired)
    assert (LINK, late) not in paired.moodle.completion
    paired.wake()
    assert (LINK, late) not in paired.moodle.completion

    paired.moodle.enrolled.add(late)
    paired.session.execute(update(Membership).values(in_roster=True))
    paired.session.execute(update(Course).values(roster_synced_at=datetime.now(UTC)))
    paired.wake()

    assert paired.moodle.completion[LINK, late] == "complete"


def test_what_is_refused_for_a_passing_reason_is_tried_some_nights_and_no_more(make_paired: MakesPaired) -> None:
    paired = make_paired(reviews=1)
    late = str(paired.number(0))
    paired.moodle.enrolled.discard(int(late))
    complete_all(paired)

    def tried() -> int:
        acts = [act for call in paired.moodle.calls for act in call.get("acts", {}).values()]
        return len([act for act in acts if act["userid"] == late and act.get("completion")])

    assert tried() == 1
    for _ in range(MOST_AGAINS + 3):
        at_night(paired)
    assert tried() == 1 + MOST_AGAINS

    paired.moodle.enrolled.add(int(late))
    at_night(paired)
    assert (LINK, int(late)) not in paired.moodle.completion
    pairings.tell_again(paired.session, paired.session.get_one(Pairing, paired.pairing.id), now=BEGUN)
    paired.run()
    assert paired.moodle.completion[LINK, int(late)] == "complete"


def test_the_night_finds_what_no_act_told(make_paired: MakesPaired, session: Session) -> None:
    """Such as an activity that was placed in the LMS after everybody had done everything."""
    paired = make_paired(reviews=1, placed=False)
    all_hand_in(paired.made)
    for person in paired.made.people:
        review(paired.made, person)
    paired.run()
    assert paired.moodle.completion == {}
    session.execute(update(Entry).values(at=datetime.now(UTC)))
    make_resource_link(session, paired.made.course, paired.made.exchange.activity, lti_id=str(LINK))
    session.commit()

    with paired.app.app_context():
        companion_jobs.look(0)
    paired.run()

    assert len(paired.moodle.completion) == 4


def test_an_admin_who_wants_no_completion_gets_none(make_paired: MakesPaired) -> None:
    paired = make_paired(reviews=1, wishes=pairings.Wishes(completion=False))
    all_hand_in(paired.made)
    for person in paired.made.people:
        review(paired.made, person)

    paired.run()

    assert paired.moodle.completion == {}
    assert len(paired.kinds) == 8


# Dates


def test_dates_stand_in_the_calendar_where_the_admin_wants_them(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=due, review_by=due + timedelta(days=7))
    made = paired.made
    operations.unpublish(session, made.exchange, by=made.teacher.person_id, now=now)
    paired.run()
    assert paired.moodle.calendar == {}

    operations.publish(session, made.exchange, by=made.teacher.person_id, now=now)
    paired.run()

    ref = f"{made.exchange.activity.public_id}/{place_of(paired).id}/submit"
    assert len(paired.moodle.calendar) == 2
    assert paired.moodle.calendar[ref] == {"name": "Hand in: First drafts", "timestart": int(due.timestamp())}


def test_a_date_that_moves_moves_and_one_that_goes_is_taken_back(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=due, review_by=due + timedelta(days=7))
    made = paired.made
    look(paired)
    made.exchange.submit_by, made.exchange.review_by = due + timedelta(days=1), None
    look(paired)

    (entry,) = paired.moodle.calendar.values()
    assert entry["timestart"] == int((due + timedelta(days=1)).timestamp())


def test_an_admin_who_wants_dates_no_more_gets_them_taken_back(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=now + timedelta(days=7))
    look(paired)
    assert len(paired.moodle.calendar) == 1
    pairing = session.get_one(Pairing, paired.pairing.id)
    pairings.set_wishes(pairing, pairings.Wishes(dates=False))

    look(paired)

    assert paired.moodle.calendar == {}


def test_time_of_ones_own_stands_in_ones_own_calendar_until_it_is_taken_back(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=due, review_by=due + timedelta(days=7))
    made, teacher = paired.made, paired.made.teacher.person_id
    ref = f"{made.exchange.activity.public_id}/{place_of(paired).id}"
    later = due + timedelta(days=2)
    given = operations.extend(
        session,
        made.exchange,
        people=[made.people[0]],
        submit_by=later,
        review_by=None,
        reason="Ill.",
        by=teacher,
        now=now,
    )
    paired.run()

    own = {name: entry for name, entry in paired.moodle.calendar.items() if "userid" in entry}
    # Reviews move along with the work, so both are their own.
    assert {(entry["slot"], entry["userid"]) for entry in own.values()} == {
        ("submit", paired.number(0)),
        ("review", paired.number(0)),
    }
    mine = own[f"{ref}/submit/{made.people[0]}"]
    assert (mine["name"], mine["timestart"]) == ("Hand in: First drafts", int(later.timestamp()))
    assert paired.moodle.calendar[f"{ref}/submit"]["timestart"] == int(due.timestamp())
    # Nothing of it is said of anybody in the log, nor why.
    assert paired.kinds == []
    assert "Ill." not in str(paired.moodle.calls)
    assert {act["userid"] for call in paired.moodle.calls for act in call.get("acts", {}).values()} == {"0"}

    operations.take_back_extension(session, made.exchange, extension_id=given.id, by=teacher, now=now)
    paired.run()

    assert set(paired.moodle.calendar) == {f"{ref}/submit", f"{ref}/review"}


def test_time_of_their_own_is_no_more_told_of_somebody_who_is_forgotten(
    make_paired: MakesPaired, session: Session, app: Flask, now: datetime
) -> None:
    due = now + timedelta(days=7)
    paired = make_paired(wishes=pairings.Wishes(dates=True), submit_by=due)
    made = paired.made
    operations.extend(
        session,
        made.exchange,
        people=[made.people[0]],
        submit_by=due + timedelta(days=2),
        review_by=None,
        reason="Ill.",
        by=made.teacher.person_id,
        now=now,
    )
    session.commit()
    with paired.app.app_context():
        sorting.sort_all()
    platform_id, subject = made.course.deployment.platform_id, str(paired.number(0))
    exported = privacy.export(session, platform_id=platform_id, subject=subject)
    storage = files.storage(app.extensions["hearth.settings"])

    privacy.forget(session, platform_id=platform_id, subject=subject, storage=storage, now=now)
    paired.run()

    assert "a date of their own" in {each["what"] for each in exported[0]["told_to_lms"]}
    assert [entry for entry in paired.moodle.calendar.values() if "userid" in entry] == []


def look(paired: Paired) -> None:
    paired.session.commit()
    with paired.app.app_context():
        sorting.look_at(paired.made.exchange.id, paired.pairing.id, moment=Moment.HOUR)
        companion_jobs.sweep(0)
    paired.run()


# When something breaks


def test_an_answer_that_is_lost_doubles_nothing(make_paired: MakesPaired) -> None:
    paired = make_paired()
    paired.moodle.lost = 1
    all_hand_in(paired.made)
    paired.run()
    assert paired.states() == {"waiting": 4}

    paired.wake()

    assert paired.kinds == ["work.submitted"] * 4
    assert paired.states() == {"told": 4}


def test_a_worker_that_dies_in_mid_delivery_doubles_nothing(
    make_paired: MakesPaired, session: Session, near: Settings, now: datetime
) -> None:
    """Everything was told, and nothing was written down: the lease ends, and the same keys are told again."""
    paired = make_paired()
    all_hand_in(paired.made)
    session.commit()
    with paired.app.app_context():
        sorting.sort_all()
        batch = telling.take(session, paired.pairing.id, settings=near, now=datetime.now(UTC))
        session.commit()
        assert batch is not None
        telling.tell(batch)
    assert len(paired.kinds) == 4

    nobody = telling.take(session, paired.pairing.id, settings=near, now=datetime.now(UTC))
    later = datetime.now(UTC) + telling.LEASE + timedelta(seconds=1)
    again = telling.take(session, paired.pairing.id, settings=near, now=later)

    assert nobody is None
    assert again is not None
    telling.settle(session, again, telling.tell(again), now=later)
    session.commit()
    assert len(paired.kinds) == 4
    assert paired.states() == {"told": 4}


@pytest.mark.parametrize(
    "answer",
    [
        (500, "oops", "text/html"),
        (200, "<html>We are upgrading</html>", "text/html"),
        (302, "", "text/html"),
        (429, "", "text/html"),
        (200, "null", "application/json"),
        (200, '{"results": "none"}', "application/json"),
        (200, '{"exception": "e", "errorcode": "dmlwriteexception", "message": ""}', "application/json"),
        (200, '{"exception": "e", "errorcode": "sitemaintenance", "message": ""}', "application/json"),
    ],
    ids=["broken", "a page", "led away", "too fast", "nothing", "no list", "database", "maintenance"],
)
def test_a_bad_moment_of_the_lms_loses_nothing(make_paired: MakesPaired, answer: tuple[int, str, str]) -> None:
    paired = make_paired()
    paired.moodle.answers = [answer]
    all_hand_in(paired.made)
    paired.run()
    assert paired.states() == {"waiting": 4}
    assert paired.kinds == []

    paired.wake()

    assert paired.kinds == ["work.submitted"] * 4


def test_a_companion_in_trouble_is_left_alone_and_nothing_piles_onto_it(
    make_paired: MakesPaired, session: Session
) -> None:
    paired = make_paired()
    paired.moodle.answers = [(500, "", "text/html")]
    hand_in(paired.made, paired.made.people[0])
    paired.run()
    calls = len(paired.moodle.calls)

    hand_in(paired.made, paired.made.people[1])
    paired.run()

    assert len(paired.moodle.calls) == calls
    session.expire_all()
    pairing = session.get_one(Pairing, paired.pairing.id)
    assert (pairing.failures, pairing.problem) == (1, "unavailable")
    assert pairing.rests_until is not None


def test_a_lms_that_is_away_for_ten_minutes_hears_everything_afterwards_in_order(
    make_paired: MakesPaired, session: Session
) -> None:
    paired = make_paired()
    paired.moodle.answers = [(503, "", "text/html")] * 4
    for person in paired.made.people:
        hand_in(paired.made, person)
        paired.wake()
    assert paired.kinds == []

    paired.wake()

    assert [each["userid"] for each in paired.moodle.log] == [paired.number(place) for place in range(4)]


def test_a_refused_token_waits_for_somebody_and_loses_nothing(
    make_paired: MakesPaired, session: Session, near: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    paired = make_paired()
    paired.moodle.token = "another"
    all_hand_in(paired.made)
    paired.run()
    session.expire_all()
    pairing = session.get_one(Pairing, paired.pairing.id)
    assert pairing.problem == "token_refused"
    assert pairing.rests_until is not None
    assert pairing.rests_until > datetime.now(UTC) + timedelta(minutes=30)
    assert TOKEN not in caplog.text

    pairings.pair(
        session,
        pairing.platform,
        address="",
        token="another",
        wishes=pairings.Wishes(),
        settings=near,
        now=datetime.now(UTC),
    )
    paired.run()

    assert len(paired.kinds) == 4
    session.expire_all()
    assert session.get_one(Pairing, paired.pairing.id).problem == ""


def test_one_act_that_breaks_holds_up_no_other(make_paired: MakesPaired) -> None:
    paired = make_paired()
    paired.moodle.broken = {"feedback.given"}
    all_hand_in(paired.made)
    review(paired.made, paired.made.people[0])
    paired.run()
    assert paired.states() == {"told": 4, "waiting": 1}

    paired.moodle.broken = set()
    paired.wake()

    assert paired.states() == {"told": 5}


def test_an_act_that_breaks_again_and_again_is_given_up_and_can_be_told_again(
    make_paired: MakesPaired, session: Session, now: datetime
) -> None:
    paired = make_paired()
    paired.moodle.broken = {"work.submitted"}
    hand_in(paired.made, paired.made.people[0])
    paired.run()
    for _ in range(10):
        paired.wake()
    assert paired.states() == {"dead": 1}

    paired.moodle.broken = set()
    count = pairings.tell_again(session, session.get_one(Pairing, paired.pairing.id), now=BEGUN)
    paired.run()

    assert count == 1
    assert paired.kinds == ["work.submitted"]


def test_what_the_lms_will_not_have_is_kept_with_its_reason(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()
    paired.moodle.enrolled.discard(paired.number(0))
    all_hand_in(paired.made)

    paired.run()

    refused = session.scalars(select(Telling).where(Telling.state == State.REFUSED)).all()
    assert [each.problem for each in refused] == ["notenrolled"]
    assert len(paired.kinds) == 3


def test_what_is_not_of_its_shape_is_found_and_the_rest_is_told(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()
    paired.made.course.context_id = COURSE
    all_hand_in(paired.made)
    session.flush()
    session.execute(
        text("update journal_entry set at = to_timestamp(0) where person_id = :id"), {"id": paired.made.people[0]}
    )
    session.execute(
        text("update companion_telling set at = to_timestamp(0) where id = (select min(id) from companion_telling)")
    )
    paired.moodle.errors = [("invalid_parameter_exception", "invalidparameter")]

    paired.run()

    assert paired.states() == {"refused": 1, "told": 3}


def test_a_paused_companion_hears_it_later(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()
    session.execute(update(Pairing).values(state="paused"))
    all_hand_in(paired.made)
    paired.run()
    assert paired.kinds == []

    session.execute(update(Pairing).values(state="active"))
    paired.wake()

    assert len(paired.kinds) == 4


def test_many_acts_go_in_few_calls(make_paired: MakesPaired) -> None:
    paired = make_paired(learners=50)
    calls = len(paired.moodle.calls)
    all_hand_in(paired.made)

    paired.run()

    assert len(paired.kinds) == 50
    assert len(paired.moodle.calls) - calls == 2


# Pairing


@pytest.mark.parametrize(
    "changes, what",
    [
        ({"client_id": "client-2"}, "client"),
        ({"deployment_id": "99"}, "deployment"),
    ],
)
def test_the_plugin_of_another_registration_is_not_paired(
    session: Session, near: Settings, moodle: PretendMoodle, now: datetime, changes: dict[str, str], what: str
) -> None:
    made = make_class(session)
    platform = made.course.deployment.platform
    platform.family, platform.issuer, platform.client_id = "moodle", moodle.address, "client-1"
    for name, value in changes.items():
        setattr(moodle, name, value)

    with pytest.raises(pairings.WrongSite) as caught:
        pairings.pair(session, platform, address="", token=TOKEN, wishes=pairings.Wishes(), settings=near, now=now)

    assert caught.value.what == what
    assert session.scalars(select(Pairing)).all() == []


def test_the_plugin_of_another_moodle_is_not_paired(
    session: Session, near: Settings, moodle: PretendMoodle, now: datetime
) -> None:
    platform = make_platform(session, family="moodle", issuer="https://moodle.example", client_id="client-1")

    with pytest.raises(pairings.WrongSite) as caught:
        pairings.pair(
            session, platform, address=moodle.address, token=TOKEN, wishes=pairings.Wishes(), settings=near, now=now
        )

    assert caught.value.what == "issuer"


def test_a_lms_without_a_plugin_of_ours_is_not_paired(
    session: Session, near: Settings, moodle: PretendMoodle, now: datetime
) -> None:
    platform = make_platform(session, family="canvas", issuer=moodle.address)

    with pytest.raises(pairings.NoCompanion):
        pairings.pair(session, platform, address="", token=TOKEN, wishes=pairings.Wishes(), settings=near, now=now)


def test_a_wrong_token_is_not_paired(session: Session, near: Settings, moodle: PretendMoodle, now: datetime) -> None:
    platform = make_platform(session, family="moodle", issuer=moodle.address, client_id="client-1")

    with pytest.raises(ServiceError) as caught:
        pairings.pair(session, platform, address="", token="wrong", wishes=pairings.Wishes(), settings=near, now=now)

    assert caught.value.code == "token_refused"


def test_the_token_is_kept_encrypted(make_paired: MakesPaired, session: Session) -> None:
    paired = make_paired()

    assert TOKEN not in paired.pairing.token
    assert TOKEN not in str(session.execute(text("select * from companion")).all())
