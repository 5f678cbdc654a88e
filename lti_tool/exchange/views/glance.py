"""
An exchange at a glance, drawn, with the numbers behind each drawing.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import queries, wording
from lti_tool.exchange.queries.glance import LENGTHS
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404
from lti_tool.web.guards import staff_required

MOST_ROWS = 14
"""Of the table behind the curves: enough to read them, few enough to be read."""


@bp.get("/exchanges/<int:id>/at-a-glance")
@staff_required
def glance(id: int) -> ResponseReturnValue:
    """How it went, how long feedback is, what is done with it, and how the criteria work."""
    exchange = exchange_or_404(id)
    seen = queries.glance(db.session(), exchange, now=now())
    course = seen.course
    curves = [
        {"key": key, "words": words, "points": _points(values, course.most), "last": values[-1] if values else 0}
        for key, words, values in (
            ("handed-in", _("Signed up") if exchange.is_live else _("Works handed in"), course.handed_in),
            ("given", _("Reviews given"), course.given),
            ("read", _("Reviews read by their authors"), course.read),
        )
    ]
    return render_template(
        "exchange/glance.html",
        exchange=exchange,
        seen=seen,
        curves=curves,
        rows=_rows(course),
        lengths=list(zip(_length_words(), seen.lengths, strict=True)),
        wording=wording,
    )


def _points(values: Sequence[int], most: int) -> str:
    """A curve in a box of 600 by 160; of one day a level line."""
    values = values if len(values) > 1 else [*values, *values]
    width = 600 / max(len(values) - 1, 1)
    return " ".join(f"{place * width:.1f},{160 - 150 * value / most:.1f}" for place, value in enumerate(values))


def _rows(course: Any) -> list[tuple[Any, int, int, int]]:
    rows = list(zip(course.days, course.handed_in, course.given, course.read, strict=True))
    step = max((len(rows) + MOST_ROWS - 1) // MOST_ROWS, 1)
    return rows[::-1][::step][::-1]


def _length_words() -> list[str]:
    first = _("up to %(most)s words", most=LENGTHS[0])
    between = [_("%(least)s to %(most)s words", least=least + 1, most=most) for least, most in pairwise(LENGTHS)]
    return [first, *between, _("more than %(least)s words", least=LENGTHS[-1])]
