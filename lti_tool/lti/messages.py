"""
What each LTI message must carry (LTI 1.3 section 5.3, LTI-DL 2.0 section 4.4, submission review 1.0).

Only claims we build on are looked at; unknown ones, and unknown roles, are nobody's mistake.
"""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lti_tool.lti import vocabulary as lti

LONGEST_ID = 255


def _storable(text: str) -> None:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError("Not text.")


def _identifier(**options: Any) -> fields.String:
    """An opaque id: 1 to 255 characters, compared byte for byte."""
    return fields.String(validate=[validate.Length(min=1, max=LONGEST_ID), _storable], **options)


class Claims(Schema):
    """A part of a message; what we do not know passes."""

    class Meta(Schema.Meta):
        unknown = EXCLUDE


class ContextClaim(Claims):
    """``context`` (section 5.4.1)."""

    id = _identifier(required=True)
    type = fields.Raw()


class ResourceLinkClaim(Claims):
    """``resource_link`` (section 5.3.5)."""

    id = _identifier(required=True)


class ForUserClaim(Claims):
    """``for_user`` of a submission review."""

    user_id = _identifier(required=True)


class DeepLinkingSettingsClaim(Claims):
    """``deep_linking_settings`` (LTI-DL 2.0 section 4.4.1)."""

    deep_link_return_url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    accept_types = fields.List(fields.String(), required=True)
    accept_presentation_document_targets = fields.List(fields.String(), required=True)
    # Sent as words by some platforms.
    accept_multiple = fields.Boolean(allow_none=True)
    accept_lineitem = fields.Boolean(allow_none=True)
    auto_create = fields.Boolean(allow_none=True)
    title = fields.Raw()
    text = fields.Raw()
    data = fields.Raw()


class Message(Claims):
    """What every message carries."""

    deployment_id = _identifier(required=True, data_key=lti.DEPLOYMENT_ID)
    target_link_uri = fields.String(required=True, data_key=lti.TARGET_LINK_URI)
    # Absent in an anonymous launch (section 5.3.6.1); empty is nobody.
    sub = _identifier()
    context = fields.Nested(ContextClaim, data_key=lti.CONTEXT, allow_none=True)


class ResourceLinkRequest(Message):
    """``LtiResourceLinkRequest`` (section 5.3)."""

    resource_link = fields.Nested(ResourceLinkClaim, required=True, data_key=lti.RESOURCE_LINK)
    roles = fields.List(fields.String(), required=True, data_key=lti.ROLES)


class DeepLinkingRequest(Message):
    """``LtiDeepLinkingRequest`` (LTI-DL 2.0 section 4.4). It belongs to no resource link."""

    settings = fields.Nested(DeepLinkingSettingsClaim, required=True, data_key=lti.DEEP_LINKING_SETTINGS)
    roles = fields.List(fields.String(), data_key=lti.ROLES)


class SubmissionReviewRequest(Message):
    """``LtiSubmissionReviewRequest``: a look at the work of ``for_user``."""

    for_user = fields.Nested(ForUserClaim, required=True, data_key=lti.FOR_USER)
    resource_link = fields.Nested(ResourceLinkClaim, data_key=lti.RESOURCE_LINK, allow_none=True)
    roles = fields.List(fields.String(), required=True, data_key=lti.ROLES)


_schemas: Mapping[str, Schema] = {
    lti.RESOURCE_LINK_REQUEST: ResourceLinkRequest(),
    lti.DEEP_LINKING_REQUEST: DeepLinkingRequest(),
    lti.SUBMISSION_REVIEW_REQUEST: SubmissionReviewRequest(),
}


def reader_of(message_type: object) -> Callable[[Mapping[str, Any]], Mapping[str, Any]] | None:
    """What tells the problems of a message of this type, by claim; None for a type we do not read."""
    schema = _schemas.get(message_type) if isinstance(message_type, str) else None
    return schema.validate if schema is not None else None
