"""
One table: which acts of which rooms can go out to an institution's endpoints.
"""

from collections.abc import Mapping

from lti_tool.exchange import outgoing as exchange
from lti_tool.journal.kinds import Kind
from lti_tool.launch import outgoing as launch

OUTGOING: Mapping[str, Kind] = {each.act: each for each in (*launch.KINDS, *exchange.KINDS)}
