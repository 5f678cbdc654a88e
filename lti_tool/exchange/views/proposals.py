"""
The rules of feedback, made together: students propose and support, teachers adopt or answer.
"""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, Proposal
from lti_tool.exchange.schemas import ProposalAnswerSchema, ProposalSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required
from lti_tool.web.viewer import current

REFUSALS = (errors.EmptyMessage, errors.TooLong, errors.RuleKnown, errors.TooManyProposals)


@bp.get("/exchanges/<int:id>/rules")
@member_required
def together(id: int) -> ResponseReturnValue:
    """The rules, and what is proposed for them."""
    exchange = exchange_or_404(id)
    charter = exchange.option(rules.CharterOptions)
    if not (charter.is_on or charter.proposals):
        abort(404)
    return _page(exchange)


@bp.post("/exchanges/<int:id>/rules/proposals")
@member_required
def propose_rule(id: int) -> ResponseReturnValue:
    """Propose one."""
    exchange = exchange_or_404(id)
    person = require_part()
    try:
        form = ProposalSchema().load(form_values("rule"))
        operations.propose_rule(db.session(), exchange, by=person, now=now(), **form)
    except (ValidationError, *REFUSALS) as err:
        db.session.rollback()
        said = (
            flat(err.normalized_messages()) if isinstance(err, ValidationError) else {"rule": [wording.sentence(err)]}
        )
        return _page(exchange_or_404(id), errors=said, typed_rule=request.form.get("rule", "")), 422
    db.session.commit()
    return _back(id, _("Proposed. Your classmates can support it, and your teacher answers."))


@bp.delete("/exchanges/<int:id>/rules/proposals/<int:proposal_id>")
@bp.post("/exchanges/<int:id>/rules/proposals/<int:proposal_id>/removal")
@member_required
def take_proposal_back(id: int, proposal_id: int) -> ResponseReturnValue:
    """Not after all."""
    exchange = exchange_or_404(id)
    operations.take_proposal_back(db.session(), exchange, by=require_part(), proposal_id=proposal_id, now=now())
    db.session.commit()
    return _back(id, _("Taken back."))


@bp.post("/exchanges/<int:id>/rules/proposals/<int:proposal_id>/support")
@member_required
def support_rule(id: int, proposal_id: int) -> ResponseReturnValue:
    """I would like it too."""
    exchange = exchange_or_404(id)
    operations.support_rule(db.session(), exchange, by=require_part(), proposal_id=proposal_id, now=now())
    db.session.commit()
    return _back(id, _("You support it. Nobody else learns that it is you."))


@bp.delete("/exchanges/<int:id>/rules/proposals/<int:proposal_id>/support")
@bp.post("/exchanges/<int:id>/rules/proposals/<int:proposal_id>/support/removal")
@member_required
def stop_supporting(id: int, proposal_id: int) -> ResponseReturnValue:
    """No longer."""
    exchange = exchange_or_404(id)
    operations.stop_supporting(db.session(), exchange, by=require_part(), proposal_id=proposal_id)
    db.session.commit()
    return _back(id, _("You no longer support it."))


@bp.post("/exchanges/<int:id>/rules/proposals/<int:proposal_id>/answer")
@teacher_required
def answer_proposal(id: int, proposal_id: int) -> ResponseReturnValue:
    """Take it into the rules, or say why not."""
    exchange = exchange_or_404(id)
    proposal = db.session().get(Proposal, proposal_id)
    if proposal is None or proposal.exchange_id != exchange.id:
        abort(404)
    # More than one form of the kind stands on the page, so its fields say which they are of.
    sent = form_values("answer", *(f"{name}-{proposal_id}" for name in ("rule", "words")))
    typed = {name.partition("-")[0]: value for name, value in sent.items()}
    facts: dict[str, Any] = {"proposal_id": proposal_id, "by": current().person_id, "now": now()}
    try:
        form = ProposalAnswerSchema().load(typed)
        if form.pop("answer") == rules.ADOPTED:
            operations.adopt_rule(db.session(), exchange, **facts, **form)
        else:
            operations.decline_rule(db.session(), exchange, **facts, words=form["words"])
    except (ValidationError, errors.TooLong, errors.RuleKnown, errors.CharterFull, errors.WhyMissing) as err:
        db.session.rollback()
        name = "words" if isinstance(err, errors.WhyMissing) else "rule"
        found = flat(err.normalized_messages()) if isinstance(err, ValidationError) else {name: [wording.sentence(err)]}
        said = {f"{field}-{proposal_id}": each for field, each in found.items()}
        labels = {
            f"rule-{proposal_id}": _("The rule, as it will read"),
            f"words-{proposal_id}": _("What you say to it"),
        }
        return _page(exchange_or_404(id), errors=said, labels=labels, typed_answer=typed, answering=proposal_id), 422
    db.session.commit()
    return _back(id, _("Answered. Whoever proposed it is told."))


def _back(id: int, saying: str) -> ResponseReturnValue:
    return go_to(url_for("exchange.together", id=id), saying=saying)


def _page(exchange: Exchange, **typed: Any) -> str:
    viewer = current()
    charter = exchange.option(rules.CharterOptions)
    found = (
        queries.proposals(db.session(), exchange, viewer.person_id, is_staff=viewer.is_staff)
        if charter.proposals
        else ()
    )
    may_propose = charter.proposals and exchange.is_published and not exchange.is_closed
    defaults = {
        "exchange": exchange,
        "charter": charter,
        "open_ones": [each for each in found if each.answer is None],
        "answered": [each for each in found if each.answer is not None],
        "may_propose": may_propose and viewer.takes_part,
        "may_answer": viewer.is_teacher,
        "staff_see_names": exchange.may_see(rules.STAFF, rules.REVIEWER),
        "longest": rules.LONGEST_RULE,
        "wording": wording,
        "errors": {},
        "typed_rule": "",
        "typed_answer": {},
        "answering": None,
        "labels": {"rule": _("Good feedback in this class …")},
    }
    return render_template("exchange/together.html", **(defaults | typed))
