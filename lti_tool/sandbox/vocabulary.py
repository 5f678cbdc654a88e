"""The long words of LTI 1.3, each written once."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PLACEMENT_CLAIM = "https://www.instructure.com/placement"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"

AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = AGS_SCOPE + "lineitem"
LINE_ITEM_READ = AGS_SCOPE + "lineitem.readonly"
RESULT_READ = AGS_SCOPE + "result.readonly"
SCORE = AGS_SCOPE + "score"
ROSTER_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICE_HANDLERS = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE, ROSTER_READ, NOTICE_HANDLERS)

MEDIA_LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
MEDIA_LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEDIA_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEDIA_SCORE = "application/vnd.ims.lis.v1.score+json"
MEDIA_ROSTER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"
DEEP_LINKING_ANSWER = "LtiDeepLinkingResponse"
HELLO = "LtiHelloWorldNotice"
CONTEXT_COPY = "LtiContextCopyNotice"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TEACHING_ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
COURSE_SECTION = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
