"""
Groups that hand in together: who is in which, and whose a work is.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Role
from lti_tool.exchange.models import Closure, Exchange, Submission, Team, TeamMember, author_of, with_authors


def authors_of(session: Session, exchange: Exchange, submission_id: int) -> Sequence[int]:
    """Who made a work: nobody once its author was forgotten, and everybody of a group."""
    rows = with_authors(select(author_of(exchange)).select_from(Submission), exchange)
    return [person for person in session.scalars(rows.where(Submission.id == submission_id)) if person is not None]


def goes_by(session: Session, exchange: Exchange, author: int) -> int:
    """By whom the work of *author* goes in the plan: by themselves, or by somebody of their group."""
    if not exchange.has_teams:
        return author
    named = session.scalar(
        select(Submission.author_id)
        .join(Team, Team.submission_id == Submission.id)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.exchange_id == exchange.id, TeamMember.person_id == author)
    )
    return author if named is None else named


def made_together(
    session: Session, exchange: Exchange, people: Collection[int] | None = None
) -> Mapping[int, frozenset[int]]:
    """
    By person: all who made the work of their group, they themselves too; of the groups of *people*, or of all.

    Also who left the course since: it is theirs all the same. Nothing, and no query, where there are no groups.
    """
    if not exchange.has_teams:
        return {}
    rows = (
        select(TeamMember.team_id, TeamMember.person_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.exchange_id == exchange.id, Team.submission_id.is_not(None))
    )
    if people is not None:
        one = aliased(TeamMember)
        theirs = select(one.team_id).where(one.exchange_id == exchange.id, one.person_id.in_(people))
        rows = rows.where(TeamMember.team_id.in_(theirs))
    members: dict[int, set[int]] = {}
    for team, person in session.execute(rows):
        members.setdefault(team, set()).add(person)
    return {person: frozenset(mates) for mates in members.values() for person in mates}


def names_of_authors(exchange: Exchange, work: Submission) -> str:
    """Whose a work is: a person's name, or that of their group; empty where nobody is known by name."""
    if exchange.has_teams:
        return work.team.name if work.team is not None else ""
    return work.author.name if work.author is not None else ""


def team_of(session: Session, exchange: Exchange, person_id: int) -> Team | None:
    """The group of a person with its members; None where there are no groups, too."""
    if not exchange.has_teams:
        return None
    return (
        session.scalars(
            select(Team)
            .where(
                Team.id
                == select(TeamMember.team_id)
                .where(TeamMember.exchange_id == exchange.id, TeamMember.person_id == person_id)
                .scalar_subquery()
            )
            .options(joinedload(Team.members).joinedload(TeamMember.person))
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )


def teams(session: Session, exchange: Exchange) -> Sequence[Team]:
    """All groups with their members, by name."""
    rows = (
        select(Team)
        .where(Team.exchange_id == exchange.id)
        .options(joinedload(Team.members).joinedload(TeamMember.person))
        .order_by(func.length(Team.name), Team.name, Team.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(rows).unique().all()


def to_be_grouped(session: Session, exchange: Exchange) -> Sequence[tuple[int, str, Sequence[str]]]:
    """Everybody who takes part in the course: id, name and groups in the LMS; by name."""
    rows = session.execute(
        select(Person.id, Person.name, Membership.groups)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.course_id == exchange.course_id,
            Membership.role == Role.LEARNER,
            Membership.staff_since.is_(None),
            ~Membership.is_test_user,
            Membership.left_at.is_(None),
        )
        .order_by(func.lower(Person.name), Person.id)
    )
    return [(id, name, groups) for id, name, groups in rows]


def following_lms(session: Session, course_id: int) -> Sequence[Exchange]:
    """The exchanges of a course, not closed, whose groups were taken from the LMS."""
    found = session.scalars(
        select(Exchange)
        .join(Activity, Activity.id == Exchange.activity_id)
        .where(Activity.course_id == course_id, _follows_lms())
        .order_by(Exchange.activity_id)
    )
    return [each for each in found if each.has_teams]


def courses_following_lms(session: Session, *, platform_id: int, limit: int) -> Sequence[int]:
    """Courses of a platform in which some exchange follows its groups, those opened last first."""
    rows = (
        select(Activity.course_id)
        .join(Exchange, Exchange.activity_id == Activity.id)
        .join(Course, Course.id == Activity.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id, Course.over_at.is_(None), _follows_lms())
        .group_by(Activity.course_id)
        .order_by(func.max(Exchange.activity_id).desc())
    )
    return session.scalars(rows.limit(limit)).all()


def _follows_lms() -> ColumnElement[bool]:
    return and_(
        exists().where(Team.exchange_id == Exchange.activity_id, Team.lms_group.is_not(None)),
        ~exists().where(Closure.exchange_id == Exchange.activity_id),
    )
