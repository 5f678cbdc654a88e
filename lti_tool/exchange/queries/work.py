"""
The versions of a work, for those who may read them, and what changed between two of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from lti_tool.exchange import rules
from lti_tool.exchange.models import Submission, SubmissionFile, WorkVersion


@dataclass(frozen=True, kw_only=True)
class Version:
    """A work as it was handed in once."""

    number: int
    body: str
    beside: rules.Beside
    note: str
    """What its author changed, and why."""
    files: tuple[SubmissionFile, ...]
    handed_in_at: datetime


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two versions side by side, and how one became the other."""

    versions: tuple[Version, ...]
    """All that the viewer may read, oldest first."""
    old: Version
    new: Version
    changes: tuple[rules.Change, ...]
    files_gone: tuple[SubmissionFile, ...]
    files_new: tuple[SubmissionFile, ...]


def versions_of(session: Session, works: Collection[Submission]) -> dict[int, tuple[Version, ...]]:
    """The versions of all *works* at once, by work and oldest first; the files of their drafts are filled in too."""
    if not works:
        return {}
    ids = {work.id for work in works}
    files = select(SubmissionFile).where(SubmissionFile.submission_id.in_(ids)).order_by(SubmissionFile.number)
    known = {file.id: file for file in session.scalars(files.execution_options(populate_existing=True))}
    for work in works:
        mine = [each for each in known.values() if each.submission_id == work.id and each.removed_at is None]
        set_committed_value(work, "files", mine)
    found: dict[int, list[Version]] = {id: [] for id in ids}
    rows = select(WorkVersion).where(WorkVersion.submission_id.in_(ids)).order_by(WorkVersion.number)
    for row in session.scalars(rows.execution_options(populate_existing=True)):
        found[row.submission_id].append(_version(row, known))
    return {id: tuple(versions) for id, versions in found.items()}


def compare(versions: tuple[Version, ...], *, old: int | None, new: int | None) -> Comparison | None:
    """
    The two chosen of *versions*, by number; the newest and the one before it where nobody chose.

    None where one of them is not there, or for this viewer not there.
    """
    if not versions:
        return None
    by_number = {each.number: each for each in versions}
    newest = versions[-1].number
    chosen_new = newest if new is None else new
    earlier = [number for number in by_number if number < chosen_new]
    chosen_old = max(earlier, default=chosen_new) if old is None else old
    if chosen_new not in by_number or chosen_old not in by_number:
        return None
    before, after = by_number[chosen_old], by_number[chosen_new]
    kept = {file.id for file in before.files} & {file.id for file in after.files}
    return Comparison(
        versions=versions,
        old=before,
        new=after,
        changes=rules.changes(before.body, after.body),
        files_gone=tuple(file for file in before.files if file.id not in kept),
        files_new=tuple(file for file in after.files if file.id not in kept),
    )


def _version(row: WorkVersion, known: Mapping[int, SubmissionFile]) -> Version:
    return Version(
        number=row.number,
        body=row.body,
        beside=row.said_beside,
        note=row.note,
        files=row.files_among(known),
        handed_in_at=row.handed_in_at,
    )
