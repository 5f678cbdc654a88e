"""
Works compared two at a time: staff begin a round, reviewers say which does what better and write to both authors.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import ComparingRound, Exchange, Seat, SideBySide, Submission
from lti_tool.exchange.operations import acts, pairing, words_drafts, words_given
from lti_tool.exchange.operations.pairing import scene
from lti_tool.exchange.rules import Words

log = logging.getLogger(__name__)


def begin_comparing(session: Session, exchange: Exchange, *, by: int, now: datetime) -> int:
    """
    Let everybody who has handed in compare works of the others; those who come later are in the next round, and who
    left the course neither compares nor is compared.

    Returns how many pairs there are to compare.
    """
    acts.require_open(exchange, now)
    options = exchange.option(rules.ComparingOptions)
    if not options.is_on:
        raise errors.NoSuchComparison
    # Nobody hands in or takes back while the pairs are made.
    pairing.hold(session, exchange)
    pairing.follow_the_course(session, exchange, now=now)
    works = {
        work.author_id: work
        for work in session.scalars(
            select(Submission)
            # A group's work goes by somebody of them who is here, as long as anybody is.
            .join(Seat, (Seat.submission_id == Submission.id) & (Seat.person_id == Submission.author_id))
            .where(
                Seat.left_at.is_(None),
                Submission.exchange_id == exchange.id,
                Submission.submitted_at.is_not(None),
                Submission.author_id.is_not(None),
            )
            .order_by(Submission.id)
        )
        if work.author_id is not None
    }
    if len(works) < rules.FEWEST_WORKS:
        raise errors.TooFewWorks(rules.FEWEST_WORKS)
    # Works that somebody reviews may be compared too: what they see there is another question.
    bounds = replace(scene.scene_of_all(session, exchange), taken=frozenset())
    seed = secrets.randbelow(2**31)
    allows = bounds.allows if bounds.is_bound else None
    known = _known(session, exchange)
    if exchange.has_teams:
        members = _members(session, exchange, works)
        planned = rules.side_by_side_of_groups(members, options.pairs, seed=seed, allows=allows, known=known)
    else:
        planned = rules.side_by_side(list(works), options.pairs, seed=seed, allows=allows, known=known)
    # Authors see the number of what was written to them: it shall not tell whose turn it was.
    secrets.SystemRandom().shuffle(planned)
    begun = ComparingRound(exchange_id=exchange.id, seed=seed, begun_by_id=by, begun_at=now)
    session.add(begun)
    session.flush()
    session.add_all(
        SideBySide(
            round_id=begun.id,
            reviewer_id=each.reviewer,
            left_id=works[each.left].id,
            right_id=works[each.right].id,
            left_version=works[each.left].version,
            right_version=works[each.right].version,
        )
        for each in planned
    )
    session.flush()
    acts.record(session, exchange, "comparing.begun", by=by, now=now, round_id=begun.id, pairs=len(planned))
    log.info("%s pairs to compare in exchange %s", len(planned), exchange.id)
    return len(planned)


def give_comparison(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    pair_id: int,
    picks: Mapping[int, int],
    left: Words,
    right: Words,
    now: datetime,
) -> SideBySide:
    """
    Say which of two works does what better, and write to both authors. Once given it stays.

    It is taken as long as a review of the same person would be, or in a later round until the exchange is closed.
    """
    pair = held_pair(session, exchange, pair_id)
    if pair.reviewer_id != reviewer:
        raise errors.NoSuchComparison
    windows = queries.windows_of(session, exchange, reviewer)
    acts.require(windows.why_not_compare(now, begun_at=pair.round.begun_at))
    if pair.given_at is not None:
        return pair
    if pair.left.submitted_at is None or pair.right.submitted_at is None:
        raise errors.NoSuchComparison
    criteria = words_given.criteria_as_they_stand(session, exchange)
    left, right = words_given.readable(left), words_given.readable(right)
    unknown = next((id for id in (*picks, *left.answers, *right.answers) if id not in criteria), None)
    if unknown is not None:
        raise errors.UnknownAnswer(unknown)
    lacks = rules.lacks_of_comparison(criteria, picks, left, right)
    if lacks:
        raise errors.IncompleteComparison(lacks)
    pair.picks = {str(id): pick for id, pick in picks.items()}
    pair.left_words, pair.right_words, pair.given_at = left.as_dict(), right.as_dict(), now
    session.flush()
    for side in ("left", "right"):
        words_drafts.drop_words(session, exchange, person=reviewer, about=about(pair.id, side))
    # Neither of the works: who reads the journal shall not learn who compared whom.
    acts.record(session, exchange, "comparison.given", by=reviewer, now=now, pair_id=pair.id)
    return pair


def hide_comparison(
    session: Session, exchange: Exchange, *, pair_id: int, is_hidden: bool, by: int, now: datetime
) -> None:
    """Keep a comparison from the authors, or show it to them again. It counts for the advice either way."""
    pair = held_pair(session, exchange, pair_id)
    if pair.given_at is None or is_hidden == (pair.hidden_at is not None):
        return
    pair.hidden_at = now if is_hidden else None
    session.flush()
    act = "comparison.hidden" if is_hidden else "comparison.shown"
    acts.record(session, exchange, act, by=by, now=now, pair_id=pair.id)


def held_pair(session: Session, exchange: Exchange, pair_id: int) -> SideBySide:
    """A pair of this exchange, nobody else's to change meanwhile."""
    pair = session.scalars(
        select(SideBySide)
        .join(ComparingRound, ComparingRound.id == SideBySide.round_id)
        .where(SideBySide.id == pair_id, ComparingRound.exchange_id == exchange.id)
        .with_for_update(of=SideBySide)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if pair is None:
        raise errors.NoSuchComparison
    return pair


def about(pair_id: int, side: str) -> str:
    """What a draft to one of the two authors is about."""
    return f"pair-{pair_id}-{side}"


def _members(session: Session, exchange: Exchange, works: Mapping[int, Submission]) -> dict[int, list[int]]:
    """By whom a work goes, everybody of its group who is here."""
    named = {work.id: author for author, work in works.items()}
    rows = session.execute(
        select(Seat.submission_id, Seat.person_id)
        .where(Seat.exchange_id == exchange.id, Seat.submission_id.in_(named), Seat.left_at.is_(None))
        .order_by(Seat.submission_id, Seat.person_id)
    )
    found: dict[int, list[int]] = {author: [] for author in works}
    for work, person in rows:
        found[named[work]].append(person)
    return found


def _known(session: Session, exchange: Exchange) -> dict[int, set[frozenset[int]]]:
    """By reviewer: pairs they had before, by authors."""
    left, right = aliased(Submission), aliased(Submission)
    rows = session.execute(
        select(SideBySide.reviewer_id, left.author_id, right.author_id)
        .join(ComparingRound, ComparingRound.id == SideBySide.round_id)
        .join(left, left.id == SideBySide.left_id)
        .join(right, right.id == SideBySide.right_id)
        .where(ComparingRound.exchange_id == exchange.id)
    )
    found: dict[int, set[frozenset[int]]] = {}
    for reviewer, *authors in rows:
        if reviewer is not None:
            found.setdefault(reviewer, set()).add(frozenset(each for each in authors if each is not None))
    return found
