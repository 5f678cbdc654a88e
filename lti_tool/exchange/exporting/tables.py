"""
Tables for a spreadsheet: people with their grades, and reviews with a row for each criterion.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import queries, rules
from lti_tool.exchange.exporting.sight import Sight
from lti_tool.exchange.models import Exchange

PEOPLE = (
    "person",
    "name",
    "has_left",
    "has_handed_in",
    "handed_in_at",
    "is_late",
    "reviews_given",
    "reviews_received",
    "computed",
    "by_hand",
    "by_hand_because",
    "grade",
    "maximum",
    "released",
    "released_at",
    "gradebook",
)
REVIEWS = (
    "feedback",
    "work",
    "work_version",
    "author",
    "author_name",
    "reviewer",
    "reviewer_name",
    "reviewer_letter",
    "given_at",
    "counts",
    "criterion",
    "criterion_title",
    "kind",
    "level",
    "number",
    "worth",
    "weight",
    "comment",
    "mark",
    "mark_because",
    "used_in_version",
)

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide ones too
"""What a spreadsheet may take for the beginning of a formula."""

SAID = text(
    """
    select f.id as feedback, o.submission_id as work, o.version, w.author_id, a.name as author_name,
           o.reviewer_id, r.name as reviewer_name, f.given_at, f.comment as overall, f.notes,
           x.feedback_id is null and (h.counts is null or h.counts) as counts,
           row_number() over (partition by o.submission_id order by f.given_at, f.id) as place,
           (select coalesce(jsonb_object_agg(n.criterion_id, jsonb_build_object(
                       'level_id', n.level_id, 'number', n.number, 'comment', n.comment)), '{}')
              from exchange_answer n where n.feedback_id = f.id) as answers,
           (select coalesce(jsonb_object_agg(
                       coalesce('note-' || m.note, m.criterion_id::text, '0'), jsonb_build_object(
                       'mark', m.mark, 'reason', m.reason, 'done_version', m.done_version)), '{}')
              from exchange_mark m where m.feedback_id = f.id) as marks
      from exchange_feedback f
      join exchange_offer o on o.id = f.offer_id
      join exchange_submission w on w.id = o.submission_id
      left join person a on a.id = w.author_id
      left join person r on r.id = o.reviewer_id
      left join exchange_exclusion x on x.feedback_id = f.id
      left join exchange_hiding h on h.feedback_id = f.id
     where o.exchange_id = :exchange
     order by o.submission_id, f.id
    """
)


def safe(cell: object) -> object:
    """
    *cell* as no spreadsheet takes it for a formula (OWASP, "CSV Injection"): words that begin like one get a quote.

    Numbers are ours and stay numbers, below zero too.
    """
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\x00", "")
    begins = cell.lstrip()[:1]
    return f"'{cell}" if begins and (begins in FORMULA or cell[0] in "\t\r\n") else cell


def people(session: Session, exchange: Exchange, sight: Sight, *, now: datetime) -> Iterator[tuple[object, ...]]:
    """A row for each learner: what they did, what they got, and their grade."""
    options = exchange.option(rules.GradingOptions)
    parts = () if exchange.points is None else tuple(options.weights)
    yield (*PEOPLE, *(f"part_{name}" for name in parts))
    for row in queries.overview(session, exchange, now=now).rows:
        by_hand = row.override if row.override is not None and row.override.score is not None else None
        values = {part.name: part.value for part in row.computed.parts}
        yield (
            row.person_id,
            row.name,
            _yes(row.has_left),
            _yes(row.submitted_at is not None),
            # By its minute a work could be told that says nothing else of its author.
            _moment(row.submitted_at) if sight.authors else "",
            _yes(row.is_late),
            # A count that grows when a feedback comes tells whose it is.
            None if exchange.keeps_counts_back else row.given,
            row.received,
            row.computed.score,
            by_hand.score if by_hand else None,
            by_hand.reason if by_hand else "",
            row.score,
            exchange.points,
            row.release.score if row.release else None,
            _moment(row.release.at if row.release else None),
            row.passback.state if row.passback else "",
            *(values.get(name) for name in parts),
        )


def reviews(session: Session, exchange: Exchange, sight: Sight) -> Iterator[tuple[object, ...]]:
    """A row for each feedback and criterion, one for each note, and one for what it says overall."""
    yield REVIEWS
    levels = {level.id: level for criterion in exchange.criteria for level in criterion.levels}
    rows = session.execute(SAID, {"exchange": exchange.id}, execution_options={"yield_per": 500})
    for row in rows:
        begins = (
            row.feedback,
            row.work,
            row.version,
            sight.author(row.author_id),
            (row.author_name or "") if sight.authors else "",
            sight.reviewer(row.reviewer_id),
            (row.reviewer_name or "") if sight.reviewers else "",
            letter(exchange, row.work, row.place),
            sight.of_reviewer(_moment(row.given_at)),
            _yes(row.counts),
        )
        for criterion in exchange.criteria:
            said = row.answers.get(str(criterion.id))
            if said is None:
                continue
            level = levels.get(said["level_id"] or 0)
            worth = rules.worth(criterion.asked, level_id=said["level_id"], number=said["number"])
            yield (
                *begins,
                criterion.id,
                criterion.title,
                criterion.kind,
                level.title if level else "",
                said["number"],
                None if worth is None else round(worth, 6),
                criterion.weight if criterion.gives_points else 0.0,
                said["comment"],
                *_marked(row.marks, criterion.id),
            )
        for note in map(rules.Note.from_dict, row.notes):
            said = (None, _about(note), rules.WORDS, "", None, None, 0.0, note.words)
            yield (*begins, *said, *_marked(row.marks, f"note-{note.id}"))
        if row.overall.strip():
            yield (*begins, None, "overall", rules.WORDS, "", None, None, 0.0, row.overall, *_marked(row.marks, 0))


def letter(exchange: Exchange, work: int, place: int) -> str:
    """What pages call the reviewer who came at *place* (from 1) to a work."""
    return rules.pseudonyms(exchange.seed, work, place)[-1]


def _marked(marks: dict[str, Any], part: int | str) -> tuple[object, ...]:
    found = marks.get(str(part), {})
    return found.get("mark", ""), found.get("reason", ""), found.get("done_version")


def _about(note: rules.Note) -> str:
    anchor = note.anchor
    return f"note: page {anchor.page}" if isinstance(anchor, rules.Spot) else f"note: {anchor.quote}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
