"""
Plain LTI Advantage: what every LMS does unless its own package says otherwise.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from lti_tool.lms import plain
from lti_tool.lms.calendar import Account, Caller, LmsCalendar
from lti_tool.lms.companion import Companion, CompanionSetup, Sender
from lti_tool.lms.events import EventSetup, IncomingEvent, LmsEvent, Proof, UnreadableEvent
from lti_tool.lms.port import (
    Claims,
    DeepLinkingSettings,
    Grade,
    LaunchFacts,
    Member,
    Message,
    RegistrationOffer,
)
from lti_tool.lms.roles import is_administrator, is_test_user, role_in_context
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import Rejected
from lti_tool.lti.notice_offer import NoticeOffer, offer_of

LONGEST_TEXT = 300

UNRESOLVED = re.compile(r"\$[A-Za-z][A-Za-z0-9_.]*")
"""A variable that the platform does not know comes back as it was sent."""

MESSAGES: Mapping[str, Message] = {
    lti.RESOURCE_LINK_REQUEST: "resource_link",
    lti.DEEP_LINKING_REQUEST: "deep_linking",
    lti.SUBMISSION_REVIEW_REQUEST: "submission_review",
}

CUSTOM = {
    "context_history": "$Context.id.history",
    "link_history": "$ResourceLink.id.history",
}
"""Custom parameters that any platform may fill in, and under which names we read them."""

CLAIMS = ("sub", "iss", "name", "given_name", "family_name")
"""What we ask to be told about people: never their e-mail."""


class StandardLms:
    """The default at the gate."""

    def read_launch(self, claims: Claims) -> LaunchFacts:
        """See :meth:`lti_tool.lms.port.Lms.read_launch`."""
        roles = _strings(claims.get(lti.ROLES))
        custom = read_custom(claims)
        context, link = _object(claims, lti.CONTEXT), _object(claims, lti.RESOURCE_LINK)
        endpoint = _object(claims, lti.AGS_ENDPOINT)
        settings = claims.get(lti.DEEP_LINKING_SETTINGS)
        return LaunchFacts(
            message=MESSAGES[claims[lti.MESSAGE_TYPE]],
            deployment_id=claims[lti.DEPLOYMENT_ID],
            subject=claims.get("sub"),
            name=name_of(claims),
            email=_text(claims.get("email")),
            role=role_in_context(roles),
            is_admin=is_administrator(roles),
            is_test_user=is_test_user(roles),
            context_id=_text(context.get("id")),
            context_title=_text(context.get("title")) or _text(context.get("label")),
            context_label=_text(context.get("label")),
            context_history=history(custom.get("context_history", "")),
            resource_link_id=_text(link.get("id")),
            resource_link_title=_text(link.get("title")),
            resource_link_history=history(custom.get("link_history", "")),
            target_link_uri=claims[lti.TARGET_LINK_URI],
            activity=custom.get("hearth_activity", ""),
            placement=custom.get("hearth_placement", ""),
            custom=custom,
            sections=_ids(custom.get("sections", "")),
            groups=_ids(custom.get("groups", "")),
            roster_url=_url(_object(claims, lti.NRPS).get("context_memberships_url")),
            line_items_url=_url(endpoint.get("lineitems")),
            line_item_url="" if endpoint.get("lineitem") == "" else _url(endpoint.get("lineitem")),
            scopes=_strings(endpoint.get("scope")),
            locale=_text(_object(claims, lti.LAUNCH_PRESENTATION).get("locale")) or _text(claims.get("locale")),
            return_url=_url(_object(claims, lti.LAUNCH_PRESENTATION).get("return_url")),
            review_of=_text(_object(claims, lti.FOR_USER).get("user_id")),
            notices=_notices(_object(claims, lti.PNS)),
            deep_linking=read_settings(settings) if isinstance(settings, Mapping) else None,
            family=_text(_object(claims, lti.TOOL_PLATFORM).get("product_family_code")).lower(),
            lms_course_id=_text(context.get("id")),
            lms_person_id=_text(claims.get("sub")),
        )

    def score_payload(self, grade: Grade) -> dict[str, Any] | None:
        """
        The score (AGS 2.0 section 3.4); see :meth:`lti_tool.lms.port.Lms.score_payload`.

        Only finished work is told: platforms disagree on what progress does to a grade.
        """
        payload: dict[str, Any] = {
            "userId": grade.subject,
            "timestamp": grade.timestamp.isoformat(timespec="milliseconds"),
        }
        if not grade.is_graded:
            return None
        if grade.score_given is None:
            # "The activity has been reset for that student": takes the grade back.
            return {**payload, "activityProgress": "Initialized", "gradingProgress": "NotReady"}
        payload |= {
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "scoreGiven": grade.score_given,
            "scoreMaximum": grade.score_maximum,
        }
        if grade.comment:
            payload["comment"] = grade.comment
        if grade.submitted_at is not None:
            payload["submission"] = {"submittedAt": grade.submitted_at.isoformat(timespec="milliseconds")}
        return payload

    def hears_of_work(self) -> bool:
        """No: a score without ``scoreGiven`` says that there is none, and takes away one there was."""
        return False

    def score_was_kept(self, status: int) -> bool:
        """See :meth:`lti_tool.lms.port.Lms.score_was_kept`."""
        return False

    def roster_page_url(self, roster_url: str) -> str:
        """See :meth:`lti_tool.lms.port.Lms.roster_page_url`."""
        return with_limit(roster_url, 1000)

    def results_page_size(self) -> int | None:
        """See :meth:`lti_tool.lms.port.Lms.results_page_size`."""
        return 200

    def read_member(self, member: Mapping[str, Any]) -> Member:
        """See :meth:`lti_tool.lms.port.Lms.read_member`."""
        subject = member.get("user_id")
        if isinstance(subject, int) and not isinstance(subject, bool):
            subject = str(subject)
        if not isinstance(subject, str) or not subject:
            raise Rejected(200, "a member without user_id")
        sections, groups = _places(member.get("message"))
        return Member(
            subject=subject,
            role=role_in_context(_strings(member.get("roles"))),
            is_active=str(member.get("status") or "Active").lower() == "active",
            name=name_of(member),
            sections=sections,
            groups=groups,
        )

    def registration(self, offer: RegistrationOffer) -> dict[str, Any]:
        """See :meth:`lti_tool.lms.port.Lms.registration`."""
        launch = f"{offer.public_url}/lti/launch"
        return {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["client_credentials", "implicit"],
            "initiate_login_uri": f"{offer.public_url}/lti/login",
            "redirect_uris": [launch],
            "client_name": offer.name,
            "jwks_uri": f"{offer.public_url}/lti/jwks.json",
            "client_uri": offer.public_url,
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": " ".join(self.scopes(offer)),
            lti.TOOL_CONFIGURATION: {
                "domain": urlsplit(offer.public_url).netloc,
                "target_link_uri": launch,
                "description": offer.description,
                "custom_parameters": {**CUSTOM, **self.custom(), **offer.custom},
                "claims": list(CLAIMS),
                "messages": self.messages(offer, launch),
            },
        }

    def course_url(self, *, issuer: str, context_id: str) -> str:
        """See :meth:`lti_tool.lms.port.Lms.course_url`."""
        return issuer

    def relaunch_url(self, *, issuer: str, message_hint: str | None) -> str | None:
        """See :meth:`lti_tool.lms.port.Lms.relaunch_url`."""
        return None

    def event_proofs(self) -> tuple[Proof, ...]:
        """See :meth:`lti_tool.lms.port.Lms.event_proofs`."""
        return ("standard",)

    def event_setup(self, proof: Proof) -> EventSetup:
        """See :meth:`lti_tool.lms.port.Lms.event_setup`."""
        return EventSetup(
            title="Standard Webhooks 1.0",
            steps=(
                "In your LMS, or in whatever sends its events, make a new webhook with the address below.",
                "Give it the secret below. Each message has to be signed with it, as Standard Webhooks 1.0 says.",
                'Let it send {"type": "roster.changed", "timestamp": …, "data": {"context_id": …}} when the people of'
                " a course change.",
            ),
            event_names=("roster.changed",),
            test="Let it send one message now.",
        )

    def event_keys_url(self) -> str:
        """See :meth:`lti_tool.lms.port.Lms.event_keys_url`."""
        return ""

    def event_token(self, document: Any) -> str:
        """See :meth:`lti_tool.lms.port.Lms.event_token`."""
        return ""

    def read_events(self, document: Any, *, message_id: str) -> Sequence[IncomingEvent]:
        """One event in the body of Standard Webhooks: ``{"type", "timestamp", "data"}``."""
        if not isinstance(document, Mapping) or not isinstance(document.get("type"), str) or not message_id:
            raise UnreadableEvent("no type, or no id")
        data = document.get("data")
        return [
            IncomingEvent(
                key=message_id,
                name=document["type"],
                occurred_at=moment(document.get("timestamp")),
                payload=data if isinstance(data, Mapping) else {},
            )
        ]

    def translate(self, event: IncomingEvent) -> Sequence[LmsEvent]:
        """See :func:`lti_tool.lms.plain.translate`."""
        return plain.translate(event)

    def calendar(self, account: Account, sender: Caller) -> LmsCalendar | None:
        """See :meth:`lti_tool.lms.port.Lms.calendar`."""
        return None

    def companion(self, *, address: str, token: str, sender: Sender) -> Companion | None:
        """See :meth:`lti_tool.lms.port.Lms.companion`."""
        return None

    def companion_setup(self) -> CompanionSetup | None:
        """See :meth:`lti_tool.lms.port.Lms.companion_setup`."""
        return None

    # What a brand may say differently within a registration -----------------------------------------------------------

    def scopes(self, offer: RegistrationOffer) -> list[str]:
        """The scopes to ask for: those we need and the platform has."""
        supported = offer.platform_configuration.get("scopes_supported")
        if not isinstance(supported, list) or not supported:
            return list(offer.scopes)
        return [scope for scope in offer.scopes if scope in supported]

    def custom(self) -> Mapping[str, str]:
        """Custom parameters that only this brand can fill in."""
        return {}

    def messages(self, offer: RegistrationOffer, launch: str) -> list[dict[str, Any]]:
        """The messages we take and where the platform may offer them (dynamic registration 1.0 section 3.5.3)."""
        return [
            {"type": lti.RESOURCE_LINK_REQUEST, "target_link_uri": launch, "label": offer.name},
            {
                "type": lti.DEEP_LINKING_REQUEST,
                "target_link_uri": launch,
                "label": offer.name,
                "placements": ["ContentArea"],
            },
            {"type": lti.SUBMISSION_REVIEW_REQUEST, "target_link_uri": launch, "label": offer.name},
        ]


def moment(value: Any) -> datetime:
    """A moment as LMSs write them: ISO, or with a space and an offset. :class:`UnreadableEvent` otherwise."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise UnreadableEvent("no moment")
    text = value.strip().replace(" +", "+").replace(" -", "-").replace(" UTC", "+00:00")
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as err:
        raise UnreadableEvent("no moment") from err


