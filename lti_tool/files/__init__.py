"""
Files that people hand in: accepted by content, cleaned of hidden data, kept in a storage.
"""

from lti_tool.files.accepting import RECORDINGS, CleanFile, accept
from lti_tool.files.errors import FileRefused, Missing
from lti_tool.files.storage import Storage, storage

__all__ = ["RECORDINGS", "CleanFile", "FileRefused", "Missing", "Storage", "accept", "storage"]
