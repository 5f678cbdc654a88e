"""
An author at work: write, add files, look once more, hand in.
"""

from typing import Any

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db, files
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import Saved
from lti_tool.exchange.schemas import BesideSchema, HandInSchema, WorkSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.files import FileRefused
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required
from lti_tool.web.viewer import current

NOT_SAVED = (ValidationError, errors.TooLong, errors.NotOpen, errors.NoTeam)
"""Why a draft is not kept; the page brings the words back and says why."""


@bp.get("/exchanges/<int:id>/work")
@member_required
def write(id: int) -> ResponseReturnValue:
    """The place to write."""
    exchange = exchange_or_404(id)
    if exchange.is_live:
        return go_to(url_for("exchange.presentation", id=id))
    return _page(exchange, require_part())


@bp.post("/exchanges/<int:id>/work/draft")
@member_required
def keep_draft(id: int) -> ResponseReturnValue:
    """Keep what is being written: by itself while typing, or on the way to handing in."""
    exchange = exchange_or_404(id)
    author = require_part()
    try:
        saved = _save(exchange, author)
    except NOT_SAVED as err:
        return _refused(exchange, author, err), 422
    db.session.commit()
    if is_htmx():
        return _saved(exchange, author, saved)
    problems = _attach_chosen(exchange, author)
    if problems:
        return _files(exchange_or_404(id), author, saved, problems)
    return _onward(exchange, saved)


@bp.get("/exchanges/<int:id>/work/final")
@member_required
def check(id: int) -> ResponseReturnValue:
    """The work as its reviewers will see it, and the button that hands it in."""
    return _check(exchange_or_404(id), require_part())


@bp.post("/exchanges/<int:id>/work")
@member_required
def hand_in(id: int) -> ResponseReturnValue:
    """Hand in the work that was looked at; if it has changed since, look again first."""
    exchange = exchange_or_404(id)
    author = require_part()
    note = request.form.get("note", "")
    try:
        form = HandInSchema().load(form_values("base_revision", "note"))
    except ValidationError as err:
        return _check(exchange, author, errors=flat(err.normalized_messages()), note=note), 422
    seen = form["base_revision"]
    mine = queries.my_work(db.session(), exchange, author, now=now())
    if mine is None:
        return _check(exchange, author, problem=wording.sentence(errors.EmptyWork())), 422
    if seen != mine.submission.revision:
        problem = _("This was changed in another tab meanwhile. Here is the newest: please look once more.")
        return _check(exchange, author, problem=problem, note=note), 409
    body = mine.submission.draft
    try:
        operations.submit_work(
            db.session(), exchange, author=author, body=body, base_revision=seen, now=now(), note=form["note"]
        )
    except errors.NoteMissing as err:
        db.session.rollback()
        return _check(exchange, author, errors={"note": [wording.sentence(err)]}, note=note), 422
    except errors.ExchangeError as err:
        db.session.rollback()
        return _check(exchange, author, problem=wording.sentence(err)), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Handed in. Thank you!"))


@bp.post("/exchanges/<int:id>/work/files")
@member_required
def attach(id: int) -> ResponseReturnValue:
    """Add files to the work; the words beside them are kept too."""
    exchange = exchange_or_404(id)
    author = require_part()
    try:
        saved = _save(exchange, author)
        db.session.commit()
    except NOT_SAVED as err:
        return _refused_files(exchange, author, err)
    problems = _attach_chosen(exchange, author)
    return _files(exchange_or_404(id), author, saved, problems)


@bp.delete("/exchanges/<int:id>/work/files/<int:file_id>")
@bp.post("/exchanges/<int:id>/work/files/<int:file_id>/removal")
@member_required
def detach(id: int, file_id: int) -> ResponseReturnValue:
    """Take a file away again."""
    exchange = exchange_or_404(id)
    author = require_part()
    try:
        saved = _save(exchange, author) if "body" in request.form else None
        storage = files.storage(_settings())
        operations.remove_file(db.session(), exchange, author=author, file_id=file_id, now=now(), storage=storage)
    except NOT_SAVED as err:
        return _refused_files(exchange, author, err)
    except (errors.WorkIsBeingReviewed, errors.EmptyWork) as err:
        db.session.rollback()
        return _files(exchange, author, None, [wording.sentence(err)])
    db.session.commit()
    return _files(exchange, author, saved, [])


