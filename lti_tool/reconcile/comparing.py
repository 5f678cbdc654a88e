"""
One comparison of a course with its LMS, from the roster to the last grade.

Nothing is held open while the LMS is spoken to: what it says is fetched, then compared in a short transaction.
A run is bounded; what is beyond waits for the next one. What cannot be read is told, and the rest is compared.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.clock import now
from lti_tool.courses import groups, operations, roster
from lti_tool.courses.models import Activity, Course
from lti_tool.grades.models import Passback, State
from lti_tool.grades.operations import column_is_gone, send_again
from lti_tool.lms import for_family
from lti_tool.lti.errors import NotGranted, Rejected, ServiceError, Throttled
from lti_tool.lti.services import PlatformClient, open_client
from lti_tool.reconcile import queries, rules
from lti_tool.reconcile.models import Finding, Kind, Outcome, Run
from lti_tool.reconcile.queries import Column
from lti_tool.web.rooms import rooms

log = logging.getLogger(__name__)

MOST_COLUMNS = 100
"""Columns whose grades one run compares."""
MOST_RESULTS = 20_000
"""Grades of one column that are read."""
MOST_SENT = 500
"""Grades that one run sends again."""
MOST_TOLD = 200
"""Differences told one by one; the others are counted."""
AT_ONCE = 50
"""Grades sent again in one transaction: each is a job, and each job a savepoint."""
SETTLING = timedelta(minutes=1)
"""An LMS may take a moment until it shows a score that it took."""
PATIENCE = timedelta(days=30)
"""What was mended, and is the same again within so long, somebody wants so."""
GONE = (404, 410)
MOST_OF_A_LINK = 20
"""More columns than a link has; those of one link are compared together."""
BROKEN = "broken"
"""Why a comparison broke off, where it was a mistake of ours."""

T = TypeVar("T")


def compare(course_id: int, *, asked_by: int | None = None) -> int | None:
    """
    Compare a course with its LMS, mend what is safe to mend, and write down the differences.

    Returns the run's id; None where there is no such course, or its platform is switched off.
    """
    with db.transaction() as session:
        place = queries.place_of(session, course_id)
        if place is None:
            return None
        run = Run(course_id=course_id, asked_by_id=asked_by, began_at=now())
        session.add(run)
        session.flush()
        run_id, after = run.id, queries.where_to_go_on(session, run)
        client = open_client(session, place.platform_id)
    comparison = _Comparison(run_id, place, client, after=after)
    # Whatever ends it that nobody foresaw: a run that broke off is no clean one.
    problem: str | None = BROKEN
    try:
        comparison.people()
        comparison.groups()
        comparison.gradebook()
        problem = None
    except Throttled as err:
        problem = err.code
    finally:
        comparison.end(problem)
    log.info("course %s compared with its LMS: %s differences", course_id, comparison.told)
    return run_id


class _Comparison:
    """One run on its way."""

    def __init__(self, run_id: int, place: queries.Place, client: PlatformClient, *, after: int) -> None:
        self.run_id, self.place, self.client = run_id, place, client
        self.course_id = place.course_id
        self.told = self.untold = self.sent = 0
        self.columns_compared = self.grades_compared = 0
        self.after = after
        """The link behind which the last run stopped; 0: it came to the end."""
        # One that breaks off goes on at the same place the next time.
        self.next_link_id = after or None
        self.may_read_results = True

    # The parts of a run ----------------------------------------------------------------------------------------------

    def people(self) -> None:
        """Who is in the course."""
        with db.transaction() as session:
            source = roster.source_of(session, self.course_id)
        if source is None:
            return
        self._asked("people", lambda: self._follow(source))

    def _follow(self, source: roster.Source) -> None:
        with roster.fetched(source, now=now()) as spool, db.transaction() as session:
            changes = roster.merge(session, self.course_id, spool, now=now())
            if changes:
                counts = {name: getattr(changes, name) for name in ("joined", "left", "changed", "names")}
                self._tell(session, Kind.PEOPLE, Outcome.MENDED, **counts)

    def groups(self) -> None:
        """Who is in which section and group, where that matters to anybody."""
        with db.transaction() as session:
            source = groups.source_worth_asking(session, self.course_id)
        if source is None:
            return
        started = now()
        try:
            members = source.fetch()
        except Throttled:
            raise
        except ServiceError as err:
            # Most LMSs tell them in launches only, and some refuse to be asked.
            log.info("groups of course %s: %s", self.course_id, err.code)
            return
        with db.transaction() as session:
            count = groups.merge(session, self.course_id, members, started=started, now=now())
            if count:
                self._tell(session, Kind.GROUPS, Outcome.MENDED, count=count)

    def gradebook(self) -> None:
        """Columns and what is in them, going on where the last run stopped."""
        url = self.place.line_items_url
        listed = self._asked("columns", lambda: self.client.find_line_items(url)) if url is not None else None
        if listed is None:
            return
        with db.transaction() as session:
            self._copies(session, listed)
            columns = queries.columns_of(session, self.course_id, after=self.after, limit=MOST_COLUMNS + MOST_OF_A_LINK)
        there = {str(item.get("id")) for item in listed}
        compared = 0
        for link_id, of_link in groupby(columns, key=attrgetter("resource_link_id")):
            if compared >= MOST_COLUMNS:
                return
            for column in of_link:
                if not self._column(column, there):
                    self.next_link_id = None
                    return
                compared += 1
            self.next_link_id = link_id
        self.next_link_id = None

    # Columns ---------------------------------------------------------------------------------------------------------

    def _column(self, column: Column, there: Collection[str]) -> bool:
        """Whether to go on with the next."""
        if column.url not in there and self._is_gone(column):
            with db.transaction() as session:
                self._mend_column(session, column)
            return True
        return not column.has_grades or self._grades(column)

    def _is_gone(self, column: Column) -> bool:
        """Not in the list is not enough: some lists hold only a part."""
        try:
            self.client.get_line_item(column.url)
        except Rejected as err:
            return err.answered in GONE
        except Throttled:
            raise
        except ServiceError:
            return False
        return False

    def _mend_column(self, session: Session, column: Column) -> None:
        again = queries.was_mended(
            session, self.course_id, Kind.COLUMN_MADE, since=now() - PATIENCE, activity_id=column.activity_id
        )
        facts = {"column": column.tag}
        if again:
            self._tell(session, Kind.COLUMN_GONE, Outcome.LEFT, activity_id=column.activity_id, **facts)
        elif column_is_gone(session, column.resource_link_id, column.tag, now=now()):
            self._tell(session, Kind.COLUMN_MADE, Outcome.MENDED, activity_id=column.activity_id, **facts)
        else:
            self._tell(session, Kind.COLUMN_UNUSED, Outcome.MENDED, activity_id=column.activity_id, **facts)

    # Grades ----------------------------------------------------------------------------------------------------------

    def _grades(self, column: Column) -> bool:
        """Compare the grades of one column. False: the LMS lets nobody read results, so no more need be asked."""
        shown = self._asked("grades", lambda: self._results(column), activity_id=column.activity_id)
        if shown is None:
            return self.may_read_results
        self.columns_compared += 1
        with db.transaction() as session:
            ours = queries.sent_grades(session, column, before=now() - SETTLING)
        self.grades_compared += len(ours)
        for first in range(0, len(ours), AT_ONCE):
            with db.transaction() as session:
                for id, subject in ours[first : first + AT_ONCE]:
                    self._grade(session, id, shown.get(subject, (None, 0.0)))
        return True

    def _results(self, column: Column) -> dict[str, tuple[float | None, float]]:
        """By person: the share of the maximum that the gradebook shows, and the maximum."""
        shown: dict[str, tuple[float | None, float]] = {}
        page_size = for_family(self.place.family).results_page_size()
        for page in self.client.results(column.url, page_size=page_size):
            shown.update(_read(page))
            if len(shown) > MOST_RESULTS:
                raise Rejected(200, "more grades than anybody could have")
        return shown

    def _grade(self, session: Session, passback_id: int, shown: tuple[float | None, float]) -> None:
        passback = session.get(Passback, passback_id, with_for_update=True)
        if passback is None or passback.state != State.SENT:
            return
        found, maximum = shown
        sent = rules.share(passback.score_given, passback.score_maximum)
        verdict = rules.judge(
            sent=sent,
            earlier=[each for each in passback.sent_shares if each != sent],
            found=found,
            maximum=maximum or passback.score_maximum,
        )
        if verdict is rules.Verdict.AGREES:
            return
        points = passback.score_maximum
        facts = {
            "sent": passback.score_given,
            "found": None if found is None else round(found * points, 2),
            "maximum": points,
        }
        whose = {"person_id": passback.person_id, "activity_id": passback.activity_id}
        if verdict is rules.Verdict.THEIRS:
            self._tell(session, Kind.GRADE_THEIRS, Outcome.LEFT, **whose, **facts)
        elif queries.was_mended(
            session, self.course_id, Kind.GRADE_SENT, since=now() - PATIENCE, sent=passback.score_given, **whose
        ):
            self._tell(session, Kind.GRADE_REFUSED, Outcome.LEFT, **whose, **facts)
        elif self.sent < MOST_SENT:
            self.sent += 1
            send_again(session, passback, now=now())
            self._tell(session, Kind.GRADE_SENT, Outcome.MENDED, **whose, **facts)
        else:
            # Beyond what one run sends; the next one finds it again.
            self.untold += 1

    # Copies ----------------------------------------------------------------------------------------------------------

    def _copies(self, session: Session, listed: Sequence[dict[str, Any]]) -> None:
        """What came along with the content of another course: its columns still name the activities there."""
        names = {str(item["resourceId"]) for item in listed if item.get("resourceId")}
        templates = queries.activities_elsewhere(session, self.course_id, names)
        if not templates:
            return
        course = session.get_one(Course, self.course_id)
        for template in templates:
            root = session.get_one(Activity, template.origin_id) if template.origin_id else template
            if template.kind not in rooms() or queries.was_copied(session, self.course_id, root.id):
                continue
            copied = operations.copy_with_course(session, template, root=root, course=course, clone=_cloning(session))
            self._tell(session, Kind.COPIED, Outcome.MENDED, activity_id=copied.id, origin=root.id)

    # Telling ---------------------------------------------------------------------------------------------------------

    def _tell(self, session: Session, kind: Kind, outcome: Outcome, **values: Any) -> None:
        """Write down a difference; what is no column of it is one of its facts."""
        if self.told >= MOST_TOLD:
            self.untold += 1
            # Told or not, it must be known next time that it was mended once.
            if kind is not Kind.GRADE_SENT:
                return
        self.told += 1
        place = {name: values.pop(name, None) for name in ("person_id", "activity_id")}
        session.add(Finding(run_id=self.run_id, kind=kind, outcome=outcome, facts=values, **place))

    def _asked(self, what: str, ask: Callable[[], T], *, activity_id: int | None = None) -> T | None:
        """
        What *ask* gives. What the LMS does not give is told, and the run goes on with None; a platform that wants rest
        gets it.
        """
        try:
            return ask()
        except Throttled:
            raise
        except ServiceError as err:
            if what == "grades" and isinstance(err, NotGranted):
                self.may_read_results = False
            with db.transaction() as session:
                if what == "people":
                    roster.note_problem(session, self.course_id, err.code)
                self._tell(session, Kind.UNREADABLE, Outcome.LEFT, activity_id=activity_id, what=what, problem=err.code)
            return None

    def end(self, problem: str | None) -> None:
        """Write down how far it came."""
        with db.transaction() as session:
            run = session.get(Run, self.run_id)
            if run is None:
                return
            run.ended_at, run.problem = now(), problem
            run.columns, run.grades = self.columns_compared, self.grades_compared
            run.next_link_id = self.next_link_id
            if self.untold:
                outcome = Outcome.LEFT if self.sent >= MOST_SENT else Outcome.MENDED
                session.add(Finding(run_id=self.run_id, kind=Kind.MORE, outcome=outcome, facts={"count": self.untold}))


def _cloning(session: Session) -> Callable[[Activity, Activity], None]:
    return lambda template, copy: rooms()[template.kind].clone(session, template, copy, now=now())


def _read(page: Sequence[dict[str, Any]]) -> Iterator[tuple[str, tuple[float | None, float]]]:
    """By person: the share of the maximum that the gradebook shows, and the maximum (AGS 2.0 section 3.3)."""
    for result in page:
        subject, score, maximum = result.get("userId"), result.get("resultScore"), result.get("resultMaximum")
        if isinstance(subject, int) and not isinstance(subject, bool):
            subject = str(subject)
        if isinstance(subject, str):
            # AGS: where no maximum is told, it is 1.
            most = _number(maximum) or 1.0
            yield subject, (rules.share(_number(score), most), most)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
