"""
Moodle at the gate: escaped names, whole seconds, single-use hints, no page sizes.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lti_tool.lms.companion import Companion, CompanionSetup, Sender
from lti_tool.lms.events import EventSetup, IncomingEvent, LmsEvent, Proof
from lti_tool.lms.port import Member
from lti_tool.lms.standard import StandardLms
from moodle import events
from moodle.companion import SETUP, MoodleCompanion

CMID = re.compile(r"[1-9][0-9]{0,11}")


class MoodleLms(StandardLms):
    """Plain LTI Advantage, but for these."""

    def score_was_kept(self, status: int) -> bool:
        """
        409 means that this very second is there already: an answer of ours was lost on its way.

        Our timestamps grow by a second at least, so nothing older can be in the way.
        """
        return status == 409

    def course_url(self, *, issuer: str, context_id: str) -> str:
        """Moodle calls its context by the number of the course, and its issuer is the site's address."""
        if not (context_id.isascii() and context_id.isdigit()):
            return issuer
        return f"{issuer.rstrip('/')}/course/view.php?id={context_id}"

    def roster_page_url(self, roster_url: str) -> str:
        """Everybody at once: pages are offsets into a list that may shift between them."""
        return roster_url

    def results_page_size(self) -> int | None:
        """None: with ``limit`` the results service of Moodle breaks off with an error page."""
        return None

    def read_member(self, member: Mapping[str, Any]) -> Member:
        """Names are escaped for HTML here, unlike in launches."""
        read = super().read_member(member)
        return replace(read, name=html.unescape(read.name)) if "&" in read.name else read

    def custom(self) -> Mapping[str, str]:
        """Groups of whoever launches; Moodle tells sections nowhere."""
        return {"groups": "$Moodle.Person.userGroupIds"}

    def relaunch_url(self, *, issuer: str, message_hint: str | None) -> str | None:
        """
        The activity's own launch page: a hint is good for one launch, but tells which activity it was.
        """
        try:
            hint = json.loads(message_hint or "")
        except (ValueError, RecursionError):
            return None
        cmid = str(hint.get("cmid", "")) if isinstance(hint, dict) else ""
        # Choosing content happens before there is an activity.
        return f"{issuer.rstrip('/')}/mod/lti/launch.php?id={cmid}" if CMID.fullmatch(cmid) else None

    def event_proofs(self) -> tuple[Proof, ...]:
        """Our plugin signs; local_webhooks puts a shared token into the body."""
        return ("standard", "token")

    def event_setup(self, proof: Proof) -> EventSetup:
        """See :func:`moodle.events.setup`."""
        return events.setup(proof)

    def event_token(self, document: Any) -> str:
        """See :func:`moodle.events.token_of`."""
        return events.token_of(document)

    def read_events(self, document: Any, *, message_id: str) -> Sequence[IncomingEvent]:
        """See :func:`moodle.events.read`."""
        return events.read(document, message_id=message_id)

    def translate(self, event: IncomingEvent) -> Sequence[LmsEvent]:
        """See :func:`moodle.events.translate`."""
        return events.translate(event)

    def companion(self, *, address: str, token: str, sender: Sender) -> Companion | None:
        """Our plugin ``local_hearth``."""
        return MoodleCompanion(address=address, token=token, sender=sender)

    def companion_setup(self) -> CompanionSetup | None:
        """See :data:`moodle.companion.SETUP`."""
        return SETUP
