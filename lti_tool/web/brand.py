"""
The institution's colour: one rule for each colour, at an address that browsers keep for good.

A page may carry no style of its own (our CSP), so the colour comes as a stylesheet. It sets nothing but
``--brand``; of that only the hue is used, see ``tokens.css``, so that words stay readable whatever the colour is.
"""

import re

from flask import Blueprint, Flask, Response, abort

from lti_tool.web.guards import open_to_all

bp = Blueprint("brand", __name__)

COLOUR = re.compile(r"[0-9a-f]{6}")
FOR_GOOD = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Serve the colours."""
    app.register_blueprint(bp)


@bp.get("/brand/<colour>.css")
@open_to_all
def sheet(colour: str) -> Response:
    """The rule for one colour, such as ``/brand/0374b5.css``."""
    if COLOUR.fullmatch(colour) is None:
        abort(404)
    response = Response(f":root{{--brand:#{colour}}}", mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = FOR_GOOD
    response.cache_control.immutable = True
    return response
