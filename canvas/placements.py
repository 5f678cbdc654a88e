"""
Where Canvas may offer Hearth, told in both forms that Canvas reads: JSON to paste, and dynamic registration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lti_tool.lti import vocabulary as lti
from lti_tool.lti.offer import RegistrationOffer

EXTENSION = "https://canvas.instructure.com/lti/"
PLACEMENT = "https://www.instructure.com/placement"
"""The claim that names the place somebody launched from."""
INSTITUTION = "account_navigation"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"

TOOL_ID = "hearth"
PRIVACY = "name_only"
"""Names, and no e-mail."""
ICON = "/assets/current/img/hearth.svg"
"""An address of assets that is of no version: it answers with ours, and is not kept for good."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place of Canvas, and how Hearth looks there."""

    name: str
    message: str
    label: str
    visibility: str = "members"
    custom: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What only the JSON can say."""
    registered: Mapping[str, Any] = field(default_factory=dict)
    """What only dynamic registration can say."""


CHOOSING = {"selection_width": 900, "selection_height": 700}

PLACES: Sequence[Place] = (
    Place(
        name="course_navigation",
        message=lti.RESOURCE_LINK_REQUEST,
        label="Hearth",
        # A teacher switches it on where it is wanted.
        settings={"default": "disabled"},
        registered={EXTENSION + "course_navigation/default_enabled": False},
    ),
    Place(
        name="assignment_selection",
        message=lti.DEEP_LINKING_REQUEST,
        label="Hearth: peer feedback",
        settings=CHOOSING,
    ),
    Place(
        name="link_selection",
        message=lti.DEEP_LINKING_REQUEST,
        label="Hearth activity",
        settings=CHOOSING,
    ),
    Place(
        name="editor_button",
        message=lti.DEEP_LINKING_REQUEST,
        label="Link to a Hearth activity",
        # The editor is also a student's; there is nothing to choose for them.
        visibility="admins",
        settings=CHOOSING,
    ),
    Place(
        name=INSTITUTION,
        message=lti.RESOURCE_LINK_REQUEST,
        label="Hearth administration",
        visibility="admins",
        # No course is behind it, so that there are no sections, groups or ancestors either.
        custom={"hearth_place": "institution"},
        registered={"roles": [ADMINISTRATOR]},
    ),
)


def configuration(offer: RegistrationOffer, custom: Mapping[str, str]) -> dict[str, Any]:
    """
    A tool as Canvas's form for a new LTI key reads it, by *Enter URL* or *Paste JSON*.

    Canvas asks for the redirect address beside it: our launch address.
    """
    return {
        "title": offer.name,
        "description": offer.description,
        "oidc_initiation_url": f"{offer.public_url}/lti/login",
        "target_link_uri": _launch(offer),
        "scopes": list(offer.scopes),
        "public_jwk_url": f"{offer.public_url}/lti/jwks.json",
        "custom_fields": dict(custom),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": urlsplit(offer.public_url).netloc,
                "tool_id": TOOL_ID,
                "privacy_level": PRIVACY,
                "settings": {
                    "text": offer.name,
                    "icon_url": _icon(offer),
                    **CHOOSING,
                    "placements": [_as_json(place, offer) for place in PLACES],
                },
            }
        ],
    }


def messages(offer: RegistrationOffer) -> list[dict[str, Any]]:
    """The messages of a dynamic registration, one for each place: each has a label and a visibility of its own."""
    return [
        {
            "type": place.message,
            "target_link_uri": _launch(offer),
            "label": place.label,
            "icon_uri": _icon(offer),
            "placements": [EXTENSION + place.name],
            EXTENSION + "visibility": place.visibility,
            **({"custom_parameters": dict(place.custom)} if place.custom else {}),
            **place.registered,
        }
        for place in PLACES
    ]


def _as_json(place: Place, offer: RegistrationOffer) -> dict[str, Any]:
    return {
        "placement": place.name,
        "enabled": True,
        "message_type": place.message,
        "target_link_uri": _launch(offer),
        "text": place.label,
        "icon_url": _icon(offer),
        "visibility": place.visibility,
        **({"custom_fields": dict(place.custom)} if place.custom else {}),
        **place.settings,
    }


def _launch(offer: RegistrationOffer) -> str:
    return f"{offer.public_url}/lti/launch"


def _icon(offer: RegistrationOffer) -> str:
    return offer.public_url + ICON
