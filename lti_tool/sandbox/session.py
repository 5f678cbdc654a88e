"""Who is signed in at this browser, and which doors are open to them."""

from typing import NoReturn

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface

from lti_tool.sandbox import courses
from lti_tool.sandbox.courses import Enrolment
from lti_tool.sandbox.records import Course, Person


def sign_in(person: Person) -> None:
    session.clear()
    session.permanent = True
    session["person"] = person.id


def cookie_for(person: Person) -> str:
    """
    The value of the sign-in cookie, for callers that have no browser.
    """
    serializer = SecureCookieSessionInterface().get_signing_serializer(current_app)
    if serializer is None:
        raise RuntimeError("The app has no secret to sign cookies with.")
    cookie: str = serializer.dumps({"person": person.id})
    return cookie


def sign_out() -> None:
    session.clear()


def signed_in() -> Person | None:
    """
    The person this browser acts as.
    """
    if "person" not in g:
        g.person = Person.get(session.get("person"))
    person: Person | None = g.person
    return person


def person_or_away() -> Person:
    """
    The signed-in person; everybody else is led to the sign-in page.
    """
    person = signed_in()
    if person is None:
        _away()
    return person


def member_or_404(course_id: str) -> tuple[Course, Enrolment]:
    """
    The course and my place in it; a course I do not belong to looks missing.
    """
    person = person_or_away()
    course = Course.get(course_id)
    member = courses.enrolment(course, person) if course else None
    if course is None or member is None or member.status != "Active":
        abort(404)
    return course, member


def teacher_or_403(course_id: str) -> tuple[Course, Enrolment]:
    course, member = member_or_404(course_id)
    if member.role not in ("teacher", "admin"):
        abort(403)
    return course, member


def admin_or_403() -> Person:
    person = person_or_away()
    if person.kind != "admin":
        abort(403)
    return person


def in_student_view(course_id: str) -> bool:
    return course_id in session.get("student_view", [])


def set_student_view(course_id: str, on: bool) -> None:
    others = [each for each in session.get("student_view", []) if each != course_id]
    session["student_view"] = [*others, course_id] if on else others


def _away() -> NoReturn:
    back = request.full_path if request.method == "GET" else None
    abort(redirect(url_for("pages.welcome", back=back)))
