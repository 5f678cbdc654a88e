"""A link of the LMS finds its activity: placed, duplicated, or copied with its course."""

import threading
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course, Deployment
from lti_tool.courses.operations import bind_link
from lti_tool.lms.port import LaunchFacts
from tests.factories.courses import make_activity, make_course, make_deployment, make_resource_link


def facts(template: Activity | None = None, **changes: Any) -> LaunchFacts:
    given: dict[str, Any] = {
        "message": "resource_link",
        "deployment_id": "1",
        "subject": "s",
        "activity": str(template.public_id) if template else "",
    }
    return LaunchFacts(**given | changes)


class Cloned(list[tuple[int, int]]):
    """Remembers which activity was cloned into which."""

    def __call__(self, template: Activity, copy: Activity) -> None:
        self.append((template.id, copy.id))


@pytest.fixture
def cloned() -> Cloned:
    return Cloned()


@pytest.fixture
def deployment(session: Session) -> Deployment:
    return make_deployment(session)


@pytest.fixture
def course(session: Session, deployment: Deployment) -> Course:
    return make_course(session, deployment)


def test_placed_link_opens_its_activity(session: Session, course: Course, cloned: Cloned) -> None:
    activity = make_activity(session, course)
    link = make_resource_link(session, course, placement="p-1")

    assert bind_link(session, link.id, facts(activity), clone=cloned) is activity
    assert (link.activity_id, cloned) == (activity.id, [])


def test_second_placement_opens_the_same_activity(session: Session, course: Course, cloned: Cloned) -> None:
    activity = make_activity(session, course)
    make_resource_link(session, course, activity, placement="p-1")
    again = make_resource_link(session, course, placement="p-2")

    assert bind_link(session, again.id, facts(activity), clone=cloned) is activity


def test_link_duplicated_by_the_lms_gets_a_copy_of_its_own(session: Session, course: Course, cloned: Cloned) -> None:
    activity = make_activity(session, course)
    make_resource_link(session, course, activity, placement="p-1")
    twin = make_resource_link(session, course, placement="p-1", title="First drafts (copy)")

    bound = bind_link(session, twin.id, facts(activity), clone=cloned)

    assert bound is not None
    assert (bound.title, cloned) == ("First drafts (copy)", [(activity.id, bound.id)])


def test_copied_course_clones_once_for_all_its_links(
    session: Session, deployment: Deployment, course: Course, cloned: Cloned
) -> None:
    activity = make_activity(session, course)
    copy = make_course(session, deployment)
    links = [make_resource_link(session, copy), make_resource_link(session, copy)]

    bound = {
        bind_link(session, link.id, facts(activity, context_history=(course.context_id,)), clone=cloned)
        for link in links
    }

    (only,) = bound
    assert only is not None
    assert (only.course_id, cloned) == (copy.id, [(activity.id, only.id)])


def test_nearest_ancestor_is_the_template(
    session: Session, deployment: Deployment, course: Course, cloned: Cloned
) -> None:
    root = make_activity(session, course)
    spring = make_course(session, deployment)
    improved = make_activity(session, spring, origin_id=root.id, copied_with_course=True, title="Improved")
    autumn = make_course(session, deployment)
    link = make_resource_link(session, autumn)

    bound = bind_link(
        session, link.id, facts(root, context_history=(spring.context_id, course.context_id)), clone=cloned
    )

    assert bound is not None
    assert (bound.title, bound.origin_id, cloned) == ("Improved", root.id, [(improved.id, bound.id)])


def test_history_of_the_link_is_enough(
    session: Session, deployment: Deployment, course: Course, cloned: Cloned
) -> None:
    activity = make_activity(session, course)
    old = make_resource_link(session, course, activity)
    copy = make_course(session, deployment)
    link = make_resource_link(session, copy)

    bound = bind_link(session, link.id, facts(resource_link_history=("unknown", old.lti_id)), clone=cloned)

    assert bound is not None
    assert bound.course_id == copy.id


@pytest.mark.parametrize(
    "activity", ["", "no-uuid", "6f1d2a30-7c1e-4b52-9f0a-3d5b8c7e9a11", "$Hearth.activity", "'; drop table activity"]
)
def test_link_that_leads_nowhere_opens_the_home(
    session: Session, course: Course, cloned: Cloned, activity: str
) -> None:
    link = make_resource_link(session, course)

    assert bind_link(session, link.id, facts(None, activity=activity), clone=cloned) is None


def test_other_institution_cannot_clone_ours(session: Session, course: Course, cloned: Cloned) -> None:
    activity = make_activity(session, course)
    link = make_resource_link(session, make_course(session))

    assert bind_link(session, link.id, facts(activity, context_history=(course.context_id,)), clone=cloned) is None


def test_parallel_first_launches_of_a_copy_clone_once(
    session: Session, engine: Engine, deployment: Deployment, course: Course
) -> None:
    activity = make_activity(session, course)
    copy = make_course(session, deployment)
    links = [make_resource_link(session, copy).id for _ in range(4)] * 2
    session.commit()
    cloned = Cloned()
    start = threading.Barrier(len(links))

    def launch(link_id: int) -> None:
        with Session(engine) as own, own.begin():
            start.wait(timeout=60)
            bind_link(own, link_id, facts(activity), clone=cloned)

    threads = [threading.Thread(target=launch, args=(link_id,)) for link_id in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(cloned) == 1
    assert len(session.scalars(select(Activity).where(Activity.course_id == copy.id)).all()) == 1
