"""
Errors of LTI on the wire. Each carries facts; ``code`` is for logs, ``sentence`` for people.

    LtiError
    ├── BadRequest                   400  something the request must have is missing or broken
    │   ├── TargetNotOurs                 target_link_uri leads elsewhere
    │   ├── MissingToken                  neither an id_token nor an error came back
    │   ├── PlatformRefused               the platform answered the login with an error
    │   └── MalformedMessage              verified, but not a message we can read
    │       ├── WrongVersion
    │       ├── UnknownMessageType
    │       └── TargetChanged             signed for another address than the login asked for
    ├── UnknownRegistration          403  no active platform of this issuer and client
    │   ├── AmbiguousRegistration         several, and nothing says which
    │   └── PlatformDisabled
    ├── UnknownDeployment            403
    ├── AttemptError                 401  the login this answer belongs to
    │   ├── AttemptMissing                no state came back
    │   ├── AttemptUnknown
    │   ├── AttemptExpired
    │   ├── AttemptSpent                  each login is good for one launch
    │   └── AttemptOfAnotherBrowser
    ├── BadToken                     401  the id_token does not prove itself
    │   ├── MalformedToken
    │   ├── WrongAlgorithm
    │   ├── MissingKeyId
    │   ├── UnknownKey
    │   ├── WeakKey
    │   ├── BadSignature
    │   ├── WrongIssuer
    │   ├── WrongAudience
    │   ├── WrongAuthorizedParty
    │   ├── TokenExpired, TokenTooOld, TokenFromFuture, MissingTime
    │   ├── WrongNonce
    │   └── KeySetUnavailable             the platform's keys cannot be read
    ├── RegistrationError            400  dynamic registration
    │   ├── InvitationUnusable       403
    │   └── RegistrationRefused           the platform said no; ``detail`` has its words
    └── ServiceError                      a platform's service; ``retryable`` says whether waiting helps
        ├── Throttled                     come back after ``retry_after`` seconds
        ├── Unavailable                   timeout, no connection, 5xx
        ├── Rejected                      a permanent no; ``status`` and ``reason``
        └── NotGranted                    the platform gives no such scope or address
"""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

Sentence: TypeAlias = str | LazyString

GO_BACK = _("Go back to your course and open Hearth from there again.")


class LtiError(Exception):
    """Something on the wire is not as it has to be."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "lti_error"
    sentence: Sentence = _("Your LMS and Hearth could not agree. Go back to your course and try again.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        """For the log and the admin; never shown to learners."""

    def __str__(self) -> str:
        return str(self.sentence)


# Requests ------------------------------------------------------------------------------------------------------------


class BadRequest(LtiError):
    """A login or launch lacks what the specification requires, or breaks it."""

    code = "bad_request"
    sentence = _(
        "Your LMS sent an incomplete request. Go back to your course and try again; if it happens again, "
        "tell your LMS's admin."
    )


class TargetNotOurs(BadRequest):
    """``target_link_uri`` is not an address of this tool."""

    code = "target_not_ours"


class MissingToken(BadRequest):
    """The platform posted neither ``id_token`` nor ``error``."""

    code = "id_token_missing"


class PlatformRefused(BadRequest):
    """The platform answered our login request with an OAuth error (OpenID Connect 3.1.2.6)."""

    code = "platform_refused"
    sentence = _(
        "Your LMS did not let this launch through. Perhaps you are signed out there. Sign in, then open "
        "Hearth from your course again."
    )

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description


class MalformedMessage(BadRequest):
    """The token is genuine, the message in it is not what LTI 1.3 section 5.3 asks for."""

    code = "message_malformed"
    sentence = _("Your LMS sent a launch that Hearth cannot read. Please tell your LMS's admin.")

    def __init__(self, problems: Mapping[Any, Any] | str) -> None:
        super().__init__(
            problems if isinstance(problems, str) else "; ".join(f"{claim}: {why}" for claim, why in problems.items())
        )
        self.problems = {} if isinstance(problems, str) else dict(problems)


class WrongVersion(MalformedMessage):
    """``version`` is not 1.3.0."""

    code = "version_unknown"


class UnknownMessageType(MalformedMessage):
    """``message_type`` is missing, or none that we read."""

    code = "message_type_unknown"


class TargetChanged(MalformedMessage):
    """The signed ``target_link_uri`` is not the one of the login (security framework 1.1 section 5.1.1.1)."""

    code = "target_changed"


# Registrations -------------------------------------------------------------------------------------------------------


class UnknownRegistration(LtiError):
    """No active platform with this issuer and client_id."""

    status = 403
    code = "registration_unknown"
    sentence = _("Hearth does not know this LMS. Its admin has to register Hearth first.")


class AmbiguousRegistration(UnknownRegistration):
    """Several platforms share the issuer, and the login names neither client_id nor a known deployment."""

    code = "registration_ambiguous"


class PlatformDisabled(UnknownRegistration):
    """Whoever runs Hearth has switched this platform off."""

    code = "platform_disabled"
    sentence = _("Hearth is switched off for this LMS.")


class UnknownDeployment(LtiError):
    """The deployment is not registered for this client."""

    status = 403
    code = "deployment_unknown"
    sentence = _("Hearth does not know this place of your LMS yet. Whoever runs Hearth has to add its deployment id.")


# Attempts ------------------------------------------------------------------------------------------------------------


class AttemptError(LtiError):
    """The answer belongs to no login that may be answered."""

    status = 401
    code = "attempt_error"
    sentence = GO_BACK


class AttemptMissing(AttemptError):
    """No ``state``, or none that we could have made."""

    code = "state_missing"


class AttemptUnknown(AttemptError):
    """No login with this ``state``."""

    code = "state_unknown"


class AttemptExpired(AttemptError):
    """The login waited too long for its answer."""

    code = "state_expired"
    sentence = _(
        "That took too long, so Hearth closed the door again. Go back to your course and open Hearth from "
        "there once more."
    )


class AttemptSpent(AttemptError):
    """The login was answered before; a repeat is a replay or a reloaded page."""

    code = "state_spent"
    sentence = _(
        "This page was opened from your course a moment ago and cannot be reloaded. Go back to your course "
        "and open Hearth from there."
    )


class AttemptOfAnotherBrowser(AttemptError):
    """
    The browser that came back did not prove to be the one that left. The attempt stays unspent.
    """

    code = "state_of_another_browser"

    def __init__(self, state: str, *, storage_target: str | None, auth_url: str) -> None:
        super().__init__()
        self.state = state
        self.storage_target = storage_target
        self.auth_url = auth_url


# Tokens --------------------------------------------------------------------------------------------------------------


class BadToken(LtiError):
    """The ``id_token`` does not prove itself (security framework 1.1 section 5.1.3)."""

    status = 401
    code = "token_bad"
    sentence = _(
        "Hearth could not verify that this launch comes from your LMS. Go back to your course and try again; "
        "if it happens again, tell your LMS's admin."
    )


class MalformedToken(BadToken):
    """Not a JWS in compact form, or not JSON inside."""

    code = "token_malformed"


class WrongAlgorithm(BadToken):
    """Any algorithm but RS256."""

    code = "algorithm_refused"


class MissingKeyId(BadToken):
    """No ``kid`` in the header."""

    code = "kid_missing"


class UnknownKey(BadToken):
    """The platform's key set, freshly read, has no such ``kid``."""

    code = "kid_unknown"


