"""Whom the pretend LMS acts like: every difference between the three is one field here."""

from dataclasses import dataclass

from lti_tool.sandbox.store import get_setting


@dataclass(frozen=True, kw_only=True)
class Brand:
    """
    The habits of one kind of LMS; the defaults are plain LTI Advantage.
    """

    name: str
    title: str
    family_code: str
    context_type: str = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"

    # Login and launch
    token_life: int = 300
    """Seconds an id_token lives."""
    storage_target: str | None = "_parent"
    """Frame that answers platform storage messages; None: there is none."""
    hears_frames: bool = True
    """lti.frameResize and lti.capabilities are answered."""
    hint_is_spent: bool = False
    """A message hint works once."""
    review_checks_student: bool = True
    """A student may open a submission review of their own work only."""
    tool_custom_wins: bool = False
    """Tool-level custom values win over those of the activity, and keys appear twice."""
    navigation_is_context: bool = False
    """The course menu's link has the course's id as its resource link id."""
    placement_claim: bool = False
    has_site_tools: bool = True
    """The site's own administration has a place for tools (Canvas: account navigation)."""
    short_ta: bool = False
    """An assistant is an Instructor in launches and a Learner in the roster."""

    has_companion: bool = False
    """A plugin of the tool can be installed, which the tool tells what people did."""
    sends_notices: bool = False
    """Platform Notification Service: tools are told of copied courses."""

    # Registration
    registration_status: int = 201
    plain_errors: bool = False
    configuration_needs_token: bool = False

    # Deep linking
    accept_types: tuple[str, ...] = ("ltiResourceLink", "link")
    sends_data: bool = True
    checks_whole_answer: bool = True
    shows_answer_message: bool = True
    keeps_window: bool = True
    """window, iframe, available and submission of a content item are honoured."""

    # Tokens
    token_errors_are_400: bool = False
    grant_media: str = "application/json"
    exact_media: bool = False
    """Accept and Content-Type must be exactly the one media type."""

    # Roster
    roster_page: int = 1000
    roster_escapes: bool = False
    roster_lists_inactive: bool = True
    roster_needs_activity: bool = False
    bookmarks: bool = False
    """Next pages are opaque, case-sensitive bookmarks."""

    # Grades
    type_id: bool = False
    """Line item addresses carry ?type_id=."""
    curly_links: bool = False
    limit_breaks_results: bool = False
    put_clears: bool = False
    whole_seconds: bool = False
    unfinished_erases: bool = False
    """A score that is not FullyGraded erases the grade."""
    missing_comment_erases: bool = False
    cut_to_maximum: bool = False
    score_status: int = 204
    stale_status: int = 409
    stranger_status: int = 404
    incomplete_status: int = 400
    new_attempts: bool = False
    """Each score makes a new submission unless told otherwise."""
    keeps_override: bool = False
    """A teacher's own grade stays on top of what the tool sends."""
    coupled_item_stays: bool = False
    """The line item of an assignment cannot be deleted by the tool."""


STANDARD = Brand(name="standard", title="plain LTI Advantage", family_code="pretend-lms")

CANVAS = Brand(
    name="canvas",
    title="like Canvas",
    family_code="canvas",
    token_life=3600,
    storage_target="post_message_forwarding",
    navigation_is_context=True,
    placement_claim=True,
    sends_notices=True,
    configuration_needs_token=True,
    accept_types=("ltiResourceLink",),
    roster_page=50,
    roster_lists_inactive=False,
    bookmarks=True,
    score_status=200,
    stale_status=400,
    stranger_status=422,
    incomplete_status=422,
    unfinished_erases=True,
    new_attempts=True,
    coupled_item_stays=True,
)

MOODLE = Brand(
    name="moodle",
    title="like Moodle",
    family_code="moodle",
    context_type="CourseSection",
    token_life=60,
    storage_target=None,
    hears_frames=False,
    has_site_tools=False,
    has_companion=True,
    hint_is_spent=True,
    review_checks_student=False,
    tool_custom_wins=True,
    short_ta=True,
    registration_status=200,
    plain_errors=True,
    accept_types=("ltiResourceLink",),
    sends_data=False,
    checks_whole_answer=False,
    shows_answer_message=False,
    keeps_window=False,
    token_errors_are_400=True,
    grant_media="text/html",
    exact_media=True,
    roster_page=1_000_000,
    roster_escapes=True,
    roster_lists_inactive=False,
    roster_needs_activity=True,
    type_id=True,
    curly_links=True,
    limit_breaks_results=True,
    put_clears=True,
    whole_seconds=True,
    unfinished_erases=True,
    missing_comment_erases=True,
    cut_to_maximum=True,
    score_status=200,
    stranger_status=400,
    keeps_override=True,
)

ALL = {brand.name: brand for brand in (STANDARD, CANVAS, MOODLE)}


def brand() -> Brand:
    """
    Whom the site acts like now; an admin may change it at any time.
    """
    return ALL[get_setting("brand", "standard")]