@bp.post("/exchanges/<int:id>/work/copies/<int:copy_id>/restoration")
@member_required
def restore(id: int, copy_id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced."""
    exchange = exchange_or_404(id)
    operations.restore_copy(db.session(), exchange, person=require_part(), copy_id=copy_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.write", id=id), saying=_("Put back. What stood here before is kept below."))


def _onward(exchange: Exchange, saved: Saved) -> ResponseReturnValue:
    """Where the pressed button leads once the draft is kept."""
    id, act = exchange.id, request.form.get("act", "")
    if saved.conflict:
        return go_to(
            url_for("exchange.write", id=id, _anchor="copies"), saying=_conflict_words(exchange), kind="warning"
        )
    if act == "check":
        return go_to(url_for("exchange.check", id=id))
    recording = act.removeprefix("words-")
    if recording.isascii() and recording.isdigit() and len(recording) < 10:
        return go_to(url_for("exchange.words", id=id, file_id=int(recording)))
    return go_to(url_for("exchange.write", id=id), saying=_("Saved."))


def _save(exchange: Exchange, author: int) -> Saved:
    form = WorkSchema().load(form_values("body", "base_revision"))
    return operations.save_draft(
        db.session(), exchange, author=author, now=now(), beside=_beside_of_form(exchange, author), **form
    )


def _attach_chosen(exchange: Exchange, author: int) -> list[str]:
    """Add the files that came along with the form, each for itself; answers what was refused and why."""
    settings, id = _settings(), exchange.id
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    # Cleaning takes its time, so what no work could take is not even begun.
    problems = [wording.sentence(errors.TooManyFiles(rules.MOST_FILES))] if len(uploads) > rules.MOST_FILES else []
    for upload in uploads[: rules.MOST_FILES]:
        try:
            operations.attach_file(
                db.session(),
                exchange,
                author=author,
                data=upload.read(),
                now=now(),
                storage=files.storage(settings),
                max_bytes=settings.upload_max_mb * 2**20,
                name=upload.filename or "",
                max_recording_bytes=settings.recording_max_mb * 2**20,
            )
            db.session.commit()
        except (FileRefused, errors.ExchangeError) as err:
            db.session.rollback()
            # The name is the author's own, and goes back to nobody else.
            problems.append(f"{upload.filename}: {wording.sentence(err)}")
            exchange = exchange_or_404(id)
    return problems


def _beside_of_form(exchange: Exchange, author: int) -> rules.Beside | None:
    """What stands beside the words, as far as the form asks for it; what it does not ask stays as it is."""
    options = exchange.option(rules.WorkOptions)
    names = [name for name in BesideSchema().fields if name in request.form]
    if not names:
        return None
    typed: rules.Beside = BesideSchema().load(form_values(*names))
    mine = queries.my_work(db.session(), exchange, author, now=now())
    kept = rules.Beside.from_dict(mine.submission.beside if mine else {})
    return rules.Beside(
        stage=typed.stage if options.ask else kept.stage,
        questions=typed.questions if options.ask else kept.questions,
        links=typed.links if options.links != rules.UNWANTED else kept.links,
    )


def _settings() -> Settings:
    found: Settings = current_app.extensions["hearth.settings"]
    return found


def _conflict_words(exchange: Exchange) -> str:
    if exchange.has_teams:
        return str(
            _(
                "This was also changed by somebody of your group, or in another tab. Both are kept: "
                "here is what you saved last, and the other is below it."
            )
        )
    said = _(
        "This was also changed in another tab. Both are kept: here is what you saved last, and the other is below it."
    )
    return str(said)


def _refused(exchange: Exchange, author: int, err: Exception) -> str:
    """The page again, with everything that was typed. Without script, that is all there is of it."""
    db.session.rollback()
    said = _problems(err)
    if is_htmx():
        return render_template("exchange/_not_saved.html", exchange=exchange, errors=said)
    beside = {name: request.form[name] for name in BesideSchema().fields if name in request.form}
    return _page(exchange, author, errors=said, typed=request.form.get("body", ""), beside=beside)


def _refused_files(exchange: Exchange, author: int, err: Exception) -> ResponseReturnValue:
    """The same where files came along: nothing is taken, and the list of files says why."""
    if not is_htmx():
        return _refused(exchange, author, err), 422
    db.session.rollback()
    problems = [problem for said in _problems(err).values() for problem in said]
    return _files(exchange_or_404(exchange.id), author, None, problems)


def _problems(err: Exception) -> dict[str, list[str]]:
    return flat(err.normalized_messages()) if isinstance(err, ValidationError) else {"body": [wording.sentence(err)]}


def _saved(exchange: Exchange, author: int, saved: Saved) -> str:
    mine = queries.my_work(db.session(), exchange, author, now=now())
    return render_template(
        "exchange/_saved.html",
        saved=saved,
        copies=mine.copies if mine else (),
        copy_url=lambda copy: url_for("exchange.restore", id=exchange.id, copy_id=copy.id),
        conflict_words=_conflict_words(exchange),
    )


def _files(exchange: Exchange, author: int, saved: Saved | None, problems: list[str]) -> ResponseReturnValue:
    status = 422 if problems else 200
    errors_by_name = {"files": problems} if problems else {}
    if not is_htmx():
        if problems:
            return _page(exchange, author, errors=errors_by_name), status
        return go_to(url_for("exchange.write", id=exchange.id, _anchor="work-files"))
    work = queries.my_work(db.session(), exchange, author, now=now())
    return render_template("exchange/_files.html", **_facts(exchange, work, errors=errors_by_name), saved=saved), status


def _page(exchange: Exchange, author: int, **typed: Any) -> str:
    work = queries.my_work(db.session(), exchange, author, now=now())
    return render_template("exchange/work.html", **_facts(exchange, work, **typed))


def _facts(exchange: Exchange, work: queries.MyWork | None, **typed: Any) -> dict[str, Any]:
    windows = work.windows if work else queries.windows_of(db.session(), exchange, current().person_id)
    facts: dict[str, Any] = {
        "exchange": exchange,
        "work": work,
        "typed": work.submission.draft if work else "",
        "beside": _as_typed(rules.Beside.from_dict(work.submission.beside if work else {})),
        "options": exchange.option(rules.WorkOptions),
        "most_questions": rules.MOST_QUESTIONS,
        "most_links": rules.MOST_LINKS,
        "revision": work.submission.revision if work else 0,
        "errors": {},
        "max_mb": _settings().upload_max_mb,
        "recording_max_mb": _settings().recording_max_mb,
        "most_files": rules.MOST_FILES,
        "wording": wording,
        "copies": work.copies if work else (),
        "copy_url": lambda copy: url_for("exchange.restore", id=exchange.id, copy_id=copy.id),
        "conflict_words": _conflict_words(exchange),
        "windows": windows,
        "because": windows.why_not_hand_in(now()),
        "is_overdue": windows.is_late(now()),
    }
    return facts | typed


def _as_typed(beside: rules.Beside) -> dict[str, str]:
    """What stands beside the words, by the names of the form's fields."""
    typed = {"stage": beside.stage}
    typed |= {f"question_{place}": question for place, question in enumerate(beside.questions, start=1)}
    for place, link in enumerate(beside.links, start=1):
        typed |= {f"link_{place}": link.url, f"link_title_{place}": link.title}
    return typed


def _check(exchange: Exchange, author: int, *, problem: str | None = None, **typed: Any) -> str:
    work = queries.my_work(db.session(), exchange, author, now=now())
    if work is None and problem is None:
        abort(404)
    facts = _facts(exchange, work, note="") | typed
    facts["said_beside"] = rules.Beside.from_dict(work.submission.beside if work else {})
    return render_template("exchange/check.html", **facts, problem=problem)
