"""
Which criteria somebody has said something by, or is saying something by at this moment.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange

ANSWERS = "cross join lateral jsonb_each(coalesce(said.words -> 'answers', '{}')) as answer"
SAYS_SOMETHING = r"""
    (btrim(answer.value ->> 'comment', E' \t\n') <> ''
     or answer.value ->> 'level_id' is not null or answer.value ->> 'number' is not null)
"""

BY_CRITERION = text(
    f"""
    with said (words) as (
        select d.words from exchange_feedback_draft d join exchange_offer o on o.id = d.offer_id
         where o.exchange_id = :exchange
        union all
        select words from exchange_words_draft where exchange_id = :exchange
        union all
        select words from exchange_staff_review where exchange_id = :exchange
        union all
        select t.words from exchange_trial t join exchange_example e on e.id = t.example_id
         where e.exchange_id = :exchange
        union all
        select a.words from exchange_self_assessment a join exchange_submission w on w.id = a.submission_id
         where w.exchange_id = :exchange
        union all
        select unnest(array[p.left_words, p.right_words])
          from exchange_side_by_side p join exchange_comparing_round r on r.id = p.round_id
         where r.exchange_id = :exchange
    )
    select cast(answer.key as int) as criterion from said {ANSWERS}
     where {SAYS_SOMETHING}
    union
    select cast(jsonb_object_keys(p.picks) as int)
      from exchange_side_by_side p join exchange_comparing_round r on r.id = p.round_id
     where r.exchange_id = :exchange
    union
    select a.criterion_id from exchange_answer a join exchange_criterion c on c.id = a.criterion_id
     where c.exchange_id = :exchange
    """  # noqa: S608 - made of constants
)
"""Answers with something in them: given, to practise, as staff, about one's own work, in comparing, and begun."""

IN_EXAMPLES = text(
    f"""
    select cast(answer.key as int) as criterion, array_agg(cast(answer.value ->> 'level_id' as int)) as levels
      from exchange_example as said {ANSWERS}
     where said.exchange_id = :exchange and {SAYS_SOMETHING}
     group by answer.key
    """  # noqa: S608 - made of constants
)


def criteria_in_use(session: Session, exchange: Exchange) -> set[int]:
    """The criteria that words given or being written are about, but for what staff say of examples."""
    return set(session.scalars(BY_CRITERION, {"exchange": exchange.id}))


def criteria_in_examples(session: Session, exchange: Exchange) -> dict[int, set[int]]:
    """The criteria by which staff say something of works to practise with, each with the levels that they chose."""
    rows = session.execute(IN_EXAMPLES, {"exchange": exchange.id})
    return {criterion: {level for level in levels if level is not None} for criterion, levels in rows}
