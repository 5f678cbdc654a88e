"""
Where an exchange can begin: ready templates, and settings that are read from a file.
"""

from lti_tool.exchange.recipes.reading import LARGEST_FILE, SCHEMAS, NoRecipe, from_file, from_json
from lti_tool.exchange.recipes.ready import READY, Ready

__all__ = ["LARGEST_FILE", "READY", "SCHEMAS", "NoRecipe", "Ready", "from_file", "from_json"]
