"""
A reviewer's own date, and a teacher's reminder.
"""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, wording
from lti_tool.exchange.schemas import CommitmentSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.exchange.views.student import page
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required
from lti_tool.web.viewer import current


@bp.post("/exchanges/<int:id>/commitment")
@member_required
def commit_to(id: int) -> ResponseReturnValue:
    """I review by then."""
    exchange = exchange_or_404(id)
    person = require_part()
    try:
        form = CommitmentSchema().load(form_values("by"))
        operations.commit_to(db.session(), exchange, person=person, now=now(), **form)
    except (ValidationError, errors.NotAhead) as err:
        db.session.rollback()
        said = flat(err.normalized_messages()) if isinstance(err, ValidationError) else {"by": [wording.sentence(err)]}
        return page(exchange_or_404(id), errors=said, typed_by=request.form.get("by", "")), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id, _anchor="commitment"), saying=_("Your own date is set."))


@bp.delete("/exchanges/<int:id>/commitment")
@bp.post("/exchanges/<int:id>/commitment/removal")
@member_required
def drop_commitment(id: int) -> ResponseReturnValue:
    """No date of mine after all."""
    exchange = exchange_or_404(id)
    operations.drop_commitment(db.session(), exchange, person=require_part(), now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Your own date is gone."))


@bp.post("/exchanges/<int:id>/reminders")
@teacher_required
def remind(id: int) -> ResponseReturnValue:
    """A word to everybody who owes something, each at most once a day."""
    exchange = exchange_or_404(id)
    count = operations.remind(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One person was reminded.", "%(num)s people were reminded.", count)
    return go_to(
        url_for("exchange.show", id=id), saying=said if count else _("Everybody who owes was reminded within a day.")
    )


@bp.post("/exchanges/<int:id>/work-reminders")
@teacher_required
def remind_of_work(id: int) -> ResponseReturnValue:
    """A word to everybody who has not handed in, each at most once a day."""
    exchange = exchange_or_404(id)
    count = operations.remind_of_work(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One person was reminded.", "%(num)s people were reminded.", count)
    return go_to(
        url_for("exchange.show", id=id), saying=said if count else _("Everybody of them was reminded within a day.")
    )
