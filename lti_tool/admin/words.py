"""
Why launches were refused, in the words of an admin who can do something about it.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

ADDRESSES = _(
    "Compare the addresses in the tool's settings of your LMS with those that Hearth was registered with: each begins"
    " with Hearth's own address."
)
IDS = _(
    "Compare issuer and client id in the tool's settings of your LMS with those on the overview. If they differ, ask"
    " whoever runs Hearth."
)
KEYS = _(
    "If your LMS has another address for its keys than before, tell whoever runs Hearth. Otherwise it mends itself as"
    " soon as Hearth reads the keys again, which takes minutes."
)
CLOCK = _("See whether the clock of your LMS is right: it may differ from Hearth's by seconds only.")
TELL = _("Tell whoever runs Hearth: the reason is theirs to find.")

REFUSED: dict[str, tuple[LazyString, LazyString]] = {
    "deployment_unknown": (
        _("the deployment is not known here"),
        _(
            "Hearth was added to your LMS once more. Give whoever runs Hearth the deployment id that stands in the"
            " tool's settings of your LMS, or take the second one away there."
        ),
    ),
    "target_not_ours": (_("they were meant for an address that is not Hearth's"), ADDRESSES),
    "target_changed": (_("they were signed for another address than they asked for"), ADDRESSES),
    "platform_refused": (
        _("your LMS did not let people through"),
        _(
            "Mostly people were signed out there. If it goes on, compare the redirect address in the tool's settings of"
            " your LMS with Hearth's own."
        ),
    ),
    "key_set_unavailable": (
        _("the keys of your LMS could not be read"),
        _("See whether Hearth can reach your LMS, or whether a firewall is between them."),
    ),
    "kid_unknown": (_("they were signed with a key that Hearth does not know"), KEYS),
    "signature_bad": (_("they were not signed with the key of your LMS"), KEYS),
    "key_weak": (_("the key of your LMS is too short"), _("Let your LMS make a new key, of 2048 bits or more.")),
    "token_expired": (_("they took too long"), CLOCK),
    "token_too_old": (_("they took too long"), CLOCK),
    "token_from_future": (_("the clock of your LMS is ahead"), CLOCK),
    "issuer_wrong": (_("they came from another LMS than they asked for"), IDS),
    "audience_wrong": (_("they were meant for another tool"), IDS),
    "azp_wrong": (_("they were meant for another tool"), IDS),
    "nonce_wrong": (
        _("the answer of your LMS was for another try"),
        _("Mostly somebody opened Hearth twice at the same moment. If it goes on, tell whoever runs Hearth."),
    ),
    "message_type_unknown": (
        _("Hearth has no such page"),
        _("Look in the tool's settings of your LMS which placements Hearth has, and take away what it does not offer."),
    ),
    "version_unknown": (
        _("they were not LTI 1.3"),
        _("Install Hearth as a tool of LTI 1.3; older versions are not spoken here."),
    ),
}
OTHERWISE = (_("the answer of your LMS could not be read"), TELL)


def why(reason: str) -> LazyString:
    """What was the matter, to go on after a colon."""
    return REFUSED.get(reason, OTHERWISE)[0]


def advice(reason: str) -> LazyString:
    """What to do about it."""
    return REFUSED.get(reason, OTHERWISE)[1]
