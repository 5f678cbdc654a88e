"""
What a reviewer takes from a review for their own work.
"""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations
from lti_tool.exchange.schemas import TakeawaySchema
from lti_tool.exchange.views import bp, student
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required


@bp.post("/exchanges/<int:id>/reviews/<int:offer_id>/takeaway")
@member_required
def note_takeaway(id: int, offer_id: int) -> ResponseReturnValue:
    """Keep it, for this reviewer alone; nothing takes the note away."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        form = TakeawaySchema().load(form_values("body"))
    except ValidationError as err:
        said = flat(err.normalized_messages())
        return student.page(exchange, taking=(offer_id, request.form.get("body", ""), said)), 422
    operations.note_takeaway(db.session(), exchange, reviewer=reviewer, offer_id=offer_id, now=now(), **form)
    db.session.commit()
    saying = _("Noted, for you alone.") if form["body"].strip() else _("Taken away.")
    return go_to(url_for("exchange.show", id=id, _anchor="takeaways"), saying=saying)
