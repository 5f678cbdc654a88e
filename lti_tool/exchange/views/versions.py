"""
The versions of a work: for its author, for staff, and for a reviewer from the one they review on.
"""

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import queries, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, require_part
from lti_tool.web.guards import member_required, staff_required


@bp.get("/exchanges/<int:id>/work/versions")
@member_required
def my_versions(id: int) -> ResponseReturnValue:
    """What the author handed in, time after time."""
    exchange = exchange_or_404(id)
    mine = queries.my_work(db.session(), exchange, require_part(), now=now())
    return _page(exchange, mine.versions if mine else (), back=url_for("exchange.show", id=id), is_author=True)


@bp.get("/exchanges/<int:id>/reviews/<int:offer_id>/versions")
@member_required
def reviewed_versions(id: int, offer_id: int) -> ResponseReturnValue:
    """The version under review and those that came after it."""
    exchange = exchange_or_404(id)
    mine = queries.my_review(db.session(), exchange, require_part(), offer_id, now=now())
    if mine is None:
        abort(404)
    return _page(exchange, mine.versions, back=url_for("exchange.review", id=id, offer_id=offer_id))


@bp.get("/exchanges/<int:id>/people/<int:person_id>/versions")
@staff_required
def versions_by(id: int, person_id: int) -> ResponseReturnValue:
    """All versions of somebody's work, for staff."""
    exchange = exchange_or_404(id)
    work = queries.my_work(db.session(), exchange, person_id, now=now())
    if work is None:
        abort(404)
    return _page(exchange, work.versions, back=url_for("exchange.person", id=id, person_id=person_id))


def _page(
    exchange: Exchange, versions: tuple[queries.Version, ...], *, back: str, is_author: bool = False
) -> ResponseReturnValue:
    compared = queries.compare(versions, old=_chosen("old"), new=_chosen("new"))
    if compared is None:
        abort(404)
    return render_template(
        "exchange/versions.html", exchange=exchange, compared=compared, back=back, is_author=is_author, wording=wording
    )


def _chosen(name: str) -> int | None:
    """A version that the address asks for; what is no number asks for one that is not there."""
    said = request.args.get(name, "")
    if not said:
        return None
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
