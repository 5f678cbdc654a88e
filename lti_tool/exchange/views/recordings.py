"""
What is said in a recording: its author writes it, or brings a file of captions.
"""

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import WordsSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required

LARGEST_CAPTIONS = 2**20
"""Bytes; two hours of talk take a tenth of it."""


@bp.get("/exchanges/<int:id>/work/files/<int:file_id>/words")
@member_required
def words(id: int, file_id: int) -> ResponseReturnValue:
    """The place to say it."""
    return _page(exchange_or_404(id), file_id)


@bp.post("/exchanges/<int:id>/work/files/<int:file_id>/words")
@member_required
def say_words(id: int, file_id: int) -> ResponseReturnValue:
    """Keep it: what was typed, or the file instead where there is one."""
    exchange = exchange_or_404(id)
    typed = request.form.get("words", "")
    try:
        text: str = _of_file() or WordsSchema().load(form_values("words"))["words"]
        operations.say_words(db.session(), exchange, author=require_part(), file_id=file_id, text=text, now=now())
    except ValidationError as err:
        return _page(exchange, file_id, errors=flat(err.normalized_messages()), typed=typed), 422
    except (errors.NoCues, errors.TooLong, errors.WorkIsBeingReviewed, errors.NotOpen) as err:
        db.session.rollback()
        said = {"words": [wording.sentence(err)]}
        return _page(exchange_or_404(id), file_id, errors=said, typed=typed), 422
    db.session.commit()
    return go_to(url_for("exchange.write", id=id, _anchor="work-files"), saying=_("Saved."))


def _of_file() -> str:
    """The text of the file that came along, if one did."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return ""
    data: bytes = upload.read(LARGEST_CAPTIONS + 1)
    if len(data) > LARGEST_CAPTIONS:
        raise ValidationError([_("That file is too large for captions.")], "file")
    try:
        return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as err:
        raise ValidationError([_("That file is no text. Captions end in .vtt or .srt.")], "file") from err


def _page(
    exchange: Exchange, file_id: int, *, typed: str | None = None, errors: dict[str, list[str]] | None = None
) -> str:
    mine = queries.my_work(db.session(), exchange, require_part(), now=now())
    file = next((each for each in mine.files if each.id == file_id and each.is_recording), None) if mine else None
    if file is None:
        abort(404)
    if typed is None:
        typed = file.words.body if file.words else ""
    return render_template("exchange/words.html", exchange=exchange, file=file, typed=typed, errors=errors or {})
