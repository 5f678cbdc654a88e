"""
Verbs about people and places: check somebody in, bind a link of the LMS to its activity.
"""

import json
import logging
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course, ResourceLink, Role
from lti_tool.lms.port import LaunchFacts

log = logging.getLogger(__name__)

OUTSIDE = ("resource_link:", "person:")
"""With what the ``context_id`` begins of what stands for a course where a launch had none."""

Clone = Callable[[Activity, Activity], None]
"""Gives the second activity the settings of the first."""

# One statement, because a launch is what everybody waits for, and reads before it writes: a whole
# class opens the same course in the same minute, and an upsert that changes nothing would still
# make them queue for the course's row.
CHECK_IN = text(
    """
    with known_course as (
        select id, roster_url from course where deployment_id = :deployment and context_id = :context_id
    ), new_course as (
        insert into course (deployment_id, context_id, lms_id, title, label, roster_url, line_items_url, scopes)
        select :deployment, :context_id, :lms_course, :context_title, :context_label, :roster_url, :line_items_url,
               cast(:scopes as jsonb)
         where not exists (select from known_course)
        on conflict (deployment_id, context_id) do update set title = excluded.title
        returning id
    ), changed_course as (
        update course set title = coalesce(nullif(:context_title, ''), title),
                          told_at = case when :context_title not in ('', title) then :now else told_at end,
                          lms_id = coalesce(nullif(:lms_course, ''), lms_id),
                          label = coalesce(nullif(:context_label, ''), label),
                          roster_url = coalesce(:roster_url, roster_url),
                          line_items_url = coalesce(:line_items_url, line_items_url),
                          scopes = case when :has_scopes then cast(:scopes as jsonb) else scopes end
         where id = (select id from known_course)
           and (title, lms_id, label, roster_url, line_items_url, scopes) is distinct from
               (coalesce(nullif(:context_title, ''), title), coalesce(nullif(:lms_course, ''), lms_id),
                coalesce(nullif(:context_label, ''), label),
                coalesce(:roster_url, roster_url), coalesce(:line_items_url, line_items_url),
                case when :has_scopes then cast(:scopes as jsonb) else scopes end)
    ), changed_deployment as (
        update deployment set sites = sites || to_jsonb(cast(:site as text))
         where id = :deployment and :site <> '' and not sites ? :site
    ), this_course as (
        select id from known_course union all select id from new_course
    ), known_person as (
        select id from person where deployment_id = :deployment and sub = :sub
    ), new_person as (
        insert into person (deployment_id, sub, lms_id, name)
        select :deployment, :sub, :lms_person, :name where not exists (select from known_person)
        on conflict (deployment_id, sub) do update set sub = excluded.sub
        returning id
    ), changed_person as (
        update person set name = coalesce(nullif(:name, ''), name), lms_id = coalesce(nullif(:lms_person, ''), lms_id),
                          told_at = case when :name not in ('', name) then :now else told_at end
         where id = (select id from known_person)
           and (name, lms_id) is distinct from
               (coalesce(nullif(:name, ''), name), coalesce(nullif(:lms_person, ''), lms_id))
    ), this_person as (
        select id from known_person union all select id from new_person
    ), this_membership as (
        insert into membership
               (course_id, person_id, role, staff_since, is_test_user, sections, groups, joined_at, launched_at)
        select c.id, p.id, :role, case when :is_staff then cast(:now as timestamptz) end, :is_test_user,
               cast(:sections as jsonb), cast(:groups as jsonb), :now, :now
          from this_course c, this_person p
        on conflict (course_id, person_id) do update
           set role = excluded.role,
               staff_since = coalesce(membership.staff_since, excluded.staff_since, case
                   -- Whom the roster calls staff and who comes as a learner is trying the learner's view.
                   when membership.role in ('teacher', 'assistant') then excluded.launched_at end),
               is_test_user = excluded.is_test_user, sections = excluded.sections, groups = excluded.groups,
               launched_at = excluded.launched_at, left_at = null
        returning id
    ), known_link as (
        select l.id, l.activity_id from resource_link l, this_course c where l.course_id = c.id and l.lti_id = :link
    ), new_link as (
        insert into resource_link (course_id, lti_id, title, line_item_url, placement)
        select c.id, :link, :link_title, nullif(:line_item_url, ''), :placement
          from this_course c where :link <> '' and not exists (select from known_link)
        on conflict (course_id, lti_id) do update set title = excluded.title
        returning id, activity_id
    ), changed_link as (
        update resource_link
           set title = coalesce(nullif(:link_title, ''), title), gone_at = null,
               line_item_url = case when :line_item_url = '' then null
                                    else coalesce(:line_item_url, line_item_url) end
         where id = (select id from known_link)
           and (title, line_item_url, gone_at) is distinct from
               (coalesce(nullif(:link_title, ''), title),
                case when :line_item_url = '' then null else coalesce(:line_item_url, line_item_url) end,
                cast(null as timestamptz))
    ), this_link as (
        select id, activity_id from known_link union all select id, activity_id from new_link
    )
    select c.id as course_id, p.id as person_id, m.id as membership_id, l.id as resource_link_id, l.activity_id,
           (select roster_url from known_course) as known_roster_url, a.kind
      from this_course c cross join this_person p cross join this_membership m
      left join this_link l on true
      left join activity a on a.id = l.activity_id
    """
)


