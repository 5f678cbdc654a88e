"""
Groups that hand in together: the settings of it, making them, and joining one.
"""

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError

from lti_tool import db
from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules, wording
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.schemas import DealSchema, TeamNameSchema, TeamOptionsSchema
from lti_tool.exchange.views import bp
from lti_tool.exchange.views.answers import exchange_or_404, form_values, go_to, require_part
from lti_tool.exchange.views.topic_pages import save_topic, topic_page, typed_options
from lti_tool.web.fields import flat
from lti_tool.web.guards import member_required, teacher_required
from lti_tool.web.viewer import current

MOST_NAMED = 8
"""More names than this no sentence holds."""


@bp.get("/exchanges/<int:id>/settings/teams")
@teacher_required
def team_options(id: int) -> ResponseReturnValue:
    """Whether groups hand in together."""
    exchange = exchange_or_404(id)
    return _options(exchange, exchange.option(rules.TeamOptions).as_dict())


@bp.post("/exchanges/<int:id>/settings/teams")
@teacher_required
def change_team_options(id: int) -> ResponseReturnValue:
    """Save it."""
    exchange = exchange_or_404(id)
    typed = typed_options()
    try:
        options = TeamOptionsSchema().load(typed)
        operations.require_teams_kept(db.session(), exchange, options)
    except ValidationError as err:
        return _options(exchange, typed, errors=flat(err.normalized_messages())), 422
    except errors.HasWork:
        said = _("Somebody has begun to write already, so this stays as it is.")
        return _options(exchange, typed, errors={"on": [said]}), 422
    there = url_for("exchange.teams", id=id) if options.on else ""
    return save_topic(exchange, options, typed, form=_options, there=there)


@bp.get("/exchanges/<int:id>/groups")
@teacher_required
def teams(id: int) -> ResponseReturnValue:
    """Who is in which group, and the ways to make them."""
    return _page(_grouped_or_404(id))


@bp.post("/exchanges/<int:id>/groups")
@teacher_required
def add_team(id: int) -> ResponseReturnValue:
    """One more group."""
    exchange = _grouped_or_404(id)
    try:
        form = TeamNameSchema().load(form_values("name"))
    except ValidationError as err:
        return _page(exchange, errors=flat(err.normalized_messages()), typed=request.form), 422
    operations.add_team(db.session(), exchange, by=current().person_id, now=now(), **form)
    db.session.commit()
    return go_to(url_for("exchange.teams", id=id), saying=_("The group is there. Put somebody into it."))


@bp.post("/exchanges/<int:id>/groups/dealing")
@teacher_required
def deal(id: int) -> ResponseReturnValue:
    """Everybody who is in no group, at random."""
    exchange = _grouped_or_404(id)
    try:
        form = DealSchema().load(form_values("size"))
    except ValidationError as err:
        return _page(exchange, errors=flat(err.normalized_messages()), typed=request.form), 422
    count = operations.deal(db.session(), exchange, by=current().person_id, now=now(), **form)
    db.session.commit()
    said = ngettext("One group was made.", "%(num)s groups were made.", count)
    return go_to(url_for("exchange.teams", id=id), saying=said if count else _("Everybody is in a group already."))


@bp.post("/exchanges/<int:id>/groups/lms")
@teacher_required
def follow_lms(id: int) -> ResponseReturnValue:
    """The groups of the LMS, for the first time or again."""
    exchange = _grouped_or_404(id)
    done = operations.follow_lms(db.session(), exchange, by=current().person_id, now=now())
    db.session.commit()
    said = ngettext("One student was put into a group.", "%(num)s students were put into groups.", done.moved)
    if done.stayed:
        said = " ".join([*([said] if done.moved else []), *_stayed(done.stayed)])
    elif not done.moved:
        said = _("Nobody moved: the groups are those of the LMS, or it tells of none.")
    return go_to(url_for("exchange.teams", id=id), saying=said, kind="warning" if done.stayed else "good")


@bp.post("/exchanges/<int:id>/groups/members")
@teacher_required
def put_in(id: int) -> ResponseReturnValue:
    """By hand: everybody where the form says."""
    exchange = _grouped_or_404(id)
    known = {team.id for team in queries.teams(db.session(), exchange)}
    try:
        for person, _name, _groups in queries.to_be_grouped(db.session(), exchange):
            chosen = request.form.get(f"team-{person}")
            if chosen is None:
                continue  # came into the course since the page was opened
            team = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None
            if team is not None and team not in known:
                raise errors.NoSuchTeam
            operations.put_in(db.session(), exchange, person=person, team=team, by=current().person_id, now=now())
        operations.remove_empty(db.session(), exchange)
    except errors.TeamHasWork as err:
        db.session.rollback()
        return _page(exchange_or_404(id), problem=wording.sentence(err), typed=request.form), 422
    db.session.commit()
    return go_to(url_for("exchange.teams", id=id), saying=_("Saved."))


@bp.post("/exchanges/<int:id>/groups/<int:team_id>/membership")
@member_required
def join_team(id: int, team_id: int) -> ResponseReturnValue:
    """Students choose."""
    exchange = exchange_or_404(id)
    operations.join(db.session(), exchange, person=require_part(), team=team_id, now=now())
    db.session.commit()
    return go_to(url_for("exchange.show", id=id), saying=_("You are in."))


def _stayed(people: Sequence[operations.Stayed]) -> list[str]:
    """Who stays where the LMS has them no more, by name, and why."""
    said = [
        _(
            "%(name)s stays in “%(team)s”, whose work would be nobody's otherwise.",
            name=wording.person(each.name, each.person_id),
            team=each.team,
        )
        for each in people[:MOST_NAMED]
    ]
    more = len(people) - MOST_NAMED
    if more > 0:
        said.append(ngettext("So does one more.", "So do %(num)s more.", more))
    return [*said, _("Put somebody else into their group first.")]


def _grouped_or_404(id: int) -> Exchange:
    exchange = exchange_or_404(id)
    if not exchange.has_teams:
        abort(404)
    return exchange


def _options(exchange: Exchange, typed: dict[str, Any], **facts: Any) -> str:
    return topic_page("exchange/team_options.html", exchange, rules.TeamOptions, typed, **facts)


def _page(exchange: Exchange, **typed: Any) -> str:
    found = queries.teams(db.session(), exchange)
    people = queries.to_be_grouped(db.session(), exchange)
    facts: dict[str, Any] = {
        "exchange": exchange,
        "teams": found,
        "people": people,
        "team_of": {member.person_id: team.id for team in found for member in team.members},
        "size": exchange.option(rules.TeamOptions).size,
        "lms_has_groups": any(groups for _id, _name, groups in people),
        "errors": {},
        "typed": {},
        "problem": "",
        "wording": wording,
    }
    return render_template("exchange/teams.html", **(facts | typed))
