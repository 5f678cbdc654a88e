"""
One mail with everything new, for who asked for it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, time
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import lms, mail
from lti_tool.config import Settings
from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Platform
from lti_tool.home.notices import in_words, unsubscribe_token
from lti_tool.notices import queries
from lti_tool.notices.models import Delivery, Notice
from lti_tool.notices.rules import GAPS, Rhythm, is_quiet, wait_before
from lti_tool.web.language import SPOKEN

log = logging.getLogger(__name__)


def due(session: Session, settings: Settings, *, now: datetime) -> Sequence[int]:
    """The memberships whose digest may go out now; nobody's while it is night."""
    begin, end = (time.fromisoformat(each) for each in settings.quiet_hours.split("-"))
    if not settings.sends_mail or is_quiet(now, hours=(begin, end), zone=ZoneInfo(settings.time_zone)):
        return ()
    return queries.deliveries_due(session, now=now, gaps={rhythm: now - gap for rhythm, gap in GAPS.items()})


def send(session: Session, settings: Settings, membership_id: int, *, now: datetime) -> bool:
    """
    Send one person what is new, and mark it as mailed in the transaction of *session*.

    The row is held meanwhile, so that two workers never send the same. Returns whether a mail went out;
    a mail server that does not take it is left alone for a while, and what is new stays so.
    """
    delivery = session.scalars(
        select(Delivery)
        .where(Delivery.membership_id == membership_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if delivery is None or delivery.rhythm not in GAPS:
        return False
    since = delivery.mailed_at
    if since is not None and since > now - GAPS[Rhythm(delivery.rhythm)]:
        return False
    person, course, issuer, family = session.execute(
        select(Person, Course, Platform.issuer, Platform.family)
        .join(Membership, Membership.person_id == Person.id)
        .join(Course, Course.id == Membership.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Membership.id == membership_id)
    ).one()
    found = queries.unmailed(session, person_id=person.id, course_id=course.id)
    if not found or not person.email:
        return False
    place = lms.for_family(family).course_url(issuer=issuer, context_id=course.context_id)
    message = _message(settings, found, to=person.email, course=course, place=place, member=membership_id, now=now)
    try:
        mail.send(settings, message)
    except mail.MailError as err:
        delivery.failures += 1
        delivery.retry_at = now + wait_before(delivery.failures - 1)
        session.flush()
        log.warning("digest for membership %s waits: %s", membership_id, err)
        return False
    delivery.mailed_at, delivery.failures, delivery.retry_at = now, 0, None
    for each in found:
        each.mailed_at = now
    session.flush()
    return True


def _message(
    settings: Settings, found: Sequence[Notice], *, to: str, course: Course, place: str, member: int, now: datetime
) -> EmailMessage:
    leave = f"{settings.public_url}/unsubscribe/{unsubscribe_token(settings, member)}"
    # No request says in which language; that of the templates it is.
    with force_locale(SPOKEN):
        groups: dict[int, tuple[Activity, list[str]]] = {}
        for each in found:
            said = in_words(each)
            if said is not None:
                groups.setdefault(each.activity_id, (each.activity, []))[1].append(str(said.sentence))
        facts = {"groups": list(groups.values()), "course": course.title, "place": place, "leave": leave}
        message = EmailMessage()
        count = ngettext("One new notice", "%(num)s new notices", len(found))
        title = " ".join((course.title or _("Your course")).split())[:120]
        message["Subject"] = f"{title}: {count}"
        message["From"] = settings.mail_from or ""
        message["To"] = to
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain=urlsplit(settings.public_url).hostname)
        message["Auto-Submitted"] = "auto-generated"
        message["List-Unsubscribe"] = f"<{leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(render_template("home/_digest.txt", **facts))
        message.add_alternative(render_template("home/_digest.html", **facts), subtype="html")
    return message
