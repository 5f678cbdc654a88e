"""
One act for several people of the list: a reminder, their works for others, an excuse.
"""

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import BulkSchema, ExcusalSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to
from lti_tool.exchange.views.oversight import overview_page
from lti_tool.web.fields import flat
from lti_tool.web.guards import staff_required
from lti_tool.web.viewer import current


@bp.post("/exchanges/<int:id>/people/acts")
@staff_required
def act_on_people(id: int) -> ResponseReturnValue:
    """Do one thing for those who are ticked."""
    exchange = exchange_or_404(id)
    typed = form_values("act", "owes", "why") | {"person": request.form.getlist("person")}
    try:
        form = BulkSchema().load({name: typed[name] for name in ("act", "person") if name in typed})
        said = _done(exchange, form["act"], form["person"])
    except ValidationError as err:
        db.session.rollback()
        found = {name if name in ("act", "owes", "why") else "person": said for name, said in _flat(err).items()}
        return overview_page(exchange_or_404(id), typed=typed, errors=found), 422
    except (errors.NoSuchPerson, errors.OwesOutOfRange) as err:
        db.session.rollback()
        name = "owes" if isinstance(err, errors.OwesOutOfRange) else "person"
        return overview_page(exchange_or_404(id), typed=typed, errors={name: [wording.sentence(err)]}), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id, _anchor="people"), saying=said)


def _done(exchange: Exchange, act: str, people: list[int]) -> str:
    facts: dict[str, Any] = {"people": people, "by": current().person_id, "now": now()}
    if act == "remind":
        if not current().is_teacher:
            abort(403)
        count = operations.remind(db.session(), exchange, **facts)
        if exchange.keeps_counts_back:
            return str(_("Those of them who owe something are reminded, at most once a day."))
        said = ngettext("One person was reminded.", "%(num)s people were reminded.", count)
        return str(said if count else _("Nobody of them owes anything, or they were reminded within a day."))
    if act == "remind_of_work":
        if not current().is_teacher:
            abort(403)
        count = operations.remind_of_work(db.session(), exchange, **facts)
        said = ngettext("One person was reminded.", "%(num)s people were reminded.", count)
        return str(said if count else _("All of them have handed in, or were reminded within a day."))
    if act == "free":
        count = len(operations.free_all(db.session(), exchange, **facts))
        if exchange.keeps_counts_back:
            return str(_("What is kept for them and not begun goes to others."))
        said = ngettext("The works of one person go to others.", "The works of %(num)s people go to others.", count)
        return str(said if count else _("Nothing is kept for them that others could read."))
    form = ExcusalSchema().load(form_values("owes", "why"))
    count = len(operations.excuse_all(db.session(), exchange, **facts, **form))
    return str(ngettext("One person is excused.", "%(num)s people are excused.", count))


def _flat(err: ValidationError) -> dict[str, list[str]]:
    messages = err.normalized_messages()
    found = flat(messages)
    # A list says which of its places is wrong; here it is enough that one is.
    return found or {name: [_("Choose from the people of this course.")] for name in messages}
