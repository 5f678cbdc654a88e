"""
The whole of an exchange as plain facts, section by section, each read by one statement while it is sent.

Left out on purpose: drafts, what reviewers note for themselves, what they try to practise, dates somebody set
themselves, and what authors say to a reviewer alone. Staff do not read them in Hearth either.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.exporting.sight import Sight
from lti_tool.exchange.exporting.tables import letter
from lti_tool.exchange.models import Criterion, Exchange
from lti_tool.exchange.rules.criteria import Scale

SCHEMA = "hearth-exchange/1"
"""Grows with the first change after which a reader of the one before would misread."""

Facts = dict[str, Any]

PEOPLE = text(
    """
    select p.id, p.name, m.sections, m.groups, m.left_at,
           (select jsonb_build_object('owes', x.owes, 'why', x.why, 'by', x.by_id, 'at', x.at)
              from exchange_excusal x where x.exchange_id = :exchange and x.person_id = p.id) as excused
      from membership m join person p on p.id = m.person_id
     where m.course_id = :course
       and (m.role = 'learner' and m.staff_since is null and not m.is_test_user
            or exists (select from exchange_submission w where w.exchange_id = :exchange and w.author_id = p.id)
            or exists (select from exchange_team_member t where t.exchange_id = :exchange and t.person_id = p.id)
            or exists (select from exchange_offer o where o.exchange_id = :exchange and o.reviewer_id = p.id))
     order by p.id
    """
)
TEAMS = text(
    """
    select t.id, t.name, t.lms_group, t.submission_id as work, t.made_at,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'person', m.person_id, 'joined_at', m.joined_at) order by m.person_id), '[]')
              from exchange_team_member m where m.team_id = t.id) as members
      from exchange_team t where t.exchange_id = :exchange order by t.id
    """
)
SEATS = text(
    """
    select s.person_id as person, s.submission_id as work, s.joined_at,
           case when b.at is not null then greatest(s.joined_at, b.at) end as planned_at, s.away_at, s.left_at
      from exchange_seat s
      left join (select min(at) as at from exchange_pairing_event
                  where exchange_id = :exchange and kind in ('planned', 'joined')) b on b.at is not null
     where s.exchange_id = :exchange order by s.joined_at, s.person_id
    """
)
PAIRS = text(
    """
    select reviewer_id as reviewer, author_id as author, submission_id as work, begun_at
      from exchange_pair where exchange_id = :exchange order by reviewer_id, author_id
    """
)
STEPS = text("select kind, at, facts from exchange_pairing_event where exchange_id = :exchange order by id")
PAIR_RULES = text(
    """
    select reviewer_id as reviewer, author_id as author, kind, at
      from exchange_pair_rule where exchange_id = :exchange order by reviewer_id, author_id
    """
)
REPAIRS = text(
    """
    select id, kind, person_id as person, author_id as author, facts, by_id as by, at,
           undone_by_id as undone_by, undone_at
      from exchange_repair where exchange_id = :exchange order by id
    """
)
WORKS = text(
    """
    select w.id, w.author_id, w.submitted_at,
           -- What was taken back is its author's alone.
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'number', v.number, 'body', v.body, 'beside', v.beside, 'note', v.note,
                       'files', v.file_ids, 'handed_in_at', v.handed_in_at) order by v.number), '[]')
              from exchange_work_version v
             where v.submission_id = w.id and w.submitted_at is not null) as versions,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'id', f.id, 'name', f.name, 'media_type', f.media_type, 'size', f.size,
                       'sha256', f.sha256, 'words', s.body) order by f.id), '[]')
              from exchange_submission_file f left join exchange_file_words s on s.file_id = f.id
             where f.submission_id = w.id
               and exists (select from exchange_work_version v
                            where v.submission_id = w.id and w.submitted_at is not null
                              and f.id = any(v.file_ids))) as files,
           (select jsonb_build_object('held_at', l.held_at, 'place', l.place)
              from exchange_presentation l where l.submission_id = w.id and w.submitted_at is not null) as shown,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'by', r.by_id, 'version', r.version, 'words', r.words, 'given_at', r.given_at,
                       'edited_at', r.edited_at, 'in_place_of_a_reader', r.is_rescue,
                       'thanked_at', r.thanked_at,
                       'marks', (select coalesce(jsonb_agg(jsonb_build_object(
                                   'criterion', m.criterion_id, 'mark', m.mark, 'reason', m.reason, 'at', m.at,
                                   'seen_version', m.seen_version, 'done_version', m.done_version,
                                   'done_at', m.done_at) order by m.id), '[]')
                                   from exchange_mark m where m.staff_review_id = r.id),
                       'messages', (select coalesce(jsonb_agg(jsonb_build_object(
                                      'id', g.id, 'side', g.side, 'writer', g.writer_id, 'body', g.body,
                                      'sent_at', g.sent_at, 'edited_at', g.edited_at) order by g.id), '[]')
                                      from exchange_message g where g.staff_review_id = r.id),
                       'files', (select coalesce(jsonb_agg(jsonb_build_object(
                                   'name', a.name, 'media_type', a.media_type, 'size', a.size,
                       'sha256', a.sha256) order by a.number), '[]')
                                   from exchange_feedback_file a where a.staff_review_id = r.id)) order by r.id), '[]')
              from exchange_staff_review r where r.submission_id = w.id) as staff_reviews
      from exchange_submission w
     where w.exchange_id = :exchange and w.version > 0
     order by w.id
    """
)
EXAMPLES = text(
    """
    select e.id, e.title, e.body, e.beside, e.words, e.made_at, f.name as file
      from exchange_example e left join exchange_example_file f on f.example_id = e.id
     where e.exchange_id = :exchange order by e.id
    """
)
OWN_LOOKS = text(
    """
    select a.submission_id as work, a.version, a.words, a.assessed_at, a.passed_over_at
      from exchange_self_assessment a join exchange_submission w on w.id = a.submission_id
     where w.exchange_id = :exchange order by a.submission_id
    """
)
OFFERS = text(
    """
    select id, submission_id as work, reviewer_id, state, offered_at, lease_until, version, reason, note, ended_at
      from exchange_offer where exchange_id = :exchange order by id
    """
)
FEEDBACK = text(
    """
    select f.id, f.offer_id, o.submission_id as work, o.version, o.reviewer_id, f.comment, f.to_author, f.notes,
           f.given_at,
           row_number() over (partition by o.submission_id order by f.given_at, f.id) as place,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'criterion', n.criterion_id, 'level', n.level_id, 'number', n.number,
                       'comment', n.comment) order by n.criterion_id), '[]')
              from exchange_answer n where n.feedback_id = f.id) as answers,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'words', v.words, 'cause', v.cause, 'at', v.at) order by v.id), '[]')
              from exchange_feedback_revision v where v.feedback_id = f.id) as before,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'criterion', m.criterion_id, 'note', m.note, 'mark', m.mark, 'reason', m.reason, 'at', m.at,
                       'seen_version', m.seen_version, 'done_version', m.done_version,
                       'done_at', m.done_at) order by m.id), '[]')
              from exchange_mark m where m.feedback_id = f.id) as marks,
           (select jsonb_build_object('rule', t.rule, 'at', t.at)
              from exchange_thanks t where t.feedback_id = f.id) as thanks,
           (select jsonb_build_object('note', l.note, 'at', l.at)
              from exchange_second_look l where l.feedback_id = f.id) as second_look,
           (select jsonb_build_object('note', q.note, 'at', q.at, 'answered_at', q.answered_at)
              from exchange_rewrite_request q where q.feedback_id = f.id) as rewrite_request,
           (select jsonb_build_object('note', h.note, 'counts', h.counts, 'at', h.at)
              from exchange_hiding h where h.feedback_id = f.id) as hidden,
           (select jsonb_build_object('reason', x.reason, 'at', x.at)
              from exchange_exclusion x where x.feedback_id = f.id) as not_counted,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'name', a.name, 'media_type', a.media_type, 'size', a.size,
                       'sha256', a.sha256) order by a.number), '[]')
              from exchange_feedback_file a where a.feedback_id = f.id and not a.is_for_staff) as files
      from exchange_feedback f join exchange_offer o on o.id = f.offer_id
     where o.exchange_id = :exchange
     order by o.submission_id, f.id
    """
)
MESSAGES = text(
    """
    select m.id, m.feedback_id as feedback, m.side, m.writer_id, m.body, m.sent_at, m.edited_at, h.note as hidden
      from exchange_message m
      join exchange_feedback f on f.id = m.feedback_id
      join exchange_offer o on o.id = f.offer_id
      left join exchange_hiding h on h.message_id = m.id
     where o.exchange_id = :exchange
     order by m.id
    """
)
FLAGS = text(
    """
    select g.id, g.feedback_id as feedback, g.message_id as message, g.submission_id as work,
           g.side_by_side_id as comparison, g.proposal_id as rule_proposed, g.by_id, g.reason, g.words, g.at,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'act', a.act, 'note', a.note, 'told', a.told, 'by', a.by_id, 'at', a.at) order by a.id), '[]')
              from exchange_flag_act a where a.flag_id = g.id) as acts
      from exchange_flag g where g.exchange_id = :exchange order by g.id
    """
)
PROPOSALS = text(
    """
    select p.id, p.by_id, p.rule, p.at, p.answer, p.words, p.answered_by_id as answered_by, p.answered_at,
           p.taken_back_at, h.note as hidden,
           (select count(*) from exchange_charter_support s where s.proposal_id = p.id) as support
      from exchange_charter_proposal p left join exchange_hiding h on h.proposal_id = p.id
     where p.exchange_id = :exchange order by p.id
    """
)
EXTENSIONS = text(
    """
    select e.id, e.submit_by, e.review_by, e.reason, e.by_id as by, e.at,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'person', p.person_id, 'taken_back_at', p.taken_back_at) order by p.person_id), '[]')
              from exchange_extended p where p.extension_id = e.id) as people
      from exchange_extension e where e.exchange_id = :exchange order by e.id
    """
)
REOPENINGS = text(
    """
    select id, person_id, feedback_id as feedback, until, reason, by_id as by, at, ended_at
      from exchange_reopening where exchange_id = :exchange order by id
    """
)
SHOWN = text(
    """
    select person_id as person, by_id as by, at
      from exchange_feedback_release where exchange_id = :exchange order by id
    """
)
COMPARING_ROUNDS = text(
    "select id, seed, begun_at from exchange_comparing_round where exchange_id = :exchange order by id"
)
COMPARISONS = text(
    """
    select p.id, p.round_id as round, p.reviewer_id, p.left_id as left, p.left_version, p.right_id as right,
           p.right_version, p.picks, p.left_words, p.right_words, p.given_at, p.hidden_at
      from exchange_side_by_side p join exchange_comparing_round r on r.id = p.round_id
     where r.exchange_id = :exchange order by p.id
    """
)
RELEASES = text(
    """
    select person_id as person, score, maximum, cause, by_id as by, at
      from exchange_release where exchange_id = :exchange order by at, person_id
    """
)
BY_HAND = text(
    """
    select person_id as person, part, score, reason, by_id as by, at
      from exchange_grade_override where exchange_id = :exchange order by id
    """
)
REGRADES = text(
    """
    select reason, what, up, down, unchanged, by_id as by, at
      from exchange_regrade where exchange_id = :exchange order by id
    """
)


def sections(
    session: Session, exchange: Exchange, sight: Sight, *, now: datetime
) -> Iterator[tuple[str, Any | Iterator[Facts]]]:
    """The sections of the file in their order, by name. Those that grow with the class are read as they are taken."""

    def read(statement: TextClause) -> Iterator[Facts]:
        facts = {"exchange": exchange.id, "course": exchange.course_id}
        for row in session.execute(statement, facts, execution_options={"yield_per": 500}):
            yield {name: _plain(value) for name, value in row._mapping.items()}

    def of_pairing(statement: TextClause) -> Iterator[Facts]:
        return read(statement) if sight.is_whole else iter(())

    rounds = list(of_pairing(COMPARING_ROUNDS))
    yield "schema", SCHEMA
    yield "exported_at", _plain(now)
    yield "withheld", list(sight.withheld)
    yield "settings", settings(exchange)
    yield "criteria", [criterion(each) for each in exchange.criteria]
    yield "examples", read(EXAMPLES)
    yield "people", read(PEOPLE)
    yield "teams", (_team(each, sight) for each in (read(TEAMS) if exchange.has_teams else ()))
    yield "seats", of_pairing(SEATS)
    yield "pairs", of_pairing(PAIRS)
    yield "pair_rules", of_pairing(PAIR_RULES)
    yield "pairing_events", ({**each.pop("facts"), **each} for each in of_pairing(STEPS))
    yield "repairs", ({**each.pop("facts"), **each} for each in of_pairing(REPAIRS))
    yield "works", (_work(each, sight) for each in read(WORKS))
    yield "self_assessments", read(OWN_LOOKS)
    yield "offers", (_offer(each) for each in of_pairing(OFFERS))
    yield "feedback", (_feedback(each, exchange, sight) for each in read(FEEDBACK))
    yield "messages", (_message(each, sight) for each in read(MESSAGES))
    yield "flags", ({"by": sight.anybody(each.pop("by_id")), **each} for each in read(FLAGS))
    yield "rules_proposed", ({"by": sight.reviewer(each.pop("by_id")), **each} for each in read(PROPOSALS))
    yield "extensions", read(EXTENSIONS)
    yield "reopenings", (_reopening(each, sight) for each in read(REOPENINGS))
    yield "feedback_shown", read(SHOWN)
    yield "comparing_rounds", rounds
    yield (
        "comparisons",
        (
            {"reviewer": sight.reviewer(each.pop("reviewer_id")), **each}
            for each in (of_pairing(COMPARISONS) if rounds else ())
        ),
    )
    yield "releases", read(RELEASES)
    yield "grades_by_hand", read(BY_HAND)
    yield "regrades", read(REGRADES)


def settings(exchange: Exchange) -> Facts:
    """Everything a teacher chose, but for the criteria."""
    return {
        "exchange": exchange.id,
        "title": exchange.title,
        "instructions": exchange.instructions,
        "reviews": exchange.reviews,
        "points": exchange.points,
        "opens_at": _plain(exchange.opens_at),
        "submit_by": _plain(exchange.submit_by),
        "review_by": _plain(exchange.review_by),
        "anonymity": exchange.anonymity,
        "seed": exchange.seed,
        "options": exchange.options,
        "created_at": _plain(exchange.created_at),
        "published_at": _plain(exchange.publication.published_at if exchange.publication else None),
        "closed_at": _plain(exchange.closure.closed_at if exchange.closure else None),
    }


def criterion(each: Criterion) -> Facts:
    """One criterion with its levels."""
    return {
        "id": each.id,
        "title": each.title,
        "description": each.description,
        "prompt": each.prompt,
        "kind": each.kind,
        "weight": each.weight,
        "comment": each.comment,
        "scale": _scale(each.scale),
        "guide": each.guide,
        "levels": [
            {"id": level.id, "title": level.title, "description": level.description, "points": level.points}
            for level in each.levels
        ],
    }


def _scale(scale: Scale | None) -> Facts | None:
    return None if scale is None else {"lowest": scale.lowest, "highest": scale.highest, "step": scale.step}


def _team(each: Facts, sight: Sight) -> Facts:
    """Where authors are not seen, the group does not say which work is theirs."""
    return {**each, "work": each["work"] if sight.authors else None}


def _work(each: Facts, sight: Sight) -> Facts:
    # When and where somebody shows it says who they are.
    each["shown"] = each["shown"] if sight.authors else None
    return {"author": sight.author(each.pop("author_id")), **each}


def _reopening(each: Facts, sight: Sight) -> Facts:
    """Of a review it is its reviewer who may change it, of a work its author."""
    side = sight.author if each["feedback"] is None else sight.reviewer
    return {"person": side(each.pop("person_id")), **each}


def _offer(each: Facts) -> Facts:
    return {"reviewer": each.pop("reviewer_id"), **each}


def _message(each: Facts, sight: Sight) -> Facts:
    if each["side"] == rules.REVIEWER:
        each |= {name: sight.of_reviewer(each[name]) for name in ("sent_at", "edited_at")}
    return {"writer": sight.writer(each["side"], each.pop("writer_id")), **each}


def _feedback(each: Facts, exchange: Exchange, sight: Sight) -> Facts:
    each["given_at"] = sight.of_reviewer(each["given_at"])
    for moment, of in (("at", each["second_look"]), ("answered_at", each["rewrite_request"])):
        if of is not None:
            of[moment] = sight.of_reviewer(of[moment])
    for before in each["before"]:
        before["at"] = sight.of_reviewer(before["at"])
    return {
        "offer": each.pop("offer_id"),
        "reviewer": sight.reviewer(each.pop("reviewer_id")),
        "letter": letter(exchange, each["work"], each.pop("place")),
        **each,
    }


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
