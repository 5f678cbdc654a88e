"""
What the exchange tells the rest of the house: its cards, its place in the LMS, how it is copied.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.exchange import notices, operations, queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.queries import Standing, Tally
from lti_tool.exchange.topics import topics
from lti_tool.web.rooms import Card, DueDate, NoticeWords, Placement
from lti_tool.web.viewer import Viewer


class ExchangeRoom:
    """Learners hand in work and give each other feedback."""

    kind = "exchange"
    name = lazy_gettext("Peer feedback")
    description = lazy_gettext("Everybody hands in something, reads what others made, and gets feedback from peers.")
    show = "exchange.show"
    new = "exchange.new"
    review = "exchange.person"

    def cards(
        self, session: Session, viewer: Viewer, activities: Sequence[Activity], *, now: datetime
    ) -> Mapping[int, Card]:
        """Cards by activity id, in two queries and a few for further settings. Learners get none for drafts."""
        exchanges = queries.exchanges_of(session, [each.id for each in activities])
        if viewer.is_staff:
            counted = queries.tallies(session, exchanges)
            return {id: _staff_card(each, counted[id]) for id, each in exchanges.items()}
        shown = {id: each for id, each in exchanges.items() if each.is_published}
        found = queries.standings(session, shown, person_id=viewer.person_id, course_id=viewer.course_id, now=now)
        standings = dict(found)
        for id, each in shown.items():
            # Of what is shown live, something is to be reviewed once it was shown.
            watching = queries.to_watch(session, each, viewer.person_id)
            if watching and not any(one.is_held_at(now) for one in watching):
                standings[id] = replace(standings[id], has_work=False)
        also = queries.also_due(session, shown, standings, person_id=viewer.person_id, now=now)
        return {
            id: _learner_card(
                each,
                standings[id],
                viewer,
                now,
                also=also.get(id, frozenset()),
                may_help=_may_help_as_guest(session, each, standings[id], viewer, now=now),
            )
            for id, each in shown.items()
        }

    def placement(self, session: Session, activity: Activity) -> Placement:
        """Title, points and dates. The instructions are read in Hearth, where they look as written."""
        exchange = session.get_one(Exchange, activity.id)
        return Placement(
            title=activity.title,
            score_maximum=exchange.points,
            available_from=exchange.opens_at,
            due_at=exchange.submit_by,
        )

    def due_dates(self, session: Session, activity: Activity) -> Sequence[DueDate]:
        """When work and reviews are due, for who has no time of their own."""
        return operations.due_dates(session.get_one(Exchange, activity.id))

    def own_due_dates(self, session: Session, activity: Activity) -> Mapping[int, Sequence[DueDate]]:
        """When work and reviews are due for those whom staff gave time of their own."""
        return operations.own_due_dates(session, session.get_one(Exchange, activity.id))

    def completed(self, session: Session, activity: Activity, *, now: datetime) -> Collection[int] | None:
        """See :func:`lti_tool.exchange.queries.completed`."""
        return queries.completed(session, session.get_one(Exchange, activity.id), now=now)

    def completes_in_company(self, session: Session, activity: Activity) -> bool:
        """Where somebody is hidden from somebody, as long as people go on giving feedback."""
        exchange = session.get_one(Exchange, activity.id)
        return exchange.is_masked and not exchange.is_closed

    def clone(self, session: Session, activity: Activity, copy: Activity, *, now: datetime) -> None:
        """Settings and criteria under new ids, without dates that have passed; published if the original is."""
        exchange = session.get_one(Exchange, activity.id)
        plan = queries.recipe_of(exchange, (), now=now).plan
        cloned = operations.create_exchange(
            session,
            replace(plan, title=copy.title or plan.title),
            course_id=copy.course_id,
            by=None,
            now=now,
            activity=copy,
            publish=exchange.is_published,
        )
        operations.copy_options(exchange, cloned, [each.options for each in topics()], now=now)
        operations.copy_examples(session, exchange, cloned, now=now)

    def notice(self, kind: str, facts: Mapping[str, Any], *, activity_id: int) -> NoticeWords | None:
        """See :mod:`lti_tool.exchange.notices`."""
        return notices.words(kind, facts, activity_id=activity_id)


def _staff_card(exchange: Exchange, tally: Tally) -> Card:
    if not exchange.is_published:
        return Card(status=_("Draft: only staff see it"), is_draft=True)
    given = ngettext("%(num)s review given", "%(num)s reviews given", tally.given)
    status = (
        _("%(submitted)s signed up, %(given)s", submitted=tally.submitted, given=given)
        if exchange.is_live
        else _("%(submitted)s handed in, %(given)s", submitted=tally.submitted, given=given)
    )
    if exchange.is_closed:
        return Card(status=_("Closed: %(status)s", status=status))
    if exchange.submit_by:
        until = (
            _("%(status)s; signing up until", status=status)
            if exchange.is_live
            else _("%(status)s; work due", status=status)
        )
        return Card(status=until, due=exchange.submit_by)
    return Card(status=status)


def _is_guest(exchange: Exchange, standing: Standing) -> bool:
    return exchange.takes_guests and standing.submitted_at is None


def _may_help_as_guest(
    session: Session, exchange: Exchange, standing: Standing, viewer: Viewer, *, now: datetime
) -> bool:
    """Whether a work is there for somebody who can hand in none any more; asked for nobody else."""
    windows = exchange.windows.for_person(standing.own)
    if not _is_guest(exchange, standing) or standing.is_reviewing or windows.why_not_hand_in(now) is None:
        return False
    owes = standing.owes - standing.given
    available, _why = queries.available_to_guest(session, exchange, viewer.person_id, owes=owes, now=now)
    return available is not None


def _learner_card(
    exchange: Exchange, standing: Standing, viewer: Viewer, now: datetime, *, also: Collection[str], may_help: bool
) -> Card:
    windows = exchange.windows.for_person(standing.own)
    why_not_open = windows.why_not_open(now)
    takes_reviews = windows.why_not_review(now) is None
    if exchange.waits(
        received=standing.received,
        given=standing.given,
        owed=standing.owes,
        is_released=standing.is_released,
        now=now,
    ):
        standing = replace(standing, received=0, unread=0)
    looks_first = exchange.option(rules.SelfAssessmentOptions)
    if "assess" in also and rules.covers(looks_first, has_acted=False, is_closed=exchange.is_closed):
        standing = replace(standing, unread=0)
    if standing.is_to_rewrite:
        also = {*also, "rewrite"}
    is_done = standing.given >= standing.owes
    step = rules.step(
        why_not_open=why_not_open,
        is_submitted=standing.submitted_at is not None,
        may_hand_in=windows.why_not_hand_in(now) is None,
        may_review=takes_reviews and (standing.is_reviewing or (standing.has_work and not is_done)),
        has_unread=standing.unread > 0,
        may_help=takes_reviews and is_done and standing.has_work,
        is_waiting=not is_done or standing.received + standing.rescued < standing.hopes,
        also=also,
    )
    is_guest = _is_guest(exchange, standing)
    if is_guest and takes_reviews:
        step = rules.step_of_guest(step, is_reviewing=standing.is_reviewing, may_help=may_help)
    if is_guest and step in ("review", "help"):
        status, todo, due = _sentence_for_guest(windows, step)
        return Card(status=status, todo=todo if viewer.takes_part else "", due=due)
    status, todo, due = _sentence(exchange, standing, step, windows)
    return Card(
        status=status,
        todo=todo if viewer.takes_part else "",
        due=due,
        done=int(standing.submitted_at is not None) + min(standing.given, standing.owes),
        total=1 + standing.owes,
    )


def _sentence_for_guest(windows: rules.Windows, step: str) -> tuple[str, str, datetime | None]:
    """The same as :func:`_sentence` for who has handed in nothing and helps; they owe nothing that could be counted."""
    if step == "review":
        return _("A work that you took as a guest waits for your feedback"), _("Give feedback"), windows.review_by
    return _("A work lacks a reader. You can help as a guest"), _("Review a work"), windows.review_by


def _sentence(
    exchange: Exchange, standing: Standing, step: str, windows: rules.Windows
) -> tuple[str, str, datetime | None]:
    """What a learner's card says, the words of its button, and the moment that matters."""
    owed = max(standing.owes - standing.given, 1)
    missing = max(standing.hopes - standing.received - standing.rescued, 0)
    waiting = (
        ngettext("Waiting for feedback from one classmate", "Waiting for feedback from %(num)s classmates", missing)
        if standing.given >= standing.owes
        else _("Waiting for a presentation to review")
        if exchange.is_live
        else _("Waiting for work to review")
    )
    sentences = {
        "not_open": (_("Not open yet"), "", exchange.opens_at),
        "submit": (_("You have not signed up yet"), _("Sign up to present"), windows.submit_by)
        if exchange.is_live
        else (_("Your work is not handed in yet"), _("Hand in your work"), windows.submit_by),
        "too_late": (
            _("You have not signed up, and the date has passed")
            if exchange.is_live
            else _("Nothing was handed in, and the date has passed"),
            "",
            windows.submit_by,
        ),
        "review": (
            ngettext("One presentation to review", "%(num)s presentations to review", owed)
            if exchange.is_live
            else ngettext("One piece of work to review", "%(num)s pieces of work to review", owed),
            _("Give feedback"),
            windows.review_by,
        ),
        "practise": (_("Before your first review you practise"), _("Practise"), windows.review_by),
        "rewrite": (_("Your teacher asks you to write a feedback anew"), _("Read why"), None),
        "look_again": (
            _("Another reviewer sees a presentation very differently")
            if exchange.is_live
            else _("Another reviewer sees a work very differently"),
            _("Look again"),
            None,
        ),
        "compare": (_("Two works to compare, side by side"), _("Compare them"), windows.review_by),
        "assess": (_("Now look at your own work"), _("Look at your work"), None),
        "reply": (_("There is new feedback for you"), _("Read your feedback"), None),
        "help": (
            _("A presentation still lacks feedback, and you could help")
            if exchange.is_live
            else _("A classmate’s work still lacks feedback, and you could help"),
            _("Review one more"),
            windows.review_by,
        ),
        "wait": (waiting, "", None),
        "done": (_("All done"), "", None),
        "closed": (_("Closed"), "", None),
    }
    return sentences[step]
