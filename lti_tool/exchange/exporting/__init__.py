"""
An exchange taken elsewhere: as tables for a spreadsheet, and whole, to be derived again.

What the files say is documented field by field in ``docs/exchange/export.md``. They tell no more than
staff may see at that moment: whose name they do not see stands in no file (:class:`Sight`).
"""

from lti_tool.exchange.exporting.files import FILES, NotReplayable, pieces, replay_file
from lti_tool.exchange.exporting.sight import Sight, sight_of

__all__ = ["FILES", "NotReplayable", "Sight", "pieces", "replay_file", "sight_of"]