def name_of(person: Mapping[str, Any]) -> str:
    """The name to show: the platform's own, else given and family name; empty where it is withheld."""
    name = _text(person.get("name"))
    return name or " ".join(filter(None, (_text(person.get("given_name")), _text(person.get("family_name")))))


def read_custom(claims: Claims) -> dict[str, str]:
    """Custom parameters that have a value; what came back as ``$Variable`` has none."""
    return {
        name: text
        for name, value in _object(claims, lti.CUSTOM).items()
        if (text := _scalar(value)) and not UNRESOLVED.fullmatch(text)
    }


def _places(messages: Any) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Sections and groups in the message that a member of a roster would launch with (NRPS 2.0 section 2.4.4)."""
    for message in messages if isinstance(messages, list) else ():
        raw = message.get(lti.CUSTOM) if isinstance(message, Mapping) else None
        if isinstance(raw, Mapping):
            custom = read_custom(message)
            return _place(raw, custom, "sections"), _place(raw, custom, "groups")
    return None, None


def _place(raw: Mapping[str, Any], custom: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    # What came back as a variable tells nothing; what is empty tells that there are none.
    return _ids(custom.get(name, "")) if name in custom or raw.get(name) == "" else None


def read_settings(claim: Mapping[str, Any]) -> DeepLinkingSettings:
    """``deep_linking_settings`` in our words."""
    return DeepLinkingSettings(
        return_url=claim["deep_link_return_url"],
        accept_types=_strings(claim.get("accept_types")),
        accept_targets=_strings(claim.get("accept_presentation_document_targets")),
        accept_multiple=_is_true(claim.get("accept_multiple")),
        accept_line_item=claim.get("accept_lineitem") is None or _is_true(claim.get("accept_lineitem")),
        title=_text(claim.get("title")),
        text=_text(claim.get("text")),
        data=claim.get("data"),
    )


def _notices(claim: Mapping[str, Any]) -> NoticeOffer | None:
    url = _url(claim.get("platform_notification_service_url"))
    if url is None or lti.SCOPE_NOTICES not in _strings(claim.get("scope")):
        return None
    return offer_of(url, _strings(claim.get("notice_types_supported")), _strings(claim.get("service_versions")))


def history(value: str) -> tuple[str, ...]:
    """The ancestors in a history variable, nearest first; items are URL-encoded."""
    return tuple(each for each in (unquote(item.strip()) for item in value.split(",")) if each)


def with_limit(url: str, limit: int) -> str:
    """*url* asking for pages of *limit*, unless it asks for a size of its own."""
    query = urlsplit(url).query
    if re.search(r"(^|&)limit=", query):
        return url
    return f"{url}{'&' if query else '?'}limit={limit}"


def _object(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, Mapping) else {}


def _strings(value: Any) -> tuple[str, ...]:
    return (
        tuple(each for each in value if isinstance(each, str))
        if isinstance(value, Iterable) and not isinstance(value, str)
        else ()
    )


def _text(value: Any) -> str:
    """A string on one line that a database can keep; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join(value.replace("\x00", "").encode("utf-8", "replace").decode().split())[:LONGEST_TEXT]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _ids(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in (item.strip() for item in value.split(",")) if each))


def _url(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