@dataclass(frozen=True, kw_only=True)
class CheckedIn:
    """Where a launch has arrived."""

    course_id: int
    person_id: int
    membership_id: int
    resource_link_id: int | None
    activity_id: int | None
    kind: str | None
    """The room of the activity, when the link has one."""
    roster_is_new: bool
    """The platform offers this course's roster for the first time."""


def check_in(session: Session, facts: LaunchFacts, *, deployment_pk: int, now: datetime) -> CheckedIn:
    """
    Write down that the person of *facts* is here: course, person, membership and link, in one statement.

    *facts* must have a subject. Reads first: an unchanged course, person and link cost no write.
    """
    role = Role(facts.role)
    row = session.execute(
        CHECK_IN,
        {
            "deployment": deployment_pk,
            "context_id": facts.context_id or _place_of_its_own(facts),
            "context_title": facts.context_title or (facts.resource_link_title if not facts.context_id else ""),
            "context_label": facts.context_label,
            "lms_course": facts.lms_course_id if facts.context_id else "",
            "lms_person": facts.lms_person_id,
            "roster_url": facts.roster_url,
            "line_items_url": facts.line_items_url,
            "scopes": json.dumps(list(facts.scopes)),
            "has_scopes": facts.line_items_url is not None or facts.line_item_url is not None,
            "sub": facts.subject,
            "name": facts.name,
            "role": role.value,
            "is_staff": role.is_staff,
            "is_test_user": facts.is_test_user,
            "sections": json.dumps(list(facts.sections)),
            "groups": json.dumps(list(facts.groups)),
            "now": now,
            "link": facts.resource_link_id,
            "link_title": facts.resource_link_title,
            "line_item_url": facts.line_item_url,
            "placement": facts.placement,
            "site": facts.lms_site,
        },
    ).one()
    kind = row.kind
    if row.activity_id is not None and kind is None:
        # Somebody else opened this new link at the same moment; what they bound it to is younger than our statement.
        kind = session.scalars(select(Activity.kind).where(Activity.id == row.activity_id)).one_or_none()
    return CheckedIn(
        course_id=row.course_id,
        person_id=row.person_id,
        membership_id=row.membership_id,
        resource_link_id=row.resource_link_id,
        activity_id=row.activity_id,
        kind=kind,
        roster_is_new=facts.roster_url is not None and row.known_roster_url is None,
    )


def is_course(context_id: str) -> bool:
    """Whether a course is one of the LMS's, and not what stands for it where a launch had no context."""
    return not context_id.startswith(OUTSIDE)


def _place_of_its_own(facts: LaunchFacts) -> str:
    """
    What stands for the course of a launch without a context, which LTI 1.3 section 5.4.1 makes optional.

    Content may be chosen outside of any course and link; each chooser does so alone, or all of them would meet.
    """
    of_link, of_person = OUTSIDE
    return f"{of_link}{facts.resource_link_id}" if facts.resource_link_id else f"{of_person}{facts.subject}"


