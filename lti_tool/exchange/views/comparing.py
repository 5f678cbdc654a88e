"""
Works compared two at a time: the settings, the reviewer's page, and the advice that staff read.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange, WordsDraft
from lti_tool.exchange.operations.comparing import about
from lti_tool.exchange.queries import Comparing
from lti_tool.exchange.rules import AnswerWords, Words
from lti_tool.exchange.schemas import ComparingOptionsSchema, ComparisonSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, is_htmx, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.exchange.views.words_drafts import Kept, asked_revision, copies_of
from lti_tool.exchange.views.words_form import on_removed
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, staff_required, teacher_required
from lti_tool.web.viewer import current

SIDES = ("left", "right")


@bp.get("/exchanges/<int:id>/settings/comparing")
@teacher_required
def comparing_options(id: int) -> ResponseReturnValue:
    """Whether works are compared too."""
    exchange = exchange_or_404(id)
    return _settings(exchange, exchange.option(rules.ComparingOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/comparing")
@teacher_required
def change_comparing(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = ComparingOptionsSchema().load(typed)
    except ValidationError as err:
        return _settings(exchange, typed, errors=flat(err.normalized_messages())), 422
    there = url_for("exchange.comparing", id=id) if options.is_on else ""
    saying = _("Saved. Begin a round when the works are in.") if options.is_on else ""
    return save_topic(exchange, options, typed, form=_settings, there=there, saying=saying)


@bp.get("/exchanges/<int:id>/comparing")
@staff_required
def comparing(id: int) -> ResponseReturnValue:
    """How far comparing has come, and the order that it advises."""
    exchange = exchange_or_404(id)
    return render_template(
        "exchange/comparing.html",
        exchange=exchange,
        options=exchange.option(rules.ComparingOptions),
        advice=queries.comparing_advice(db.session(), exchange),
        fewest=rules.FEWEST_WORKS,
        sees_reviewers=exchange.may_see(rules.STAFF, rules.REVIEWER),
        because=exchange.windows.why_not_open(now()),
        wording=wording,
    )


@bp.post("/exchanges/<int:id>/comparing/rounds")
@teacher_required
def begin_comparing(id: int) -> ResponseReturnValue:
    """Begin a round."""
    exchange = exchange_or_404(id)
    count = operations.begin_comparing(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("Begun: one pair of works to compare.", "Begun: %(num)s pairs of works to compare.", count)
    return go_to(url_for("exchange.comparing", id=id), saying=said)


@bp.post("/exchanges/<int:id>/comparing/pairs/<int:pair_id>/hiding")
@staff_required
def hide_comparison(id: int, pair_id: int) -> ResponseReturnValue:
    """Keep what was written from the authors."""
    return _hide(id, pair_id, is_hidden=True, saying=_("Hidden from the authors."))


@bp.delete("/exchanges/<int:id>/comparing/pairs/<int:pair_id>/hiding")
@bp.post("/exchanges/<int:id>/comparing/pairs/<int:pair_id>/hiding/removal")
@staff_required
def show_comparison(id: int, pair_id: int) -> ResponseReturnValue:
    """Show it to them again."""
    return _hide(id, pair_id, is_hidden=False, saying=_("Shown to the authors again."))


@bp.get("/exchanges/<int:id>/comparisons/<int:pair_id>")
@member_required
def compare(id: int, pair_id: int) -> ResponseReturnValue:
    """Two works side by side, and the place to write about them."""
    return _page(exchange_or_404(id), pair_id)


@bp.post("/exchanges/<int:id>/comparisons/<int:pair_id>")
@member_required
def give_comparison(id: int, pair_id: int) -> ResponseReturnValue:
    """Say which does what better, and write to both authors."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    try:
        form = ComparisonSchema().load(_values(exchange))
        del form["base_revision"]
        operations.give_comparison(db.session(), exchange, reviewer=reviewer, pair_id=pair_id, now=now(), **form)
    except (
        ValidationError,
        errors.TooLong,
        errors.IncompleteComparison,
        errors.UnknownAnswer,
        errors.NotOpen,
    ) as err:
        return _refused(exchange, pair_id, err), 422
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("Your words are with both authors. Thank you!"))


