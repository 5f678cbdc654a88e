"""
The words of LTI Advantage: claim names, message types, scopes, media types. No more than we use.
"""

from typing import Final

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"

VERSION: Final = CLAIM + "version"
MESSAGE_TYPE: Final = CLAIM + "message_type"
DEPLOYMENT_ID: Final = CLAIM + "deployment_id"
TARGET_LINK_URI: Final = CLAIM + "target_link_uri"
RESOURCE_LINK: Final = CLAIM + "resource_link"
CONTEXT: Final = CLAIM + "context"
ROLES: Final = CLAIM + "roles"
CUSTOM: Final = CLAIM + "custom"
TOOL_PLATFORM: Final = CLAIM + "tool_platform"
LAUNCH_PRESENTATION: Final = CLAIM + "launch_presentation"
FOR_USER: Final = CLAIM + "for_user"
DEEP_LINKING_SETTINGS: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS_ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
PNS: Final = CLAIM + "platformnotificationservice"
NOTICE: Final = CLAIM + "notice"
ORIGIN_CONTEXTS: Final = CLAIM + "origin_contexts"
NRPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

LTI_VERSION: Final = "1.3.0"
RESOURCE_LINK_REQUEST: Final = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST: Final = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW_REQUEST: Final = "LtiSubmissionReviewRequest"

CONTENT_ITEMS: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DEEP_LINKING_DATA: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
DEEP_LINKING_MSG: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/msg"
DEEP_LINKING_LOG: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/log"
DEEP_LINKING_ERRORMSG: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/errormsg"
DEEP_LINKING_ERRORLOG: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/errorlog"

SCOPE_LINE_ITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_RESULT_READ: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_ROSTER: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

SCOPE_NOTICES: Final = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"

SCOPES: Final = (
    SCOPE_LINE_ITEM,
    SCOPE_LINE_ITEM_READ,
    SCOPE_SCORE,
    SCOPE_RESULT_READ,
    SCOPE_ROSTER,
    SCOPE_NOTICES,
)
"""All we ever need. Read-only is asked for as well: some platforms check the exact scope for reads."""

MEDIA_LINE_ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
MEDIA_LINE_ITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEDIA_RESULTS: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
MEDIA_SCORE: Final = "application/vnd.ims.lis.v1.score+json"
MEDIA_ROSTER: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