def bind_link(session: Session, link_id: int, facts: LaunchFacts, *, clone: Clone) -> Activity | None:
    """
    Find the activity of a link that has none yet, by what our deep link left on it.

    In a copied course the nearest ancestor's activity is cloned by *clone*: settings and
    prompts, never people or posts; once, however many launch at the same moment. A link that
    the LMS duplicated inside its course gets a copy of its own. None where nothing leads back
    to an activity: the link opens the course home.
    """
    link = session.scalars(select(ResourceLink).where(ResourceLink.id == link_id).with_for_update()).one()
    if link.activity_id is not None:
        return session.get(Activity, link.activity_id)
    course = session.get_one(Course, link.course_id)
    found = _root(session, course, facts)
    if found is None:
        return None
    if found.course_id == course.id and not _is_duplicate(session, link):
        activity = found
    elif found.course_id == course.id:
        activity = _copy(
            session, _nearest(session, found, course, facts), root=found, course=course, title=link.title, clone=clone
        )
    else:
        template = _nearest(session, found, course, facts)
        activity = copy_with_course(session, template, root=found, course=course, clone=clone)
    link.activity_id = activity.id
    session.flush()
    log.info("resource link %s now opens activity %s", link.id, activity.id)
    return activity


def open_activity_with(session: Session, link_id: int, activity: Activity) -> None:
    """Let a link of the LMS that opened the course home open *activity* from now on. Both are of one course."""
    link = session.scalars(
        select(ResourceLink).where(ResourceLink.id == link_id, ResourceLink.course_id == activity.course_id)
    ).one()
    link.activity_id = activity.id
    session.flush()
    log.info("resource link %s opens activity %s by its teacher's wish", link.id, activity.id)


def lose_links(session: Session, link_ids: Collection[int], *, now: datetime) -> None:
    """The LMS says that these places are no more there: nothing is written back to them."""
    session.execute(
        update(ResourceLink).where(ResourceLink.id.in_(link_ids), ResourceLink.gone_at.is_(None)).values(gone_at=now)
    )


def copy_with_course(session: Session, template: Activity, *, root: Activity, course: Course, clone: Clone) -> Activity:
    """The one clone of *root* in a copied course, made like *template* by whoever comes first."""
    made = session.execute(
        insert(Activity)
        .values(
            course_id=course.id,
            kind=template.kind,
            title=template.title,
            origin_id=root.id,
            copied_with_course=True,
            position=template.position,
        )
        .on_conflict_do_nothing()
        .returning(Activity.id)
    ).scalar_one_or_none()
    copied = session.scalars(
        select(Activity).where(
            Activity.course_id == course.id, Activity.origin_id == root.id, Activity.copied_with_course
        )
    ).one()
    if made is not None:
        clone(template, copied)
    return copied


def _root(session: Session, course: Course, facts: LaunchFacts) -> Activity | None:
    """The activity that our custom parameter names, or that an ancestor of the link opens."""
    same_tenant = (
        select(Activity)
        .join(Course, Course.id == Activity.course_id)
        .where(Course.deployment_id == course.deployment_id)
    )
    try:
        public_id = uuid.UUID(facts.activity)
    except ValueError:
        public_id = None
    if public_id is not None:
        return session.scalars(same_tenant.where(Activity.public_id == public_id)).one_or_none()
    for ancestor in facts.resource_link_history:
        found = session.scalars(
            same_tenant.join(ResourceLink, ResourceLink.activity_id == Activity.id)
            .where(ResourceLink.lti_id == ancestor)
            .limit(1)
        ).one_or_none()
        if found is not None:
            return found
    return None


def _is_duplicate(session: Session, link: ResourceLink) -> bool:
    """Whether the LMS copied this link inside its course: another one came from the same answer of our picker."""
    twin = select(ResourceLink.id).where(
        ResourceLink.course_id == link.course_id,
        ResourceLink.placement == link.placement,
        ResourceLink.id != link.id,
        ResourceLink.placement != "",
        # One that is no more there was not copied, but taken away and put back.
        ResourceLink.gone_at.is_(None),
    )
    return session.scalars(twin.limit(1)).one_or_none() is not None


def _nearest(session: Session, root: Activity, course: Course, facts: LaunchFacts) -> Activity:
    """The copy of *root* in the nearest ancestor course: there the settings may have been improved."""
    for context_id in facts.context_history:
        copied = session.scalars(
            select(Activity)
            .join(Course, Course.id == Activity.course_id)
            .where(
                Course.deployment_id == course.deployment_id,
                Course.context_id == context_id,
                (Activity.id == root.id) | (Activity.origin_id == root.id),
            )
            .order_by(Activity.id)
            .limit(1)
        ).one_or_none()
        if copied is not None:
            return copied
    return root


def _copy(
    session: Session, template: Activity, *, root: Activity, course: Course, title: str, clone: Clone
) -> Activity:
    copied = Activity(course_id=course.id, kind=template.kind, title=title or template.title, origin_id=root.id)
    session.add(copied)
    session.flush()
    clone(template, copied)
    return copied
