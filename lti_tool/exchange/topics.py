"""
The topics of further settings, in the order in which a teacher meets them on the settings page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import LazyString, format_date, lazy_gettext, ngettext
from flask_babel import gettext as _

from lti_tool.exchange import rules, wording
from lti_tool.exchange.models import Exchange


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One page of further settings."""

    options: type[rules.Options]
    title: LazyString
    summary: Callable[[Exchange], str]
    """What holds now, in one sentence."""
    endpoint: str
    """Of the page, called with ``id``."""


def topics() -> tuple[Topic, ...]:
    """All topics."""
    return (
        Topic(
            options=rules.PairingOptions,
            title=lazy_gettext("Who reviews whom"),
            summary=_pairing,
            endpoint="exchange.pairing",
        ),
        Topic(
            options=rules.GradingOptions,
            title=lazy_gettext("What the grade is made of"),
            summary=_grading,
            endpoint="exchange.grading",
        ),
        Topic(
            options=rules.CharterOptions,
            title=lazy_gettext("The class’s own rules of feedback"),
            summary=_charter,
            endpoint="exchange.charter",
        ),
        Topic(
            options=rules.DialogueOptions,
            title=lazy_gettext("When reviewers disagree"),
            summary=_dialogue,
            endpoint="exchange.dialogue",
        ),
        Topic(
            options=rules.AnonymityOptions,
            title=lazy_gettext("Protecting who wrote it"),
            summary=_anonymity,
            endpoint="exchange.anonymity",
        ),
        Topic(
            options=rules.WorkOptions,
            title=lazy_gettext("What is handed in"),
            summary=_work,
            endpoint="exchange.work_options",
        ),
        Topic(
            options=rules.ReleaseOptions,
            title=lazy_gettext("When authors see their feedback"),
            summary=_release,
            endpoint="exchange.release_rule",
        ),
        Topic(
            options=rules.LateOptions,
            title=lazy_gettext("What comes late"),
            summary=_late,
            endpoint="exchange.late",
        ),
        Topic(
            options=rules.TeamOptions,
            title=lazy_gettext("Groups"),
            summary=_teams,
            endpoint="exchange.team_options",
        ),
        Topic(
            options=rules.NotesOptions,
            title=lazy_gettext("Notes beside the text, and who reads along"),
            summary=_notes,
            endpoint="exchange.notes_options",
        ),
        Topic(
            options=rules.AttachingOptions,
            title=lazy_gettext("Files in feedback"),
            summary=_attaching,
            endpoint="exchange.attaching",
        ),
        Topic(
            options=rules.CoachOptions,
            title=lazy_gettext("Help with writing feedback"),
            summary=_coach,
            endpoint="exchange.coach",
        ),
        Topic(
            options=rules.PracticeOptions,
            title=lazy_gettext("Practising before the first review"),
            summary=_practice,
            endpoint="exchange.practice",
        ),
        Topic(
            options=rules.ComparingOptions,
            title=lazy_gettext("Comparing works side by side"),
            summary=_comparing,
            endpoint="exchange.comparing_options",
        ),
        Topic(
            options=rules.SelfAssessmentOptions,
            title=lazy_gettext("Looking at one’s own work"),
            summary=_self_assessment,
            endpoint="exchange.self_assessment",
        ),
    )


def _release(exchange: Exchange) -> str:
    options = exchange.option(rules.ReleaseOptions)
    if options.when == rules.AFTER_GIVING:
        least = min(options.after, exchange.reviews)
        return str(ngettext("After giving one review.", "After giving %(num)s reviews.", least))
    if options.when == rules.ON_DATE and options.on is not None:
        return str(_("On %(day)s.", day=format_date(options.on)))
    return str(_("When you release it.")) if options.when == rules.BY_HAND else str(_("At once."))


def _late(exchange: Exchange) -> str:
    options = exchange.option(rules.LateOptions)
    if exchange.is_live:
        work = _("Nobody signs up late") if options.work == rules.REFUSED else _("Who signs up late takes part, marked")
    else:
        work = _("Late work is not taken") if options.work == rules.REFUSED else _("Late work is taken and marked")
    reviews = _("late reviews are not taken") if options.reviews == rules.REFUSED else _("late reviews are taken")
    said = str(_("%(work)s; %(reviews)s.", work=work, reviews=reviews))
    grace = options.work_grace or options.reviews_grace
    return f"{said} {_('There is some grace, of which nobody is told.')}" if grace else said


def _charter(exchange: Exchange) -> str:
    options = exchange.option(rules.CharterOptions)
    if not options.is_on:
        return str(_("No rules. With three to seven of them, students know what good feedback is before they begin."))
    return str(
        ngettext(
            "One rule, agreed to before the first review.",
            "%(num)s rules, agreed to before the first review.",
            len(options.rules),
        )
    )


def _anonymity(exchange: Exchange) -> str:
    if not exchange.hides_reviewer:
        return str(_("Authors see who reviewed them, so each feedback is shown at once."))
    options = exchange.option(rules.AnonymityOptions)
    least = rules.least(exchange.anonymity, options, expected=exchange.reviews)
    said = ngettext(
        "Each feedback is shown at once.", "Feedback is shown once %(num)s are there, or at the end.", least
    )
    return f"{said} {_('Teachers ask before they learn who wrote it.')}" if exchange.asks_staff else str(said)