@bp.post("/exchanges/<int:id>/comparisons/<int:pair_id>/draft")
@member_required
def keep_comparison(id: int, pair_id: int) -> ResponseReturnValue:
    """Keep what is being written."""
    exchange = exchange_or_404(id)
    reviewer = require_part()
    _mine_or_404(exchange, pair_id)
    try:
        form = ComparisonSchema().load(_draft_values(exchange))
        left = _with_picks(form["left"], form["picks"])
        saved = [
            operations.keep_words(
                db.session(),
                exchange,
                person=reviewer,
                about=about(pair_id, side),
                words=words,
                base_revision=form["base_revision"],
                now=now(),
            )
            for side, words in zip(SIDES, (left, form["right"]), strict=True)
        ]
    except (ValidationError, errors.TooLong) as err:
        return _refused(exchange, pair_id, err, draft=True), 422
    # Both go on together, so that one number says what a tab has seen.
    revision = max(each.revision for each in saved)
    drafts = [_draft(exchange, pair_id, side) for side in SIDES]
    for draft in drafts:
        if draft is not None:
            draft.revision = revision
    db.session.commit()
    here = url_for("exchange.compare", id=id, pair_id=pair_id)
    if not is_htmx():
        return go_to(here, saying=_("Saved."))
    return render_template(
        "exchange/_saved.html",
        saved=replace(saved[0], revision=revision, conflict=any(each.conflict for each in saved)),
        copies=[copy for draft in drafts for copy in copies_of(draft)],
        coach=(),
        criteria=exchange.criteria,
        copy_url=lambda _copy: url_for("exchange.restore_comparison", id=id, pair_id=pair_id),
        conflict_words=_(
            "This was also changed in another tab. Both are kept: here is what you saved last, "
            "and the other is below it."
        ),
    )


@bp.post("/exchanges/<int:id>/comparisons/<int:pair_id>/draft/restoration")
@member_required
def restore_comparison(id: int, pair_id: int) -> ResponseReturnValue:
    """Take back words that another tab replaced, to whichever author."""
    exchange = exchange_or_404(id)
    person = require_part()
    wanted = request.args.get("side")
    kept = [
        side
        for side in SIDES
        if wanted in (None, side) and (draft := _draft(exchange, pair_id, side)) is not None and draft.others
    ]
    if not kept:
        abort(404)
    for side in kept:
        operations.take_other_words(
            db.session(), exchange, person=person, about=about(pair_id, side), now=now(), revision=asked_revision()
        )
    db.session.commit()
    said = _("Put back. What stood here before is kept below.")
    return go_to(url_for("exchange.compare", id=id, pair_id=pair_id), saying=said)


def with_step(steps: list[dict[str, str]], comparing: Comparing | None, step: str) -> list[dict[str, str]]:
    """The steps of everybody, with comparing after reviewing where a round has begun."""
    if comparing is None or not comparing.mine:
        return steps
    is_done = comparing.given == len(comparing.mine)
    note = "" if is_done else _("%(done)s of %(total)s", done=comparing.given, total=len(comparing.mine))
    state = "now" if step == "compare" else "done" if is_done else ""
    return [*steps[:2], {"text": _("Compare works"), "note": note, "state": state}, *steps[2:]]


@dataclass(frozen=True, kw_only=True)
class Written:
    """What is written so far about two works."""

    picks: dict[int, int]
    left: Words
    right: Words


def _hide(id: int, pair_id: int, *, is_hidden: bool, saying: str) -> ResponseReturnValue:
    exchange = exchange_or_404(id)
    operations.hide_comparison(
        db.session(), exchange, pair_id=pair_id, is_hidden=is_hidden, by=current().person_id, now=now()
    )
    db.session.commit()
    return go_to(url_for("exchange.comparing", id=id, _anchor=f"pair-{pair_id}"), saying=saying)