class WeakKey(BadToken):
    """An RSA key below 2048 bits."""

    code = "key_weak"


class BadSignature(BadToken):
    """Signed by another key, or changed afterwards."""

    code = "signature_bad"


class WrongIssuer(BadToken):
    """``iss`` is not the platform that this login went to."""

    code = "issuer_wrong"


class WrongAudience(BadToken):
    """``aud`` lacks our client_id, or names somebody else beside it."""

    code = "audience_wrong"


class WrongAuthorizedParty(BadToken):
    """``azp`` is missing beside several audiences, or is somebody else."""

    code = "azp_wrong"


class MissingTime(BadToken):
    """``exp`` or ``iat`` is missing or no number."""

    code = "time_missing"


class TokenExpired(BadToken):
    """``exp`` has passed."""

    code = "token_expired"
    sentence = AttemptExpired.sentence


class TokenTooOld(BadToken):
    """Made longer ago than any launch takes."""

    code = "token_too_old"
    sentence = AttemptExpired.sentence


class TokenFromFuture(BadToken):
    """``iat`` or ``nbf`` lies ahead: some clock is wrong."""

    code = "token_from_future"


class WrongNonce(BadToken):
    """``nonce`` is not the one of this login."""

    code = "nonce_wrong"


class KeySetUnavailable(BadToken):
    """The platform's key set cannot be read, so nothing can be verified."""

    code = "key_set_unavailable"
    sentence = _("Hearth could not reach your LMS to verify this launch. Please try again in a minute.")


# Registration --------------------------------------------------------------------------------------------------------


class RegistrationError(LtiError):
    """Dynamic registration or ``hearth platform add`` cannot go on."""

    code = "registration_failed"

    def __init__(self, sentence: Sentence, *, detail: str = "") -> None:
        super().__init__(detail)
        self.sentence = sentence


class InvitationUnusable(RegistrationError):
    """Unknown, used or expired; which of them is nobody's business."""

    status = 403
    code = "invitation_unusable"

    def __init__(self) -> None:
        super().__init__(_("This registration address is unknown, was used before, or has expired."))


class RegistrationRefused(RegistrationError):
    """The platform refused our tool configuration; ``detail`` is what it said."""

    code = "registration_refused"


# Services ------------------------------------------------------------------------------------------------------------


class ServiceError(LtiError):
    """A platform's service (roster, grades, token) did not do what was asked."""

    status = 502
    code = "service_failed"
    retryable: ClassVar[bool] = False

    def __str__(self) -> str:
        # Jobs meet these, and people read about them in other words.
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Throttled(ServiceError):
    """Too fast: 429, or 403 where the LMS says so."""

    code = "throttled"
    retryable = True

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after
        """Seconds the platform asked us to wait, if it did."""


class Unavailable(ServiceError):
    """No answer in time, no connection, or a 5xx."""

    code = "unavailable"
    retryable = True

    def __init__(self, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(detail)
        self.answered = status


class Rejected(ServiceError):
    """A permanent refusal, or an answer that is none."""

    code = "rejected"

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"{status} {reason}".strip())
        self.answered = status
        self.reason = reason


class NotGranted(ServiceError):
    """The platform gives us no such scope or address: hide the feature, do not fail."""

    code = "not_granted"
