"""
An author takes their work back.
"""

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import operations, queries
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, go_to, require_part
from lti_tool.web.guards import member_required


@bp.get("/exchanges/<int:id>/work/withdrawal")
@member_required
def ask_to_withdraw(id: int) -> ResponseReturnValue:
    """What taking it back means, before it is done."""
    exchange = exchange_or_404(id)
    mine = queries.my_work(db.session(), exchange, require_part(), now=now())
    if mine is None or mine.submission.submitted_at is None:
        abort(404)
    return render_template(
        "exchange/withdrawal.html", exchange=exchange, work=mine, is_overdue=mine.windows.is_late(now())
    )


@bp.post("/exchanges/<int:id>/work/withdrawal")
@member_required
def withdraw(id: int) -> ResponseReturnValue:
    """Take it back: a draft again, until it is handed in once more."""
    exchange = exchange_or_404(id)
    operations.withdraw_work(db.session(), exchange, author=require_part(), now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("You took your work back. It is a draft again."))
