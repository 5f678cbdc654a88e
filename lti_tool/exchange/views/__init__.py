"""
The pages of an exchange: setting up, taking part, looking after.
"""

from flask import Blueprint, abort, current_app
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lti_tool import db
from lti_tool.exchange import errors, noted, wording
from lti_tool.web.errors import Refused
from lti_tool.web.fields import LARGEST_ID

bp = Blueprint("exchange", __name__, template_folder="../templates")
bp.add_app_template_global(wording.scored, "scored")
bp.add_app_template_global(noted.listed, "notes_listed")
bp.add_app_template_global(noted.title, "note_title")


@bp.url_value_preprocessor
def refuse_impossible_ids(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """A number that no row can have is no address of ours."""
    if any(isinstance(value, int) and value > LARGEST_ID for value in (values or {}).values()):
        abort(404)


@bp.errorhandler(errors.ExchangeError)
def explain(error: errors.ExchangeError) -> ResponseReturnValue:
    """A rule said no where no form could show it: a page says why. What is not this person's looks like missing."""
    db.session.rollback()
    if isinstance(error, errors.Missing):
        return current_app.handle_user_exception(NotFound())
    return current_app.handle_user_exception(Refused(wording.sentence(error)))


# Each module adds its views to the blueprint above.
from lti_tool.exchange.views import (  # noqa: E402, F401
    anonymity,
    attaching,
    bulk,
    charter,
    coach,
    cockpit,
    comparing,
    dates,
    dialogue,
    downloads,
    examples,
    exporting,
    flags,
    glance,
    grading,
    moderating,
    notes,
    oversight,
    pages,
    pairing,
    plan,
    practice,
    presenting,
    promises,
    proposals,
    recipes,
    recordings,
    release,
    reopening,
    reviewing,
    self_assessment,
    settings,
    staff_reviews,
    staff_talk,
    student,
    takeaways,
    teams,
    versions,
    withdrawing,
    work_options,
    working,
)
