"""
How Sphinx builds these pages: Markdown by MyST, the furo theme, and no word from the network.
"""

from importlib.metadata import version as installed_version

project = "Hearth"
author = "The people of Hearth"
copyright = "the people of Hearth"
version = release = installed_version("hearth")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Hearth"
html_copy_source = False
html_show_sphinx = False
exclude_patterns = ["_build"]

nitpicky = True
