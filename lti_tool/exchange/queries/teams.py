"""
Groups that hand in together: who is in which, and whose a work is.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Role
from lti_tool.exchange.models import Closure, Exchange, Submission, Team, TeamMember, author_of, with_authors


def authors_of(session: Session, exchange: Exchange, submission_id: int) -> Sequence[int]:
    """Who made a work: nobody once its author was forgotten, and everybody of a group."""
    rows = with_authors(select(author_of(exchange)).select_from(Submission), exchange)
    return [person for person in session.scalars(rows.where(Submission.id == submission_id)) if person is not None]


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