def _settings(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page(
        "exchange/comparing_options.html",
        exchange,
        rules.ComparingOptions,
        typed,
        choices=[(0, _("None")), *((count, str(count)) for count in range(1, rules.MOST_PAIRS + 1))],
        **facts,
    )


def _values(exchange: Exchange) -> dict[str, Any]:
    form = request.form
    found: dict[str, Any] = {"picks": {}, "left": {}, "right": {}}
    for criterion in exchange.criteria:
        if form.get(f"pick-{criterion.id}"):
            found["picks"][criterion.id] = form[f"pick-{criterion.id}"]
        for side in SIDES:
            found[side][criterion.id] = form.get(f"{side}-{criterion.id}", "")
    # Words on a criterion that is gone, until their writer has seen that it is.
    for side in SIDES:
        found[side] |= on_removed(side, exchange.criteria)
    return form_values("left_comment", "right_comment", "base_revision") | found


def _draft_values(exchange: Exchange) -> dict[str, Any]:
    """The form as a draft keeps it: with all that was said on criteria that are gone."""
    found = _values(exchange)
    for side in SIDES:
        found[side] |= on_removed(f"removed-{side}", exchange.criteria)
    return found


def _typed(exchange: Exchange) -> Written:
    """What was typed, right or wrong, to be shown again."""
    values = _draft_values(exchange)
    picks = {id: int(pick) for id, pick in values["picks"].items() if pick in ("-1", "0", "1")}
    left, right = (
        Words(
            answers={id: AnswerWords(comment=said) for id, said in values[side].items()},
            comment=values.get(f"{side}_comment", ""),
        )
        for side in SIDES
    )
    return Written(picks=picks, left=left, right=right)


def _with_picks(words: Words, picks: dict[int, int]) -> Words:
    """The words to the left author, with what was picked: how drafts keep it."""
    answers = {
        id: replace(words.answers.get(id, AnswerWords()), number=float(picks[id]) if id in picks else None)
        for id in {*words.answers, *picks}
    }
    return replace(words, answers=answers)


def _draft(exchange: Exchange, pair_id: int, side: str) -> WordsDraft | None:
    return queries.words_draft(db.session(), exchange, current().person_id, about(pair_id, side))


def _mine_or_404(exchange: Exchange, pair_id: int) -> queries.ToCompare:
    comparing = queries.comparing_of(db.session(), exchange, current().person_id)
    mine = comparing.mine if comparing is not None else ()
    found = next((each for each in mine if each.pair.id == pair_id), None)
    if found is None:
        abort(404)
    return found


def _errors_by_name(err: Exception) -> dict[str, list[str]]:
    if isinstance(err, ValidationError):
        messages = err.normalized_messages()
        found = flat(messages)
        for part, name in (("picks", "pick"), ("left", "left"), ("right", "right")):
            said = messages.get(part, {})
            for id, problems in said.items() if isinstance(said, dict) else ():
                found[f"{name}-{id}"] = [str(each) for each in problems.get("value", ())]
        return found
    if isinstance(err, errors.IncompleteComparison):
        return {
            f"pick-{lack.criterion_id}" if lack.part == "answer" else f"{lack.part}_comment": [
                _("Choose what fits best.") if lack.part == "answer" else _("Write a few words to this author.")
            ]
            for lack in err.lacks
        }
    return {"left_comment": [wording.sentence(err)]}


def _refused(exchange: Exchange, pair_id: int, err: Exception, *, draft: bool = False) -> str:
    said = _errors_by_name(err)
    db.session.rollback()
    exchange = exchange_or_404(exchange.id)
    if draft and is_htmx():
        return render_template("exchange/_not_saved.html", exchange=exchange, errors=said)
    return _page(exchange, pair_id, errors=said, written=_typed(exchange))


def _page(exchange: Exchange, pair_id: int, **typed: Any) -> str:
    person = current().person_id
    mine = _mine_or_404(exchange, pair_id)
    works = queries.works_compared(db.session(), mine.pair)
    if works is None:
        abort(404)
    drafts = [_draft(exchange, pair_id, side) for side in SIDES]
    names = [name or _("Work %(letter)s", letter=letter) for name, letter in zip(mine.names, ("A", "B"), strict=True)]
    facts = {
        "exchange": exchange,
        "mine": mine,
        "works": works,
        "names": names,
        "written": _written(mine, drafts),
        "revision": max((draft.revision for draft in drafts if draft is not None), default=0),
        "saved_at": max((draft.saved_at for draft in drafts if draft is not None), default=None),
        "copies": [copy for draft in drafts for copy in copies_of(draft)],
        "copy_url": partial(_restore_url, exchange, pair_id),
        "errors": {},
        "error_labels": _labels(exchange, names),
        "because": mine.why_not(queries.windows_of(db.session(), exchange, person), now()),
        "wording": wording,
    }
    wants_form = is_htmx() and "written" in typed
    return render_template("exchange/_compare_form.html" if wants_form else "exchange/compare.html", **(facts | typed))


def _restore_url(exchange: Exchange, pair_id: int, copy: Kept) -> str:
    side = copy.about.rpartition("-")[2]
    return url_for("exchange.restore_comparison", id=exchange.id, pair_id=pair_id, side=side, revision=copy.revision)


def _written(mine: queries.ToCompare, drafts: list[WordsDraft | None]) -> Written:
    """What was given, or what is written so far."""
    pair = mine.pair
    if pair.given_at is not None:
        picks = {int(id): int(pick) for id, pick in pair.picks.items()}
        return Written(picks=picks, left=pair.words_to(pair.left_id), right=pair.words_to(pair.right_id))
    left, right = (Words.from_dict(draft.words) if draft is not None else Words() for draft in drafts)
    picks = {id: int(said.number) for id, said in left.answers.items() if said.number is not None}
    return Written(picks=picks, left=left, right=right)


def _labels(exchange: Exchange, names: list[str]) -> dict[str, str]:
    found = {f"pick-{criterion.id}": criterion.title for criterion in exchange.criteria}
    for side, name in zip(SIDES, names, strict=True):
        found |= {f"{side}-{criterion.id}": criterion.title for criterion in exchange.criteria}
        found[f"{side}_comment"] = _("To the author of %(name)s", name=name)
    return found
