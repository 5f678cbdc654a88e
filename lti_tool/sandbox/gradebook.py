"""Grades: what a score does to a gradebook cell, and what a teacher's own hand does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lti_tool.sandbox.brand import Brand
from lti_tool.sandbox.records import LineItem
from lti_tool.sandbox.store import db, insert, utc_now, writing

ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("NotReady", "Failed", "Pending", "PendingManual", "FullyGraded")
SUBMISSION = "https://canvas.instructure.com/lti/submission"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One cell of the gradebook."""

    line_item_id: str
    person_id: str
    points: float | None = None
    comment: str = ""
    override: float | None = None
    timestamp: str = ""
    activity_progress: str = ""
    grading_progress: str = ""
    attempts: int = 0
    submitted_at: str = ""

    @property
    def shown(self) -> float | None:
        return self.points if self.override is None else self.override


class BadScore(Exception):
    """A score that breaks the rules; the words say which."""


class StaleScore(Exception):
    """A score that is not newer than the one we have (AGS 2.0, 3.4.8 timestamp)."""


def grade(item: LineItem, person_id: str) -> Grade:
    query = "SELECT * FROM grade WHERE line_item_id = ? AND person_id = ?"
    row = db().execute(query, (item.id, person_id)).fetchone()
    return Grade(**row) if row else Grade(line_item_id=item.id, person_id=person_id)


def grades(item: LineItem) -> list[Grade]:
    """
    Everybody's cell in one column.
    """
    rows = db().execute("SELECT * FROM grade WHERE line_item_id = ? ORDER BY person_id", (item.id,))
    return [Grade(**row) for row in rows]


def check(score: Any) -> dict[str, Any]:
    """
    Return a score whose every member is right (AGS 2.0, section 3.4), or say what is not.
    """
    if not isinstance(score, dict):
        raise BadScore("The body must be a JSON object.")
    if not isinstance(score.get("userId"), str) or not score["userId"]:
        raise BadScore("userId is missing.")
    if score.get("activityProgress") not in ACTIVITY_PROGRESS:
        raise BadScore(f"activityProgress must be one of {', '.join(ACTIVITY_PROGRESS)}.")
    if score.get("gradingProgress") not in GRADING_PROGRESS:
        raise BadScore(f"gradingProgress must be one of {', '.join(GRADING_PROGRESS)}.")
    moment(score.get("timestamp"))
    given, most = score.get("scoreGiven"), score.get("scoreMaximum")
    if given is not None:
        if _number(given) < 0:
            raise BadScore("scoreGiven must be a number of at least 0.")
        if _number(most) <= 0:
            raise BadScore("scoreMaximum must be a number above 0 when there is a scoreGiven.")
    if not isinstance(score.get("comment", ""), str):
        raise BadScore("comment must be a text.")
    return score


def moment(timestamp: Any) -> datetime:
    """
    The time of a score: ISO 8601 with a time zone.
    """
    try:
        time = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError) as err:
        raise BadScore("timestamp must be an ISO 8601 date and time.") from err
    if time.tzinfo is None:
        raise BadScore("timestamp must have a time zone.")
    return time


def receive(item: LineItem, score: dict[str, Any], habits: Brand) -> Grade:
    """
    Let a checked score have its effect, as this kind of LMS has it, and keep it in the history.
    """
    with writing():
        before = grade(item, score["userId"])
        if before.timestamp and not _is_newer(score["timestamp"], before.timestamp, habits):
            raise StaleScore(before.timestamp)
        after, effect = _effect(item, before, score, habits)
        _put(after)
        insert(
            "score",
            line_item_id=item.id,
            person_id=score["userId"],
            received_at=utc_now().isoformat(timespec="milliseconds"),
            effect=effect,
            body=score,
        )
    return after


def overrule(item: LineItem, person_id: str, *, points: float | None, by: str) -> None:
    """
    Set or take back the teacher's own grade.
    """
    with writing():
        before = grade(item, person_id)
        _put(_changed(before, override=points))
        insert(
            "score",
            line_item_id=item.id,
            person_id=person_id,
            received_at=utc_now().isoformat(timespec="milliseconds"),
            effect="taken back by the teacher" if points is None else "set by the teacher",
            body={"by": by, "points": points},
        )


def _effect(item: LineItem, before: Grade, score: dict[str, Any], habits: Brand) -> tuple[Grade, str]:
    submission = score.get(SUBMISSION) or {}
    after = _changed(
        before,
        timestamp=score["timestamp"],
        activity_progress=score["activityProgress"],
        grading_progress=score["gradingProgress"],
    )
    if "comment" in score or habits.missing_comment_erases:
        after = _changed(after, comment=score.get("comment") or "")
    after = _with_attempt(before, after, score, habits)
    if score["gradingProgress"] != "FullyGraded" or (habits.put_clears and score.get("scoreGiven") is None):
        if habits.name == "canvas" and score["gradingProgress"] == "PendingManual":
            return after, "waits for grading by hand"
        if habits.unfinished_erases and not submission.get("preserve_score"):
            return _changed(after, points=None), "erased the grade"
        return after, "progress only"
    if score.get("scoreGiven") is None:
        return _changed(after, points=None), "cleared the grade"
    points = score["scoreGiven"] / score["scoreMaximum"] * item.score_maximum
    if habits.cut_to_maximum:
        points = min(points, item.score_maximum)
    keeps = habits.keeps_override or submission.get("prioritize_non_tool_grade")
    override = before.override if keeps else None
    effect = "kept below the teacher's grade" if override is not None else "graded"
    return _changed(after, points=round(points, 4), override=override), effect


def _with_attempt(before: Grade, after: Grade, score: dict[str, Any], habits: Brand) -> Grade:
    """
    Count submissions; Canvas makes a new one for each score unless told otherwise.
    """
    told = score.get("submission") if isinstance(score.get("submission"), dict) else {}
    submitted = str((told or {}).get("submittedAt") or "")
    own = score.get(SUBMISSION) or {}
    if habits.new_attempts:
        new = own.get("new_submission", True) and (not submitted or submitted != before.submitted_at)
    else:
        new = bool(submitted) and submitted != before.submitted_at
    return _changed(
        after,
        submitted_at=submitted or before.submitted_at,
        attempts=before.attempts + (1 if new else 0),
    )


def _is_newer(timestamp: str, last: str, habits: Brand) -> bool:
    now, then = moment(timestamp), moment(last)
    if habits.whole_seconds:
        return int(now.timestamp()) > int(then.timestamp())
    return now > then


def _changed(grade: Grade, **changes: Any) -> Grade:
    return Grade(**{**grade.__dict__, **changes})


def _put(grade: Grade) -> None:
    values = grade.__dict__
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    db().execute(f"INSERT OR REPLACE INTO grade ({names}) VALUES ({marks})", tuple(values.values()))


def _number(value: Any) -> float:
    """
    The value as a number; anything else counts as too small.
    """
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
