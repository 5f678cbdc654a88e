"""
From where an exchange can begin: templates, and the exchanges of every course in which somebody is staff.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Role
from lti_tool.exchange import rules
from lti_tool.exchange.models import Criterion, Exchange, Template
from lti_tool.exchange.queries.access import MOST_OTHERS, plan_of
from lti_tool.web.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """An exchange to begin from, and the course it is in."""

    id: int
    title: str
    course_id: int
    course: str


def recipe_of(
    exchange: Exchange, topics: Collection[type[rules.Options]], *, now: datetime | None = None
) -> rules.Recipe:
    """Settings and criteria of *exchange*; with *now*, its dates that lie ahead too."""
    chosen = [exchange.option(topic) for topic in topics if topic.TOPIC in exchange.options]
    return rules.recipe_of(plan_of(exchange), chosen, now=now)


def templates_for(session: Session, viewer: Viewer) -> list[Template]:
    """The viewer's own templates and those of the course, by name."""
    rows = select(Template).where(_is_theirs(viewer)).order_by(Template.name, Template.id)
    return list(session.scalars(rows.limit(2 * rules.MOST_TEMPLATES)))


def template_for(session: Session, viewer: Viewer, id: int) -> Template | None:
    """One of them."""
    return session.scalars(select(Template).where(Template.id == id, _is_theirs(viewer))).one_or_none()


def exchanges_to_begin_from(session: Session, viewer: Viewer) -> list[Elsewhere]:
    """Exchanges of the courses of this platform in which the viewer is staff; this course first, newest first."""
    rows = session.execute(
        select(Exchange.activity_id, Activity.title, Course.id, Course.title)
        .join(Activity, Activity.id == Exchange.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .where(_is_staff_in(viewer))
        .order_by(Course.id != viewer.course_id, Course.id.desc(), Exchange.activity_id.desc())
        .limit(MOST_OTHERS)
    )
    return [Elsewhere(id=id, title=title, course_id=in_course, course=name) for id, title, in_course, name in rows]


def exchange_to_begin_from(session: Session, viewer: Viewer, id: int) -> Exchange | None:
    """One of them; what is elsewhere looks like missing."""
    found = session.scalars(
        select(Exchange)
        .join(Exchange.activity)
        .join(Course, Course.id == Activity.course_id)
        .where(Exchange.activity_id == id, _is_staff_in(viewer))
        .options(joinedload(Exchange.criteria).joinedload(Criterion.levels))
    )
    return found.unique().one_or_none()


def _is_theirs(viewer: Viewer) -> ColumnElement[bool]:
    return or_(Template.owner_id == viewer.person_id, Template.course_id == viewer.course_id)


def _is_staff_in(viewer: Viewer) -> ColumnElement[bool]:
    """
    The condition that the viewer is staff of a :class:`Course`.

    Somebody is one person for each deployment of a platform, and the same ``sub`` in all of them.
    """
    me = aliased(Person)
    same = (
        select(Person.id)
        .join(Deployment, Deployment.id == Person.deployment_id)
        .join(me, me.sub == Person.sub)
        .where(me.id == viewer.person_id, Deployment.platform_id == viewer.platform_id)
    )
    return exists().where(
        Membership.course_id == Course.id,
        Membership.person_id.in_(same),
        Membership.role.in_([str(Role.TEACHER), str(Role.ASSISTANT)]),
        Membership.left_at.is_(None),
    )