def _dialogue(exchange: Exchange) -> str:
    if not exchange.option(rules.DialogueOptions).second_look:
        return str(_("Nobody is asked to look again."))
    if exchange.is_live:
        return str(_("Reviewers who see a presentation very differently read each other’s reasons and look again."))
    return str(_("Reviewers who see a work very differently read each other’s reasons and look again."))


def _pairing(exchange: Exchange) -> str:
    options = exchange.option(rules.PairingOptions)
    begins = {
        rules.ROLLING: _("Reviewing begins as soon as something was shown")
        if exchange.is_live
        else _("Reviewing begins as soon as work is there"),
        rules.TOGETHER: _("Everybody begins reviewing when signing up ends")
        if exchange.is_live
        else _("Everybody begins reviewing when the work is due"),
    }[options.start]
    whom = {
        rules.ANY_GROUP: _("anybody may review anybody"),
        rules.OTHER_GROUPS: _("nobody reviews their own group"),
        rules.OWN_GROUP: _("everybody reviews within their own group"),
    }[options.groups]
    said = str(_("%(begins)s; %(whom)s.", begins=begins, whom=whom))
    return f"{said} {_('Guests may help.')}" if exchange.takes_guests else said


def _grading(exchange: Exchange) -> str:
    if exchange.points is None:
        return str(_("There is no grade."))
    options = exchange.option(rules.GradingOptions)
    whole = sum(options.weights.values())
    parts = [
        str(_("%(part)s %(percent)s", part=wording.PART_NAMES[name], percent=wording.percent(weight / whole)))
        for name, weight in options.weights.items()
    ]
    return " · ".join(parts) if options.rests_on_doing else str(wording.METHODS[options.method])


def _work(exchange: Exchange) -> str:
    options = exchange.option(rules.WorkOptions)
    if options.live:
        return str(_("Nothing is handed in: it is shown live."))
    some_files = _("files, audio and video") if options.recordings else _("files")
    names = {"text": _("text"), "files": some_files, "links": _("links")}
    asked = {"text": options.text, "files": options.files, "links": options.links}
    taken = ", ".join(str(names[part]) for part, way in asked.items() if way != rules.UNWANTED)
    once = _("once, with revised versions after feedback") if options.rounds else _("once")
    said = _("Handed in is %(taken)s; %(once)s.", taken=taken, once=once)
    return f"{said} {_('Authors may ask their reviewers.')}" if options.ask else str(said)


def _teams(exchange: Exchange) -> str:
    options = exchange.option(rules.TeamOptions)
    if not options.on:
        return str(_("Everybody presents alone.") if exchange.is_live else _("Everybody hands in alone."))
    whose = _("students choose theirs") if options.choose else _("you make them")
    if exchange.is_live:
        return str(_("Groups present together; %(whose)s.", whose=whose))
    return str(_("Groups hand in one work together; %(whose)s.", whose=whose))


def _notes(exchange: Exchange) -> str:
    options = exchange.option(rules.NotesOptions)
    notes = _("Reviewers write notes on single places") if options.on else _("No notes on single places")
    others = (
        _("whoever has reviewed a work reads the others’ reviews of it")
        if options.others
        else _("reviews are for the author and you alone")
    )
    return str(_("%(notes)s; %(others)s.", notes=notes, others=others))


def _attaching(exchange: Exchange) -> str:
    options = exchange.option(rules.AttachingOptions)
    if not options.is_on:
        return str(_("Feedback is words alone."))
    if options.recordings:
        said = ngettext(
            "A review may have one file, also audio or video.",
            "A review may have %(num)s files, also audio and video.",
            options.most,
        )
    else:
        said = ngettext("A review may have one file.", "A review may have %(num)s files.", options.most)
    return str(said)


def _coach(exchange: Exchange) -> str:
    options = exchange.option(rules.CoachOptions)
    coach = _("A coach looks along") if options.on else _("No coach looks along")
    takeaway = _("reviewers note what they take") if options.takeaway else _("reviewers note nothing for themselves")
    return str(_("%(coach)s; %(takeaway)s.", coach=coach, takeaway=takeaway))


def _self_assessment(exchange: Exchange) -> str:
    return {
        rules.NEVER: str(_("Authors are not asked to assess their own work.")),
        rules.BEFORE: str(_("Authors assess their own work before they see feedback.")),
        rules.BESIDE: str(_("Authors assess their own work with the feedback beside it.")),
    }[exchange.option(rules.SelfAssessmentOptions).when]


def _practice(exchange: Exchange) -> str:
    return {
        rules.OFF: str(_("Nobody practises.")),
        rules.OFFERED: str(_("Students can practise with works that you have reviewed too.")),
        rules.DEMANDED: str(_("Students practise with works that you have reviewed too, before their first review.")),
    }[exchange.option(rules.PracticeOptions).when]


def _comparing(exchange: Exchange) -> str:
    pairs = exchange.option(rules.ComparingOptions).pairs
    if not pairs:
        if exchange.is_live:
            return str(_("Presentations are reviewed one at a time."))
        return str(_("Works are reviewed one at a time."))
    return str(
        ngettext(
            "Everybody also compares one pair of works, once you begin a round.",
            "Everybody also compares %(num)s pairs of works, once you begin a round.",
            pairs,
        )
    )
