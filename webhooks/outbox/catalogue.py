"""
The kinds of acts that can go out. The application fills it in; see ``lti_tool/outgoing.py``.
"""

from collections.abc import Mapping

from lti_tool.journal.kinds import Kind


class Catalogue:
    """What rooms declared, by act."""

    def __init__(self) -> None:
        self._kinds: Mapping[str, Kind] = {}

    def install(self, kinds: Mapping[str, Kind]) -> None:
        """From now on, *kinds* hold."""
        self._kinds = kinds

    def get(self, act: str) -> Kind | None:
        """The kind of *act*; None for what no room declares."""
        return self._kinds.get(act)

    def offered(self, format: str) -> list[Kind]:
        """What an endpoint of this *format* can choose from, in the rooms' order."""
        return [each for each in self._kinds.values() if format != "caliper" or each.caliper is not None]


catalogue = Catalogue()
