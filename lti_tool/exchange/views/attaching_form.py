"""
The place for files in a form in which somebody writes feedback.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, FeedbackFile
from lti_tool.exchange.queries import Desk
from lti_tool.exchange.views.answers import exchange_or_404, require_part
from lti_tool.web.viewer import current


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the form shows of files."""

    files: tuple[FeedbackFile, ...]
    may_add: bool
    most: int
    recordings: bool
    max_mb: int
    recording_max_mb: int
    attach_url: str
    detach_url: Callable[[FeedbackFile], str]
    tells_voice: bool
    """Whoever writes is hidden, and a voice would say who they are."""


def of_review(exchange: Exchange, mine: queries.MyReview) -> Place | None:
    """That of a reviewer."""
    ids: dict[str, Any] = {"id": exchange.id, "offer_id": mine.offer.id}
    return _place(
        exchange,
        Desk.of_offer(mine.offer.id, mine.feedback.id if mine.feedback is not None else None),
        attach_url=url_for("exchange.attach_to_review", **ids),
        detach_url=lambda file: url_for("exchange.detach_from_review", **ids, attached_id=file.id, _method="POST"),
        is_hidden=exchange.hides_reviewer,
    )


def of_staff(exchange: Exchange, desk: Desk, person_id: int) -> Place | None:
    """That of a teacher or assistant, who give their names."""
    ids: dict[str, Any] = {"id": exchange.id, "person_id": person_id}
    return _place(
        exchange,
        desk,
        attach_url=url_for("exchange.attach_to_staff_review", **ids),
        detach_url=lambda file: url_for(
            "exchange.detach_from_staff_review", **ids, attached_id=file.id, _method="POST"
        ),
        is_hidden=False,
    )


def add_to_review(exchange_id: int, offer_id: int) -> list[str]:
    """Add to somebody's feedback what came along with its form; answers what was refused and why."""
    reviewer = require_part()
    return _add_uploads(
        exchange_id,
        lambda exchange, upload: operations.attach_to_review(
            db.session(),
            exchange,
            reviewer=reviewer,
            offer_id=offer_id,
            upload=upload,
            now=now(),
            storage=files.storage(settings()),
        ),
    )


def add_to_staff_review(exchange_id: int, person_id: int) -> list[str]:
    """The same for a review by staff of the work of *person_id*."""
    by = current().person_id
    return _add_uploads(
        exchange_id,
        lambda exchange, upload: operations.attach_to_staff_review(
            db.session(), exchange, author=person_id, by=by, upload=upload, storage=files.storage(settings())
        ),
    )


def settings() -> Settings:
    """How large files may be, and where they are kept."""
    found: Settings = current_app.extensions["hearth.settings"]
    return found


def _add_uploads(exchange_id: int, attach: Callable[[Exchange, operations.Upload], Any]) -> list[str]:
    """Add what came along, each for itself; answers what was refused and why."""
    exchange = exchange_or_404(exchange_id)
    most = exchange.option(rules.AttachingOptions).most
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    # Cleaning takes its time, so what no review could take is not even begun.
    problems = [wording.sentence(errors.TooManyFiles(most))] if most and len(uploads) > most else []
    for upload in uploads[: max(most, 1)]:
        sent = operations.Upload(
            data=upload.read(),
            name=upload.filename or "",
            max_bytes=settings().upload_max_mb * 2**20,
            max_recording_bytes=settings().recording_max_mb * 2**20,
        )
        try:
            attach(exchange, sent)
            db.session.commit()
        except (files.FileRefused, errors.FilesUnwanted, errors.TooManyFiles) as err:
            db.session.rollback()
            # The name is the sender's own, and goes back to nobody else.
            problems.append(f"{upload.filename}: {wording.sentence(err)}")
            exchange = exchange_or_404(exchange_id)
    return problems


def _place(
    exchange: Exchange,
    desk: Desk,
    *,
    attach_url: str,
    detach_url: Callable[[FeedbackFile], str],
    is_hidden: bool,
) -> Place | None:
    """None where feedback has no files, and this one has none from before."""
    options = exchange.option(rules.AttachingOptions)
    there = tuple(queries.on_desk(db.session(), desk))
    if not options.is_on and not there:
        return None
    return Place(
        files=there,
        may_add=options.is_on,
        most=options.most,
        recordings=options.recordings,
        max_mb=settings().upload_max_mb,
        recording_max_mb=settings().recording_max_mb,
        attach_url=attach_url,
        detach_url=detach_url,
        tells_voice=is_hidden,
    )
